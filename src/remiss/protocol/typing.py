"""The allow-list of expressions: one rule for each node that may occur, giving the node built anew and its type.

A rule reads the parts of a node that it knows; a part that it does not know refuses the node. Types are our own and few
(see `terms.Type`), so that an expression means the same on every engine, and comparing text with a number is refused here
and not at the ten-millionth row.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol, TypeAlias

from sqlglot import exp

from remiss.errors import ProtocolError
from remiss.protocol.patterns import check_pattern
from remiss.protocol.refusal import refuse
from remiss.protocol.terms import Type

NUMBERS = frozenset({Type.INTEGER, Type.NUMBER})
TIMES = frozenset({Type.TIME, Type.DATE})
GREATEST_INTEGER = 2**63 - 1
NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Typed:
    """A checked node, its type, the names that it reads, and whether a time carries a zone."""

    node: exp.Expression
    type: Type
    reads: frozenset[str] = NOTHING
    zoned: bool = False


class Names(Protocol):
    """Who knows the names of an expression."""

    def resolve(self, qualifier: str, name: str) -> Typed:
        """Return the column that a name stands for.

        Raises
        ------
        ProtocolError : nobody knows it
        """
        ...


Rule: TypeAlias = Callable[[exp.Expression, Names], Typed]


def typed(node: exp.Expression, names: Names) -> Typed:
    """Return `node` built anew from checked parts.

    Raises
    ------
    ProtocolError : a node, a part of a node or a combination of types that is not allowed
    """
    rule = RULES.get(type(node))
    if rule is None:
        raise refuse(node)
    return rule(node, names)


def show(node: exp.Expression) -> str:
    """Return how a node reads, short enough for a message."""
    text = re.sub(r'"([A-Za-z_][\w.]*)"', r"\1", node.sql(dialect="duckdb", comments=False))
    return text if len(text) <= 50 else f"{text[:47]}..."


def _only(node: exp.Expression, *known: str) -> None:
    for part, value in node.args.items():
        if part not in known and value not in (None, False, [], ""):
            raise refuse(node)


def _error(what: str, do: str) -> ProtocolError:
    return ProtocolError(what, do=do)


def _operand(node: exp.Expression) -> exp.Expression:
    # Parentheses wherever precedence could matter: what is written reads back as the same tree on every engine.
    bare = isinstance(node, exp.Column | exp.Literal | exp.Boolean | exp.Null | exp.Paren | exp.Case | exp.Func)
    return node if bare and not isinstance(node, exp.Connector) else exp.Paren(this=node)


def _part(node: exp.Expression, key: str, names: Names) -> Typed:
    return typed(node.args[key], names)


def _reads(*parts: Typed) -> frozenset[str]:
    return frozenset().union(*(part.reads for part in parts))


def _want(part: Typed, wanted: frozenset[Type], what: str, advice: str) -> Typed:
    if part.type not in wanted:
        raise _error(f"{show(part.node)} is {say(part.type)} where {what} is wanted", advice)
    return part


def say(kind: Type) -> str:
    """Return a type in words."""
    return {
        Type.INTEGER: "a whole number", Type.NUMBER: "a number", Type.TEXT: "text", Type.BOOLEAN: "true or false",
        Type.TIME: "a time", Type.DATE: "a date", Type.NULL: "null", Type.NESTED: "nested",
    }[kind]  # fmt: skip


def _text(part: Typed) -> Typed:
    return _want(part, frozenset({Type.TEXT}), "text", f"write CAST({show(part.node)} AS VARCHAR)")


def _number(part: Typed) -> Typed:
    return _want(part, NUMBERS, "a number", f"write TRY_CAST({show(part.node)} AS DOUBLE)")


def _integer(part: Typed) -> Typed:
    return _want(part, frozenset({Type.INTEGER}), "a whole number", f"write CAST({show(part.node)} AS BIGINT)")


def _time(part: Typed) -> Typed:
    return _want(part, TIMES, "a time or a date", f"write TRY_CAST({show(part.node)} AS TIMESTAMP)")


def _truth(part: Typed) -> Typed:
    return _want(part, frozenset({Type.BOOLEAN}), "a condition", f"compare {show(part.node)} with something")


def _wide(part: Typed) -> exp.Expression:
    # Narrow integers and decimals overflow where BIGINT and DOUBLE do not; a run must not stop at one row's product.
    integer = part.type is Type.INTEGER
    arithmetic = exp.Add | exp.Sub | exp.Mul | exp.Div | exp.Mod | exp.IntDiv | exp.Neg | exp.Cast | exp.TryCast
    if isinstance(part.node, arithmetic) or (integer and isinstance(part.node, exp.Literal)):
        return _operand(part.node)
    return _cast(part.node, "BIGINT" if integer else "DOUBLE")


def _double(part: Typed) -> exp.Expression:
    cast = isinstance(part.node, exp.Cast) and part.type is Type.NUMBER
    return part.node if cast else _cast(part.node, "DOUBLE")


def _cast(node: exp.Expression, to: str) -> exp.Expression:
    return exp.TryCast(this=node, to=exp.DataType.build(to, dialect="duckdb"))


# ---- values


def _column(node: exp.Expression, names: Names) -> Typed:
    _only(node, "this", "table")
    if isinstance(node.this, exp.Star):
        raise refuse(node.this)
    table = node.args.get("table")
    return names.resolve("" if table is None else table.name, node.name)


def _literal(node: exp.Expression, names: Names) -> Typed:
    if node.args.get("is_string"):
        return Typed(exp.Literal.string(node.name), Type.TEXT)
    text = node.name
    if re.fullmatch(r"[0-9]{1,19}", text) and int(text) <= GREATEST_INTEGER:
        return Typed(exp.Literal.number(str(int(text))), Type.INTEGER)
    if re.fullmatch(r"[0-9]{1,18}(\.[0-9]{0,17})?|\.[0-9]{1,17}", text) or (
        re.fullmatch(r"[0-9]{0,18}\.?[0-9]{0,17}[eE][+-]?[0-9]{1,3}", text) and math.isfinite(float(text))
    ):
        return Typed(exp.Literal.number(text), Type.NUMBER)
    raise _error(f"the number {text[:40]} is beyond what engines hold exactly", "write fewer digits, at most 18 before the point")


def _boolean(node: exp.Expression, names: Names) -> Typed:
    return Typed(exp.Boolean(this=bool(node.this)), Type.BOOLEAN)


def _null(node: exp.Expression, names: Names) -> Typed:
    return Typed(exp.Null(), Type.NULL)


def _paren(node: exp.Expression, names: Names) -> Typed:
    _only(node, "this")
    return _part(node, "this", names)


# ---- conditions


def _connector(node: exp.Expression, names: Names) -> Typed:
    kind = type(node)
    done = [_truth(typed(part, names)) for part in _chain(node, kind)]
    built = _operand(done[0].node) if isinstance(done[0].node, exp.Connector) else done[0].node
    for part in done[1:]:
        right = _operand(part.node) if isinstance(part.node, exp.Connector) else part.node
        built = kind(this=built, expression=right)
    return Typed(built, Type.BOOLEAN, _reads(*done))


def _chain(node: exp.Expression, kind: type[exp.Expression]) -> list[exp.Expression]:
    # Long lists of conditions lean to the left; walked here so that they do not deepen the recursion.
    parts: list[exp.Expression] = []
    waiting = [node]
    while waiting:
        part = waiting.pop()
        while isinstance(part, exp.Paren) and isinstance(part.this, kind):
            part = part.this
        if type(part) is kind:
            _only(part, "this", "expression")
            waiting += [part.expression, part.this]
        else:
            parts.append(part)
    return parts


def _not(node: exp.Expression, names: Names) -> Typed:
    _only(node, "this")
    part = _truth(_part(node, "this", names))
    plain = isinstance(part.node, exp.Is | exp.In | exp.Between)
    return Typed(exp.Not(this=part.node if plain else _operand(part.node)), Type.BOOLEAN, part.reads)


def _compare(left: Typed, right: Typed) -> tuple[Typed, Typed]:
    """Return both sides made comparable; a text that stands beside a time is read as one."""
    for side, other in ((left, right), (right, left)):
        if side.type is Type.NULL:
            raise _error("a comparison with NULL is never true", f"write {show(other.node)} IS NULL or IS NOT NULL")
        if side.type is Type.NESTED:
            raise _error(f"{show(side.node)} is nested and cannot be compared", "have the log write the part as a column")
    if left.type in TIMES and right.type is Type.TEXT:
        right = _moment(right, left)
    elif right.type in TIMES and left.type is Type.TEXT:
        left = _moment(left, right)
    alike = left.type is right.type or {left.type, right.type} <= NUMBERS or {left.type, right.type} <= TIMES
    if not alike:
        raise _error(
            f"{show(left.node)} is {say(left.type)} and {show(right.node)} is {say(right.type)}; they cannot be compared",
            _make_alike(left, right),
        )
    return left, right


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
        raise _error(
            f"{show(text.node)} is text and {show(beside.node)} is {say(beside.type)}; they cannot be compared",
            f"write TRY_CAST({show(text.node)} AS TIMESTAMP)",
        )
    return _moment_of(text.node.name, zoned=beside.zoned)


def _moment_of(written: str, *, zoned: bool = False) -> Typed:
    try:
        moment = datetime.fromisoformat(written.strip())
    except ValueError:
        raise _error(f"{written!r} is not a time", "write it like '2013-06-03' or '2013-06-03T14:30:00Z'") from None
    if zoned and moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    elif len(written.strip()) <= len("2013-06-03"):
        return Typed(_cast(exp.Literal.string(moment.date().isoformat()), "DATE"), Type.DATE)
    to = "TIMESTAMP" if moment.tzinfo is None else "TIMESTAMPTZ"
    return Typed(_cast(exp.Literal.string(moment.isoformat(sep=" ")), to), Type.TIME, zoned=moment.tzinfo is not None)


def _comparison(node: exp.Expression, names: Names) -> Typed:
    _only(node, "this", "expression")
    left, right = _compare(_part(node, "this", names), _part(node, "expression", names))
    built = type(node)(this=_operand(left.node), expression=_operand(right.node))
    return Typed(built, Type.BOOLEAN, _reads(left, right))


def _between(node: exp.Expression, names: Names) -> Typed:
    _only(node, "this", "low", "high")
    value = _part(node, "this", names)
    value, low = _compare(value, _part(node, "low", names))
    value, high = _compare(value, _part(node, "high", names))
    built = exp.Between(this=_operand(value.node), low=_operand(low.node), high=_operand(high.node))
    return Typed(built, Type.BOOLEAN, _reads(value, low, high))


def _in(node: exp.Expression, names: Names) -> Typed:
    if node.args.get("query") is not None or any(isinstance(item, exp.Query) for item in node.expressions):
        raise refuse(node.args.get("query") or node.expressions[0])
    if node.args.get("field") is not None or node.args.get("unnest") is not None or not node.expressions:
        raise _error(f"{show(node)} does not list values", "write IN ('a', 'b')")
    _only(node, "this", "expressions")
    value = _part(node, "this", names)
    items = []
    for item in node.expressions:
        value, right = _compare(value, typed(item, names))
        items.append(right)
    built = exp.In(this=_operand(value.node), expressions=[item.node for item in items])
    return Typed(built, Type.BOOLEAN, _reads(value, *items))


def _is(node: exp.Expression, names: Names) -> Typed:
    _only(node, "this", "expression")
    value, against = _part(node, "this", names), node.expression
    if isinstance(against, exp.Boolean):
        _truth(value)
    elif not isinstance(against, exp.Null):
        raise refuse(node)
    right = exp.Null() if isinstance(against, exp.Null) else exp.Boolean(this=bool(against.this))
    return Typed(exp.Is(this=_operand(value.node), expression=right), Type.BOOLEAN, value.reads)


def _like(node: exp.Expression, names: Names) -> Typed:
    _only(node, "this", "expression", "negate")
    value, pattern = _text(_part(node, "this", names)), _text(_part(node, "expression", names))
    built = type(node)(this=_operand(value.node), expression=_operand(pattern.node), negate=bool(node.args.get("negate")) or None)
    return Typed(built, Type.BOOLEAN, _reads(value, pattern))


def _regexp(node: exp.Expression, names: Names) -> Typed:
    _only(node, "this", "expression", "flag")
    value, pattern = _text(_part(node, "this", names)), node.expression
    if not (isinstance(pattern, exp.Literal) and pattern.is_string):
        raise _error("the pattern of regexp_matches is not a quoted text", "write regexp_matches(output, '^late')")
    check_pattern(pattern.name)
    flag = node.args.get("flag")
    if flag is not None and not (isinstance(flag, exp.Literal) and flag.is_string and flag.name in {"i", "c", "s", "is", "cs"}):
        raise _error(f"regexp_matches does not know the flags {show(flag)}", "write 'i' for any case, 's' for '.' over lines")
    built = exp.RegexpLike(
        this=value.node,
        expression=exp.Literal.string(pattern.name),
        flag=None if flag is None else exp.Literal.string(flag.name),
    )
    return Typed(built, Type.BOOLEAN, value.reads)


# ---- values from values


def _arithmetic(node: exp.Expression, names: Names) -> Typed:
    _only(node, "this", "expression", "typed", "safe")
    left, right = _part(node, "this", names), _part(node, "expression", names)
    for side in (left, right):
        if side.type in TIMES or isinstance(side.node, exp.Interval):
            raise _error(f"{show(node)} reckons with times", "have the log write the duration as a number of ms or days")
        _number(side)
    kind = type(node)
    if kind in (exp.IntDiv, exp.Mod):
        _integer(left), _integer(right)
    divides = kind in (exp.Div, exp.IntDiv, exp.Mod)
    divisor = _nonzero(right) if divides else _wide(right)
    whole = kind is not exp.Div and left.type is right.type is Type.INTEGER
    built = kind(this=_double(left) if kind is exp.Div else _wide(left), expression=divisor)
    if kind is exp.Div:
        built.set("typed", False)
        built.set("safe", False)
    return Typed(built, Type.INTEGER if whole else Type.NUMBER, _reads(left, right))


def _nonzero(part: Typed) -> exp.Expression:
    node = part.node
    if isinstance(node, exp.Literal) and float(node.name) != 0:
        return node
    if isinstance(node, exp.Nullif) and isinstance(node.expression, exp.Literal) and node.expression.name == "0":
        return node
    return exp.Nullif(this=node, expression=exp.Literal.number(0))


def _negative(node: exp.Expression, names: Names) -> Typed:
    _only(node, "this")
    part = _number(_part(node, "this", names))
    inner = part.node if isinstance(part.node, exp.Literal) else _wide(part)
    return Typed(exp.Neg(this=_operand(inner)), part.type, part.reads)


def _pipe(node: exp.Expression, names: Names) -> Typed:
    done = [_textual(typed(part, names)) for part in _chain_of_pipes(node)]
    built = _operand(done[0].node)
    for part in done[1:]:
        built = exp.DPipe(this=built, expression=_operand(part.node), safe=True)
    return Typed(built, Type.TEXT, _reads(*done))


def _chain_of_pipes(node: exp.Expression) -> list[exp.Expression]:
    parts: list[exp.Expression] = []
    while type(node) is exp.DPipe:
        _only(node, "this", "expression", "safe")
        parts.append(node.expression)
        node = node.this
    return [node, *reversed(parts)]


def _textual(part: Typed) -> Typed:
    if part.type in {Type.INTEGER, Type.DATE}:
        return Typed(_cast(part.node, "TEXT"), Type.TEXT, part.reads)
    return _text(part)


def _concat(node: exp.Expression, names: Names) -> Typed:
    _only(node, "expressions", "safe", "coalesce")
    done = [_textual(typed(part, names)) for part in node.expressions]
    built = exp.Concat(expressions=[part.node for part in done], safe=True, coalesce=True)
    return Typed(built, Type.TEXT, _reads(*done))


def _same(parts: list[Typed], node: exp.Expression) -> tuple[Type, bool]:
    """Return the type that all parts share, null fitting any, and whether it is zoned."""
    kinds = {part.type for part in parts} - {Type.NULL}
    zoned = any(part.zoned for part in parts)
    if Type.NESTED in kinds:
        raise _error(f"{show(node)} gives a nested value", "have the log write the part as a column")
    if not kinds:
        return Type.NULL, False
    if len(kinds) == 1:
        return kinds.pop(), zoned
    if kinds <= NUMBERS:
        return Type.NUMBER, False
    if kinds <= TIMES:
        return Type.TIME, zoned
    words = " and ".join(sorted(say(kind) for kind in kinds))
    raise _error(f"{show(node)} mixes {words}", "give every branch the same type, with CAST if need be")


def _case(node: exp.Expression, names: Names) -> Typed:
    _only(node, "this", "ifs", "default")
    subject = None if node.args.get("this") is None else _part(node, "this", names)
    conditions, values = [], []
    for branch in node.args["ifs"]:
        condition = typed(branch.this, names)
        if subject is None:
            _truth(condition)
        else:
            # One `=` for each branch: comparing as CASE does, but with the types made alike.
            left, right = _compare(subject, condition)
            built = exp.EQ(this=_operand(left.node.copy()), expression=_operand(right.node))
            condition = Typed(built, Type.BOOLEAN, _reads(left, right))
        conditions.append(condition)
        values.append(typed(branch.args["true"], names))
    default = [] if node.args.get("default") is None else [_part(node, "default", names)]
    return _choice(conditions, values, default, node)


def _if(node: exp.Expression, names: Names) -> Typed:
    _only(node, "this", "true", "false")
    default = [] if node.args.get("false") is None else [_part(node, "false", names)]
    return _choice([_truth(_part(node, "this", names))], [_part(node, "true", names)], default, node)


def _choice(conditions: list[Typed], values: list[Typed], default: list[Typed], node: exp.Expression) -> Typed:
    kind, zoned = _same([*values, *default], node)
    ifs = [exp.If(this=when.node, true=then.node) for when, then in zip(conditions, values, strict=True)]
    built = exp.Case(ifs=ifs, default=default[0].node if default else None)
    return Typed(built, kind, _reads(*conditions, *values, *default), zoned=zoned)


def _several(node: exp.Expression, names: Names) -> Typed:
    """COALESCE, LEAST and GREATEST."""
    _only(node, "this", "expressions", "ignore_nulls")
    done = [typed(part, names) for part in (node.this, *node.expressions)]
    kind, zoned = _same(done, node)
    if kind is Type.NULL:
        raise _error(f"{show(node)} is always null", "name a column or give a value")
    built = type(node)(this=done[0].node, expressions=[part.node for part in done[1:]])
    if not isinstance(built, exp.Coalesce):
        built.set("ignore_nulls", True)
    return Typed(built, kind, _reads(*done), zoned=zoned)


def _nullif(node: exp.Expression, names: Names) -> Typed:
    _only(node, "this", "expression")
    left, right = _compare(_part(node, "this", names), _part(node, "expression", names))
    return Typed(exp.Nullif(this=left.node, expression=right.node), left.type, _reads(left, right), zoned=left.zoned)


TARGETS: Mapping[exp.DataType.Type, tuple[str, Type, bool]] = {
    exp.DataType.Type.TEXT: ("TEXT", Type.TEXT, False),
    exp.DataType.Type.VARCHAR: ("TEXT", Type.TEXT, False),
    exp.DataType.Type.DOUBLE: ("DOUBLE", Type.NUMBER, False),
    exp.DataType.Type.FLOAT: ("DOUBLE", Type.NUMBER, False),
    exp.DataType.Type.BIGINT: ("BIGINT", Type.INTEGER, False),
    exp.DataType.Type.INT: ("BIGINT", Type.INTEGER, False),
    exp.DataType.Type.BOOLEAN: ("BOOLEAN", Type.BOOLEAN, False),
    exp.DataType.Type.TIMESTAMP: ("TIMESTAMP", Type.TIME, False),
    exp.DataType.Type.TIMESTAMPNTZ: ("TIMESTAMP", Type.TIME, False),
    exp.DataType.Type.TIMESTAMPTZ: ("TIMESTAMPTZ", Type.TIME, True),
    exp.DataType.Type.DATE: ("DATE", Type.DATE, False),
}
_FROM: Mapping[Type, frozenset[Type]] = {
    Type.TEXT: frozenset({Type.TEXT, Type.INTEGER, Type.NUMBER, Type.BOOLEAN, Type.TIME, Type.DATE}),
    Type.NUMBER: frozenset({Type.TEXT, Type.INTEGER, Type.NUMBER, Type.BOOLEAN}),
    Type.INTEGER: frozenset({Type.TEXT, Type.INTEGER, Type.NUMBER, Type.BOOLEAN}),
    Type.BOOLEAN: frozenset({Type.TEXT, Type.INTEGER, Type.BOOLEAN}),
    Type.TIME: frozenset({Type.TEXT, Type.TIME, Type.DATE}),
    Type.DATE: frozenset({Type.TEXT, Type.TIME, Type.DATE}),
}


def _casting(node: exp.Expression, names: Names) -> Typed:
    _only(node, "this", "to", "safe")
    to = node.args["to"]
    target = TARGETS.get(to.this) if not to.args.get("nested") else None
    if target is None or (to.expressions and to.this not in {exp.DataType.Type.TEXT, exp.DataType.Type.VARCHAR}):
        raise _error(
            f"a cast to {to.sql(dialect='duckdb')} is not allowed", "cast to VARCHAR, DOUBLE, BIGINT, BOOLEAN, TIMESTAMP or DATE"
        )
    written, kind, zoned = target
    part = _part(node, "this", names)
    if part.type not in _FROM[kind]:
        raise _error(
            f"{show(part.node)} is {say(part.type)} and does not become {say(kind)}", "cast what has a meaning of that type"
        )
    if kind in TIMES and isinstance(part.node, exp.Literal):
        _moment_of(part.node.name)
    return Typed(_cast(part.node, written), kind, part.reads, zoned=zoned)


# ---- functions


def _texts(kind: Type, *, more: int = 0, key: str = "expression") -> Rule:
    """Return the rule of a function of `1 + more` texts."""

    def rule(node: exp.Expression, names: Names) -> Typed:
        keys = ("this", "expression", "replacement")[: 1 + more]
        _only(node, *keys)
        if any(node.args.get(each) is None for each in keys):
            raise _error(f"{show(node)} lacks an argument", f"give it {1 + more} texts")
        done = {each: _text(_part(node, each, names)) for each in keys}
        return Typed(type(node)(**{each: part.node for each, part in done.items()}), kind, _reads(*done.values()))

    return rule


def _trim(node: exp.Expression, names: Names) -> Typed:
    _only(node, "this", "expression", "position")
    parts = [_text(_part(node, key, names)) for key in ("this", "expression") if node.args.get(key) is not None]
    position = str(node.args.get("position") or "").upper()
    built = exp.Trim(
        this=parts[0].node,
        expression=parts[1].node if len(parts) > 1 else None,
        position=position if position in {"LEADING", "TRAILING"} else None,
    )
    return Typed(built, Type.TEXT, _reads(*parts))


def _substring(node: exp.Expression, names: Names) -> Typed:
    _only(node, "this", "start", "length")
    value = _text(_part(node, "this", names))
    if node.args.get("start") is None:
        raise _error(f"{show(node)} does not say where to start", "write substr(text, 1, 3)")
    start = _integer(_part(node, "start", names))
    length = None if node.args.get("length") is None else _integer(_part(node, "length", names))
    built = exp.Substring(this=value.node, start=_wide(start), length=None if length is None else _wide(length))
    return Typed(built, Type.TEXT, _reads(value, start, *([length] if length else [])))


def _abs(node: exp.Expression, names: Names) -> Typed:
    _only(node, "this")
    part = _number(_part(node, "this", names))
    return Typed(exp.Abs(this=_wide(part)), part.type, part.reads)


def _round(node: exp.Expression, names: Names) -> Typed:
    _only(node, "this", "decimals")
    part = _number(_part(node, "this", names))
    decimals = node.args.get("decimals")
    if decimals is not None and not (isinstance(decimals, exp.Literal) and re.fullmatch("[0-9]|1[0-5]", decimals.name)):
        raise _error(f"{show(node)} does not round to a fixed number of places", "write round(value, 2), with 0 to 15 places")
    places = None if decimals is None else exp.Literal.number(decimals.name)
    return Typed(exp.Round(this=_double(part), decimals=places), Type.NUMBER, part.reads)


def _floor(node: exp.Expression, names: Names) -> Typed:
    _only(node, "this")
    part = _number(_part(node, "this", names))
    return Typed(type(node)(this=_double(part)), Type.NUMBER, part.reads)


def _logarithm(node: exp.Expression, names: Names) -> Typed:
    _only(node, "this")
    if isinstance(node.this, exp.Nullif) and isinstance(node.this.this, exp.Greatest):
        return _guarded(node, names)
    part = _number(_part(node, "this", names))
    zero = exp.Literal.number(0)
    positive = exp.Greatest(this=_double(part), expressions=[zero], ignore_nulls=True)
    return Typed(exp.Ln(this=exp.Nullif(this=positive, expression=zero.copy())), Type.NUMBER, part.reads)


def _guarded(node: exp.Expression, names: Names) -> Typed:
    # What this module itself wrote, read again.
    part = _number(_part(node, "this", names))
    return Typed(type(node)(this=part.node), Type.NUMBER, part.reads)


def _root(node: exp.Expression, names: Names) -> Typed:
    _only(node, "this")
    if isinstance(node.this, exp.Case):
        return _guarded(node, names)
    part = _number(_part(node, "this", names))
    inner = _double(part)
    negative = exp.GTE(this=inner.copy(), expression=exp.Literal.number(0))
    return Typed(exp.Sqrt(this=exp.Case(ifs=[exp.If(this=negative, true=inner)])), Type.NUMBER, part.reads)


def _date_part(node: exp.Expression, names: Names) -> Typed:
    _only(node, "this")
    part = _time(_part(node, "this", names))
    return Typed(type(node)(this=part.node), Type.INTEGER, part.reads)


PARTS: Mapping[str, type[exp.Expression]] = {
    "YEAR": exp.Year, "QUARTER": exp.Quarter, "MONTH": exp.Month, "WEEK": exp.Week, "DAY": exp.Day, "HOUR": exp.Hour,
    "MINUTE": exp.Minute, "SECOND": exp.Second, "DOW": exp.DayOfWeek, "DAYOFWEEK": exp.DayOfWeek, "ISODOW": exp.DayOfWeekIso,
}  # fmt: skip


def _extract(node: exp.Expression, names: Names) -> Typed:
    _only(node, "this", "expression")
    kind = PARTS.get(node.this.name.upper())
    if kind is None:
        raise _error(f"EXTRACT does not give {node.this.name}", f"use one of {', '.join(sorted(PARTS)).lower()}")
    part = _time(_part(node, "expression", names))
    return Typed(kind(this=part.node), Type.INTEGER, part.reads)


def _epoch(node: exp.Expression, names: Names) -> Typed:
    if node.args.get("scale") is not None:
        raise _error(f"{show(node)} counts in other units than seconds", "write to_timestamp(column / 1000) for milliseconds")
    _only(node, "this")
    part = _number(_part(node, "this", names))
    return Typed(exp.UnixToTime(this=_double(part)), Type.TIME, part.reads, zoned=True)


RULES: Mapping[type[exp.Expression], Rule] = {
    exp.Column: _column, exp.Literal: _literal, exp.Boolean: _boolean, exp.Null: _null, exp.Paren: _paren,
    exp.And: _connector, exp.Or: _connector, exp.Not: _not,
    exp.EQ: _comparison, exp.NEQ: _comparison, exp.LT: _comparison, exp.LTE: _comparison, exp.GT: _comparison, exp.GTE: _comparison,
    exp.NullSafeEQ: _comparison, exp.NullSafeNEQ: _comparison,
    exp.Between: _between, exp.In: _in, exp.Is: _is, exp.Like: _like, exp.ILike: _like, exp.RegexpLike: _regexp,
    exp.Add: _arithmetic, exp.Sub: _arithmetic, exp.Mul: _arithmetic, exp.Div: _arithmetic, exp.IntDiv: _arithmetic,
    exp.Mod: _arithmetic, exp.Neg: _negative,
    exp.DPipe: _pipe, exp.Concat: _concat, exp.Case: _case, exp.If: _if, exp.Coalesce: _several, exp.Nullif: _nullif,
    exp.Least: _several, exp.Greatest: _several, exp.Cast: _casting, exp.TryCast: _casting,
    exp.Lower: _texts(Type.TEXT), exp.Upper: _texts(Type.TEXT), exp.Length: _texts(Type.INTEGER), exp.Trim: _trim,
    exp.Substring: _substring, exp.Replace: _texts(Type.TEXT, more=2),
    exp.StartsWith: _texts(Type.BOOLEAN, more=1), exp.Contains: _texts(Type.BOOLEAN, more=1),
    exp.Abs: _abs, exp.Round: _round, exp.Floor: _floor, exp.Ceil: _floor, exp.Ln: _logarithm, exp.Sqrt: _root,
    exp.Year: _date_part, exp.Quarter: _date_part, exp.Month: _date_part, exp.Week: _date_part, exp.Day: _date_part,
    exp.Hour: _date_part, exp.Minute: _date_part, exp.Second: _date_part, exp.DayOfWeek: _date_part,
    exp.DayOfWeekIso: _date_part, exp.Extract: _extract, exp.UnixToTime: _epoch,
}  # fmt: skip
