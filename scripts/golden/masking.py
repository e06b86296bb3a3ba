"""What differs from one record to the next, and says nothing: ports, folders, the room on a disk, tokens.

Times stay, for the clock stands still, and so do digests of content. Those that link entries of the audit follow from all entries
before; they are masked where `sealed` says that an answer is of them, for each entry is compared by itself.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from typing import Any

_MASKS = (
    # A run knows the folder that it was captured in, whichever copy of the catalog is asked.
    (re.compile(r"/[\w./-]*/work/(?:sqlite|postgresql)(?:_copy|_served)?(?=[/\"' ]|$)"), "<folder>"),
    (re.compile(r"(127\.0\.0\.1|localhost|\[::1\]):\d{2,5}\b"), r"\1:<port>"),
    (re.compile(r"remiss_[0-9a-z]{12}_[0-9A-Za-z_-]+"), "<token>"),
    # Ids that are drawn: they are counted, and how far the count is depends on what else was drawn.
    (re.compile(r"(?<!-)\b0000[0-9a-hjkmnp-tv-z]{8}\b"), "<token id>"),
    (re.compile(r"(/sign-in\?token=)[0-9A-Za-z_-]+"), r"\1<token>"),
    (re.compile(rf"{re.escape(tempfile.gettempdir())}[0-9A-Za-z_./-]*"), "<temporary>"),
    (re.compile(r"\b\d+(\.\d+)? [kMGT]B free"), "<room> free"),
    (re.compile(r"(took|after) \d+(\.\d+)? (s|ms)\b"), r"\1 <while>"),
)
_SEALS = (
    (re.compile(r"\b[0-9a-f]{64}\b"), "<digest>"),
    (re.compile(r"(?<![0-9A-Za-z+/])[0-9A-Za-z+/]{40,}={0,2}"), "<base64>"),
    (re.compile(r"\+[0-9a-f]{8}\+"), "+<key id>+"),
)


def masked(text: str, places: Mapping[str, str], *, sealed: bool = False) -> str:
    """Return a text without what differs each time.

    Parameters
    ----------
    places : texts that stand for a folder or an address, and what is put for each
    sealed : whether the text is about entries of the audit

    >>> masked("/here/catalog.db is served at http://127.0.0.1:4711", {"/here": "<folder>"})
    '<folder>/catalog.db is served at http://127.0.0.1:<port>'
    """
    for place in sorted(places, key=len, reverse=True):
        text = text.replace(place, places[place])
    for pattern, put in (*_MASKS, *(_SEALS if sealed else ())):
        text = pattern.sub(put, text)
    return text


def masked_value(value: Any, places: Mapping[str, str], *, sealed: bool = False) -> Any:
    """Return a value of JSON with all of its texts masked."""
    match value:
        case str():
            return masked(value, places, sealed=sealed)
        case list():
            return [masked_value(each, places, sealed=sealed) for each in value]
        case dict():
            return {masked(name, places): masked_value(each, places, sealed=sealed) for name, each in value.items()}
        case _:
            return value
