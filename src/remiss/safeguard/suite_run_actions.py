"""Runs of suites that go on after a kill: what was answered is kept piece by piece, and is not asked again.

A piece is a few events or scenarios, with what their answers were judged to be; it is committed whole. `suite.ask` asks for the
next one, and `suite.run` for whatever is left, and makes the result. The command line calls them one after the other, a job step
by step. Pieces belong to a person who runs one content of a suite on one version in one way.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Annotated, Unpack

from remiss.action import action
from remiss.errors import Conflict, InputError, ModelError
from remiss.govern.ports.jobs import Posted
from remiss.parameters import Help, Range
from remiss.records import job as records
from remiss.records.identity import kind_id
from remiss.records.job import Job, JobStep
from remiss.records.model import ModelSpecification, ModelTrouble, trouble_in
from remiss.records.result import SuiteResult
from remiss.records.scenario import Scenario
from remiss.records.suite import Suite, SuiteProgress
from remiss.safeguard.asking import Answers, Questions, answers_of, joined
from remiss.safeguard.judging import CriterionJudge
from remiss.safeguard.kept_actions import SuiteName
from remiss.safeguard.model_actions import AskedModel, Seed
from remiss.safeguard.result_actions import RUN, Anew, Repeat, RunParameters, Scenarios, checked_run, run, run_name
from remiss.safeguard.result_ports import ResultWorkspace, RunPiece
from remiss.safeguard.scenario_actions import NO_SCENARIOS
from remiss.safeguard.scenarios.stability import flips_of, in_order
from remiss.safeguard.suite_running import SuiteRun, environment_of, piece_of, piece_of_flips

# A job has at most so many steps for events, and for scenarios; in one it asks as much as the model takes at once, or this.
MOST_STEPS, MOST_IN_A_STEP = 100, 256
# For about so long one call of `suite.ask` asks; what is asked at once grows until then.
ASKS_SECONDS, MOST_AT_ONCE = 2.0, 8_192
MostAsked = Annotated[int, Range(0, 1_000_000), Help("How many rows at most; 0 asks nothing, and says how far the run is.")]
EVENTS, FIGURES = "events", "figures"


def silent(_: str, __: float) -> None:
    """Say nothing of how far a piece has come: the run does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedPiece:
    """What one call asked of a run: the piece, None where there was nothing to ask or the model does not run."""

    run: str
    suite: Suite
    model: ModelSpecification
    piece: RunPiece | None
    kept: int
    total: int
    anew: bool
    trouble: ModelTrouble | None = None


@contextmanager
def _ask(ws: ResultWorkspace, name: str, *, most: int | None, anew: bool, **given: Unpack[RunParameters]) -> Iterator[AskedPiece]:
    # Before the transaction: a model takes its time.
    asks = checked_run(ws, name, as_begun=ws.following, **given)
    run_of = run_name(ws, asks)
    former = () if anew else ws.results.pieces(run_of, last=True)
    kept = sum(each.first + each.count for each in former)
    found = AskedPiece(run=run_of, suite=asks.suite, model=asks.model, piece=None, kept=kept, total=asks.total, anew=anew)
    yield found if kept >= asks.total or most == 0 else _asked(ws, found, asks, former, most)


def _asked(ws: ResultWorkspace, found: AskedPiece, asks: SuiteRun, former: Sequence[RunPiece], most: int | None) -> AskedPiece:
    """Return what the model answers to what follows on the pieces.

    Raises
    ------
    Conflict : a job whose model has other files than when it began; ModelError : a job whose model does not run
    """
    with ExitStack() as stack:
        try:
            runner = stack.enter_context(ws.models.open(found.model, seed=asks.seed))
        except ModelError as error:
            if ws.job is not None:
                raise
            return replace(found, trouble=trouble_in(error))
        environment = runner.environment()
        if any(environment_of(each).digest != environment.digest for each in former):
            if ws.job is not None and not _before(ws.jobs.get(ws.job), former):
                raise Conflict("the files of the model are not those by which the run began", do="post it again")
            # What other files answered says nothing of these.
            found = replace(found, kept=0, anew=True)
        begun, at = time.perf_counter(), found.kept
        limits = found.model.limits
        size = most or limits.batch_size * limits.concurrency
        if at < len(asks.rows):
            parts: list[Answers] = []
            for first, last in _pieces(ws, found, len(asks.rows) - at, size, once=most is not None):
                rows = asks.rows[at + first : at + last]
                judge = CriterionJudge(ws.engine, asks.suite.criteria, rows, asks.rows)
                parts += answers_of([found.model], [runner], Questions.alike(rows, asks.repeats, judge, asks.seed), silent)
            answers = replace(joined(parts), environment=environment)
            return replace(found, piece=piece_of(at, answers, asks.redact, time.perf_counter() - begun))
        assert asks.scenarios is not None
        left, made = in_order(asks.scenarios)[at - len(asks.rows) :], asks.scenarios
        flips = [
            flip
            for first, last in _pieces(ws, found, len(left), size, once=most is not None, ends=lambda at: _ends(left, at))
            for flip in flips_of(
                left[first:last],
                made,
                asks.suite,
                asks.rows,
                engine=ws.engine,
                runner=runner,
                repeats=asks.repeats,
                progress=silent,
            )
        ]
        return replace(found, piece=piece_of_flips(at, flips, environment, time.perf_counter() - begun))


def _before(job: Job, pieces: Sequence[RunPiece]) -> bool:
    """Return whether pieces were kept before a job was posted."""
    return all(each.kept_at is not None and each.kept_at < job.posted_at for each in pieces)


def _pieces(
    ws: ResultWorkspace, found: AskedPiece, count: int, size: int, *, once: bool, ends: Callable[[int], int] = lambda at: at
) -> Iterator[tuple[int, int]]:
    """Yield where what is asked at once begins and ends: one piece, or as many as are answered in some seconds."""
    begun, first, unit = time.perf_counter(), 0, size
    while first < count:
        started, last = time.perf_counter(), ends(min(first + size, count))
        yield first, last
        ws.progress("asking", (found.kept + last) / found.total)
        now = time.perf_counter()
        if once or now - begun > ASKS_SECONDS:
            return
        # As many as it answers in the rest of the time, in whole batches.
        following = int((last - first) / max(now - started, 1e-3) * (ASKS_SECONDS - (now - begun)))
        first, size = last, max(unit, min(4 * size, MOST_AT_ONCE, following) // unit * unit)


def _ends(scenarios: Sequence[Scenario], at: int) -> int:
    """Return where a piece ends that ends at `at` or behind it: a parent is asked once, with all of its scenarios."""
    while at < len(scenarios) and scenarios[at].parent == scenarios[at - 1].parent:
        at += 1
    return at


@action("suite.ask", permission=RUN, http="POST /suites/{name}/answers", subject="name", prepare=_ask)
def ask(
    ws: ResultWorkspace,
    name: SuiteName,
    *,
    model: AskedModel,
    repeat: Repeat = 1,
    seed: Seed = 0,
    scenarios: Scenarios | None = None,
    most: MostAsked | None = None,
    anew: Anew = False,
    prepared: AskedPiece | None = None,
) -> SuiteProgress:
    """Ask MODEL the next events of the suite NAME; keep what came of it.

    As many are asked as are answered in some seconds. `suite.run` with the same model, repeats, seed and scenarios asks what is
    left, and makes the result of all; until then it is kept for a week. So a run that was broken off goes on where it was: the
    command `suite run` does this by itself, and `job.suite` has a runner do it.

    Example: remiss suite ask arrivals --model arrival-delay@2

    Raises
    ------
    NotFound, Ambiguous, InputError, Conflict, ModelError : as suite.run
    Conflict : somebody asks the same at the same time
    """
    assert prepared is not None
    ws.allow(RUN, prepared.suite.team)
    if prepared.anew:
        ws.results.drop_pieces(prepared.run)
    if prepared.piece is not None:
        ws.results.keep_piece(prepared.run, prepared.piece, prepared.suite)
    position, trouble = ws.position(), prepared.trouble
    return SuiteProgress(
        id=kind_id("answers", [position]),
        suite=prepared.suite.name,
        suite_digest=prepared.suite.digest,
        model=str(prepared.model),
        answered=prepared.kept + (0 if prepared.piece is None else prepared.piece.count),
        kept=prepared.kept,
        total=prepared.total,
        trouble=None if trouble is None else trouble.kind.value,
        position=position,
    )


@contextmanager
def _post(ws: ResultWorkspace, name: str, *, anew: bool, **given: Unpack[RunParameters]) -> Iterator[tuple[Posted, str | None]]:
    model = given["model"]
    if ws.models.find(model) not in ws.models.registered():
        what = f"{model} is not registered, and a job runs registered models only"
        raise InputError(what, do="register it in the file of models, and give NAME@VERSION", field="model")
    asks = checked_run(ws, name, **given)
    suite, made = asks.suite, asks.scenarios
    posted = Posted(
        kind=records.SUITE,
        team=suite.team,
        model=str(asks.model),
        seed=asks.seed,
        suite=f"{suite.name}@{suite.digest.removeprefix('sha256:')}",
        scenarios=NO_SCENARIOS if made is None else f"{made.made.name}@{made.made.digest.removeprefix('sha256:')}",
        repeats=asks.repeats,
    )
    yield posted, run_name(ws, asks) if anew else None


@action("job.suite", permission=RUN, http="POST /jobs/suites", created="job.show", subject="name", prepare=_post)
def suite_job(
    ws: ResultWorkspace,
    name: SuiteName,
    *,
    model: AskedModel,
    repeat: Repeat = 1,
    seed: Seed = 0,
    scenarios: Scenarios | None = None,
    anew: Anew = False,
    prepared: tuple[Posted, str | None] | None = None,
) -> Job:
    """Post a job that runs the suite NAME on MODEL.

    Each step asks some of the events and keeps what came of them, so that nothing is asked twice that was committed; the last
    one makes the result. The model has to be registered. Suite and scenarios are those of now, whatever is built meanwhile. What
    you had asked before in the same run, by a job that was cancelled or by a command, is not asked again within a week.

    Example: remiss job suite arrivals --model arrival-delay@2 --repeat 3

    Raises
    ------
    NotFound, Ambiguous, InputError, Conflict : as suite.run
    InputError : a model that is not registered
    Conflict : a job of yours that does the same is open: both would keep, and let go of, the same answers
    """
    assert prepared is not None
    posted, begins_anew = prepared
    ws.allow(RUN, posted.team)
    other = ws.jobs.alike(posted)
    if other is not None:
        do = f"see how far it is: remiss job show {other}; to begin anew, cancel it first: remiss job cancel {other}"
        raise Conflict(f"{other} is open, and runs the same suite on the same model in the same way", do=do)
    if begins_anew is not None:
        ws.results.drop_pieces(begins_anew)
    return ws.jobs.post(posted)


def steps(ws: ResultWorkspace, posted: Posted) -> Sequence[JobStep]:
    """Return a step for as many events as the model takes at once, or more where there are many; likewise of scenarios."""
    asks = checked_run(ws, posted.suite or "", as_begun=ws.following, **_parameters(posted))
    limits, found = asks.model.limits, list[JobStep]()
    for what, count in ((EVENTS, len(asks.rows)), ("scenarios", asks.total - len(asks.rows))):
        size = max(min(limits.batch_size * limits.concurrency, MOST_IN_A_STEP), -(-count // MOST_STEPS))
        # By whole batches, so that the model gets the same ones as when it is asked all at once.
        size = -(-size // limits.batch_size) * limits.batch_size
        starts = range(0, count, size)
        found += [JobStep(since=None, until=None, of=f"{what} {at + 1}-{min(at + size, count)}") for at in starts]
    return [*found, JobStep(since=None, until=None, of=FIGURES)]


def take(ws: ResultWorkspace, posted: Posted, step: JobStep) -> SuiteProgress | SuiteResult:
    """Ask what a step is about, and keep what came of it; or make the result."""
    of, name, given = step.of or FIGURES, posted.suite or "", _parameters(posted)
    if of == FIGURES:
        return run(ws, name, **given)
    what, _, those = of.partition(" ")
    asks = checked_run(ws, name, as_begun=ws.following, **given)
    until = int(those.partition("-")[2]) + (0 if what == EVENTS else len(asks.rows))
    kept = sum(each.first + each.count for each in ws.results.pieces(run_name(ws, asks), last=True))
    return ask(ws, name, **given, most=max(0, until - kept))


def _parameters(posted: Posted) -> RunParameters:
    return RunParameters(model=posted.model or "", repeat=posted.repeats, seed=posted.seed, scenarios=posted.scenarios)
