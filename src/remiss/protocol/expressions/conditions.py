"""Rules of conditions: AND, OR, NOT, comparisons, BETWEEN, IN, IS, LIKE and regular expressions.

Which values may stand on two sides of a comparison; a text beside a time is read as one.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlglot import exp

from remiss.protocol.expressions.patterns import check_pattern
from remiss.protocol.expressions.refusal import PARTS, refuse
from remiss.protocol.expressions.typed import (
    NUMBERS,
    TIMES,
    ExpressionReader,
    Typed,
    as_text,
    as_truth,
    child,
    error,
    only,
    operand,
    reads,
    say,
    show,
    try_cast,
)
from remiss.protocol.terms import Type


def comparable(left: Typed, right: Typed) -> tuple[Typed, Typed]:
    """Return both sides made comparable; a text that stands beside a time is read as one."""
    for side, other in ((left, right), (right, left)):
        if side.type is Type.NULL:
            raise error("a comparison with NULL is never true", f"write {show(other.node)} IS NULL or IS NOT NULL")
        if side.type is Type.NESTED:
            raise error(f"{show(side.node)} is nested and cannot be compared", f"name a part of it, as in {PARTS}")
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
        return f"write '{other.node.name}', or TRY_CAST({show(text.node)} AS DOUBLE), which is null where the text is no number"
    if isinstance(other.node, exp.Boolean):
        return f"write '{str(other.node.this).lower()}'"
    kind = {Type.BOOLEAN: "BOOLEAN"}.get(other.type, "DOUBLE")
    return f"write TRY_CAST({show(text.node)} AS {kind}), which is null where the text is none, or a value without quotes"


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


def connector(node: exp.Expression, reader: ExpressionReader) -> Typed:
    """Read AND and OR."""
    kind = type(node)
    done = [as_truth(reader.read(part)) for part in _chain(node, kind)]
    built = operand(done[0].node) if isinstance(done[0].node, exp.Connector) else done[0].node
    for part in done[1:]:
        right = operand(part.node) if isinstance(part.node, exp.Connector) else part.node
        built = kind(this=built, expression=right)
    return Typed(built, Type.BOOLEAN, reads(*done))


def _chain(node: exp.Expression, kind: type[exp.Expression]) -> list[exp.Expression]:
    # Long lists of conditions lean to the left; walked here so that they do not deepen the recursion.
    parts: list[exp.Expression] = []
    waiting = [node]
    while waiting:
        part = waiting.pop()
        while isinstance(part, exp.Paren) and isinstance(part.this, kind):
            part = part.this
        if type(part) is kind:
            only(part, "this", "expression")
            waiting += [part.expression, part.this]
        else:
            parts.append(part)
    return parts


def negation(node: exp.Expression, reader: ExpressionReader) -> Typed:
    """Read NOT."""
    only(node, "this")
    part = as_truth(child(node, "this", reader))
    plain = isinstance(part.node, exp.Is | exp.In | exp.Between)
    return Typed(exp.Not(this=part.node if plain else operand(part.node)), Type.BOOLEAN, part.reads)


def comparison(node: exp.Expression, reader: ExpressionReader) -> Typed:
    """Read = <> < <= > >= and IS [NOT] DISTINCT FROM."""
    only(node, "this", "expression")
    left, right = comparable(child(node, "this", reader), child(node, "expression", reader))
    built = type(node)(this=operand(left.node), expression=operand(right.node))
    return Typed(built, Type.BOOLEAN, reads(left, right))


def between(node: exp.Expression, reader: ExpressionReader) -> Typed:
    """Read BETWEEN."""
    only(node, "this", "low", "high")
    value, (low, high) = all_comparable(child(node, "this", reader), [child(node, key, reader) for key in ("low", "high")])
    built = exp.Between(this=operand(value.node), low=operand(low.node), high=operand(high.node))
    return Typed(built, Type.BOOLEAN, reads(value, low, high))


def membership(node: exp.Expression, reader: ExpressionReader) -> Typed:
    """Read IN over a list of values."""
    if node.args.get("query") is not None or any(isinstance(item, exp.Query) for item in node.expressions):
        raise refuse(node.args.get("query") or node.expressions[0])
    if node.args.get("field") is not None or node.args.get("unnest") is not None or not node.expressions:
        raise error(f"{show(node)} does not list values", "write IN ('a', 'b')")
    only(node, "this", "expressions")
    value, items = all_comparable(child(node, "this", reader), [reader.read(item) for item in node.expressions])
    built = exp.In(this=operand(value.node), expressions=[item.node for item in items])
    return Typed(built, Type.BOOLEAN, reads(value, *items))


def identity(node: exp.Expression, reader: ExpressionReader) -> Typed:
    """Read IS NULL, IS TRUE and IS FALSE."""
    only(node, "this", "expression")
    value, against = child(node, "this", reader), node.expression
    if isinstance(against, exp.Boolean):
        as_truth(value)
    elif not isinstance(against, exp.Null):
        raise refuse(node)
    right = exp.Null() if isinstance(against, exp.Null) else exp.Boolean(this=bool(against.this))
    return Typed(exp.Is(this=operand(value.node), expression=right), Type.BOOLEAN, value.reads)


def likeness(node: exp.Expression, reader: ExpressionReader) -> Typed:
    """Read LIKE and ILIKE."""
    only(node, "this", "expression", "negate")
    value, pattern = as_text(child(node, "this", reader)), as_text(child(node, "expression", reader))
    built = type(node)(this=operand(value.node), expression=operand(pattern.node), negate=bool(node.args.get("negate")) or None)
    return Typed(built, Type.BOOLEAN, reads(value, pattern))


def regular_expression(node: exp.Expression, reader: ExpressionReader) -> Typed:
    """Read regexp_matches with a fixed pattern."""
    only(node, "this", "expression", "flag")
    value, pattern = as_text(child(node, "this", reader)), node.expression
    if not (isinstance(pattern, exp.Literal) and pattern.is_string):
        raise error("the pattern of regexp_matches is not a quoted text", "write regexp_matches(output, '^late')")
    check_pattern(pattern.name)
    flag = node.args.get("flag")
    if flag is not None and not (isinstance(flag, exp.Literal) and flag.is_string and flag.name in {"i", "c", "s", "is", "cs"}):
        raise error(f"regexp_matches does not know the flags {show(flag)}", "write 'i' for any case, 's' for '.' over lines")
    built = exp.RegexpLike(
        this=value.node,
        expression=exp.Literal.string(pattern.name),
        flag=None if flag is None else exp.Literal.string(flag.name),
    )
    return Typed(built, Type.BOOLEAN, value.reads)
