"""Resolving cases: a version answers one as is expected. And writing what is expected of one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated

from remiss.action import action
from remiss.catalog.revision import check_read
from remiss.errors import Conflict, InputError, NotFound
from remiss.govern.redaction.written import check_shows_nothing
from remiss.parameters import CaseId, Help, Option, Range, Revision
from remiss.records.case import Case
from remiss.records.expectation import Expectation
from remiss.records.states import DECIDED, Move, after
from remiss.safeguard.expectations import MOST_EXPECTATIONS, checked
from remiss.safeguard.model_actions import EXPECT, RESOLVE, ModelName, Seed
from remiss.safeguard.ports import ResolutionWorkspace
from remiss.safeguard.recurrences import CaseStanding, Exposure
from remiss.safeguard.resolving import asked_case, expected, tried

MOST_REPEATS = 999
REPEATS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedCase:
    """What a version made of a case, before it is kept."""

    exposure: Exposure
    wanted: tuple[Expectation, ...]
    failure: str | None


def _held(ws: ResolutionWorkspace, case: str, permission: str) -> CaseStanding:
    """Return where a case stands, held; raises like `Resolutions.find`."""
    found = ws.resolutions.find(case)
    standing = ws.resolutions.held([found]).get(found)
    if standing is None:
        raise NotFound(f"there is no case {case}", do="see `remiss case search`", field="case")
    ws.allow(permission, standing.team)
    return standing


@contextmanager
def _try(ws: ResolutionWorkspace, case: str, revision: int, model: str, *, repeat: int, seed: int) -> Iterator[TriedCase]:
    if repeat % 2 == 0:
        do = "give an odd number, so that most of the answers decide"
        raise InputError(f"invalid repeat: {repeat} is even", do=do, field="repeat")
    # Before the transaction: a model may take its time.
    with ws.reading():
        shown = ws.cases.get(case, None)
        ws.allow(RESOLVE, shown.team)
        check_read(f"case {shown.id}", revision, shown.revision)
        _check_open(shown)
        asked = expected(asked_case(ws, shown), shown.expectations)
    exposure, answers = tried(ws, asked, ws.models.find(model), repeat, seed)
    first = answers.first[0]
    said = f"it answers {first.output!r}" if first.trouble is None else first.trouble.message
    yield TriedCase(exposure=exposure, wanted=asked.row.expectations, failure=said if exposure.fails else None)


def _check_open(case: Case) -> None:
    """Go on only with a case that is a verified failure.

    Raises
    ------
    Conflict
    """
    if after(case.status, Move.RESOLVE) is None:
        raise Conflict(
            f"case {case.id} is {case.status.value}, and only what is verified or regressed can be resolved",
            do="see `remiss case history`",
        )


@action("case.resolve", permission=RESOLVE, http="POST /cases/{case}/resolution", subject="case", prepare=_try)
def resolve_case(
    ws: ResolutionWorkspace,
    case: CaseId,
    revision: Revision,
    model: Annotated[ModelName, Option("--model")],
    *,
    repeat: Annotated[int, Range(1, MOST_REPEATS), Help("How often the model is asked; an odd number.")] = REPEATS,
    seed: Seed = 0,
    prepared: TriedCase | None = None,
) -> Case:
    """Resolve the verified CASE by a version that answers it.

    MODEL is asked, and must answer so by most of its answers; what is expected is what people wrote (`case expect`), else what
    follows from label and criteria. How many answers stand behind it is kept, and grows with each gate that asks the case again.
    When a version that follows this one fails it, the case is regressed.

    Example: remiss case resolve k7m4-qp --revision 3 --model arrival-delay@2

    Raises
    ------
    Conflict : the model does not answer so, or the case is not verified
    Precondition : the case was written since
    NotFound, Ambiguous : no such case or model, or several
    InputError : nothing is expected of it; redaction touched it; the model gets raw events; an even number of repeats
    ModelError : the model does not run, or is registered wrongly
    """
    assert prepared is not None
    standing = _held(ws, case, RESOLVE)
    check_read(f"case {standing.case}", revision, standing.revision)
    if prepared.failure is not None:
        times = f"{prepared.exposure.failed} of {prepared.exposure.asked} times"
        wanted = "; ".join(map(str, prepared.wanted))
        raise Conflict(
            f"{model} still fails case {standing.case} {times}: {prepared.failure}, and what is expected is: {wanted}",
            do="mend the model, or write what is expected: remiss case expect CASE",
        )
    ws.resolutions.move(standing.case, Move.RESOLVE, prepared.exposure, ws.actor.name)
    return ws.cases.get(standing.case, None)


@action("case.expect", permission=EXPECT, http="POST /cases/{case}/expectations", subject="case")
def expect(
    ws: ResolutionWorkspace,
    case: CaseId,
    revision: Revision,
    *,
    expectations: Annotated[
        tuple[str, ...],
        Option("--expectation", Expectation.TEXT),
        Help("What a model is to answer; all have to hold. None at all goes back to what follows from the label."),
    ] = (),
) -> Case:
    """Write what a model is to answer to the decided CASE.

    It stands in the place of what follows from its label and criteria.
    KIND is equals, one-of, within, matches, does-not-match, exists, latency-at-most or criterion-not-met, VALUE is JSON or else
    text, and PATH is a JSON path to what of an answer is meant. What was written before stays in the catalog as it was.

    Example: remiss case expect k7m4-qp --revision 3 --expectation 'within 5 % of 30' --expectation 'latency-at-most 200'

    Raises
    ------
    InputError : an expectation that cannot be asked, or shows what is personal; too many
    Conflict : the case is not decided; Precondition : it was written since
    NotFound, Ambiguous
    """
    if len(expectations) > MOST_EXPECTATIONS:
        what = f"there are {len(expectations)} expectations"
        raise InputError(what, do=f"give at most {MOST_EXPECTATIONS}", field="expectations")
    typed = [Expectation.from_text(each) for each in expectations]
    shown = ws.cases.get(case, None)
    ws.allow(EXPECT, shown.team)
    criteria = asked_case(ws, shown).judged if any(each.criterion for each in typed) else frozenset()
    wanted = [checked(each, criteria) for each in typed]
    for each in wanted:
        check_shows_nothing("an expectation", str(each))
    standing = _held(ws, case, EXPECT)
    check_read(f"case {standing.case}", revision, standing.revision)
    if standing.status not in DECIDED:
        raise Conflict(
            f"case {standing.case} is {standing.status.value}: what is expected of it would tell who labels it what others think",
            do="write it once the case is decided",
        )
    ws.resolutions.expect(standing.case, wanted)
    return ws.cases.get(standing.case, None)
