"""SVG by presentation attributes alone: no style, no script, no address of another file.

So a picture draws the same in a notebook, in a page under the strictest policy and in a file of its own. All colour is
`currentColor`: light and dark follow the text around it.
"""

from __future__ import annotations

import html
import unicodedata

from remiss.present.legible import one_line

# How wide a letter is at most, on average, at 12 pixels in the fonts that screens have; those of the Far East are square.
LETTER, SQUARE = 6.8, 12.0


def extent(text: str) -> float:
    """Return about how many pixels a text is wide at 12 pixels; rather more than less."""
    return sum(SQUARE if unicodedata.east_asian_width(letter) in "WF" else LETTER for letter in text)


def fitted(text: str, room: float) -> str:
    """Return text that fits into so many pixels, cut where it must be."""
    if extent(text) <= room:
        return text
    while text and extent(text) + LETTER > room:
        text = text[:-1]
    return text.rstrip() + "…"


def escaped(text: str) -> str:
    """Return text as the content of an element or an attribute."""
    return html.escape(one_line(text))


def pixels(number: float) -> str:
    """Return a coordinate to a tenth of a pixel.

    >>> pixels(3.0), pixels(2.345)
    ('3', '2.3')
    """
    return f"{round(number, 1):g}"


def written(x: float, y: float, text: str, *, anchor: str = "start", opacity: float = 1) -> str:
    """Return text with its base line at y, beginning, centred or ending at x."""
    where = f'x="{pixels(x)}" y="{pixels(y)}"'
    aligned = "" if anchor == "start" else f' text-anchor="{anchor}"'
    faint = "" if opacity == 1 else f' fill-opacity="{opacity}"'
    return f"<text {where}{aligned}{faint}>{escaped(text)}</text>"


def stroke(path: str, *, dashes: str = "", opacity: float = 1, thick: float = 1.5) -> str:
    """Return a line along a path."""
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    faint = "" if opacity == 1 else f' stroke-opacity="{opacity}"'
    return f'<path d="{path}" fill="none" stroke="currentColor" stroke-width="{pixels(thick)}"{dashed}{faint}/>'


def line(x1: float, y1: float, x2: float, y2: float) -> str:
    """Return the path of a straight line."""
    return f"M{pixels(x1)} {pixels(y1)}L{pixels(x2)} {pixels(y2)}"
