"""Values: from what an engine returns to the plain values that records hold, and whether their shapes fit their use."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pyarrow as pa

from remiss.capture import requirements
from remiss.capture.sql.plan import Shape
from remiss.errors import Location, ProtocolError
from remiss.protocol.check_result import Checked
from remiss.records.event import NUL, Scalar, without_nul
from remiss.records.identity import from_micros

# One object for every NaN: unlike two floats, an object is equal to itself, so that NaN can be a stratum.
NAN = math.nan


def value_of(value: object, shape: Shape) -> Scalar:
    """Return a value as records hold it.

    Instants come as microseconds; one beyond the calendar's year 9999 becomes text. Decimals without a fraction become
    integers, others floats.

    >>> value_of(1356998400000000, Shape.INSTANT).isoformat()
    '2013-01-01T00:00:00+00:00'
    """
    match value:
        case int() if shape is Shape.INSTANT:
            try:
                return from_micros(value)
            except OverflowError:
                return f"epoch+{value}us"
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case float():
            return NAN if math.isnan(value) else value
        case str():
            return without_nul(value)
        case None | bool() | int():
            return value
        case _:
            return without_nul(str(value))


def values_of(values: list[Any], shape: Shape) -> list[Scalar]:
    """Return a column of values as records hold them.

    >>> values_of(["a", None], Shape.TEXT)
    ['a', None]
    """
    # Most columns are as they are; a look at the type of each value would take longer than all else.
    if shape in (Shape.INTEGER, Shape.BOOLEAN):
        return values
    if shape is Shape.TEXT and not any(NUL in one for one in values if one is not None):
        return values
    return [value_of(one, shape) for one in values]


def shape_of(kind: pa.DataType) -> Shape:
    """Return the shape of a column by its Arrow type.

    >>> shape_of(pa.timestamp("us", tz="UTC")), shape_of(pa.dictionary(pa.int8(), pa.string()))
    (<Shape.INSTANT: 'instant'>, <Shape.TEXT: 'text'>)
    """
    checks = (
        (pa.types.is_boolean, Shape.BOOLEAN),
        (pa.types.is_integer, Shape.INTEGER),
        (pa.types.is_floating, Shape.NUMBER),
        (lambda one: pa.types.is_decimal(one) and one.scale == 0, Shape.WIDE),
        (pa.types.is_decimal, Shape.DECIMAL),
        (lambda one: pa.types.is_timestamp(one) and one.tz is not None, Shape.INSTANT),
        (pa.types.is_timestamp, Shape.NAIVE),
        (pa.types.is_date, Shape.DATE),
        (pa.types.is_null, Shape.NULL),
        (pa.types.is_dictionary, Shape.TEXT),
        (pa.types.is_string, Shape.TEXT),
        (pa.types.is_large_string, Shape.TEXT),
        (pa.types.is_string_view, Shape.TEXT),
    )
    return next((shape for holds, shape in checks if holds(kind)), Shape.NESTED)


def check_shapes(checked: Checked, shapes: Mapping[str, Shape]) -> None:
    """Check that fields are of shapes that their use can bear; the types of expressions were checked before."""
    protocol = checked.protocol

    def refuse(field_name: str, what: str, do: str) -> None:
        raise ProtocolError(f"{field_name} {what}", where=Location(protocol.path, protocol.fields[field_name].line), do=do)

    if shapes["id"] not in (Shape.TEXT, Shape.INTEGER, Shape.WIDE):
        refuse(
            "id", f"is {shapes['id']}", "use a column of text or whole numbers, or CAST it to VARCHAR: ids are compared as text"
        )
    if shapes["time"] not in (Shape.INSTANT, Shape.NAIVE, Shape.DATE, Shape.TEXT):
        refuse("time", f"is {shapes['time']}", "use a time, or make one of it, for example to_timestamp(seconds)")
    check_zone(shapes["time"], protocol.source.time_zone, "time", Location(protocol.path, protocol.fields["time"].line))
    for one in requirements.NUMERIC:
        if shapes.get(f"remiss_raw_{one}") in (Shape.INSTANT, Shape.NAIVE, Shape.DATE, Shape.NESTED, Shape.BOOLEAN):
            refuse(one, f"is {shapes[f'remiss_raw_{one}']}", "use a number")


def check_zone(shape: Shape, time_zone: str | None, what: str, where: Location) -> None:
    """Check that times which name no zone are of a source that does."""
    if shape in (Shape.NAIVE, Shape.DATE) and not time_zone:
        raise ProtocolError(
            f"{what} has no zone and the source names none",
            where=where,
            do="add time_zone to the source, for example America/New_York",
        )
