"""Lists as the caller likes to read them: JSON, or CSV where `Accept` prefers it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import Request
from starlette.responses import Response

from remiss.faces.http.answering import CSV, as_json
from remiss.faces.spreadsheet import as_csv, sheet_of
from remiss.records.rows import Rows

JSON = "application/json"


def prefers_csv(accept: str) -> bool:
    """Return whether a caller who accepts this would rather have CSV than JSON. Source: RFC 9110, section 12.5.1.

    >>> prefers_csv("text/csv"), prefers_csv("*/*"), prefers_csv("text/csv;q=0.5, application/json"), prefers_csv("text/*")
    (True, False, False, True)
    """
    return _quality(accept, CSV) > _quality(accept, JSON)


def _quality(accept: str, kind: str) -> float:
    """Return how much a caller wants a media type, from 0 to 1; the most specific range that fits decides."""
    ranges = (kind, f"{kind.partition('/')[0]}/*", "*/*")
    found = {}
    for each in accept.lower().split(","):
        name, *parameters = [part.strip() for part in each.split(";")]
        given = next((part[2:] for part in parameters if part.startswith("q=")), "1")
        # Written so that what is no number counts for nothing.
        found[name] = float(given) if given.replace(".", "", 1).isdecimal() and given.isascii() else 0.0
    return next((found[name] for name in ranges if name in found), 0.0)


def answer_in(request: Request, answer: Any, document: Mapping[str, Any], declared: Any, *, csv: bool) -> Response:
    """Return an answer that has lines and columns in the form that was asked for; a page of CSV names the next by Link.

    Parameters
    ----------
    document : the answer as published
    declared : the type that it was declared as
    """
    if not csv:
        return as_json(document, headers={"Vary": "Accept"})
    token = answer.next if isinstance(answer, Rows) else None
    following = {} if token is None else {"Link": f'<{_next(request, token)}>; rel="next"'}
    content = as_csv(*sheet_of(answer, document, declared)).encode("utf-8", "backslashreplace")
    return Response(content, headers={"Vary": "Accept", **following}, media_type=CSV)


def _next(request: Request, token: str) -> str:
    """Return the address of the page after this one; a list in JSON has the token itself."""
    url = request.url.include_query_params(after=token)
    return f"{url.path}?{url.query}"
