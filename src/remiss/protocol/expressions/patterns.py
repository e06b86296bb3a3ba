"""Texts in an expression: what is looked for in them, and functions that take them apart.

DuckDB matches with RE2, Spark with Java's engine; a pattern that only one of them knows would mean something else
elsewhere, and one that is malformed would stop a run. So what they share is allowed: classes, groups, alternatives,
counted repetition, anchors; no look-around, no back-references, no possessive or atomic groups.

Texts are taken apart by separators, by patterns, and by the format of a time. What is looked for is fixed, so that an expression
means the same for every row and is checked before any is read.
"""

from __future__ import annotations

import re

from sqlglot import exp

from remiss.errors import ProtocolError
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

MOST_REPETITION = 1_000
_LETTER_ESCAPES = frozenset("dDwWsSbBntrfvAz")
_QUANTIFIERS = "*+?"
# What a format may hold, as in Python; a time with %z carries a zone.
_FORMATS = frozenset("aAbBdHIjmMpSfgyYz%")


def check_pattern(pattern: str) -> int:
    """Return how many groups a pattern has, if it is one that engines share.

    Raises
    ------
    ProtocolError : malformed, or beyond what engines share
    """
    try:
        # RE2 and Java write the very end of the text as \z, which Python spells \Z.
        return re.compile(_portable(pattern)).groups
    except (re.error, OverflowError, RecursionError) as error:
        raise _refused(pattern, str(error)) from error


def _portable(pattern: str) -> str:
    out: list[str] = []
    at, in_class, last_quantified = 0, False, False
    while at < len(pattern):
        here, rest = pattern[at], pattern[at:]
        quantifier = False
        if here == "\\":
            piece = _escape(pattern, at)
        elif in_class:
            piece = here
            if here == "[" or rest.startswith(("&&", "--", "~~", "||")):
                raise _refused(pattern, f"{rest[:2]!r} inside [...]")
            in_class = here != "]"
        elif here == "[":
            piece = re.match(r"\[\^?\]?", rest)[0]  # type: ignore[index]
            if piece.endswith("]"):
                raise _refused(pattern, "']' first inside [...]; write \\]")
            in_class = True
        elif here == "(":
            piece = _group(pattern, at)
        elif here == "{":
            piece, quantifier = _counted(pattern, at), True
        elif here in _QUANTIFIERS:
            piece, quantifier = here, True
            if rest[1:2] == "?":
                piece = rest[:2]
        else:
            piece = here
        if quantifier and last_quantified:
            raise _refused(pattern, f"{piece!r} repeats a repetition")
        last_quantified = quantifier
        out.append("\\Z" if piece == "\\z" else piece)
        at += len(piece)
    return "".join(out)


def _escape(pattern: str, at: int) -> str:
    after = pattern[at + 1 : at + 2]
    if not after or (after.isalnum() and after not in _LETTER_ESCAPES) or not after.isascii():
        raise _refused(pattern, f"the escape {pattern[at : at + 2]!r}")
    return pattern[at : at + 2]


def _group(pattern: str, at: int) -> str:
    rest = pattern[at:]
    if not rest.startswith("(?"):
        return "("
    if rest.startswith("(?:"):
        return "(?:"
    raise _refused(pattern, f"the group {rest[:3]!r}")


def _counted(pattern: str, at: int) -> str:
    found = re.match(r"\{(\d{1,4})(?:,(\d{0,4}))?\}\??", pattern[at:])
    if not found or any(int(bound) > MOST_REPETITION for bound in found.groups() if bound):
        raise _refused(pattern, f"a repetition that is not {{n}} or {{n,m}} up to {MOST_REPETITION:,}")
    return found[0]


def _refused(pattern: str, why: str) -> ProtocolError:
    shown = pattern if len(pattern) <= 40 else f"{pattern[:37]}..."
    return ProtocolError(
        f"the pattern {shown!r} is not one that every engine reads alike: {why}",
        do="use classes, groups (?:...), alternatives, anchors and repetition; no look-around and no back-references",
    )


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
