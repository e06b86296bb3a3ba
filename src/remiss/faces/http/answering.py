"""Answers of the API: ready bytes of published JSON, and what OpenAPI says of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from remiss.codec import schemas

CSV = "text/csv"
# Where an answer that is a file as it is says at which position it was read; JSON has a key for that.
POSITION = "Remiss-Position"
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


def tagged(document: Mapping[str, object], revision: int, given: str | None) -> Response:
    """Return a response with an ETag that holds the revision; 304 without a body when `given` (If-None-Match) names it.

    The position is no part of what the ETag names: the catalog comes to another by any change, and what was read stays the same.
    """
    response = as_json(document)
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


def binary(*also: int) -> dict[int | str, dict[str, Any]]:
    """Return what OpenAPI says of the answers of a route that gives a file, and says in a header where it was read.

    Parameters
    ----------
    also : further statuses that this route answers with
    """
    found = answers("error", *also)
    found[200]["content"] = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
    found[200]["headers"] = {
        POSITION: {"description": "The catalog's position that was read.", "schema": {"type": "integer", "minimum": 0}}
    }
    return found


def components() -> dict[str, Any]:
    """Return the published schemas as components of an OpenAPI document."""
    return {name: {"title": f"remiss/{name}@1", **schema} for name, schema in schemas().items()}
