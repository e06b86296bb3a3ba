"""The forms on the page of a case that have a registered model asked again, resolve it by one, and say what is expected of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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


# What was typed wrong, or cannot be done: told beside the form. Of anything else a page of its own tells.
TOLD = frozenset({"input", "denied", "model", "not-found", "ambiguous", "conflict", "precondition"})


@router.post("/cases/{case}/replay")
def replay(ws: Ws, case: str, model: Annotated[str, Form()] = "", purpose: Annotated[str, Form()] = "") -> Response:
    """Have a model asked, and lead back to what it answered; what is not taken is shown again with why."""
    asked = {"model": model, "purpose": purpose}
    return _done(ws, case, lambda: safeguard.replay(ws, case, model=model, purpose=purpose.strip() or None), asked)


@router.post("/cases/{case}/resolve")
def resolve(ws: Ws, case: str, revision: Annotated[int, Form()], model: Annotated[str, Form()] = "") -> Response:
    """Resolve a case by a model; where it still fails, the page says what it answered."""
    return _done(ws, case, lambda: safeguard.resolve_case(ws, case, revision, model), {"model": model})


@router.post("/cases/{case}/expect")
def expect(ws: Ws, case: str, revision: Annotated[int, Form()], expectations: Annotated[str, Form()] = "") -> Response:
    """Write what is expected of a case, a line each."""
    lines = tuple(filter(None, map(str.strip, expectations.splitlines())))
    typed = {"expectations": expectations}
    return _done(ws, case, lambda: safeguard.expect(ws, case, revision, expectations=lines), typed)


def _done(ws: Ws, case: str, do: Callable[[], object], typed: Mapping[str, str]) -> Response:
    try:
        do()
    except InputError as error:
        if error.code not in TOLD or error.field == "case":
            raise
        found = catalog.show(ws, case)
        part = replays_of(ws, found, None, (error.what, error.do), **typed)
        return pages.shown(ws, found, pages.CaseOptions(), replays=part, status=status_of(error))
    return RedirectResponse(f"/cases/{segment(catalog.show(ws, case).id)}#replays", 303)
