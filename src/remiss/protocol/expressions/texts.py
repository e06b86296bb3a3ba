"""Rules of text: joining, cutting, replacing, matching the start."""

from __future__ import annotations

import re
from typing import TypeGuard

from sqlglot import exp

from remiss.protocol.expressions.typed import (
    ExpressionReader,
    Rule,
    Typed,
    as_text,
    child,
    error,
    only,
    operand,
    reads,
    show,
    try_cast,
)
from remiss.protocol.terms import Type


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
