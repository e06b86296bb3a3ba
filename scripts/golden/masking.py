"""What differs from one record of the same tree to the next, and says nothing: times of today, ports, folders, catalog ids.

Times of the logs lie in 2013 and stay. Digests of content stay as well; those over entries of the audit hold times of today and
are masked where `sealed` says that an answer is of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_NOW = r"20(?:2[5-9]|[3-9]\d)-\d\d-\d\d"
_MASKS = (
    (re.compile(rf"{_NOW}[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+]00:00| UTC)?"), "<time>"),
    (re.compile(_NOW), "<day>"),
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "<catalog id>"),
    (re.compile(r"(127\.0\.0\.1|localhost|\[::1\]):\d{2,5}\b"), r"\1:<port>"),
    (re.compile(r"remiss_[0-9a-z]{12}_[0-9A-Za-z_-]+"), "<token>"),
    (re.compile(r"(/sign-in\?token=)[0-9A-Za-z_-]+"), r"\1<token>"),
    (re.compile(r"/tmp/[0-9A-Za-z_./-]*"), "<temporary>"),
)
_SEALS = (
    (re.compile(r"\b[0-9a-f]{64}\b"), "<digest>"),
    (re.compile(r"(?<![0-9A-Za-z+/])[0-9A-Za-z+/]{40,}={0,2}"), "<base64>"),
    (re.compile(r"\+[0-9a-f]{8}\+"), "+<key id>+"),
)
# Figures of this machine and minute, by the name of their column.
_MEASURED = re.compile(r"seconds|_ms|bytes|free|duration|pid|uptime")


def masked(text: str, places: Mapping[str, str], *, sealed: bool = False) -> str:
    """Return a text without what differs each time.

    Parameters
    ----------
    places : texts that stand for a folder or an address, and what is put for each
    sealed : whether the text is about entries of the audit

    >>> masked("served at http://127.0.0.1:4711 since 2026-11-30T16:11:00Z", {})
    'served at http://127.0.0.1:<port> since <time>'
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
