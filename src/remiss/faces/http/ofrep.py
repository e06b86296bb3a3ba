"""OpenFeature's remote evaluation protocol: releases as feature flags, for any program that has a client of it.

Source: OpenFeature Remote Evaluation Protocol, its OpenAPI document. All flags are boolean. What a client says of itself is its
context; of that only `modelDigest` is read, the digest of the model that it serves. Tokens are those of the API.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from remiss import safeguard
from remiss.codec import parsed
from remiss.errors import InputError, NotFound, RemissError
from remiss.faces.http.answering import as_json
from remiss.faces.serving import Ws, status_of
from remiss.records.gate import ReleaseFlag
from remiss.records.identity import format_time

FLAGS = "/ofrep/v1/evaluate/flags"
# OpenAPI documents of the protocol say what these routes take and answer, and not ours.
router = APIRouter(tags=["flags"], include_in_schema=False)


@router.post(FLAGS + "/{key}", operation_id="ofrep.evaluate")
async def evaluate(request: Request, ws: Ws, key: str) -> Response:
    """Evaluate one flag: whether a version of a model may be released."""
    body = await request.body()

    def answer() -> Response:
        return as_json(_told(request, safeguard.evaluate_flag(ws, key, digest=_served(body))))

    return await run_in_threadpool(_answered, answer, {"key": key})


@router.post(FLAGS, operation_id="ofrep.evaluate_all")
async def evaluate_all(request: Request, ws: Ws) -> Response:
    """Evaluate all flags; 304 where they are those that If-None-Match names."""
    body = await request.body()

    def answer() -> Response:
        _served(body)
        found = as_json({"flags": [_told(request, each) for each in safeguard.list_flags(ws)]})
        tag = f'"{hashlib.sha256(found.body).hexdigest()[:32]}"'
        named = {each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")}
        if named & {tag, "*"}:
            return Response(status_code=304, headers={"ETag": tag})
        found.headers["ETag"] = tag
        return found

    return await run_in_threadpool(_answered, answer, {})


def _answered(answer: Callable[[], Response], about: dict[str, str]) -> Response:
    """Return an answer, or what went wrong as the protocol says it."""
    try:
        return answer()
    except _Malformed as error:
        return as_json({**about, "errorCode": error.code, "errorDetails": str(error)}, status=400)
    except NotFound as error:
        return as_json({**about, "errorCode": "FLAG_NOT_FOUND", "errorDetails": error.what}, status=404)
    except RemissError as error:
        details = f"{error.what}; {error.do}" if error.do else error.what
        return as_json({**about, "errorCode": "GENERAL", "errorDetails": details}, status=status_of(error))


class _Malformed(ValueError):
    """A request that the protocol does not allow."""

    def __init__(self, code: str, what: str) -> None:
        super().__init__(what)
        self.code = code


def _served(body: bytes) -> str | None:
    """Return the digest of the model that a client says it serves.

    Raises
    ------
    _Malformed
    """
    try:
        said = parsed(body.decode()) if body.strip() else {}
    except (InputError, ValueError) as error:
        raise _Malformed("PARSE_ERROR", "the body is no JSON") from error
    context = said.get("context", {}) if isinstance(said, dict) else None
    if not isinstance(context, dict):
        raise _Malformed("INVALID_CONTEXT", "the body is to be an object, and its context, too")
    digest = context.get("modelDigest")
    if digest is not None and not isinstance(digest, str):
        raise _Malformed("INVALID_CONTEXT", "modelDigest is to be text: sha256: and 64 hexadecimal digits")
    return digest


def _told(request: Request, found: ReleaseFlag) -> dict[str, Any]:
    """Return a flag as the protocol tells it; its metadata is flat."""
    facts: dict[str, bool | str | int | None] = {
        "why": found.why,
        "verdict": found.verdict.value,
        "decision": found.decision,
        "evidence": str(request.url.replace(path=f"/gates/{found.decision}", query="")),
        "identified": found.identified,
        "modelDigest": found.digest,
        "policyDigest": found.policy_digest,
        "waivers": found.waivers,
        "waivedUntil": None if found.until is None else format_time(found.until),
        "decidedAt": None if found.decided_at is None else format_time(found.decided_at),
    }
    return {
        "key": found.flag,
        "value": found.value,
        # Not STATIC, which clients may keep for good: a waiver ends, and a newer decision may fail.
        "reason": "TARGETING_MATCH",
        "variant": found.variant.value,
        "metadata": {name: value for name, value in facts.items() if value is not None},
    }
