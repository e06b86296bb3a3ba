"""What every route and page takes: its workspace, models that refuse what they do not know, the status of an error.

Routes that read do so each within one reading: its actions share a snapshot, and one entry of the log of views names all that
they show. An answer is made within the block and leaves after it, so that nothing leaves that could not be recorded. Routes that
change something have no such block: what they show beside what they did is recorded action by action.

Downloads: content that others made, sent so that no browser does anything with it but keep it in a file. It is an attachment
under a harmless name, never sniffed for another type, and kept by no cache. Should a browser open it all the same, it is in a
sandbox without an origin, where nothing runs and nothing is loaded.
"""

from __future__ import annotations

import copy
import functools
import inspect
import typing
from collections.abc import Callable, Coroutine, Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import QueryParams
from starlette.responses import Response, StreamingResponse
from starlette.types import Scope

from remiss.codec import parsed
from remiss.errors import (
    Ambiguous,
    AnswerNo,
    CatalogError,
    Conflict,
    Denied,
    InputError,
    NotFound,
    Precondition,
    RemissError,
    RequestError,
    StorageError,
    Unconditional,
    Undecided,
)
from remiss.faces.identity import Caller
from remiss.parameters import MOST_POSITION
from remiss.result_cache import ResultCache

if TYPE_CHECKING:
    from remiss.workspace import Workspace
else:
    # Routes are declared with it, and only the workspace loads what a catalog needs.
    Workspace = Any

SANDBOX = "sandbox; default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
# The first that fits, most special first.
STATUSES: tuple[tuple[type[RemissError], int], ...] = (
    (Precondition, 412),
    (Unconditional, 428),
    (Denied, 403),
    (NotFound, 404),
    (Conflict, 409),
    (Ambiguous, 409),
    (StorageError, 503),
    (CatalogError, 503),
    (AnswerNo, 409),
    (Undecided, 409),
    (InputError, 422),
    (RemissError, 500),
)


def status_of(error: RemissError) -> int:
    """Return the HTTP status of an error."""
    return next(status for kind, status in STATUSES if isinstance(error, kind))


class Asked(BaseModel):
    """A request's query or body: an unknown name is an error, never ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def bodied(scope: Scope) -> bool:
    """Return whether a request has a body: without either of these headers none follows, and none is waited for."""
    return not {b"content-length", b"transfer-encoding"}.isdisjoint(name for name, _ in scope["headers"])


class JsonRoute(APIRoute):
    """A route that reads its body as strict JSON (`codec.parsed`), and the query of a list by its model alone.

    What else a route might take is not looked for where it takes nothing else, for that lasts as long as finding what is listed.
    What does not fit the model is left to the framework, which says what is wrong.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what handles a request."""
        handle, read = super().get_route_handler(), _query_alone(self)

        async def strictly(request: Request) -> Response:
            if read is not None and not bodied(request.scope):
                asked = None
                with suppress(ValidationError):
                    asked = read(request.query_params)
                if asked is not None:
                    return await run_in_threadpool(self.endpoint, request=request, asked=asked)
            return await handle(_StrictRequest(request.scope, request.receive))

        return strictly


def _query_alone(route: APIRoute) -> Callable[[QueryParams], BaseModel] | None:
    """Return what reads the query of a route as the framework does, if that is all that the route takes."""
    if inspect.signature(route.endpoint).parameters.keys() != {"request", "asked"} or not route.dependant.query_params:
        return None
    model: Any = route.dependant.query_params[0].field_info.annotation
    fields = ((name, each.annotation) for name, each in model.model_fields.items())
    lists = {name for name, of in fields if any(typing.get_origin(each) is list for each in (of, *typing.get_args(of)))}
    # Of a name that stands twice the last value.
    return lambda given: model.model_validate({name: given.getlist(name) if name in lists else given[name] for name in given})


class _StrictRequest(Request):
    async def json(self) -> Any:
        if not hasattr(self, "_json"):
            self._json = parsed((await self.body()).decode())
        return self._json


class AsOf(Asked):
    """At which position to read."""

    as_of: Annotated[
        int | None, Field(default=None, ge=0, le=MOST_POSITION, description="Read the catalog as it stood at this position.")
    ] = None


async def _workspace(request: Request) -> Workspace:
    return opened(request)


async def nothing_unknown(request: Request) -> None:
    """Refuse what a route that takes no query, or no body, was given all the same; the models of the others do it themselves.

    Raises
    ------
    RequestError
    """
    route = request.scope["route"]
    if request.query_params and not route.dependant.query_params:
        raise RequestError(f"unknown {', '.join(sorted(request.query_params))}", do="send no query here")
    if route.openapi_extra and "requestBody" in route.openapi_extra:
        # The body is a file as it is.
        return
    if route.body_field is None and bodied(request.scope) and await request.body() not in {b"", b"{}"}:
        raise RequestError("unknown fields in a body where none belongs", do="send no body here")


def opened(request: Request, documents: Mapping[str, str] | None = None) -> Workspace:
    """Return a workspace of its own for a request, of its sender, which reads documents, if any, from what came along."""
    # A caller who was authenticated was noted there; without a note nobody acts.
    caller: Caller = request.state.caller
    serving = request.app.state.workspace.serving
    ws: Workspace = serving(request.state.request_id, documents, actor=caller.actor, authority=caller.authority)
    ws.came_from = request.state.came_from
    return ws


async def _answers(request: Request) -> ResultCache:
    found: ResultCache = request.app.state.answers
    return found


# Each request has a workspace of its own on the one open catalog.
Ws = Annotated[Workspace, Depends(_workspace)]
# What the server remembers of answers; for actions that take long.
Cached = Annotated[ResultCache, Depends(_answers)]


READS = {"GET"}


def in_one_reading(router: APIRouter, kind: type[APIRouter] = APIRouter) -> APIRouter:
    """Return a router with the same routes, of which those that read do so within one reading."""
    found = kind()
    for route in router.routes:
        mine = copy.copy(route)
        if isinstance(mine, APIRoute) and mine.methods == READS and "ws" in inspect.signature(mine.endpoint).parameters:
            mine.endpoint = _held(mine.endpoint)
        found.routes.append(mine)
    return found


def _held(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(endpoint)
    def answer(*args: Any, ws: Workspace, **kwargs: Any) -> Any:
        with ws.reading(held=True):
            return endpoint(*args, ws=ws, **kwargs)

    return answer


def download(content: bytes, name: str, media_type: str = "application/octet-stream") -> Response:
    """Return a response that is kept in a file.

    Parameters
    ----------
    name : the file's, already harmless; letters beyond ASCII are sent as RFC 6266 says
    """
    return Response(content, headers=_headers(name), media_type=media_type)


def streamed(pieces: Iterable[bytes], name: str, media_type: str) -> StreamingResponse:
    """Return a response that is kept in a file, and sent piece by piece while it is made; `name` as of `download`."""
    return StreamingResponse(pieces, headers=_headers(name), media_type=media_type)


def _headers(name: str) -> dict[str, str]:
    plain = "".join(letter if letter.isascii() and letter not in '"\\' else "_" for letter in name)
    return {
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}",
        "Content-Security-Policy": SANDBOX,
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
