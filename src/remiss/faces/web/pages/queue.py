"""The queue: one case after the other to label, what one has in hand, and how far the batches have come."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from fastapi import APIRouter, Depends, Form, Query
from pydantic import BaseModel
from starlette.responses import RedirectResponse, Response

from remiss import capture, curate
from remiss.catalog import actions as catalog
from remiss.curate import labelling_actions as labelling
from remiss.curate.batches import UNFLAGGED
from remiss.curate.labelling_form import BatchState, InHand, LabellingForm, Left, Served
from remiss.curate.steering_view import Steered
from remiss.errors import Conflict, InputError, LabellingError, NotFound, RemissError
from remiss.faces import queue_words
from remiss.faces.serving import Ws, status_of
from remiss.faces.web import protocol_cache
from remiss.faces.web.pages.judgement_form import TypedJudgement, judgement_of, says_the_same, typed_judgement, typed_of
from remiss.faces.web.rendering import render, segment, shell, signed_in_as
from remiss.protocol.titles import labels_of
from remiss.records.case import Case
from remiss.records.identity import parse_time
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
NOTHING = "nothing"
PUT_BACK, PASSED, LEFT, UNDECIDABLE = AWAY = ("put back", "passed", "left to another person", "undecidable")


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuePage:
    """queue/page.html: what one has in hand, what is left for one, how far batches have come; `said` is what was just done.

    `waiting` is how many events wait for somebody else, since one passed them or could not tell. `added` tells of new protocol
    versions, `periods` and `strata` what one may ask for, as it is sent and in words, `labels` what people call fields, `steered`
    the queues that one steers, with their `batches`, and `problem` why nothing was done.
    """

    template: ClassVar[str] = "queue/page.html"
    left: Left
    held: tuple[InHand, ...]
    batches: tuple[BatchState, ...]
    unflagged: Collection[str]
    waiting: int
    said: str
    added: tuple[str, ...]
    periods: tuple[datetime, ...]
    strata: tuple[tuple[str, str], ...]
    labels: Mapping[str, str]
    steered: tuple[Steered, ...]
    words: ModuleType = queue_words
    problem: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskPage:
    """queue/task.html: one case, and the form to label it by; `both` are the labellings of a dispute.

    `verb` is where the form goes; `problems` say by field what of it was not taken, and what to do; `asked` is the period or
    stratum that the reader asks for.
    """

    template: ClassVar[str] = "queue/task.html"
    form: LabellingForm
    kind: str
    verb: str
    typed: Mapping[str, tuple[str, ...]]
    problems: Mapping[str, tuple[str, str]]
    both: tuple[Labelling, ...]
    left: Left
    said: str
    asked: Mapping[str, str]


class JustDone(BaseModel):
    """What the page before did, to be told; and the period and stratum that the reader asks to be given cases of.

    `take` names who of a dispute is agreed with, to fill in the form by what they found.
    """

    case: str = ""
    done: str = ""
    period: str = ""
    stratum: str = ""
    take: str = ""

    @property
    def asked(self) -> dict[str, str]:
        """What the reader asks for, as it stands in addresses."""
        return {name: value for name, value in (("period", self.period), ("stratum", self.stratum)) if value}


@router.get("/queue")
def show(ws: Ws, before: Annotated[JustDone, Query()]) -> Response:
    """Show how the queue stands."""
    return queue_page(ws, before)


def queue_page(
    ws: Workspace, before: JustDone | None = None, *, problem: tuple[str, str] | None = None, status: int = 200
) -> Response:
    """Return the page of the queue."""
    found = curate.list_queue(ws)
    labels = labels_of(protocol_cache.newest(ws)) if found.strata or found.steered else {}
    page = QueuePage(
        left=found.left,
        held=found.in_hand,
        batches=found.batches,
        unflagged=UNFLAGGED,
        waiting=found.waiting,
        said=just_done(before or JustDone()),
        added=queue_words.added_by_versions(capture.list_runs(ws, limit=1000)),
        periods=found.periods[::-1],
        strata=tuple((each, queue_words.shown(dict([each.split("=", 1)]), labels)[0]) for each in found.strata),
        labels=labels,
        steered=found.steered,
        problem=problem,
    )
    return render(page, shell(ws, "Queue", "queue", ("/api/v1/queue", "Queue")), status=status)


def just_done(before: JustDone) -> str:
    """Return what the page before did, in words."""
    if before.done == NOTHING:
        return "Nothing waits for you right now." if not before.asked else "Nothing of that waits for you right now."
    return f"Case {before.case} is {before.done}." if before.case and before.done in {*DONE.values(), *AWAY} else ""


@router.post("/queue/next", name="next")
def take(
    ws: Ws,
    kind: Annotated[str, Form()] = "",
    exclude: Annotated[str, Form()] = "",
    period: Annotated[str, Form()] = "",
    stratum: Annotated[str, Form()] = "",
) -> Response:
    """Take the next case and go to it; `exclude` are ids of cases in hand, with spaces between."""
    wanted = LabellingKind(kind) if kind in set(LabellingKind) else None
    return _next(ws, JustDone(period=period, stratum=stratum), kind=wanted, exclude=tuple(exclude.split()))


@router.get("/queue/{case}")
def task(ws: Ws, case: str, before: Annotated[JustDone, Query()]) -> Response:
    """Show the evidence of a case, and the form to label it by."""
    return shown(ws, labelling.form(ws, case), {}, {}, before)


def labelling_by(kind: LabellingKind) -> Callable[..., Response]:
    """Return what takes a labelling of a kind, and goes on to the next case.

    `held` is for the script, which has gone on already: nothing is answered where it was taken, and a page with why where not.
    `by` is the person who said it, empty for the operator: the browser may keep it until somebody else is signed in there.
    """

    def label(
        ws: Ws, case: str, given: Given, *, held: bool = False, by: str | None = None, period: str = "", stratum: str = ""
    ) -> Response:
        if by is not None and by != signed_in_as(ws):
            raise Conflict("somebody else said this, and you are signed in now", do="let them sign in again, which sends it")
        return _labelled(ws, case, kind, given, JustDone(period=period, stratum=stratum), held=held)

    return label


for kind, verb in VERB.items():
    router.post(f"/cases/{{case}}/{verb}", name=verb)(labelling_by(kind))


def _labelled(ws: Workspace, case: str, kind: LabellingKind, given: TypedJudgement, asked: JustDone, *, held: bool) -> Response:
    try:
        found = GIVE[kind](ws, case, given.revision, judgement_of(given, kind))
    except LabellingError as error:
        problems = error.fields or {"": (error.what, error.do)}
        return shown(ws, labelling.form(ws, case), given.fields, problems, asked, status=200 if held else 422)
    except NotFound:
        raise
    except RemissError as error:
        if (
            held
            and isinstance(error, Conflict)
            and says_the_same(catalog.show(ws, case).labelling, judgement_of(given, kind), ws.actor.name)
        ):
            return Response(status_code=204)
        status = 200 if held else status_of(error)
        return shown(ws, labelling.form(ws, case), given.fields, {"": (error.what, error.do)}, asked, status=status)
    done = asked.model_copy(update={"case": found.id, "done": _done(found, kind, given)})
    return Response(status_code=204) if held else _next(ws, done)


def _done(found: Case, kind: LabellingKind, given: TypedJudgement) -> str:
    """Return what a labelling did, in words."""
    if given.one("verdict") != Verdict.CANNOT_TELL.value:
        return DONE[kind]
    return UNDECIDABLE if found.status is Status.UNDECIDABLE else LEFT


@router.post("/queue/{case}/release")
def release(ws: Ws, case: str) -> Response:
    """Put a case back and show how the queue stands."""
    curate.release(ws, case)
    return to("/queue", JustDone(case=case, done=PUT_BACK))


@router.post("/queue/{case}/pass", name="pass")
def pass_on(ws: Ws, case: str, period: str = "", stratum: str = "") -> Response:
    """Put a case back, not to be given it again, and go on to the next one."""
    before = JustDone(case=case, done=PASSED, period=period, stratum=stratum)
    return _going_on(ws, before, partial(curate.pass_on, ws, case))


def shown(
    ws: Workspace,
    form: LabellingForm,
    fields: Mapping[str, tuple[str, ...]],
    problems: Mapping[str, tuple[str, str]],
    before: JustDone,
    *,
    status: int = 200,
) -> Response:
    """Return the page of a case to be labelled."""
    found = None
    if form.kind is LabellingKind.ADJUDICATION and form.obstacle is None:
        found = catalog.show(ws, form.case).labelling
    both = tuple(each for each in found.labellings if each.verdict is not Verdict.CANNOT_TELL) if found else ()
    taken = next((each for each in both if each.person == before.take), None)
    page = TaskPage(
        form=form,
        kind="" if form.kind is None else form.kind.value,
        verb="" if form.kind is None else VERB[form.kind],
        typed=fields if taken is None else typed_of(taken),
        problems=problems,
        both=both,
        left=curate.list_queue(ws, brief=True).left,
        said=just_done(before),
        asked=before.asked,
    )
    twin = (f"/api/v1/cases/{segment(form.case)}/form", "Form")
    return render(page, shell(ws, f"Label {form.case}", "queue", twin), status=status)


def _next(ws: Workspace, before: JustDone, **given: Any) -> Response:
    return _going_on(ws, before, partial(curate.take, ws, **given))


def _going_on(ws: Workspace, before: JustDone, give: Callable[..., Served]) -> Response:
    """Go to the next case of what the reader asks for."""
    try:
        at = parse_time(before.period) if before.period else None
        return _on(give(period=at, stratum=(before.stratum,) if before.stratum else ()), before)
    except (InputError, ValueError) as error:
        return queue_page(ws, problem=(str(error), "Choose a period or a stratum of the list."), status=422)


def _on(served: Served, before: JustDone) -> Response:
    found = served.task
    if found is None:
        return to("/queue", before.model_copy(update={"done": before.done or NOTHING}))
    return to(f"/queue/{segment(found.form.case)}", before)


def to(path: str, before: JustDone | None = None) -> Response:
    """Go to a page that tells what was just done."""
    from remiss.faces.web.rendering import address

    given = {} if before is None else {"case": before.case or None, "done": before.done or None, **before.asked}
    return RedirectResponse(address(path, **given), status_code=303)
