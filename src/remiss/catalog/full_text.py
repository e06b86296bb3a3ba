"""Words: what full-text search looks for, alike on every database.

Databases disagree on what a word is (a path, an e-mail address, an accent, an emoji). Here it is a run of letters and digits,
in lower case, without accents; texts are taken apart by this module both before they are indexed and before they are searched
for, so that what a database sees are plain words between spaces. Values of fields are taken apart alike, as they are written.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from remiss.records.event import Scalar, to_text

WORD = re.compile(r"[^\W_]+")
# A longer "word" is no word but a blob; its beginning is enough to find it again.
LETTER_LIMIT = 40
# What of one text is searchable: three texts of a case, with its values, stay within what a tsvector holds, a megabyte and 16,383
# positions.
WORD_LIMIT = 5_000
VALUE_WORD_LIMIT = 1_300
# Stands between two texts, so that no phrase goes on from one to the next. No phrase has it: `words_of` takes accents away.
BORDER = "é"


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a text, in order.

    >>> words_of("Missed connection at Orly/CDG: 2h, très tard")
    ('missed', 'connection', 'at', 'orly', 'cdg', '2h', 'tres', 'tard')
    """
    if not text.isascii():
        apart = unicodedata.normalize("NFKD", text)
        text = "".join(letter for letter in apart if not unicodedata.combining(letter))
    found = WORD.findall(text.casefold())
    if len(text) > LETTER_LIMIT and max(map(len, found), default=0) > LETTER_LIMIT:
        found = [word[:LETTER_LIMIT] for word in found]
    return tuple(found)


def searchable(*texts: str | None) -> str:
    """Return what of some texts is indexed: their words between single spaces, at most the first 5,000."""
    found: list[str] = []
    for text in texts:
        if text:
            found.extend(words_of(text))
    return " ".join(found[:WORD_LIMIT])


def searchable_values(output: Scalar, label: Scalar, *fields: Mapping[str, Scalar]) -> str:
    """Return what of the values of an event is indexed: the words of each as it is written, at most the first 1,300 of all.

    >>> searchable_values("on-time", None, {"airport": "EWR"}, {"distance": 12.5, "rebooked": True})
    'on time é ewr é 12 5 é true'
    """
    values = [output, label, *(value for each in fields for _, value in sorted(each.items()))]
    found: list[str] = []
    # The same again, such as a label that is the output, is found already.
    for text in dict.fromkeys(map(to_text, values)):
        words = words_of(text) if text else ()
        if words:
            found.extend((BORDER, *words) if found else words)
    return " ".join(found[:VALUE_WORD_LIMIT])


def mentions(document: str, phrase: str) -> bool:
    """Return whether the words of `phrase` stand in a searchable document side by side.

    >>> mentions(searchable("a missed connection"), "Missed connection!")
    True
    """
    wanted = " ".join(words_of(phrase))
    return bool(wanted) and f" {wanted} " in f" {document} "
