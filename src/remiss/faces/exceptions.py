"""Errors as HTTP: the published `error` object, and the status that says the same to programs that read no body."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping
from typing import Any

from anyio import CapacityLimiter, to_thread
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from remiss import former
from remiss.errors import RemissError, StorageError, TimedOut
from remiss.faces.http.answering import as_json
from remiss.faces.serving import status_of
from remiss.govern.authority import LocalOwner

LOG = logging.getLogger("remiss")
# Threads of their own: pages of errors are made while others are at work, too.
THREADS = 4


def error_object(code: str, what: str, do: str = "") -> dict[str, object]:
    """Return an `error` object for what no RemissError stands for."""
    return {"error": {"code": code, "what": what, "where": None, "do": do}}


def _remedy(request: Request) -> str:
    kind = request.headers.get("content-type", "").partition(";")[0]
    if kind in {"application/x-www-form-urlencoded", "text/plain"}:
        return f"send JSON, not {kind}: curl --json, or with the header Content-Type: application/json"
    if not request.url.path.startswith("/api/"):
        return "follow a link of the pages, or begin at Home"
    return "see the OpenAPI document at /api/v1/openapi.json"


def answer_errors(app: FastAPI) -> None:
    """Have an application answer every error as the published object, or as a page where pages are and one was asked for.

    Pages say how in `app.state.problem`: called with request, status and error object, it returns a response. It asks the
    catalog, which may take a while: not on the loop, where nobody else would be answered meanwhile.
    """
    threads = CapacityLimiter(THREADS)

    def paged(request: Request) -> bool:
        return not request.url.path.startswith("/api/") and hasattr(app.state, "problem")

    def answer(request: Request, status: int, document: dict[str, object], headers: Mapping[str, str] | None = None) -> Response:
        if not paged(request):
            return as_json(document, status=status, headers=headers)
        page: Response = app.state.problem(request, status, document)
        return page

    async def answered(
        request: Request, status: int, document: dict[str, object], headers: Mapping[str, str] | None = None
    ) -> Response:
        if not paged(request):
            return answer(request, status, document, headers)
        return await to_thread.run_sync(answer, request, status, document, headers, limiter=threads)

    # For what stands around the application, which knows no handlers.
    app.state.known = lambda request, error: answer(request, status_of(error), _without_address(request, error).to_json())

    @app.exception_handler(RemissError)
    async def _known(request: Request, error: RemissError) -> Response:
        return await answered(request, status_of(error), _without_address(request, error).to_json())

    @app.exception_handler(RequestValidationError)
    async def _malformed(request: Request, error: RequestValidationError) -> Response:
        action = getattr(request.scope.get("route"), "operation_id", None) or ""
        what = "; ".join(_complaints(error.errors(), action))
        return await answered(request, 422, error_object("request", what, _remedy(request)))

    @app.exception_handler(HTTPException)
    async def _routing(request: Request, error: HTTPException) -> Response:
        code = {404: "not-found", 405: "method", 413: "too-large"}.get(error.status_code, "request")
        do = {400: "send JSON in UTF-8, of ordinary depth and size", 413: "send less, and send it at once"}.get(
            error.status_code, ""
        )
        return await answered(request, error.status_code, error_object(code, str(error.detail).lower(), do), error.headers)

    @app.exception_handler(Exception)
    async def _ours(request: Request, error: Exception) -> Response:
        request_id = request.state.request_id
        LOG.error("request %s failed", request_id, exc_info=error)
        do = f"report it with the traceback that the server printed for request {request_id}"
        return await answered(request, 500, error_object("internal", "this is a fault of remiss", do))


def _without_address(request: Request, error: RemissError) -> RemissError:
    """Return an error of the disk or the database's server as whoever asked may know it: where these are the operator knows."""
    caller = getattr(request.state, "caller", None)
    if not isinstance(error, StorageError | TimedOut) or (caller is not None and isinstance(caller.authority, LocalOwner)):
        return error
    where = re.escape(request.app.state.workspace.address)
    # What a driver says of a server that is away has its host and port, too.
    what = re.sub(
        f"{where}( cannot be reached)?(?(1).*)", lambda found: f"the catalog{found[1] or ''}", error.what, flags=re.DOTALL
    )
    return type(error)(what, do="try again later, and tell who runs the server" if what.endswith("reached") else error.do)


def _complaints(errors: Iterable[Any], action: str) -> Iterable[str]:
    for each in list(errors)[:10]:
        place = ".".join(str(part) for part in each["loc"][1:] or each["loc"])
        name = str(each["loc"][-1])
        if each["type"] == "json_invalid":
            yield f"the body is no JSON: {each['ctx']['error']}"
        elif each["type"] == "extra_forbidden":
            refused = "this address takes no parameter" if each["loc"][0] == "query" else "the body takes no key"
            yield f"{refused} {place!r}{former.key_hint(action, [name])}"
        else:
            yield f"{place}: {each['msg'].removeprefix('Value error, ')}{former.value_hint(name, each['input'])}"
