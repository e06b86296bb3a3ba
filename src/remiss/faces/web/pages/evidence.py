"""The raw event of a case: asked for with a purpose, shown as text or kept in a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from fastapi import APIRouter, Form
from pydantic import BaseModel
from starlette.responses import RedirectResponse, Response

from remiss.catalog import actions as catalog
from remiss.catalog import evidence_actions as evidence
from remiss.catalog.evidence_actions import PURPOSE_LIMIT
from remiss.errors import Denied, InputError
from remiss.faces.serving import Ws, download, status_of
from remiss.faces.web.rendering import render, segment, shell
from remiss.records.evidence import RawEvent

if TYPE_CHECKING:
    from remiss.workspace import Workspace

router = APIRouter()


class TypedPurpose(BaseModel):
    """What stands in the form, and whether the answer is wanted as a page or as a file."""

    purpose: str = ""
    run: str = ""
    wanted: Literal["page", "file"] = "page"


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidencePage:
    """evidence/page.html: the form; what was found, field by field; or why nothing is shown."""

    template: ClassVar[str] = "evidence/page.html"
    case: str
    runs: tuple[str, ...]
    typed: TypedPurpose
    most: int
    found: RawEvent | None = None
    problem: tuple[str, str] | None = None


@router.get("/cases/{case}/evidence")
def form(ws: Ws, case: str) -> Response:
    """Ask what the raw event is needed for."""
    found = catalog.show(ws, case)
    if case != found.id:
        return RedirectResponse(f"/cases/{segment(found.id)}/evidence", 302)
    ws.allow("evidence:read", found.team)  # before they write what for
    return _page(ws, case, TypedPurpose())


@router.post("/cases/{case}/evidence")
def show(ws: Ws, case: str, typed: Annotated[TypedPurpose, Form()]) -> Response:
    """Show the raw event, or give it as a file; what is refused is said above the form."""
    try:
        found = evidence.show_evidence(ws, case, typed.purpose, run=typed.run or None)
    except InputError as error:
        if not isinstance(error, Denied) and error.code not in {"input", "not-found"}:
            raise
        return _page(ws, case, typed, problem=(error.what, error.do), status=status_of(error))
    if typed.wanted == "file":
        return download(found.content.encode(), f"event-{found.case}.json", "application/json")
    return _page(ws, case, typed, found=found)


def _page(
    ws: Workspace,
    case: str,
    typed: TypedPurpose,
    *,
    found: RawEvent | None = None,
    problem: tuple[str, str] | None = None,
    status: int = 200,
) -> Response:
    known = catalog.show(ws, case)
    page = EvidencePage(
        case=known.id,
        runs=tuple(each.run for each in known.captures),
        typed=typed,
        most=PURPOSE_LIMIT,
        found=found,
        problem=problem,
    )
    return render(page, shell(ws, f"Raw event of {known.id}", "cases"), status=status)
