"""Which values may stand on two sides of a comparison; a text beside a time is read as one."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlglot import exp

from remiss.protocol.expressions.typed import NUMBERS, TIMES, Typed, error, say, show, try_cast
from remiss.protocol.terms import Type


def comparable(left: Typed, right: Typed) -> tuple[Typed, Typed]:
    """Return both sides made comparable; a text that stands beside a time is read as one."""
    for side, other in ((left, right), (right, left)):
        if side.type is Type.NULL:
            raise error("a comparison with NULL is never true", f"write {show(other.node)} IS NULL or IS NOT NULL")
        if side.type is Type.NESTED:
            raise error(f"{show(side.node)} is nested and cannot be compared", "have the log write the part as a column")
    if Type.UNKNOWN in {left.type, right.type}:
        return left, right
    if left.type in TIMES and right.type is Type.TEXT:
        right = _moment(right, left)
    elif right.type in TIMES and left.type is Type.TEXT:
        left = _moment(left, right)
    alike = left.type is right.type or {left.type, right.type} <= NUMBERS or {left.type, right.type} <= TIMES
    if not alike:
        raise error(
            f"{show(left.node)} is {say(left.type)} and {show(right.node)} is {say(right.type)}; they cannot be compared",
            _make_alike(left, right),
        )
    return left, right


def all_comparable(value: Typed, others: list[Typed]) -> tuple[Typed, list[Typed]]:
    """Return a value and what it is compared with in turn, all made comparable."""
    # Twice: a text that is a time beside the last one is a time beside the first one too.
    for other in others:
        value, _ = comparable(value, other)
    if value.type is Type.UNKNOWN:
        # Whatever it turns out to be, it is comparable with all of them only if they are with one another.
        first, *rest = [other for other in others if other.type is not Type.UNKNOWN] or [value]
        for other in rest:
            first, _ = comparable(first, other)
    done = []
    for other in others:
        value, right = comparable(value, other)
        done.append(right)
    return value, done


def _make_alike(left: Typed, right: Typed) -> str:
    text, other = (left, right) if left.type is Type.TEXT else (right, left)
    if text.type is not Type.TEXT:
        return "compare like with like"
    if isinstance(other.node, exp.Literal):
        return f"write '{other.node.name}', or TRY_CAST({show(text.node)} AS DOUBLE)"
    if isinstance(other.node, exp.Boolean):
        return f"write '{str(other.node.this).lower()}'"
    kind = {Type.BOOLEAN: "BOOLEAN"}.get(other.type, "DOUBLE")
    return f"write TRY_CAST({show(text.node)} AS {kind}), or a value without quotes"


def _moment(text: Typed, beside: Typed) -> Typed:
    if not isinstance(text.node, exp.Literal):
        raise error(
            f"{show(text.node)} is text and {show(beside.node)} is {say(beside.type)}; they cannot be compared",
            f"write TRY_CAST({show(text.node)} AS TIMESTAMP)",
        )
    return moment_of(text.node.name, zoned=beside.zoned)


def moment_of(written: str, *, zoned: bool = False) -> Typed:
    """Return a written time or date as a value; `zoned` reads one without a zone as UTC."""
    try:
        moment = datetime.fromisoformat(written.strip())
    except ValueError:
        raise error(f"{written!r} is not a time", "write it like '2013-06-03' or '2013-06-03T14:30:00Z'") from None
    if zoned and moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    elif len(written.strip()) <= len("2013-06-03"):
        return Typed(try_cast(exp.Literal.string(moment.date().isoformat()), "DATE"), Type.DATE)
    to = "TIMESTAMP" if moment.tzinfo is None else "TIMESTAMPTZ"
    return Typed(try_cast(exp.Literal.string(moment.isoformat(sep=" ")), to), Type.TIME, zoned=moment.tzinfo is not None)
