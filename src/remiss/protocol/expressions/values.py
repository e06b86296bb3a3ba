"""Rules of values: names, literals, choices between values, casts."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import replace

from sqlglot import exp

from remiss.protocol.expressions.conditions import all_comparable, comparable, moment_of
from remiss.protocol.expressions.refusal import PARTS, refuse
from remiss.protocol.expressions.typed import (
    TIMES,
    ExpressionReader,
    Typed,
    as_truth,
    child,
    error,
    only,
    reads,
    same,
    say,
    show,
    try_cast,
)
from remiss.protocol.terms import Type

GREATEST_INTEGER = 2**63 - 1


def column(node: exp.Expression, reader: ExpressionReader) -> Typed:
    """Read a name."""
    only(node, "this", "table", "db", "catalog")
    if isinstance(node.this, exp.Star):
        raise refuse(node.this)
    return reader.resolve([each.name for key in ("catalog", "db", "table", "this") if (each := node.args.get(key)) is not None])


def literal(node: exp.Expression, reader: ExpressionReader) -> Typed:
    """Read a text or a number that engines hold exactly."""
    if node.args.get("is_string"):
        return Typed(exp.Literal.string(node.name), Type.TEXT)
    text = node.name
    if re.fullmatch(r"[0-9]{1,19}", text) and int(text) <= GREATEST_INTEGER:
        return Typed(exp.Literal.number(str(int(text))), Type.INTEGER)
    if re.fullmatch(r"[0-9]{1,18}(\.[0-9]{0,17})?|\.[0-9]{1,17}", text) or (
        re.fullmatch(r"[0-9]{0,18}\.?[0-9]{0,17}[eE][+-]?[0-9]{1,3}", text) and math.isfinite(float(text))
    ):
        return Typed(exp.Literal.number(text), Type.NUMBER)
    raise error(f"the number {text[:40]} is beyond what engines hold exactly", "write fewer digits, at most 18 before the point")


def escaped(node: exp.Expression, reader: ExpressionReader) -> Typed:
    """Read a text with escapes, in which a backslash and n are a line break; the parser has read them."""
    return Typed(exp.Literal.string(node.name), Type.TEXT)


def truth_value(node: exp.Expression, reader: ExpressionReader) -> Typed:
    """Read TRUE and FALSE."""
    return Typed(exp.Boolean(this=bool(node.this)), Type.BOOLEAN)


def null(node: exp.Expression, reader: ExpressionReader) -> Typed:
    """Read NULL."""
    return Typed(exp.Null(), Type.NULL)


def parentheses(node: exp.Expression, reader: ExpressionReader) -> Typed:
    """Read what stands in parentheses; they are set anew where needed."""
    only(node, "this")
    return child(node, "this", reader)


def case(node: exp.Expression, reader: ExpressionReader) -> Typed:
    """Read CASE."""
    only(node, "this", "ifs", "default")
    whens = [reader.read(branch.this) for branch in node.args["ifs"]]
    thens = [reader.read(branch.args["true"]) for branch in node.args["ifs"]]
    default = [] if node.args.get("default") is None else [child(node, "default", reader)]
    if node.args.get("this") is None:
        return _choice([as_truth(when) for when in whens], thens, default, node)
    subject, whens = all_comparable(child(node, "this", reader), whens)
    chosen = _choice(whens, thens, default, node)
    chosen.node.set("this", subject.node)
    return replace(chosen, reads=chosen.reads | subject.reads)


def if_then(node: exp.Expression, reader: ExpressionReader) -> Typed:
    """Read if(condition, value, other)."""
    only(node, "this", "true", "false")
    default = [] if node.args.get("false") is None else [child(node, "false", reader)]
    return _choice([as_truth(child(node, "this", reader))], [child(node, "true", reader)], default, node)


def _choice(conditions: list[Typed], values: list[Typed], default: list[Typed], node: exp.Expression) -> Typed:
    kind, zoned = same([*values, *default], node)
    ifs = [exp.If(this=when.node, true=then.node) for when, then in zip(conditions, values, strict=True)]
    built = exp.Case(ifs=ifs, default=default[0].node if default else None)
    return Typed(built, kind, reads(*conditions, *values, *default), zoned=zoned)


def first_or_extreme(node: exp.Expression, reader: ExpressionReader) -> Typed:
    """COALESCE, LEAST and GREATEST."""
    only(node, "this", "expressions", "ignore_nulls")
    done = [reader.read(part) for part in (node.this, *node.expressions)]
    kind, zoned = same(done, node)
    if kind is Type.NULL:
        raise error(f"{show(node)} is always null", "name a column or give a value")
    built = type(node)(this=done[0].node, expressions=[part.node for part in done[1:]])
    if not isinstance(built, exp.Coalesce):
        built.set("ignore_nulls", True)
    return Typed(built, kind, reads(*done), zoned=zoned)


def null_if(node: exp.Expression, reader: ExpressionReader) -> Typed:
    """Read NULLIF."""
    only(node, "this", "expression")
    left, right = comparable(child(node, "this", reader), child(node, "expression", reader))
    if isinstance(left.node, exp.Nullif) and left.node.expression == right.node:
        # Null already where it would become null; a guard that was written before is not written again.
        return left
    return Typed(exp.Nullif(this=left.node, expression=right.node), left.type, reads(left, right), zoned=left.zoned)


# What a cast may be to: how it is written, our type, and whether it is a time with a zone.
TARGETS: Mapping[exp.DType, tuple[str, Type, bool]] = {
    exp.DType.TEXT: ("TEXT", Type.TEXT, False),
    exp.DType.VARCHAR: ("TEXT", Type.TEXT, False),
    exp.DType.DOUBLE: ("DOUBLE", Type.NUMBER, False),
    exp.DType.FLOAT: ("DOUBLE", Type.NUMBER, False),
    exp.DType.BIGINT: ("BIGINT", Type.INTEGER, False),
    exp.DType.INT: ("BIGINT", Type.INTEGER, False),
    exp.DType.BOOLEAN: ("BOOLEAN", Type.BOOLEAN, False),
    exp.DType.TIMESTAMP: ("TIMESTAMP", Type.TIME, False),
    exp.DType.TIMESTAMPNTZ: ("TIMESTAMP", Type.TIME, False),
    exp.DType.TIMESTAMPTZ: ("TIMESTAMPTZ", Type.TIME, True),
    exp.DType.DATE: ("DATE", Type.DATE, False),
}


_FROM: Mapping[Type, frozenset[Type]] = {
    Type.TEXT: frozenset({Type.TEXT, Type.INTEGER, Type.NUMBER, Type.BOOLEAN, Type.TIME, Type.DATE}),
    Type.NUMBER: frozenset({Type.TEXT, Type.INTEGER, Type.NUMBER, Type.BOOLEAN}),
    Type.INTEGER: frozenset({Type.TEXT, Type.INTEGER, Type.NUMBER, Type.BOOLEAN}),
    Type.BOOLEAN: frozenset({Type.TEXT, Type.INTEGER, Type.BOOLEAN}),
    Type.TIME: frozenset({Type.TEXT, Type.TIME, Type.DATE}),
    Type.DATE: frozenset({Type.TEXT, Type.TIME, Type.DATE}),
}


def cast(node: exp.Expression, reader: ExpressionReader) -> Typed:
    """Read CAST, TRY_CAST and ::, all as casts that give null where they fail."""
    only(node, "this", "to", "safe")
    to = node.args["to"]
    target = TARGETS.get(to.this) if not to.args.get("nested") else None
    if target is None or (to.expressions and to.this not in {exp.DType.TEXT, exp.DType.VARCHAR}):
        raise error(
            f"a cast to {to.sql(dialect='duckdb')} is not allowed", "cast to VARCHAR, DOUBLE, BIGINT, BOOLEAN, TIMESTAMP or DATE"
        )
    written, kind, zoned = target
    part = child(node, "this", reader)
    if part.type is not Type.UNKNOWN and part.type not in _FROM[kind]:
        do = f"name a part of it, as in {PARTS}" if part.type is Type.NESTED else "cast what has a meaning of that type"
        raise error(f"{show(part.node)} is {say(part.type)} and does not become {say(kind)}", do)
    if kind in TIMES and isinstance(part.node, exp.Literal):
        moment_of(part.node.name)
    return Typed(try_cast(part.node, written), kind, part.reads, zoned=zoned)
