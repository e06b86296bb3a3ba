"""Answers of the API: ready bytes of published JSON, and what OpenAPI says of them.

Lists are as the caller likes to read them: JSON, or CSV where `Accept` prefers it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from fastapi import Request
from pydantic_core import PydanticSerializationError, to_json
from starlette.responses import Response

from remiss.codec import schemas
from remiss.contract.table import ROOT
from remiss.faces.spreadsheet import sheet_of
from remiss.records.rows import Rows, as_csv

# Where the OpenAPI document is, which says nothing of a catalog and is told to anybody.
DOCUMENTS = (f"{ROOT}/openapi.json", "/openapi.json", ROOT)
CSV = "text/csv"
# Where an answer that is a file as it is says at which position it was read; JSON has a key for that.
POSITION = "Remiss-Position"
# And of how many of the events in it it is blinded how they were drawn.
BLINDED = "Remiss-Blinded"
# What any route may answer besides its own: not signed in, foreign, malformed or too large, wrong input, the catalog away,
# our fault.
ALWAYS = (400, 401, 403, 413, 414, 421, 422, 431, 500, 503)
SAYS = {
    200: "Done.",
    201: "Filed.",
    202: "Posted: a job will do it.",
    304: "Not modified.",
    400: "The request is not valid HTTP.",
    401: "Nobody is signed in.",
    403: "Not allowed, or a request of another site.",
    404: "No such thing.",
    409: "Somebody else changed it first, several things share the id, or the answer is no.",
    412: "It was revised since it was read.",
    413: "The request is too large or too slow.",
    414: "The address is too long.",
    421: "The request is for another host.",
    422: "The request or its input is wrong.",
    428: "The change does not say which revision was read.",
    431: "The headers are too long.",
    500: "A fault of remiss.",
    503: "The catalog cannot be reached, or too much is asked at once.",
}


def as_json(document: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return a response of one JSON document."""
    content = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8", "backslashreplace")
    return Response(content, status, headers, "application/json")


def tagged(document: Mapping[str, object], revision: int | None, given: str | None) -> Response:
    """Return a response with an ETag that holds the revision; 304 without a body when `given` (If-None-Match) names it.

    Where nothing was read that has a revision (None) there is no ETag.
    The position is no part of what the ETag names: the catalog comes to another by any change, and what was read stays the same.
    """
    response = as_json(document)
    if revision is None:
        return response
    read = as_json({key: value for key, value in document.items() if key != "position"})
    tag = f'"{revision}.{hashlib.sha256(read.body).hexdigest()[:16]}"'
    if given is not None and (given.strip() == "*" or tag in {each.strip().removeprefix("W/") for each in given.split(",")}):
        return Response(status_code=304, headers={"ETag": tag})
    response.headers["ETag"] = tag
    return response


def reference(kind: str) -> dict[str, Any]:
    """Return what OpenAPI says of a body of one published kind."""
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{kind}"}}}


def answers(kind: str, *also: int, status: int = 200, etag: bool = False, csv: bool = False) -> dict[int | str, dict[str, Any]]:
    """Return what OpenAPI says of a route's answers.

    Parameters
    ----------
    kind : the published kind of a good answer
    also : further statuses that this route answers with
    etag, csv : whether a good answer has an ETag, and can be had as CSV
    """
    good: dict[str, Any] = {"description": SAYS[status], "content": reference(kind)}
    if etag:
        good["headers"] = {
            "ETag": {"description": "Names what was read, for If-Match and If-None-Match.", "schema": {"type": "string"}}
        }
    if csv:
        good["content"][CSV] = {"schema": {"type": "string"}}
    found: dict[int | str, dict[str, Any]] = {status: good}
    for each in sorted({*ALWAYS, *also}):
        found[each] = {"description": SAYS[each]} | ({} if each == 304 else {"content": reference("error")})
    return found


def binary(*also: int, kinds: Sequence[str] = ("application/octet-stream",)) -> dict[int | str, dict[str, Any]]:
    """Return what OpenAPI says of the answers of a route that gives a file, and says in a header where it was read.

    Parameters
    ----------
    also : further statuses that this route answers with
    kinds : the media types of the file
    """
    found = answers("error", *also)
    found[200]["content"] = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in kinds}
    found[200]["headers"] = {
        POSITION: {"description": "The catalog's position that was read.", "schema": {"type": "integer", "minimum": 0}}
    }
    return found


def components() -> dict[str, Any]:
    """Return the published schemas as components of an OpenAPI document."""
    return {name: {"title": f"remiss/{name}@1", **schema} for name, schema in schemas().items()}


JSON = "application/json"


@lru_cache(64)
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
        return _list_as_json(document, {"Vary": "Accept"})
    token = answer.next if isinstance(answer, Rows) else None
    following = {} if token is None else {"Link": f'<{_next(request, token)}>; rel="next"'}
    content = as_csv(*sheet_of(answer, document, declared)).encode("utf-8", "backslashreplace")
    return Response(content, headers={"Vary": "Accept", **following}, media_type=CSV)


def _list_as_json(document: Mapping[str, Any], headers: Mapping[str, str]) -> Response:
    """Return a response of a list, whose values are JSON already; written by pydantic in a third of the time."""
    try:
        return Response(to_json(document), 200, headers, "application/json")
    except PydanticSerializationError:
        # Half of a pair of surrogates, which no UTF-8 has.
        return as_json(document, headers=headers)


def _next(request: Request, token: str) -> str:
    """Return the address of the page after this one; a list in JSON has the token itself."""
    url = request.url.include_query_params(after=token)
    return f"{url.path}?{url.query}"
