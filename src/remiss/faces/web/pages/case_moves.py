"""Beginning a case anew, and linking it to one that is alike, by forms of its page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Form
from starlette.responses import RedirectResponse, Response

from remiss.catalog import actions as catalog
from remiss.curate import labelling_actions as labelling
from remiss.curate import linking_actions as linking
from remiss.errors import Denied, InputError
from remiss.faces.serving import Ws, status_of
from remiss.faces.web.pages import case as pages
from remiss.faces.web.pages.labelling_part import Unmoved
from remiss.faces.web.rendering import segment
from remiss.records.case import Case

router = APIRouter()
Revision = Annotated[int, Form()]


@router.post("/cases/{case}/reopen")
def reopen(ws: Ws, case: str, revision: Revision, reason: Annotated[str, Form()] = "") -> Response:
    """Begin a decided case anew; what is not taken is shown again with why."""
    return _done(ws, case, lambda: labelling.reopen(ws, case, revision, reason), reason=reason)


@router.post("/cases/{case}/link")
def link(ws: Ws, case: str, revision: Revision, other: Annotated[str, Form()] = "") -> Response:
    """Have a case take the verdict of another; what is not taken is shown again with why."""
    return _done(ws, case, lambda: linking.link(ws, case, revision, other.strip()), other=other)


@router.post("/cases/{case}/unlink")
def unlink(ws: Ws, case: str, revision: Revision) -> Response:
    """Take a case's link away."""
    return _done(ws, case, lambda: linking.unlink(ws, case, revision))


def _done(ws: Ws, case: str, call: Callable[[], Case], **typed: str) -> Response:
    now = catalog.show(ws, case)
    try:
        done = call()
    except Denied:
        raise
    except InputError as error:
        unmoved = Unmoved(problem=(error.what, error.do), **typed)
        return pages.shown(ws, now, pages.CaseOptions(), unmoved=unmoved, status=status_of(error))
    return RedirectResponse(f"/cases/{segment(done.id)}#labelling", 303)
