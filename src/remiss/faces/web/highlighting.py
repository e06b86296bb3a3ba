"""YAML for people: lines with numbers to point at, and the parts of each marked by what they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from markupsafe import Markup

from remiss.present.legible import printable

# What the style sheet knows, by the types of pygments; everything else is plain.
KINDS: Sequence[tuple[str, str]] = (
    ("Token.Comment", "comment"),
    ("Token.Name.Tag", "key"),
    ("Token.Literal.Number", "number"),
    ("Token.Literal", "text"),
    ("Token.Punctuation", "mark"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedLine:
    """One line: its number, the name that an address points at it by, and its marked text."""

    number: int
    anchor: str
    text: Markup


def yaml(text: str, anchors: Mapping[int, str]) -> tuple[MarkedLine, ...]:
    """Return the lines of a document.

    Parameters
    ----------
    anchors : further names of lines by their number, for example of the line where a criterion stands
    """
    return tuple(
        MarkedLine(number=number, anchor=anchors.get(number, f"L{number}"), text=marked)
        for number, marked in enumerate(_marked(text), 1)
    )


@lru_cache(maxsize=64)
def _marked(text: str) -> tuple[Markup, ...]:
    # A server that shows no document has no need of it.
    from pygments.lexers.data import YamlLexer

    lines: list[list[Markup]] = [[]]
    for kind, piece in YamlLexer(ensurenl=False, stripnl=False).get_tokens(text):
        name = next((name for each, name in KINDS if f"{kind}.".startswith(f"{each}.")), "")
        for at, part in enumerate(piece.split("\n")):
            if at:
                lines.append([])
            if part:
                shown = printable(part)
                lines[-1].append(
                    Markup('<span class="y-{}">{}</span>').format(name, shown) if name else Markup("{}").format(shown)
                )
    if lines and not lines[-1]:
        lines.pop()
    return tuple(Markup("").join(line) for line in lines)
