"""Rules of the functions that an expression may call: on numbers, on times and on text.

What would stop a run at one bad row is null instead: division by zero, the root of -1.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeGuard

from sqlglot import exp

from remiss.protocol.expressions.typed import (
    TIMES,
    ExpressionReader,
    Rule,
    Typed,
    as_number,
    as_text,
    as_time,
    child,
    error,
    only,
    operand,
    reads,
    show,
    try_cast,
)
from remiss.protocol.terms import Type

_ZERO = exp.Literal.number(0)
_NAN = try_cast(exp.Literal.string("NaN"), "DOUBLE")
# Nodes whose value is a DOUBLE already.
_DOUBLES = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod, exp.Abs, exp.Round, exp.Floor, exp.Ceil, exp.Ln, exp.Sqrt)


def double(part: Typed) -> exp.Expression:
    """Return a number as DOUBLE."""
    bare = part.node.this if isinstance(part.node, exp.Paren) else part.node
    already = isinstance(bare, _DOUBLES) or (isinstance(bare, exp.Cast) and part.type is Type.NUMBER)
    return part.node if already else try_cast(part.node, "DOUBLE")


def arithmetic(node: exp.Expression, reader: ExpressionReader) -> Typed:
    """Read + - * / and %, all in double precision: whole numbers and decimals overflow, and a run must not stop at one row."""
    only(node, "this", "expression", "typed", "safe")
    left, right = child(node, "this", reader), child(node, "expression", reader)
    for side in (left, right):
        if side.type in TIMES:
            raise error(f"{show(node)} reckons with times", "have the log write the duration as a number of ms or days")
        as_number(side)
    kind = type(node)
    # A literal beside a DOUBLE is read as one.
    second = right.node if isinstance(right.node, exp.Literal) else double(right)
    if isinstance(node, exp.Div | exp.Mod):
        second = _nonzero(second)
    both = isinstance(left.node, exp.Literal) and isinstance(right.node, exp.Literal)
    first = left.node if isinstance(left.node, exp.Literal) and not both else double(left)
    built = kind(this=operand(first), expression=operand(second))
    if kind is exp.Div:
        built.args |= {"typed": False, "safe": False}
    return Typed(built, Type.NUMBER, reads(left, right))


def _nonzero(node: exp.Expression) -> exp.Expression:
    if isinstance(node, exp.Literal) and float(node.name) != 0:
        return node
    if isinstance(node, exp.Cast) and _guards(node.this):
        guarded: exp.Expression = node.this
        return guarded
    return exp.Nullif(this=node, expression=exp.Literal.number(0))


def _guards(node: exp.Expression) -> bool:
    return isinstance(node, exp.Nullif) and node.expression == _ZERO


def negative(node: exp.Expression, reader: ExpressionReader) -> Typed:
    """Read a minus sign."""
    only(node, "this")
    part = as_number(child(node, "this", reader))
    if isinstance(part.node, exp.Literal):
        return Typed(exp.Neg(this=part.node), part.type, part.reads)
    return Typed(exp.Neg(this=operand(double(part))), Type.NUMBER, part.reads)


def magnitude(node: exp.Expression, reader: ExpressionReader) -> Typed:
    """Read abs."""
    only(node, "this")
    part = as_number(child(node, "this", reader))
    return Typed(exp.Abs(this=double(part)), Type.NUMBER, part.reads)


def rounding(node: exp.Expression, reader: ExpressionReader) -> Typed:
    """Read round, to a fixed number of places."""
    only(node, "this", "decimals")
    part = as_number(child(node, "this", reader))
    decimals = node.args.get("decimals")
    if decimals is not None and not (isinstance(decimals, exp.Literal) and re.fullmatch("[0-9]|1[0-5]", decimals.name)):
        raise error(f"{show(node)} does not round to a fixed number of places", "write round(value, 2), with 0 to 15 places")
    places = None if decimals is None else exp.Literal.number(decimals.name)
    return Typed(exp.Round(this=double(part), decimals=places), Type.NUMBER, part.reads)


def whole_below_or_above(node: exp.Expression, reader: ExpressionReader) -> Typed:
    """Read floor and ceil."""
    only(node, "this")
    part = as_number(child(node, "this", reader))
    return Typed(type(node)(this=double(part)), Type.NUMBER, part.reads)


def logarithm(node: exp.Expression, reader: ExpressionReader) -> Typed:
    """Read ln; null where there is none."""
    only(node, "this")
    part = as_number(child(node, "this", reader))
    if _clamped(part.node):
        return Typed(exp.Ln(this=part.node), Type.NUMBER, part.reads)
    positive = exp.Greatest(this=double(part), expressions=[_ZERO.copy()], ignore_nulls=True)
    return Typed(exp.Ln(this=exp.Nullif(this=positive, expression=_ZERO.copy())), Type.NUMBER, part.reads)


def root(node: exp.Expression, reader: ExpressionReader) -> Typed:
    """Read sqrt; null below zero."""
    only(node, "this")
    part = as_number(child(node, "this", reader))
    # The root of a negative number is NaN, which engines hold for equal to itself and greater than all: never let out.
    return Typed(exp.Nullif(this=exp.Sqrt(this=double(part)), expression=_NAN.copy()), Type.NUMBER, part.reads)


def _clamped(node: exp.Expression) -> bool:
    # What `logarithm` itself wrote, read again.
    return _guards(node) and isinstance(node.this, exp.Greatest) and node.this.expressions == [_ZERO]


# Microseconds, and no further than some thirty thousand years.
_SECONDS = exp.DataType.build("DECIMAL(18, 6)", dialect="duckdb")


def date_part(node: exp.Expression, reader: ExpressionReader) -> Typed:
    """Read year, month, day, hour and their like."""
    only(node, "this")
    part = as_time(child(node, "this", reader))
    return Typed(type(node)(this=part.node), Type.INTEGER, part.reads)


PARTS: Mapping[str, type[exp.Expression]] = {
    "YEAR": exp.Year, "QUARTER": exp.Quarter, "MONTH": exp.Month, "WEEK": exp.Week, "DAY": exp.Day, "HOUR": exp.Hour,
    "MINUTE": exp.Minute, "SECOND": exp.Second, "DOW": exp.DayOfWeek, "DAYOFWEEK": exp.DayOfWeek, "ISODOW": exp.DayOfWeekIso,
}  # fmt: skip


def extract(node: exp.Expression, reader: ExpressionReader) -> Typed:
    """Read EXTRACT as the function of that part."""
    only(node, "this", "expression")
    kind = PARTS.get(node.this.name.upper())
    if kind is None:
        raise error(f"EXTRACT does not give {node.this.name}", f"use one of {', '.join(sorted(PARTS)).lower()}")
    part = as_time(child(node, "expression", reader))
    return Typed(kind(this=part.node), Type.INTEGER, part.reads)


def from_epoch(node: exp.Expression, reader: ExpressionReader) -> Typed:
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


def pipe(node: exp.Expression, reader: ExpressionReader) -> Typed:
    """Read ||."""
    done = [as_written(reader.read(part)) for part in _chain_of_pipes(node)]
    built = operand(done[0].node)
    for part in done[1:]:
        built = exp.DPipe(this=built, expression=operand(part.node), safe=True)
    return Typed(built, Type.TEXT, reads(*done))


def _chain_of_pipes(node: exp.Expression) -> list[exp.Expression]:
    parts: list[exp.Expression] = []
    while type(node) is exp.DPipe:
        only(node, "this", "expression", "safe")
        parts.append(node.expression)
        node = node.this
    return [node, *reversed(parts)]


def as_written(part: Typed) -> Typed:
    """Return text, or a whole number or date as text."""
    if part.type in {Type.INTEGER, Type.DATE}:
        return Typed(try_cast(part.node, "TEXT"), Type.TEXT, part.reads)
    return as_text(part)


def concat(node: exp.Expression, reader: ExpressionReader) -> Typed:
    """Read concat."""
    only(node, "expressions", "safe", "coalesce")
    done = [as_written(reader.read(part)) for part in node.expressions]
    built = exp.Concat(expressions=[part.node for part in done], safe=True, coalesce=True)
    return Typed(built, Type.TEXT, reads(*done))


def of_texts(kind: Type, *, more: int = 0, key: str = "expression") -> Rule:
    """Return the rule of a function of `1 + more` texts."""

    def rule(node: exp.Expression, reader: ExpressionReader) -> Typed:
        keys = ("this", "expression", "replacement")[: 1 + more]
        only(node, *keys)
        if any(node.args.get(each) is None for each in keys):
            raise error(f"{show(node)} lacks an argument", f"give it {1 + more} texts")
        done = {each: as_text(child(node, each, reader)) for each in keys}
        return Typed(type(node)(**{each: part.node for each, part in done.items()}), kind, reads(*done.values()))

    return rule


def trim(node: exp.Expression, reader: ExpressionReader) -> Typed:
    """Read trim, ltrim and rtrim."""
    only(node, "this", "expression", "position")
    parts = [as_text(child(node, key, reader)) for key in ("this", "expression") if node.args.get(key) is not None]
    position = str(node.args.get("position") or "").upper()
    built = exp.Trim(
        this=parts[0].node,
        expression=parts[1].node if len(parts) > 1 else None,
        position=position if position in {"LEADING", "TRAILING"} else None,
    )
    return Typed(built, Type.TEXT, reads(*parts))


def substring(node: exp.Expression, reader: ExpressionReader) -> Typed:
    """Read substr."""
    only(node, "this", "start", "length")
    value = as_text(child(node, "this", reader))
    start, length = node.args.get("start"), node.args.get("length")
    # Fixed places only: engines disagree on places beyond the text, and stop at lengths beyond 32 bits.
    if not _fixed(start) or not (length is None or _fixed(length)):
        raise error(f"{show(node)} does not cut at fixed places", "write substr(text, 1, 3), with whole numbers")
    built = exp.Substring(this=value.node, start=start.copy(), length=None if length is None else length.copy())
    return Typed(built, Type.TEXT, value.reads)


def _fixed(place: exp.Expression | None) -> TypeGuard[exp.Expression]:
    number = place.this if isinstance(place, exp.Neg) else place
    return isinstance(number, exp.Literal) and re.fullmatch("[0-9]{1,6}", number.name) is not None and not number.is_string
