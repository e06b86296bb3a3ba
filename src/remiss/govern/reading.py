"""Reading: text as detectors see it, with a way back to the text as it stands.

Fullwidth letters and the digits of other scripts become ASCII, every dash and every space one of its kind. What cannot be
seen (zero-width joiners, soft hyphens) is left out, and so are accents, so that both spellings of an accented letter read
alike. Each character remembers where it came from.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

# Full stops that domain names may be written with (RFC 3490, section 3.1), as they are after NFKD.
DOTS = {"\N{IDEOGRAPHIC FULL STOP}": "."}
MINUS = "\N{MINUS SIGN}"
# Not of category Cf, and yet nothing to see: the grapheme joiner and fillers are marks or letters.
UNSEEN = {"\N{COMBINING GRAPHEME JOINER}", "\N{HANGUL FILLER}", "\N{HALFWIDTH HANGUL FILLER}", "\N{BRAILLE PATTERN BLANK}"}


@dataclass(frozen=True, slots=True)
class Reading:
    """`text` to search in; `origins` the index, in the original, of each of its characters (None: the same)."""

    text: str
    origins: tuple[int, ...] | None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the bounds in the original of a match in `text`: what was left out inside it belongs to it."""
        if self.origins is None:
            return start, end
        return self.origins[start], self.origins[end - 1] + 1


def read(text: str) -> Reading:
    """Return the reading of `text`; for ASCII the text itself.

    >>> read("ana\N{ZERO WIDTH JOINER}@example\N{FULLWIDTH FULL STOP}org").text
    'ana@example.org'
    """
    if text.isascii():
        return Reading(text, None)
    letters: list[str] = []
    origins: list[int] = []
    for index, character in enumerate(text):
        seen = character if character.isascii() else _seen(character)
        letters.append(seen)
        origins.extend([index] * len(seen))
    return Reading("".join(letters), tuple(origins))


def _seen(character: str) -> str:
    """Return what a reader takes a character for: nothing, itself, or plainer characters."""
    category = unicodedata.category(character)
    if category in {"Cf", "Mn", "Me", "Mc"} or character in UNSEEN:
        return ""
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if category == "Pd" or character == MINUS:
        return "-"
    if category == "Zs":
        return " "
    # Some compatibility forms unfold to hundreds of letters; none of those is part of an address.
    plainer = unicodedata.normalize("NFKD", character)
    if len(plainer) > 4:
        return character
    return "".join(DOTS.get(each, each) for each in plainer if unicodedata.category(each) not in {"Mn", "Me"})
