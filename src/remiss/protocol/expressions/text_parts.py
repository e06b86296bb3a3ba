"""Rules of functions that take texts apart: by separators, by patterns, by the format of a time.

What they look for is fixed, so that an expression means the same for every row and is checked before any is read.
"""

from __future__ import annotations

import re

from sqlglot import exp

from remiss.protocol.expressions.patterns import check_pattern
from remiss.protocol.expressions.typed import (
    ExpressionReader,
    Typed,
    as_text,
    child,
    error,
    only,
    show,
    whole,
    written_whole,
)
from remiss.protocol.terms import Type

# What a format may hold, as in Python; a time with %z carries a zone.
_FORMATS = frozenset("aAbBdHIjmMpSfgyYz%")


def split_part(node: exp.Expression, reader: ExpressionReader) -> Typed:
    """Read split_part: a piece of what stands between separators."""
    only(node, "this", "delimiter", "part_index")
    value, separator, place = as_text(child(node, "this", reader)), node.args.get("delimiter"), node.args.get("part_index")
    number = whole(place)
    if not (isinstance(separator, exp.Literal) and separator.is_string and separator.name) or not number:
        raise error(f"{show(node)} does not name a fixed piece", "write split_part(text, '/', 1), or -1 for the last piece")
    built = exp.SplitPart(this=value.node, delimiter=exp.Literal.string(separator.name), part_index=written_whole(number))
    return Typed(built, Type.TEXT, value.reads)


def regular_part(node: exp.Expression, reader: ExpressionReader) -> Typed:
    """Read regexp_extract: what a fixed pattern, or a group of it, finds first; empty where it finds nothing."""
    only(node, "this", "expression", "group", "null_if_pos_overflow")
    value, pattern = as_text(child(node, "this", reader)), node.expression
    if not (isinstance(pattern, exp.Literal) and pattern.is_string):
        raise error("the pattern of regexp_extract is not a quoted text", "write regexp_extract(text, '^[A-Z]+')")
    groups = check_pattern(pattern.name)
    group = 0 if node.args.get("group") is None else whole(node.args["group"])
    if group is None or not 0 <= group <= groups:
        has = {0: "no group", 1: "one group"}.get(groups, f"{groups} groups")
        raise error(
            f"{show(node)} names a group, and the pattern has {has}", "write the group's number, or none for all that matches"
        )
    built = exp.RegexpExtract(
        this=value.node,
        expression=exp.Literal.string(pattern.name),
        group=exp.Literal.number(str(group)) if group else None,
        null_if_pos_overflow=node.args.get("null_if_pos_overflow"),
    )
    return Typed(built, Type.TEXT, value.reads)


def from_text(node: exp.Expression, reader: ExpressionReader) -> Typed:
    """Read strptime, and try_strptime as which it is written: the time that a text names in a fixed format."""
    value, written = (node.this, node.args.get("format")) if isinstance(node, exp.StrToTime) else node.expressions
    if isinstance(node, exp.StrToTime):
        only(node, "this", "format")
    if not (isinstance(written, exp.Literal) and written.is_string):
        raise error("the format of strptime is not a quoted text", "write strptime(text, '%d.%m.%Y %H:%M')")
    marks = re.findall("%-?(.?)", written.name)
    if unknown := [mark for mark in marks if mark not in _FORMATS or not mark]:
        raise error(f"strptime does not know %{unknown[0]}", "write %Y %m %d %H %M %S %f %z, or %b for a month's name")
    text = as_text(reader.read(value))
    built = exp.Anonymous(this="try_strptime", expressions=[text.node, exp.Literal.string(written.name)])
    return Typed(built, Type.TIME, text.reads, zoned="z" in marks)
