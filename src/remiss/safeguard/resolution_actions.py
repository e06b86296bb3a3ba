"""Resolving cases: a version answers one as is expected. And writing what is expected of one.

The case is asked as the row of a suite would be: with what is expected of it, by the criteria that caught it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Annotated

from remiss.action import action
from remiss.catalog.field_names import query_of
from remiss.catalog.query.parsing import parse
from remiss.catalog.revision import check_read
from remiss.errors import Conflict, InputError, ModelError, NotFound
from remiss.govern.redaction.written import check_shows_nothing
from remiss.parameters import CaseId, Help, Option, Range, Revision
from remiss.protocol.versions import kept_version
from remiss.records.case import Case
from remiss.records.expectation import Expectation
from remiss.records.model import ModelSpecification
from remiss.records.states import DECIDED, Move, after
from remiss.records.suite import SuiteCriterion, SuitePart, SuiteRow
from remiss.safeguard.asking import Answers, Questions, ask_all
from remiss.safeguard.expectations import MOST_EXPECTATIONS, by_default, checked
from remiss.safeguard.judging import NO, UNKNOWN, CriterionJudge
from remiss.safeguard.model_actions import EXPECT, REMEDIES, RESOLVE, AskedModel, Seed
from remiss.safeguard.ports import ResolutionWorkspace
from remiss.safeguard.recurrences import CaseStanding, Exposure
from remiss.safeguard.suite_criteria import criteria_of
from remiss.safeguard.suite_rows import NO_EXPECTATION, row_of_case, row_of_line, unusable

WRITE_IT = "write what is: remiss case expect CASE --expectation 'equals late'"
# Of lines of one event as many as there can be protocols that drew it.
MOST_LINES = 1_000
MOST_REPEATS = 999
REPEATS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedCase:
    """A case as the row of a suite, with the criteria by which an answer to it can be judged."""

    row: SuiteRow
    criteria: tuple[SuiteCriterion, ...]

    @property
    def judged(self) -> frozenset[str]:
        """The criteria by which answers are judged."""
        return frozenset(each.name for each in self.criteria if each.unjudged is None)


def asked_case(ws: ResolutionWorkspace, case: Case) -> JudgedCase:
    """Return a case as it is asked again.

    A sampled event is judged by the protocol version that drew it, the newest where several did, of those that caught it first. A
    case that people filed has no criteria.

    Raises
    ------
    InputError : the catalog lacks what a model would be asked, or redaction touched it
    """
    wanted = parse(query_of(ws, f"id:{case.id}", of_sample=True).query, of_sample=True)
    lines = ws.samples.page(wanted, limit=MOST_LINES, after=None, position=None).lines
    criteria: tuple[SuiteCriterion, ...] = ()
    if not lines:
        row = row_of_case(case)
    else:
        line = max(lines, key=lambda each: (bool(each.criteria), each.version, each.protocol))
        stored = ws.protocols.find(line.protocol, line.version)
        row = row_of_line(line)
        if stored is not None:
            criteria = criteria_of(kept_version(stored, f"{line.protocol}.yaml"))
    why = unusable(row)
    if why is not None:
        raise InputError(f"case {case.id} cannot be asked again: {why}", do="ask a model that gets what was logged by replay")
    return JudgedCase(row=replace(row, part=SuitePart.CASES), criteria=criteria)


def expected(asked: JudgedCase, written: Sequence[Expectation]) -> JudgedCase:
    """Return a case with what is expected of it: what people wrote, else what follows from label and criteria.

    Raises
    ------
    InputError : nothing is
    """
    row, by_name = asked.row, {each.name: each for each in asked.criteria}
    found = tuple(written) or by_default(row.criteria, row.output, row.label, by_name)
    if not found:
        raise InputError(f"of case {row.id} nothing is expected: {NO_EXPECTATION}", do=WRITE_IT)
    return replace(asked, row=replace(row, expectations=found))


def tried(
    ws: ResolutionWorkspace, asked: JudgedCase, model: ModelSpecification, repeat: int, seed: int
) -> tuple[Exposure, Answers]:
    """Return what a version makes of a case, asked so many times.

    Raises
    ------
    InputError : the version gets the raw event; ModelError : it does not run, or is registered wrongly
    Conflict : no answer can be told to be what is expected
    """
    judge = CriterionJudge(ws.engine, asked.criteria, [asked.row])
    questions = Questions(rows=[asked.row], repeats=[repeat], judge=judge, seed=seed)
    [answers] = ask_all(ws.models, [model], questions, ws.progress)
    if answers.trouble is not None:
        raise ModelError(f"{model} does not run here: {answers.trouble.message}", do=REMEDIES[answers.trouble.kind])
    states = answers.passed[0]
    times, failed = int((states != UNKNOWN).sum()), int((states == NO).sum())
    missing = answers.first[0].trouble
    if not times and missing is not None:
        raise ModelError(f"{model} gave no answer: {missing.message}", do=REMEDIES[missing.kind])
    if not times:
        raise Conflict(
            f"of case {asked.row.id} it cannot be told whether {model} answers as is expected: "
            + "; ".join(map(str, asked.row.expectations)),
            do=WRITE_IT,
        )
    digest = model.digest or (answers.environment.digest if answers.environment is not None else None)
    of = Exposure(case=asked.row.id, model=model.name, version=model.version, digest=digest, asked=times, failed=failed)
    return of, answers


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
    model: AskedModel,
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
