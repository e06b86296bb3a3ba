"""A case: why it was caught, how it was drawn, what happened, what to compare it with, and what people said of it.

By forms of its page it is begun anew, and linked to one that is alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from fastapi import APIRouter, Depends, Form, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from remiss.catalog import actions as catalog
from remiss.catalog.identifying import prefix_of
from remiss.catalog.place_in_list import neighbours
from remiss.catalog.query import fields, values
from remiss.catalog.query.expression import Level, Operator, Term, both
from remiss.catalog.query.printing import unparse
from remiss.curate import labelling_actions as labelling
from remiss.curate import linking_actions as linking
from remiss.errors import Ambiguous, Conflict, Denied, InputError, NotFound, RemissError
from remiss.faces.serving import AsOf, Cached, Ws, status_of
from remiss.faces.web import protocol_cache
from remiss.faces.web.pages import revision_form
from remiss.faces.web.pages.case_parts import (
    AttachedPart,
    Chapter,
    ControlsPart,
    LifeStep,
    attached_of,
    controls_of,
    facts_of,
    life_of,
    missing_of,
    story,
)
from remiss.faces.web.pages.discussion_part import DiscussionPart, TypedComment, discussion_of
from remiss.faces.web.pages.investigation_part import InvestigationPart, Unwritten, investigation_of
from remiss.faces.web.pages.judgement_form import TypedJudgement
from remiss.faces.web.pages.judgement_form import typed_judgement as fields_of
from remiss.faces.web.pages.labelling_part import LabellingPart, Unmoved, graded_by_hand, labelling_of
from remiss.faces.web.pages.list_address import LIMIT, WHERE, ListAddress, PlaceInList, list_of, place_of
from remiss.faces.web.pages.list_columns import PLAIN, ListHead
from remiss.faces.web.pages.replay_part import ReplayPart, replays_of
from remiss.faces.web.pages.selection import Caught, SampledWindow, caught, window_of
from remiss.faces.web.rendering import address, part, render, segment, shell
from remiss.parameters import MOST_POSITION
from remiss.present import facts
from remiss.protocol.taxonomy import mode_titles
from remiss.records.case import Case

if TYPE_CHECKING:
    from remiss.result_cache import ResultCache
    from remiss.workspace import Workspace


router = APIRouter()
Revision = Annotated[int, Form()]
CONTROLS = 5
MOST_SIMILAR = 50
# What answers the same for programs, below the case.
TWINS = {"": "Case", "history": "History", "comparison": "Comparison", "investigation": "Investigation", "threads": "Discussion"}
TWINS |= {"attachments": "Files", "replays": "Replays"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePage:
    """case/page.html: one case. `controls` is the table beside controls, or None while it is to be loaded."""

    template: ClassVar[str] = "case/page.html"
    case: Case
    place: PlaceInList | None
    as_of: int | None
    life: tuple[LifeStep, ...]
    missing: tuple[str, ...]
    caught: tuple[Caught, ...]
    window: SampledWindow | None
    event: tuple[tuple[str, Any], ...]
    chapters: tuple[Chapter, ...]
    controls: ControlsPart | None
    controls_href: str
    controls_part: str
    form: revision_form.RevisionForm | None
    graded_by_hand: bool
    labelling: LabellingPart
    investigation: InvestigationPart
    discussion: DiscussionPart
    attached: AttachedPart
    replays: ReplayPart
    similar: str | None
    again: tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownPage:
    """case/unknown.html: no case, or several, under what somebody wrote."""

    template: ClassVar[str] = "case/unknown.html"
    asked: str
    what: str
    do: str
    lines: tuple[dict[str, Any], ...]
    as_of: int | None
    columns: tuple[ListHead, ...] = PLAIN


class CaseOptions(AsOf):
    """How to show a case, and the page of a list that it was opened from, if it was: that has a `sort`."""

    query: str = ""
    sort: str | None = None
    after: str | None = None
    start: int = Field(0, ge=0, le=MOST_POSITION)
    columns: list[str] = Field([])
    listed: bool = Field(False, description="Whether it was opened from the list that the browser names as the page before.")
    controls: bool = Field(False, description="Whether to compare it with controls at once.")
    mentioned: str = Field("", max_length=1400, description="Names of a comment that was just written, with spaces between.")


@router.get("/cases/{case}")
def show(ws: Ws, answers: Cached, request: Request, case: str, asked: Annotated[CaseOptions, Query()]) -> Response:
    """Show a case; a beginning of its id leads to it."""
    try:
        found = catalog.show(ws, case, as_of=asked.as_of)
    except InputError as error:
        if error.code not in {"not-found", "ambiguous", "input"}:
            raise
        return unknown(ws, case, asked.as_of, error)
    if case != found.id:
        return RedirectResponse(address(f"/cases/{segment(found.id)}", as_of=asked.as_of), 302)
    where = list_of(asked.model_dump(include=set(WHERE)), request.headers.get("referer", ""), listed=asked.listed)
    return shown(ws, found, asked, place=place_in(ws, answers, found.id, where))


def place_in(ws: Workspace, answers: ResultCache, case: str, where: ListAddress | None) -> PlaceInList | None:
    """Return where a case stands in a list; None without one, or when it cannot be understood."""
    if where is None:
        return None
    try:
        found = neighbours(ws, case, where.query, where.sort, after=where.after, limit=LIMIT, as_of=where.as_of)
    except InputError:
        return None
    position = ws.position() if where.as_of is None else where.as_of
    counted = answers.ready(ws, catalog.search, position, look=False, query=where.query, limit=1)
    return place_of(where, found, None if counted is None else counted.total)


@router.get("/parts/cases/{case}/controls")
def controls(ws: Ws, case: str, asked: Annotated[AsOf, Query()]) -> Response:
    """Compare a case with controls, as a piece of its page."""
    return part(controls_of(catalog.compare(ws, case, controls=CONTROLS, as_of=asked.as_of)))


@router.post("/cases/{case}")
def revise(
    ws: Ws,
    case: str,
    given: Annotated[TypedJudgement, Depends(fields_of)],
    revision: Annotated[int, Form()],
    title: Annotated[str, Form()] = "",
    note: Annotated[str, Form()] = "",
) -> Response:
    """Change what is said of a case; whatever is not taken is shown again with what was typed."""
    history = catalog.history(ws, case)
    read = next((each for each in history if each.revision == revision), history[-1])
    said = revision_form.fields_as_text(read)
    # The form of a labelled case has neither, which is not the same as either being emptied.
    graded = {name: given.one(name) if name in given.fields else said[name] for name in ("mode", "severity")}
    typed = {"title": title, "note": note.replace("\r\n", "\n"), **graded}
    mine = revision_form.changed(said, typed)
    try:
        revised = catalog.revise(ws, case, revision, **_change(mine))
    except Conflict as error:
        now = catalog.show(ws, case)
        form = revision_form.lost(now, _modes(ws), catalog.history(ws, case), mine, (error.what, ""))
        return shown(ws, now, CaseOptions(), form=form, status=status_of(error))
    except InputError as error:
        if error.code != "input":
            raise
        now = catalog.show(ws, case)
        form = revision_form.again(now, _modes(ws), typed, error)
        return shown(ws, now, CaseOptions(), form=form, status=422)
    return RedirectResponse(f"/cases/{segment(revised.id)}", 303)


def _change(mine: Mapping[str, str]) -> dict[str, Any]:
    """Return what was typed as the arguments of a revision: what was emptied is taken away."""
    found: dict[str, Any] = {name: text for name, text in mine.items() if text}
    found["clear"] = tuple(name for name in mine if name not in found)
    if "severity" in found:
        found["severity"] = int(found["severity"]) if found["severity"].isdecimal() else 0
    return found


def shown(
    ws: Workspace,
    case: Case,
    asked: CaseOptions,
    *,
    form: revision_form.RevisionForm | None = None,
    unsent: TypedComment | None = None,
    unwritten: Unwritten | None = None,
    unattached: tuple[str, str] | None = None,
    unmoved: Unmoved | None = None,
    replays: ReplayPart | None = None,
    place: PlaceInList | None = None,
    status: int = 200,
) -> Response:
    """Return the page of a case; with what was typed and not taken, where there is such."""
    comparison = None
    if case.captures:
        comparison = catalog.compare(ws, case.id, controls=CONTROLS if asked.controls else 0, as_of=asked.as_of)
    if form is None and asked.as_of is None and ws.authority.may(ws.actor, "case:revise", case.team):
        form = revision_form.blank(case, _modes(ws))
    page = CasePage(
        case=case,
        place=place,
        as_of=asked.as_of,
        life=life_of(case),
        missing=missing_of(case),
        caught=tuple(caught(ws, case, comparison, asked.as_of)),
        window=None if comparison is None else window_of(comparison, asked.as_of),
        event=tuple(facts_of(case)),
        chapters=story(catalog.history(ws, case.id, as_of=asked.as_of)),
        controls=controls_of(comparison) if comparison is not None and asked.controls else None,
        controls_href=address(f"/cases/{segment(case.id)}", as_of=asked.as_of, controls="true") + "#controls",
        controls_part=address(f"/parts/cases/{segment(case.id)}/controls", as_of=asked.as_of),
        form=form,
        graded_by_hand=graded_by_hand(case),
        labelling=labelling_of(ws, case, asked.as_of, unmoved),
        investigation=investigation_of(ws, case, asked.as_of, unwritten),
        discussion=discussion_of(ws, case, asked.as_of, unsent, asked.mentioned.split()),
        attached=attached_of(ws, case, asked.as_of, unattached),
        replays=replays or replays_of(ws, case, asked.as_of),
        similar=_similar(case, asked.as_of),
        again=tuple(facts.asked_again(case)),
    )
    twin = f"/api/v1/cases/{segment(case.id)}"
    told = [kind for kind in TWINS if comparison is not None or kind != "comparison"]
    twins = [(address(f"{twin}{kind and '/'}{kind}", as_of=asked.as_of), TWINS[kind]) for kind in told]
    return render(page, shell(ws, case.title or case.id, "cases", *twins, position=asked.as_of), status=status)


def unknown(ws: Workspace, case: str, as_of: int | None, error: RemissError) -> Response:
    """Return the page that says what to do when an id means no case, or several."""
    lines: tuple[dict[str, Any], ...] = ()
    if isinstance(error, Ambiguous):
        begun = Term("id", Operator.GLOB, values.pattern((prefix_of(case), "")), Level.PEOPLE)
        lines = tuple(catalog.search(ws, unparse(begun), as_of=as_of, limit=MOST_SIMILAR))
    do = "search for it by its content, or check the id" if isinstance(error, NotFound) else error.do
    page = UnknownPage(asked=case, what=error.what, do=do, lines=lines, as_of=as_of)
    return render(page, shell(ws, "Which case?", "cases", position=as_of), status=status_of(error))


def _similar(case: Case, as_of: int | None) -> str | None:
    """Return the list of cases that met the same criteria, of the same model."""
    if not case.criteria:
        return None
    terms = [fields.having("criterion", name) for name in case.criteria]
    return address("/cases", query=unparse(both(*terms, fields.having("model", case.event.model))), as_of=as_of)


def _modes(ws: Workspace) -> dict[str, str]:
    return mode_titles(protocol_cache.newest(ws))


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
        return shown(ws, now, CaseOptions(), unmoved=unmoved, status=status_of(error))
    return RedirectResponse(f"/cases/{segment(done.id)}#labelling", 303)
