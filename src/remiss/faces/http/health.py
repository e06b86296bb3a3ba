"""Whether the server lives, whether its catalog can be read, and figures for Prometheus."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from remiss.faces.http.answering import SAYS, reference
from remiss.faces.http.metrics import CONTENT_TYPE
from remiss.faces.serving import opened

router = APIRouter(tags=["health"])


@router.get("/livez", operation_id="livez", response_class=PlainTextResponse)
async def livez() -> Response:
    """Answer that the server is running."""
    return PlainTextResponse("ok\n")


@router.get("/readyz", operation_id="readyz", response_class=PlainTextResponse, responses={503: {"description": "Not ready."}})
def readyz(request: Request) -> Response:
    """Answer whether the catalog can be read."""
    from remiss.errors import RemissError

    try:
        request.app.state.workspace.serving("readyz").position()
    except RemissError:
        return PlainTextResponse("the catalog cannot be read\n", 503)
    return PlainTextResponse("ok\n")


REFUSED: dict[int | str, dict[str, Any]] = {
    status: {"description": SAYS[status], "content": reference("error")} for status in (401, 403, 503)
}


@router.get("/metrics", operation_id="metrics", response_class=PlainTextResponse, responses=REFUSED)
def metrics(request: Request) -> Response:
    """Return figures of this server in the text format of Prometheus."""
    ws = opened(request)
    ws.allow("catalog:read")
    return Response(request.app.state.metrics.text(position=ws.position()), media_type=CONTENT_TYPE)
