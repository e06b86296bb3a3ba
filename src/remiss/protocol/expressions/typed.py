"""A checked part of an expression: its node built anew, its type, what it reads; and what rules share.

Types are our own and few (see `terms.Type`), so that an expression means the same on every engine, and comparing text
with a number is refused here and not at the ten-millionth row.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from sqlglot import exp

from remiss.errors import ProtocolError
from remiss.protocol.expressions.refusal import PARTS, refuse, shown
from remiss.protocol.structure import Structure
from remiss.protocol.terms import Type

NUMBERS = frozenset({Type.INTEGER, Type.NUMBER})
TIMES = frozenset({Type.TIME, Type.DATE})
NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Typed:
    """A checked node, its type, the names that it reads, whether a time carries a zone, and what a nested value holds."""

    node: exp.Expression
    type: Type
    reads: frozenset[str] = NOTHING
    zoned: bool = False
    inner: Structure | None = None


class ExpressionReader(Protocol):
    """Who reads the parts of an expression for its rules."""

    def read(self, node: exp.Expression | None) -> Typed:
        """Return `node` built anew from checked parts.

        Raises
        ------
        ProtocolError : a node, a part of a node or a combination of types that is not allowed
        """
        ...

    def resolve(self, parts: Sequence[str]) -> Typed:
        """Return the column, or the part of one, that a name stands for, given as it is divided by dots.

        Raises
        ------
        ProtocolError : it is not known
        """
        ...


Rule: TypeAlias = Callable[[exp.Expression, ExpressionReader], Typed]


def child(node: exp.Expression, key: str, reader: ExpressionReader) -> Typed:
    """Return the checked part of a node that stands under a key."""
    return reader.read(node.args.get(key))


def reads(*parts: Typed) -> frozenset[str]:
    """Return all names that parts read."""
    return frozenset().union(*(part.reads for part in parts))


def only(node: exp.Expression, *known: str) -> None:
    """Refuse a node that has other parts than those known."""
    for part, value in node.args.items():
        if part not in known and value not in (None, False, [], ""):
            raise refuse(node)


def error(what: str, do: str) -> ProtocolError:
    """Return the error that says what is wrong and what to do."""
    return ProtocolError(what, do=do)


def operand(node: exp.Expression) -> exp.Expression:
    """Return a node that can stand beside an operator."""
    # Parentheses wherever precedence could matter: what is written reads back as the same tree on every engine.
    bare = isinstance(node, exp.Column | exp.Literal | exp.Boolean | exp.Null | exp.Paren | exp.Case | exp.Func)
    return node if bare and not isinstance(node, exp.Connector) else exp.Paren(this=node)


def try_cast(node: exp.Expression, to: str) -> exp.Expression:
    """Return a cast that gives null where it fails."""
    return exp.TryCast(this=node, to=exp.DataType.build(to, dialect="duckdb"))


def show(node: exp.Expression) -> str:
    """Return how a node reads, short enough for a message."""
    return re.sub(r'"([A-Za-z_][\w.]*)"', r"\1", shown(node.transform(_as_people_write)))


def _as_people_write(node: exp.Expression) -> exp.Expression:
    """Return a node that takes a part of a nested value as people write it."""
    match node:
        case exp.StructExtract():
            return exp.Dot(this=node.this, expression=exp.to_identifier(node.expression.name))
        case exp.Anonymous(this="list_extract" | "map_extract_value", expressions=[value, key]):
            # The parser counts from 0, as other dialects do, and writes one more.
            number = isinstance(key, exp.Neg) or not key.is_string
            at = exp.Literal.number(int(key.sql()) - 1) if number else key
            return exp.Bracket(this=value, expressions=[at])
        case exp.JSONExtract() | exp.JSONExtractScalar() if isinstance(node.this.unnest(), exp.TryCast):
            node.set("this", node.this.unnest().this)
    return node


def whole(node: exp.Expression | None) -> int | None:
    """Return a whole number as it is written; None for anything else."""
    number = node.this if isinstance(node, exp.Neg) else node
    if not isinstance(number, exp.Literal) or number.is_string or not re.fullmatch("[0-9]{1,6}", number.name):
        return None
    return -int(number.name) if isinstance(node, exp.Neg) else int(number.name)


def written_whole(number: int) -> exp.Expression:
    """Return a whole number as it is written."""
    literal = exp.Literal.number(str(abs(number)))
    return exp.Neg(this=literal) if number < 0 else literal


def say(kind: Type) -> str:
    """Return a type in words."""
    return {
        Type.INTEGER: "a whole number", Type.NUMBER: "a number", Type.TEXT: "text", Type.BOOLEAN: "true or false",
        Type.TIME: "a time", Type.DATE: "a date", Type.NULL: "null", Type.NESTED: "nested", Type.UNKNOWN: "unknown",
    }[kind]  # fmt: skip


def want(part: Typed, wanted: frozenset[Type], what: str, advice: str) -> Typed:
    """Return a part whose type is among those wanted, or may be when it is known."""
    if part.type is not Type.UNKNOWN and part.type not in wanted:
        advice = f"name a part of it, as in {PARTS}" if part.type is Type.NESTED else advice
        raise error(f"{show(part.node)} is {say(part.type)} where {what} is wanted", advice)
    return part


def as_text(part: Typed) -> Typed:
    """Return a part that is text."""
    return want(part, frozenset({Type.TEXT}), "text", f"write CAST({show(part.node)} AS VARCHAR)")


def as_number(part: Typed) -> Typed:
    """Return a part that is a number."""
    return want(part, NUMBERS, "a number", f"write TRY_CAST({show(part.node)} AS DOUBLE)")


def as_time(part: Typed) -> Typed:
    """Return a part that is a time or a date."""
    return want(part, TIMES, "a time or a date", f"write TRY_CAST({show(part.node)} AS TIMESTAMP)")


def as_truth(part: Typed) -> Typed:
    """Return a part that is true or false."""
    return want(part, frozenset({Type.BOOLEAN}), "a condition", f"compare {show(part.node)} with something")


def same(parts: list[Typed], node: exp.Expression) -> tuple[Type, bool]:
    """Return the type that all parts share, null and what is not known fitting any, and whether it is zoned."""
    known = {part.type for part in parts} - {Type.NULL}
    kinds = known - {Type.UNKNOWN}
    zoned = any(part.zoned for part in parts)
    if Type.NESTED in kinds:
        raise error(f"{show(node)} gives a nested value", "have the log write the part as a column")
    if not kinds:
        return (Type.UNKNOWN if known else Type.NULL), False
    if len(kinds) == 1:
        return kinds.pop(), zoned
    if kinds <= NUMBERS:
        return Type.NUMBER, False
    if kinds <= TIMES:
        return Type.TIME, zoned
    words = " and ".join(sorted(say(kind) for kind in kinds))
    raise error(f"{show(node)} mixes {words}", "give every branch the same type, with CAST if need be")
