"""The form on the page of a case that has a registered model asked about it again."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.responses import RedirectResponse, Response

from remiss import safeguard
from remiss.catalog import actions as catalog
from remiss.errors import InputError
from remiss.faces.serving import Ws, status_of
from remiss.faces.web.pages import case as pages
from remiss.faces.web.pages.replay_part import replays_of
from remiss.faces.web.rendering import segment

router = APIRouter()


@router.post("/cases/{case}/replay")
def replay(ws: Ws, case: str, model: Annotated[str, Form()] = "", purpose: Annotated[str, Form()] = "") -> Response:
    """Have a model asked, and lead back to what it answered; what is not taken is shown again with why."""
    try:
        done = safeguard.replay(ws, case, model=model, purpose=purpose.strip() or None)
    except InputError as error:
        if error.code not in {"input", "denied", "model", "not-found", "ambiguous"} or error.field == "case":
            raise
        found = catalog.show(ws, case)
        part = replays_of(ws, found, None, (error.what, error.do), model, purpose)
        return pages.shown(ws, found, pages.CaseOptions(), replays=part, status=status_of(error))
    return RedirectResponse(f"/cases/{segment(done.case)}#replays", 303)
