"""What may happen to texts on their way, and the operators that do it: typing errors, cases, letters that look alike, cuts.

Nothing here parts a letter from its accents, and what is invisible changes no letter's form.
"""

from __future__ import annotations

import re
import unicodedata
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from remiss.records.event import Scalar
from remiss.safeguard.scenarios.changes import Draws, Unchanged
from remiss.safeguard.scenarios.profile import FieldKind
from remiss.safeguard.scenarios.value_operators import BaseOperator, Known, Share

# Neighbours of a key on a QWERTY keyboard.
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_KEYS: Mapping[str, str] = {
    key: "".join(
        other
        for near, shift in ((row, 0), (row - 1, 0), (row + 1, -1), (row - 1, 1), (row + 1, 0))
        if 0 <= near < len(_ROWS)
        for place in ((at - 1, at + 1) if near == row else (at + shift,))
        if 0 <= place < len(_ROWS[near])
        for other in _ROWS[near][place]
    )
    for row, keys in enumerate(_ROWS)
    for at, key in enumerate(keys)
}
# Letters of Cyrillic and Greek that most typefaces draw like Latin ones (of Unicode's confusables, those of one letter).
_ALIKE = dict(
    zip(
        "ABCEHIJKMNOPSTXYZaceijopsxy",
        "\u0410\u0412\u0421\u0415\u041d\u0406\u0408\u041a\u041c\u039d\u041e\u0420\u0405\u0422\u0425\u03a5\u0396"
        "\u0430\u0441\u0435\u0456\u0458\u043e\u0440\u0455\u0445\u0443",
        strict=True,
    )
)
_PLAIN = {ord(other): letter for letter, other in _ALIKE.items()}
# Those that join no letters and part none: they change no form, in any script.
ZERO_WIDTH = ("\u200b", "\u2060", "\ufeff")
_NOTHING = dict.fromkeys(map(ord, ZERO_WIDTH))
# After what ends one, with the white space behind it; a full stop of Chinese or Japanese needs none.
_SENTENCE = re.compile(r"(?<=[.!?\u2026])\s+|(?<=[\u3002\uff01\uff1f\u0964])\s*|\n+")
_UNSPACED = "\u3002\uff01\uff1f"
_TRIES = 16


def skeleton(text: str) -> str:
    r"""Return a text as people see it: without what is invisible, and with Latin letters for those that look like them.

    >>> skeleton("\u0440a\u200by"), skeleton("pay")
    ('pay', 'pay')
    """
    return text.translate(_NOTHING).translate(_PLAIN)


def clusters(text: str) -> list[str]:
    """Return a text in pieces that are not to be parted: each a letter with its accents, or signs that are joined to one."""
    if text.isascii():
        return [*text]
    found: list[str] = []
    for letter in text:
        joins = (
            unicodedata.category(letter) in {"Mn", "Mc", "Me"}
            or letter in "\u200d\u200c"
            or "\U0001f3fb" <= letter <= "\U0001f3ff"
        )
        if found and (joins or found[-1].endswith("\u200d")):
            found[-1] += letter
        else:
            found.append(letter)
    return found


def mistyped(text: str, count: int, draws: Draws) -> str:
    """Return a text with so many typing errors, each in another place.

    A neighbouring key, two letters in each other's place, one that is left out, or one that is typed twice. Only letters and
    digits are mistyped.
    """
    pieces = clusters(text)
    places = draws.some([at for at, piece in enumerate(pieces) if piece[0].isalnum()], count)
    for at in places:
        before = pieces[at]
        for _ in range(_TRIES):
            pieces[at] = _slip(pieces, at, draws)
            if pieces[at] != before:
                break
    return _other("".join(pieces), text, "it has no letter to mistype")


def _slip(pieces: list[str], at: int, draws: Draws) -> str:
    piece = pieces[at]
    match draws.below(4):
        case 0 if piece.lower() in _KEYS:
            key = draws.one_of(_KEYS[piece.lower()])
            return key.upper() if piece.isupper() else key
        case 1 if at + 1 < len(pieces) and pieces[at + 1][:1].isalnum() and pieces[at + 1] != piece:
            after, pieces[at + 1] = pieces[at + 1], piece
            return after
        case 2 if len(pieces) > 1:
            return ""
        case _:
            return piece * 2


def recased(text: str, to: str, draws: Draws) -> str:
    """Return a text in another case: upper, lower, title, swapped, or each letter at random."""
    match to:
        case "upper":
            found = text.upper()
        case "lower":
            found = text.lower()
        case "title":
            found = text.title()
        case "swapped":
            found = text.swapcase()
        case _:
            found = "".join(letter.upper() if draws.below(2) else letter.lower() for letter in text)
    return _other(found, text, "it has that case already")


def alike(text: str, share: float, draws: Draws) -> str:
    """Return a text in which a share of the letters, and one at least, only look like those that stood there."""
    places = [at for at, letter in enumerate(text) if letter in _ALIKE]
    chosen = set(draws.some(places, max(1, round(share * len(places)))))
    found = "".join(_ALIKE[letter] if at in chosen else letter for at, letter in enumerate(text))
    return _other(found, text, "no letter of it has one that looks alike")


def with_zero_width(text: str, count: int, draws: Draws) -> str:
    """Return a text with so many signs in it that nobody sees, each within a word where there is one."""
    pieces = clusters(text)
    within = [at for at in range(1, len(pieces)) if pieces[at - 1][:1].isalnum() and pieces[at][:1].isalnum()]
    chosen = set(draws.some(within or [*range(1, len(pieces))], count))
    found = "".join(f"{draws.one_of(ZERO_WIDTH)}{piece}" if at in chosen else piece for at, piece in enumerate(pieces))
    return _other(found, text, "it is too short")


def truncated(text: str, keep: float) -> str:
    """Return the first share of a text, one sign at least, wherever that cuts it."""
    pieces = clusters(text)
    return _other("".join(pieces[: max(1, round(keep * len(pieces)))]), text, "it is too short to be cut")


def sentences(text: str) -> Sequence[str]:
    """Return the sentences of a text with the white space behind each; joined they are the text.

    >>> sentences("Late again. Why?")
    ['Late again. ', 'Why?']
    """
    ends = [found.end() for found in _SENTENCE.finditer(text)]
    return [text[begins:end] for begins, end in zip([0, *ends], [*ends, len(text)], strict=True) if begins < end]


def with_a_sentence_repeated(text: str, count: int, draws: Draws) -> str:
    """Return a text that says so many of its sentences twice, one after the other."""
    said = sentences(text)
    chosen = set(draws.some([at for at, each in enumerate(said) if each.strip()], count))
    found = "".join(f"{each}{_between(each)}{each}" if at in chosen else each for at, each in enumerate(said))
    return _other(found, text, "it has no sentence")


def _between(sentence: str) -> str:
    """Return what parts a sentence from the next where nothing stands behind it."""
    return "" if sentence[-1:].isspace() or sentence[-1:] in _UNSPACED else " "


def without_a_sentence(text: str, count: int, draws: Draws) -> str:
    """Return a text without so many of its sentences; one stays."""
    said = sentences(text)
    gone = set(draws.some(range(len(said)), min(count, len(said) - 1)))
    return _other("".join(each for at, each in enumerate(said) if at not in gone), text, "it has but one sentence")


def _other(found: str, text: str, otherwise: str) -> str:
    if found == text:
        raise Unchanged(otherwise)
    return found


Count = Annotated[int, Field(ge=1, le=100)]


class _OnText(BaseOperator):
    KINDS: ClassVar = frozenset({FieldKind.TEXT})

    def apply(self, value: Scalar, known: Known, draws: Draws) -> Scalar:
        if not isinstance(value, str):
            raise Unchanged("it is no text")
        return self.text(value, draws)

    @abstractmethod
    def text(self, text: str, draws: Draws) -> str:
        """Return what becomes of a text."""


class Typos(_OnText):
    """So many typing errors: a neighbouring key, letters swapped, left out or typed twice."""

    operator: Literal["typos"]
    count: Count = 1

    def text(self, text: str, draws: Draws) -> str:
        return mistyped(text, self.count, draws)


class Casing(_OnText):
    """Another case: upper, lower, title, swapped, or each letter at random."""

    operator: Literal["casing"]
    to: Literal["upper", "lower", "title", "swapped", "random"] = "upper"

    def text(self, text: str, draws: Draws) -> str:
        return recased(text, self.to, draws)


class LookAlikes(_OnText):
    """A share of the letters are Cyrillic or Greek ones that look alike."""

    operator: Literal["look-alikes"]
    share: Share = 0.1

    def text(self, text: str, draws: Draws) -> str:
        return alike(text, self.share, draws)


class ZeroWidth(_OnText):
    """So many characters that nobody sees."""

    operator: Literal["zero-width"]
    count: Count = 1

    def text(self, text: str, draws: Draws) -> str:
        return with_zero_width(text, self.count, draws)


class Truncation(_OnText):
    """The first share of the text, the rest cut off."""

    operator: Literal["truncation"]
    keep: Annotated[float, Field(gt=0, lt=1)] = 0.5

    def text(self, text: str, draws: Draws) -> str:
        return truncated(text, self.keep)


class RepeatedSentence(_OnText):
    """So many sentences stand twice."""

    operator: Literal["repeated-sentence"]
    count: Count = 1

    def text(self, text: str, draws: Draws) -> str:
        return with_a_sentence_repeated(text, self.count, draws)


class DroppedSentence(_OnText):
    """So many sentences are gone; one stays."""

    operator: Literal["dropped-sentence"]
    count: Count = 1

    def text(self, text: str, draws: Draws) -> str:
        return without_a_sentence(text, self.count, draws)
