"""Reading: text as detectors see it, with a way back to the text as it stands.

Fullwidth letters and the digits of other scripts become ASCII, every dash and every space one of its kind. What cannot be
seen (zero-width joiners, soft hyphens) is left out, and so are accents, so that both spellings of an accented letter read
alike. Where characters came from is kept by stretches, so that plain text costs nothing.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass

# Full stops that domain names may be written with (RFC 3490, section 3.1), as they are after NFKD.
DOTS = {"\N{IDEOGRAPHIC FULL STOP}": "."}
MINUS = "\N{MINUS SIGN}"
# Not of category Cf, and yet nothing to see: the grapheme joiner and fillers are marks or letters.
UNSEEN = {"\N{COMBINING GRAPHEME JOINER}", "\N{HANGUL FILLER}", "\N{HALFWIDTH HANGUL FILLER}", "\N{BRAILLE PATTERN BLANK}"}
BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+")


@dataclass(frozen=True, slots=True)
class NormalisedText:
    """`text` to search in.

    Stretch k of it begins at `starts[k]` and came from `origins[k]` on, one character for each; where `unfolded[k]`, all of
    it came from the one character there.
    """

    text: str
    starts: tuple[int, ...] = (0,)
    origins: tuple[int, ...] = (0,)
    unfolded: tuple[bool, ...] = (False,)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the bounds in the original of a match in `text`: what was left out inside it belongs to it."""
        if len(self.starts) == 1:
            return start, end
        return self._origin(start), self._origin(end - 1) + 1

    def _origin(self, at: int) -> int:
        stretch = bisect_right(self.starts, at) - 1
        return self.origins[stretch] + (0 if self.unfolded[stretch] else at - self.starts[stretch])


def normalised(text: str) -> NormalisedText:
    """Return the reading of `text`; for ASCII the text itself.

    >>> normalised("ana\N{ZERO WIDTH JOINER}@example\N{FULLWIDTH FULL STOP}org").text
    'ana@example.org'
    """
    if text.isascii():
        return NormalisedText(text)
    pieces: list[str] = []
    starts, origins, unfolded = [0], [0], [False]
    done = length = 0
    for run in BEYOND_ASCII.finditer(text):
        first = run.start()
        pieces.append(text[done:first])
        length += first - done
        for at, character in enumerate(run[0], first):
            seen = _seen(character)
            pieces.append(seen)
            if len(seen) > 1:
                starts.append(length)
                origins.append(at)
                unfolded.append(True)
            length += len(seen)
            if len(seen) != 1:
                starts.append(length)
                origins.append(at + 1)
                unfolded.append(False)
        done = run.end()
    pieces.append(text[done:])
    return NormalisedText("".join(pieces), tuple(starts), tuple(origins), tuple(unfolded))


@functools.lru_cache(maxsize=8192)
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
