"""Values: text, numbers, booleans, times, bytes and closed choices, and those whose type is left open.

What JSON cannot hold is text with a tag: `int:` before a whole number that a reader of JSON may round, `float:` before what is
not finite. Times are RFC 3339 in UTC, bytes are base64.

Left open is the type of what a log had in a field, which may be text, a number, a boolean, a time or nothing. They are
published as the plain JSON that people expect, and still come back as what they were: a time has the tag `time:`, as large
numbers have `int:`. Text that looks like one of these gets `text:` before it, and no other text is touched.
"""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import Enum, IntEnum
from typing import Any

from remiss.codec.form import ADVICE, Form, Schema, constant, unfit, wrong
from remiss.errors import RequestError
from remiss.records.identity import SAFE_INTEGER, format_time, parse_time, untagged


def _exactly(kind: type) -> Callable[[Any], object]:
    """Return what writes values of a type that JSON has as they are, and nothing else."""

    def write(value: Any) -> object:
        if not isinstance(value, kind):
            raise unfit(value, kind.__name__)
        return value

    return write


def _read_none(value: object, where: str) -> None:
    if value is not None:
        raise wrong(where, "null", value)


def _read_bool(value: object, where: str) -> bool:
    if not isinstance(value, bool):
        raise wrong(where, "true or false", value)
    return value


def read_text(value: object, where: str) -> str:
    """Return text.

    Raises
    ------
    RequestError : not text
    """
    if not isinstance(value, str):
        raise wrong(where, "text", value)
    return value


def write_int(value: int) -> int | str:
    """Return a whole number as JSON that is not rounded on reading."""
    if not isinstance(value, int):
        raise unfit(value, "a whole number")
    return value if -SAFE_INTEGER < value < SAFE_INTEGER else f"int:{value}"


def read_int(value: object, where: str) -> int:
    """Return a whole number.

    Raises
    ------
    RequestError : not one, or one with a tag that it does not need
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    number = untagged(value) if isinstance(value, str) else None
    if not isinstance(number, int):
        raise wrong(where, "a whole number", value)
    return number


def write_float(value: float) -> float | str:
    """Return a number as JSON, what is not finite as text with a tag."""
    if not isinstance(value, float | int):
        raise unfit(value, "a number")
    return value if math.isfinite(value) else f"float:{value}"


def read_float(value: object, where: str) -> float:
    """Return a number that may have a fraction.

    Raises
    ------
    RequestError : not a number, or one that is too large
    """
    # JSON has one kind of number: a whole one stands for the fraction that it equals.
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError as error:
            raise wrong(where, "a number of ordinary size", value) from error
    number = untagged(value) if isinstance(value, str) else None
    if not isinstance(number, float):
        raise wrong(where, "a number", value)
    return number


def _write_number(value: float) -> int | float | str:
    return write_int(value) if isinstance(value, int) else write_float(value)


def _read_number(value: object, where: str) -> int | float:
    """Read a number that may be whole or not: it stays what it is."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    number = untagged(value) if isinstance(value, str) else None
    return read_float(value, where) if number is None else number


def _read_time(value: object, where: str) -> datetime:
    wanted = "a time such as 2013-06-03T00:00:00Z"
    try:
        return parse_time(read_text(value, where))
    except (RequestError, ValueError, OverflowError) as error:
        raise wrong(where, wanted, value) from error


def _write_time(value: datetime) -> str:
    if not isinstance(value, datetime):
        raise unfit(value, "a time")
    return format_time(value)


def _write_bytes(value: bytes) -> str:
    if not isinstance(value, bytes):
        raise unfit(value, "bytes")
    return base64.b64encode(value).decode()


def _read_bytes(value: object, where: str) -> bytes:
    try:
        return base64.b64decode(read_text(value, where), validate=True)
    except (binascii.Error, ValueError) as error:
        raise RequestError(f"{where or 'the value'}: this is not base64", do=ADVICE) from error


_NUMBER: Schema = {"anyOf": [{"type": "number"}, {"enum": ["float:nan", "float:inf", "float:-inf"]}]}
PLAIN: dict[type, Form] = {
    type(None): Form(write=_exactly(type(None)), read=_read_none, schema=constant({"type": "null"})),
    bool: Form(write=_exactly(bool), read=_read_bool, schema=constant({"type": "boolean"}), as_it_is=bool),
    str: Form(write=_exactly(str), read=read_text, schema=constant({"type": "string"}), as_it_is=str),
    int: Form(write=write_int, read=read_int, schema=constant({"type": "integer"})),
    float: Form(write=write_float, read=read_float, schema=constant(_NUMBER)),
    datetime: Form(write=_write_time, read=_read_time, schema=constant({"type": "string", "format": "date-time"})),
    bytes: Form(write=_write_bytes, read=_read_bytes, schema=constant({"type": "string", "contentEncoding": "base64"})),
}
NUMBER = Form(write=_write_number, read=_read_number, schema=constant(_NUMBER))


def choice(names: Mapping[Any, object]) -> Form:
    """Return the form of a closed choice, by the name of each value."""
    by_name = {name: value for value, name in names.items()}

    def write(value: Any) -> object:
        if value not in names:
            raise unfit(value, f"one of {', '.join(map(str, by_name))}")
        return names[value]

    def read(value: object, where: str) -> Any:
        if isinstance(value, bool | dict | list) or value not in by_name:
            do = f"use one of {', '.join(map(str, by_name))}"
            raise RequestError(f"{where or 'the value'}: {_shown(value)} is not one of its choices", do=do)
        return by_name[value]

    return Form(write=write, read=read, schema=constant({"enum": [*by_name]}))


def _shown(value: object) -> str:
    return repr(value)[:40] if isinstance(value, str) else "this"


def enumeration(declared: type[Enum]) -> Form:
    """Return the form of an enumeration: by its values, or by its names where the values are numbers that only order them."""
    graded = issubclass(declared, IntEnum)
    return choice({each: each.name.lower() if graded else each.value for each in declared})


_STARTS = ("int:", "float:", "time:", "text:")
_SAME = frozenset({bool, type(None)})
TYPES = frozenset({str, int, float, bool, datetime, type(None)})
OPEN_SCHEMA: Schema = {"type": ["string", "number", "boolean", "null"]}


def write_open(value: Any) -> object:
    """Return an open value as JSON that says what it is.

    >>> write_open(2**60), write_open("UA"), write_open("float:nan"), write_open("text:UA")
    ('int:1152921504606846976', 'UA', 'text:float:nan', 'text:UA')
    """
    kind = type(value)
    if kind is str:
        return f"text:{value}" if value.startswith(_STARTS) and _looks_tagged(value) else value
    if kind in _SAME:
        return value
    if isinstance(value, int):
        return write_int(value)
    if isinstance(value, float):
        return write_float(value)
    if isinstance(value, datetime):
        return f"time:{format_time(value)}"
    raise TypeError(f"{kind.__name__} is not a value of an event")


def read_open(value: object, where: str) -> object:
    """Return the open value that JSON stands for.

    >>> read_open("int:1152921504606846976", ""), read_open("text:float:nan", ""), read_open("int:5", "")
    (1152921504606846976, 'float:nan', 'int:5')
    """
    if isinstance(value, str):
        return _untagged(value) if value.startswith(_STARTS) else value
    if value is None or isinstance(value, bool | int):
        return value
    return read_float(value, where) if isinstance(value, float) else _refuse(value, where)


def _refuse(value: object, where: str) -> object:
    raise wrong(where, "text, a number, true, false or null", value)


def _untagged(text: str) -> object:
    if text.startswith("text:"):
        return text[5:] if _looks_tagged(text[5:]) else text
    tagged = _tagged(text)
    return text if tagged is None else tagged


def _tagged(text: str) -> object:
    """Return what a text with a tag stands for; None of one that is just text."""
    if text.startswith("time:"):
        return _time(text[5:])
    return untagged(text)


def _time(text: str) -> datetime | None:
    try:
        moment = parse_time(text)
    except (ValueError, OverflowError):
        return None
    return moment if format_time(moment) == text else None


def _looks_tagged(text: str) -> bool:
    """Return whether text would not be read as itself."""
    inner = text
    while inner.startswith("text:"):
        inner = inner[5:]
    return inner.startswith(_STARTS) and _tagged(inner) is not None


def _write_all_open(values: Sequence[Any]) -> Sequence[object]:
    kinds = {*map(type, values)} - _SAME
    # Without a colon no text has a tag.
    if not kinds or (kinds == {str} and ":" not in "".join(value for value in values if type(value) is str)):
        return values
    if kinds == {float} and math.isfinite(sum(value for value in values if type(value) is float)):
        return values
    return [*map(write_open, values)]


OPEN = Form(write=write_open, read=read_open, schema=constant(OPEN_SCHEMA), write_all=_write_all_open)
_JSON_TYPES = {str: "string", datetime: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}


def open_form(members: frozenset[type]) -> Form:
    """Return the form of values of some of the types, of which text is one."""
    if members == TYPES:
        return OPEN
    names = ", ".join(sorted({_JSON_TYPES[member] for member in members}))

    def read(value: object, where: str) -> object:
        found = read_open(value, where)
        if isinstance(found, int) and float in members and int not in members and not isinstance(found, bool):
            return read_float(found, where)
        if type(found) not in members:
            raise wrong(where, f"one of {names}", value)
        return found

    return Form(write=write_open, read=read, schema=constant({"type": names.split(", ")}))
