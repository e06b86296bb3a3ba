"""Whether the server lives, whether its catalog can be read, and figures for Prometheus.

The figures are how many requests there were of which route, how they ended, how long they took.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any

from anyio import to_thread
from fastapi import APIRouter, FastAPI
from fastapi.routing import iter_route_contexts
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from remiss.errors import RemissError, StorageError
from remiss.faces.http.answering import SAYS, reference
from remiss.faces.http.security import ALIVE, UNREADABLE, App, Message, Receive, Scope, Send
from remiss.faces.serving import opened
from remiss.version import __version__

router = APIRouter(tags=["health"])


@router.get("/livez", operation_id="livez", response_class=PlainTextResponse)
async def livez() -> Response:
    """Answer that the server is running."""
    # Declared here; `Security` answers before it comes to that.
    return ALIVE


@router.get("/readyz", operation_id="readyz", response_class=PlainTextResponse, responses={503: {"description": "Not ready."}})
async def readyz(request: Request) -> Response:
    """Answer whether the catalog can be read; it waits for nobody who is at work."""
    try:
        await to_thread.run_sync(request.app.state.workspace.serving("readyz").position, limiter=request.app.state.health)
    except RemissError:
        return UNREADABLE
    return PlainTextResponse("ok\n")


REFUSED: dict[int | str, dict[str, Any]] = {
    status: {"description": SAYS[status], "content": reference("error")} for status in (401, 403, 503)
}


@router.get("/metrics", operation_id="metrics", response_class=PlainTextResponse, responses=REFUSED)
def metrics(request: Request) -> Response:
    """Return figures of this server in the text format of Prometheus; one of them is whether the catalog can be read."""
    ws = opened(request)
    ws.allow("catalog:read")
    position = None
    with suppress(StorageError):
        position = ws.position()
    return Response(request.app.state.metrics.text(position=position), media_type=CONTENT_TYPE)


CONTENT_TYPE = CONTENT_TYPE_LATEST
# From a page of the catalog to a capture.
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60, 600)


class Metrics:
    """The figures of one server; a registry of its own, so that a process may hold several."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ("method", "route")
        self.requests = Counter("remiss_requests", "Requests by how they ended.", (*labels, "status"), registry=self.registry)
        self.seconds = Histogram(
            "remiss_request_seconds", "How long requests took.", labels, buckets=BUCKETS, registry=self.registry
        )
        self.open = Gauge("remiss_requests_open", "Requests under way.", registry=self.registry)
        self.up = Gauge("remiss_catalog_up", "Whether the catalog can be read.", registry=self.registry)
        self.position = Gauge("remiss_catalog_position", "The catalog's position.", registry=self.registry)
        build = Gauge("remiss_build_info", "Which version runs.", ("version",), registry=self.registry)
        build.labels(__version__).set(1)

    def text(self, *, position: int | None) -> bytes:
        """Return all figures in the text format; `position` is None where the catalog cannot be read."""
        self.up.set(position is not None)
        if position is not None:
            self.position.set(position)
        return generate_latest(self.registry)


class Measured:
    """Counts and times every request that gets past the door, by the route that served it, never by its address."""

    def __init__(self, app: FastAPI, metrics: Metrics) -> None:
        self._app: App = app
        self._metrics = metrics
        # A request knows its route as its router declared it, without the prefix that the router was included under.
        self._paths = {id(each.original_route): each.path or "" for each in iter_route_contexts(app.routes)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or what the server asks around requests."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, begun = 500, time.perf_counter()

        async def counted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        self._metrics.open.inc()
        try:
            await self._app(scope, receive, counted)
        finally:
            self._metrics.open.dec()
            route = self._paths.get(id(scope.get("route")), "none")
            method = scope["method"] if scope["method"] in {"GET", "POST", "PATCH"} else "other"
            self._metrics.requests.labels(method, route, str(status)).inc()
            self._metrics.seconds.labels(method, route).observe(time.perf_counter() - begun)
