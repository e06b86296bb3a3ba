"""Words: what full-text search looks for, alike on every database.

Databases disagree on what a word is (a path, an e-mail address, an accent, an emoji). Here it is a run of letters and digits,
in lower case, without accents; texts are taken apart by this module both before they are indexed and before they are searched
for, so that what a database sees are plain words between spaces.
"""

from __future__ import annotations

import re
import unicodedata

WORD = re.compile(r"[^\W_]+")
# A longer "word" is no word but a blob; its beginning is enough to find it again.
LETTER_LIMIT = 40
# What of one text is searchable: three texts of a case stay within what a tsvector holds, a megabyte and 16,383 positions.
WORD_LIMIT = 5_000


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


def mentions(document: str, phrase: str) -> bool:
    """Return whether the words of `phrase` stand in a searchable document side by side.

    >>> mentions(searchable("a missed connection"), "Missed connection!")
    True
    """
    wanted = " ".join(words_of(phrase))
    return bool(wanted) and f" {wanted} " in f" {document} "
