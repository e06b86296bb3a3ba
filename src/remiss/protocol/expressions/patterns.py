"""Regular expressions of a predicate: the part of the syntax that every engine reads alike.

DuckDB matches with RE2, Spark with Java's engine; a pattern that only one of them knows would mean something else
elsewhere, and one that is malformed would stop a run. So what they share is allowed: classes, groups, alternatives,
counted repetition, anchors; no look-around, no back-references, no possessive or atomic groups.
"""

from __future__ import annotations

import re

from remiss.errors import ProtocolError

MOST_REPETITION = 1_000
_LETTER_ESCAPES = frozenset("dDwWsSbBntrfvAz")
_QUANTIFIERS = "*+?"


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
