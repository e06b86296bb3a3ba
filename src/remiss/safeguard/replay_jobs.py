"""Replaying what a query finds: a job, whose steps each ask a model about as many cases as it takes at once.

Which cases they are is found when the job is posted, so that all of its steps are about one and the same list. Who runs it
(`runner.py`) asks as who posted it, and keeps the model running from step to step. After a kill the steps that were committed
are not asked again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from remiss.action import action
from remiss.catalog.evidence_actions import checked_purpose
from remiss.catalog.field_names import query_of
from remiss.catalog.listing import parse_sort
from remiss.catalog.query.expression import Query as Parsed
from remiss.catalog.query.parsing import parse
from remiss.errors import InputError
from remiss.govern.ports.jobs import Posted
from remiss.govern.redaction.written import gate
from remiss.parameters import Query
from remiss.records import job as records
from remiss.records.job import Job, JobStep
from remiss.records.model import ModelSpecification, RowKind
from remiss.records.replay import ReplayBatch
from remiss.safeguard.model_actions import REPLAY, AskedModel, Seed
from remiss.safeguard.ports import ReplayWorkspace
from remiss.safeguard.replay_actions import MOST_CASES, Purpose, replay_cases

# In one job: their ids are kept with it.
MOST_IN_A_JOB = 10_000
# In a step, whatever the model takes at once: so many are asked again after a kill.
MOST_IN_A_STEP = 256
_PAGE = 1_000
_ORDER = parse_sort("-occurred")


@contextmanager
def _prepare(ws: ReplayWorkspace, query: str, model: str, purpose: str | None, seed: int) -> Iterator[Posted]:
    # What can be told at once is told at once, not by a job that fails.
    specification = ws.models.find(model)
    if specification not in ws.models.registered():
        what = f"{model} is not registered, and a job runs registered models only"
        raise InputError(what, do="register it in the file of models, and give NAME@VERSION", field="model")
    if specification.gets is RowKind.RAW and purpose is None:
        what = f"{specification} gets the raw event, and no purpose is given"
        raise InputError(what, do="say with --purpose what it is needed for", field="purpose")
    said = None if purpose is None else gate(ws).words(checked_purpose(purpose))
    with ws.reading():
        count, found = found_by(ws, query)
        if count > MOST_IN_A_JOB:
            what = f"{count:,} cases match the query, and a job replays at most {MOST_IN_A_JOB:,}"
            raise InputError(what, do="narrow it, for example by status or time", field="query")
        cases = tuple(found)
    if not cases:
        raise InputError("no case matches the query", do="try it with: remiss case search", field="query")
    yield Posted(
        kind=records.REPLAY,
        team=ws.actor.team,
        model=str(specification),
        cases=cases,
        seed=seed,
        purpose=said,
    )


def found_by(ws: ReplayWorkspace, query: str) -> tuple[int, Iterator[str]]:
    """Return how many cases match a query, and their ids, the newest first.

    Raises
    ------
    QueryError : it cannot be understood
    """
    wanted = parse(query_of(ws, query).query)
    return ws.cases.count(wanted, None, _ORDER), _ids(ws, wanted)


def _ids(ws: ReplayWorkspace, wanted: Parsed) -> Iterator[str]:
    behind = None
    while True:
        page = ws.cases.page(wanted, sort=_ORDER, limit=_PAGE, after=behind, position=None)
        yield from (line.id for line in page.lines)
        if page.last is None:
            return
        behind = page.last


@action("job.replay", permission=REPLAY, http="POST /jobs/replays", created="job.show", prepare=_prepare)
def replay_job(
    ws: ReplayWorkspace,
    query: Query,
    *,
    model: AskedModel,
    purpose: Purpose | None = None,
    seed: Seed = 0,
    prepared: Posted | None = None,
) -> Job:
    """Post a job that asks MODEL about what QUERY finds again.

    They are those that match now, at most 10,000. Each step asks as many as the model takes at once and keeps what came of them;
    `replay list` shows it. The model has to be registered.

    Example: remiss job replay 'status:verified severity:<=2' --model arrival-delay@2

    Raises
    ------
    QueryError : the query cannot be understood
    NotFound, Ambiguous : no such model, or several versions of it
    InputError : a model that is not registered; no case matches, or too many do; no purpose for a model that gets raw events
    """
    assert prepared is not None
    return ws.jobs.post(prepared)


def steps(ws: ReplayWorkspace, posted: Posted) -> Sequence[JobStep]:
    """Return a step for as many of the cases as the model takes at once."""
    size = _size(ws.models.find(posted.model or ""))
    starts = range(0, len(posted.cases), size)
    return [JobStep(since=None, until=None, of=f"{at + 1}-{min(at + size, len(posted.cases))}") for at in starts]


def _size(model: ModelSpecification) -> int:
    limits = model.limits
    return max(1, min(limits.batch_size * limits.concurrency, MOST_IN_A_STEP, MOST_CASES))


def take(ws: ReplayWorkspace, posted: Posted, step: JobStep) -> ReplayBatch:
    """Ask about the cases of one step, and keep what came of them."""
    first, _, last = (step.of or "").partition("-")
    cases = posted.cases[int(first) - 1 : int(last)]
    return replay_cases(ws, cases=cases, model=posted.model or "", purpose=posted.purpose, seed=posted.seed)
