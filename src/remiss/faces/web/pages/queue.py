"""The queue: one case after the other to label, what one has in hand, and how far the batches have come."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from fastapi import APIRouter, Depends, Form, Query
from pydantic import BaseModel
from starlette.responses import RedirectResponse, Response

from remiss import curate
from remiss.catalog import actions as catalog
from remiss.curate import labelling_actions as labelling
from remiss.curate.labelling_form import BatchState, InHand, LabellingForm, Left, Served
from remiss.errors import LabellingError, NotFound, RemissError
from remiss.faces.serving import Ws, status_of
from remiss.faces.web.pages.judgement_form import TypedJudgement, judgement_of, typed_judgement
from remiss.faces.web.rendering import render, segment, shell
from remiss.records.case import Case
from remiss.records.labelling import Labelling, LabellingKind, Verdict
from remiss.records.states import Status

if TYPE_CHECKING:
    from remiss.workspace import Workspace

router = APIRouter()
Given = Annotated[TypedJudgement, Depends(typed_judgement)]
GIVE = {
    LabellingKind.ANNOTATION: labelling.annotate,
    LabellingKind.VERIFICATION: labelling.verify,
    LabellingKind.ADJUDICATION: labelling.adjudicate,
}
VERB = {LabellingKind.ANNOTATION: "annotate", LabellingKind.VERIFICATION: "verify", LabellingKind.ADJUDICATION: "adjudicate"}
DONE = {LabellingKind.ANNOTATION: "annotated", LabellingKind.VERIFICATION: "verified", LabellingKind.ADJUDICATION: "adjudicated"}
PUT_BACK, PASSED, LEFT, UNDECIDABLE = AWAY = ("put back", "passed", "left to another person", "undecidable")


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuePage:
    """queue/page.html: what one has in hand, what is left for one, how far batches have come; `said` is what was just done.

    `waiting` is how many events wait for somebody else, since one passed them or could not tell.
    """

    template: ClassVar[str] = "queue/page.html"
    left: Left
    held: tuple[InHand, ...]
    batches: tuple[BatchState, ...]
    unflagged: Collection[str]
    waiting: int
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskPage:
    """queue/task.html: one case, and the form to label it by; `both` are the labellings of a dispute.

    `verb` is where the form goes; `problems` say what of it was not taken, and what to do.
    """

    template: ClassVar[str] = "queue/task.html"
    form: LabellingForm
    kind: str
    verb: str
    typed: Mapping[str, tuple[str, ...]]
    problems: tuple[tuple[str, str], ...]
    both: tuple[Labelling, ...]
    left: Left
    said: str


class JustDone(BaseModel):
    """What the page before did, to be told."""

    case: str = ""
    done: str = ""


@router.get("/queue")
def show(ws: Ws, before: Annotated[JustDone, Query()]) -> Response:
    """Show how the queue stands."""
    from remiss.curate.batches import UNFLAGGED

    found = curate.list_queue(ws)
    page = QueuePage(
        left=found.left,
        held=found.in_hand,
        batches=found.batches,
        unflagged=UNFLAGGED,
        waiting=found.waiting,
        said=just_done(before),
    )
    return render(page, shell(ws, "Queue", "queue", ("/api/v1/queue", "Queue")))


def just_done(before: JustDone) -> str:
    """Return what the page before did, in words."""
    return f"Case {before.case} is {before.done}." if before.case and before.done in {*DONE.values(), *AWAY} else ""


@router.post("/queue/next", name="next")
def take(ws: Ws, kind: Annotated[str, Form()] = "", exclude: Annotated[str, Form()] = "") -> Response:
    """Take the next case and go to it; `exclude` are ids of cases in hand, with spaces between."""
    return _next(ws, LabellingKind(kind) if kind in set(LabellingKind) else None, tuple(exclude.split()))


@router.get("/queue/{case}")
def task(ws: Ws, case: str, before: Annotated[JustDone, Query()]) -> Response:
    """Show the evidence of a case, and the form to label it by."""
    return shown(ws, labelling.form(ws, case), {}, (), before)


@router.post("/cases/{case}/annotate")
def annotate(ws: Ws, case: str, given: Given, *, held: bool = False) -> Response:
    """Say what a case is, and go on to the next one.

    `held` is for the script, which has gone on already: nothing is answered where it was taken, and a page with why where not.
    """
    return _labelled(ws, case, LabellingKind.ANNOTATION, given, held=held)


@router.post("/cases/{case}/verify")
def verify(ws: Ws, case: str, given: Given, *, held: bool = False) -> Response:
    """Say by oneself what a case is that somebody else annotated, and go on; `held` as for an annotation."""
    return _labelled(ws, case, LabellingKind.VERIFICATION, given, held=held)


@router.post("/cases/{case}/adjudicate")
def adjudicate(ws: Ws, case: str, given: Given, *, held: bool = False) -> Response:
    """Decide what a case is that two people disagree on, and go on; `held` as for an annotation."""
    return _labelled(ws, case, LabellingKind.ADJUDICATION, given, held=held)


def _labelled(ws: Workspace, case: str, kind: LabellingKind, given: TypedJudgement, *, held: bool) -> Response:
    try:
        found = GIVE[kind](ws, case, given.revision, judgement_of(given, kind))
    except LabellingError as error:
        problems = tuple(dict.fromkeys(error.fields.values())) or ((error.what, error.do),)
        return shown(ws, labelling.form(ws, case), given.fields, problems, JustDone(), status=200 if held else 422)
    except NotFound:
        raise
    except RemissError as error:
        status = 200 if held else status_of(error)
        return shown(ws, labelling.form(ws, case), given.fields, ((error.what, error.do),), JustDone(), status=status)
    return Response(status_code=204) if held else _next(ws, None, (), JustDone(case=found.id, done=_done(found, kind, given)))


def _done(found: Case, kind: LabellingKind, given: TypedJudgement) -> str:
    """Return what a labelling did, in words."""
    if given.one("verdict") != Verdict.CANNOT_TELL.value:
        return DONE[kind]
    return UNDECIDABLE if found.status is Status.UNDECIDABLE else LEFT


@router.post("/queue/{case}/release")
def release(ws: Ws, case: str) -> Response:
    """Put a case back and show how the queue stands."""
    curate.release(ws, case)
    return _to("/queue", JustDone(case=case, done=PUT_BACK))


@router.post("/queue/{case}/pass", name="pass")
def pass_on(ws: Ws, case: str) -> Response:
    """Put a case back, not to be given it again, and go on to the next one."""
    return _on(curate.pass_on(ws, case), JustDone(case=case, done=PASSED))


def shown(
    ws: Workspace,
    form: LabellingForm,
    fields: Mapping[str, tuple[str, ...]],
    problems: tuple[tuple[str, str], ...],
    before: JustDone,
    *,
    status: int = 200,
) -> Response:
    """Return the page of a case to be labelled."""
    found = None
    if form.kind is LabellingKind.ADJUDICATION and form.obstacle is None:
        found = catalog.show(ws, form.case).labelling
    page = TaskPage(
        form=form,
        kind="" if form.kind is None else form.kind.value,
        verb="" if form.kind is None else VERB[form.kind],
        typed=fields,
        problems=problems,
        both=() if found is None else tuple(each for each in found.labellings if each.verdict is not Verdict.CANNOT_TELL),
        left=curate.list_queue(ws, brief=True).left,
        said=just_done(before),
    )
    twin = (f"/api/v1/cases/{segment(form.case)}/form", "Form")
    return render(page, shell(ws, f"What is {form.case}?", "queue", twin), status=status)


def _next(ws: Workspace, kind: LabellingKind | None, exclude: tuple[str, ...], before: JustDone | None = None) -> Response:
    return _on(curate.take(ws, kind=kind, exclude=exclude), before or JustDone())


def _on(served: Served, before: JustDone) -> Response:
    found = served.task
    return _to("/queue" if found is None else f"/queue/{segment(found.form.case)}", before)


def _to(path: str, before: JustDone) -> Response:
    from remiss.faces.web.rendering import address

    return RedirectResponse(address(path, case=before.case or None, done=before.done or None), status_code=303)
