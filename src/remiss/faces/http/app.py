"""The API: all routers under /api/v1, errors as published objects, and an OpenAPI document that says so."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from anyio import CapacityLimiter
from fastapi import APIRouter, Depends, FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import Scope

from remiss.contract.table import ROOT
from remiss.faces.exceptions import answer_errors
from remiss.faces.http import by_hand, derived, health, ofrep
from remiss.faces.http.answering import DOCUMENTS, as_json, components
from remiss.faces.http.health import Metrics
from remiss.faces.serving import in_one_reading, nothing_unknown
from remiss.result_cache import ResultCache
from remiss.version import __version__

if TYPE_CHECKING:
    from remiss.workspace import Workspace


def create_app(workspace: Workspace) -> FastAPI:
    """Return the application on an open catalog, without the door (see `server.secured`)."""
    app = FastAPI(
        title="remiss",
        summary="The catalog of what your machine-learning models got wrong.",
        version=__version__,
        openapi_url=None,  # it is answered below, to anybody, made once
        docs_url=None,  # its pages load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
        # The server's figures are at /metrics. For these every request would look through the environment for where to send them.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.workspace = workspace
    app.state.metrics = Metrics()
    app.state.answers = ResultCache()
    app.state.health = CapacityLimiter(2)
    answer_errors(app)
    app.router.routes.extend(_routes())

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
    made = cache(lambda: as_json(app.openapi()).body)

    def document() -> Response:
        return Response(made(), media_type="application/json")

    for path in DOCUMENTS:
        app.add_api_route(path, document, include_in_schema=False)
    return app


class ApiRouter(APIRouter):
    """Routes of the API; a page is not looked for among them."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Return whether a request is for one of them."""
        return super().matches(scope) if scope["path"].startswith(ROOT) else (Match.NONE, {})


@cache
def _routes() -> tuple[BaseRoute, ...]:
    """Return the routes, which are the same for every catalog: each request asks its application for the workspace."""
    made = APIRouter()
    for routes in (derived.router(), by_hand.FILES, by_hand.CALLS):
        # Each by itself: a router within a router is searched again at every level.
        made.include_router(in_one_reading(routes, ApiRouter), prefix=ROOT, dependencies=[Depends(nothing_unknown)])
    made.include_router(ofrep.router)
    made.include_router(health.router)
    return tuple(made.routes)


def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(title=app.title, summary=app.summary, version=app.version, routes=app.routes)
    # What FastAPI says of refused input is its own form; here it is the published one, which each route names.
    made = document.setdefault("components", {}).setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        made.pop(name, None)
    made |= components()
    document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    document["security"] = [{"token": []}]
    for path in ("/livez", "/readyz"):
        document["paths"][path]["get"]["security"] = []
    return document
