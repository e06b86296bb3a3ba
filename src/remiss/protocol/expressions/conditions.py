"""Rules of conditions: AND, OR, NOT, comparisons, BETWEEN, IN, IS, LIKE and regular expressions."""

from __future__ import annotations

from sqlglot import exp

from remiss.protocol.expressions.comparing import all_comparable, comparable
from remiss.protocol.expressions.patterns import check_pattern
from remiss.protocol.expressions.refusal import refuse
from remiss.protocol.expressions.typed import Reader, Typed, as_text, as_truth, child, error, only, operand, reads, show
from remiss.protocol.terms import Type


def connector(node: exp.Expression, reader: Reader) -> Typed:
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


def negation(node: exp.Expression, reader: Reader) -> Typed:
    """Read NOT."""
    only(node, "this")
    part = as_truth(child(node, "this", reader))
    plain = isinstance(part.node, exp.Is | exp.In | exp.Between)
    return Typed(exp.Not(this=part.node if plain else operand(part.node)), Type.BOOLEAN, part.reads)


def comparison(node: exp.Expression, reader: Reader) -> Typed:
    """Read = <> < <= > >= and IS [NOT] DISTINCT FROM."""
    only(node, "this", "expression")
    left, right = comparable(child(node, "this", reader), child(node, "expression", reader))
    built = type(node)(this=operand(left.node), expression=operand(right.node))
    return Typed(built, Type.BOOLEAN, reads(left, right))


def between(node: exp.Expression, reader: Reader) -> Typed:
    """Read BETWEEN."""
    only(node, "this", "low", "high")
    value, (low, high) = all_comparable(child(node, "this", reader), [child(node, key, reader) for key in ("low", "high")])
    built = exp.Between(this=operand(value.node), low=operand(low.node), high=operand(high.node))
    return Typed(built, Type.BOOLEAN, reads(value, low, high))


def membership(node: exp.Expression, reader: Reader) -> Typed:
    """Read IN over a list of values."""
    if node.args.get("query") is not None or any(isinstance(item, exp.Query) for item in node.expressions):
        raise refuse(node.args.get("query") or node.expressions[0])
    if node.args.get("field") is not None or node.args.get("unnest") is not None or not node.expressions:
        raise error(f"{show(node)} does not list values", "write IN ('a', 'b')")
    only(node, "this", "expressions")
    value, items = all_comparable(child(node, "this", reader), [reader.read(item) for item in node.expressions])
    built = exp.In(this=operand(value.node), expressions=[item.node for item in items])
    return Typed(built, Type.BOOLEAN, reads(value, *items))


def identity(node: exp.Expression, reader: Reader) -> Typed:
    """Read IS NULL, IS TRUE and IS FALSE."""
    only(node, "this", "expression")
    value, against = child(node, "this", reader), node.expression
    if isinstance(against, exp.Boolean):
        as_truth(value)
    elif not isinstance(against, exp.Null):
        raise refuse(node)
    right = exp.Null() if isinstance(against, exp.Null) else exp.Boolean(this=bool(against.this))
    return Typed(exp.Is(this=operand(value.node), expression=right), Type.BOOLEAN, value.reads)


def likeness(node: exp.Expression, reader: Reader) -> Typed:
    """Read LIKE and ILIKE."""
    only(node, "this", "expression", "negate")
    value, pattern = as_text(child(node, "this", reader)), as_text(child(node, "expression", reader))
    built = type(node)(this=operand(value.node), expression=operand(pattern.node), negate=bool(node.args.get("negate")) or None)
    return Typed(built, Type.BOOLEAN, reads(value, pattern))


def regular_expression(node: exp.Expression, reader: Reader) -> Typed:
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
