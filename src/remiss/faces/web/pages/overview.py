"""The overview: what a catalog holds, before anything is asked of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from fastapi import APIRouter
from starlette.responses import Response

from remiss.catalog import actions as catalog
from remiss.faces.api.serving import Ws
from remiss.faces.web.pages.shell import shell
from remiss.faces.web.rendering import render

router = APIRouter()
NEWEST = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewPage:
    """overview/page.html: how many cases there are, and the newest of them."""

    template: ClassVar[str] = "overview/page.html"
    total: int
    newest: tuple[dict[str, Any], ...]


@router.get("/")
def overview(ws: Ws) -> Response:
    """Show the overview."""
    found = catalog.search(ws, limit=NEWEST)
    page = OverviewPage(total=found.total or 0, newest=tuple(found))
    return render(page, shell(ws, "Overview", "overview", ("/api/v1/status", "Status"), position=found.position))
