"""Rules of times: their parts, and times from seconds since 1970."""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from remiss.protocol.expressions.numbers import double
from remiss.protocol.expressions.typed import Reader, Typed, as_number, as_time, child, error, only, show, try_cast
from remiss.protocol.terms import Type

# Microseconds, and no further than some thirty thousand years.
_SECONDS = exp.DataType.build("DECIMAL(18, 6)", dialect="duckdb")


def date_part(node: exp.Expression, reader: Reader) -> Typed:
    """Read year, month, day, hour and their like."""
    only(node, "this")
    part = as_time(child(node, "this", reader))
    return Typed(type(node)(this=part.node), Type.INTEGER, part.reads)


PARTS: Mapping[str, type[exp.Expression]] = {
    "YEAR": exp.Year, "QUARTER": exp.Quarter, "MONTH": exp.Month, "WEEK": exp.Week, "DAY": exp.Day, "HOUR": exp.Hour,
    "MINUTE": exp.Minute, "SECOND": exp.Second, "DOW": exp.DayOfWeek, "DAYOFWEEK": exp.DayOfWeek, "ISODOW": exp.DayOfWeekIso,
}  # fmt: skip


def extract(node: exp.Expression, reader: Reader) -> Typed:
    """Read EXTRACT as the function of that part."""
    only(node, "this", "expression")
    kind = PARTS.get(node.this.name.upper())
    if kind is None:
        raise error(f"EXTRACT does not give {node.this.name}", f"use one of {', '.join(sorted(PARTS)).lower()}")
    part = as_time(child(node, "expression", reader))
    return Typed(kind(this=part.node), Type.INTEGER, part.reads)


def from_epoch(node: exp.Expression, reader: Reader) -> Typed:
    """Read to_timestamp over seconds since 1970."""
    if node.args.get("scale") is not None:
        raise error(f"{show(node)} counts in other units than seconds", "write to_timestamp(column / 1000) for milliseconds")
    only(node, "this")
    inner = node.this
    if isinstance(inner, exp.Cast) and isinstance(inner.this, exp.Cast) and inner.this.to == _SECONDS:
        # What this function wrote, read again.
        inner = inner.this.this
    part = as_number(reader.read(inner))
    # Seconds beyond the years that engines know are null, and so are those that are no number.
    bounded = try_cast(exp.TryCast(this=double(part), to=_SECONDS.copy()), "DOUBLE")
    return Typed(exp.UnixToTime(this=bounded), Type.TIME, part.reads, zoned=True)
