"""The action of this chapter's first room: `estimate`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from remiss.action import action
from remiss.catalog.parsing import parse
from remiss.catalog.query import Level, Operator, Query, Term, both
from remiss.errors import InputError, NotFound
from remiss.protocol import document
from remiss.protocol.terms import Protocol
from remiss.records.estimate import LOG, WEIGHTED, Estimate, EstimateRow
from remiss.records.position import reached
from remiss.understand.domain import Census, windows_in_scope
from remiss.understand.estimating import Reference, Sample, estimate_rows
from remiss.understand.grounds import narrowed, only
from remiss.understand.hindsight import chosen_on_sample, refuse_hindsight
from remiss.understand.periods import PERIODS
from remiss.understand.ports import Ground, Pattern, Sampled, UnderstandWorkspace
from remiss.understand.question import Plan, Question, rules_of, settle, usual_basis
from remiss.understand.scope import CRITERION, named_criteria, without_time
from remiss.understand.variance import HISTORY

OF_THIS_LOG = "the intervals are of this very log; to compare rows with each other ask with basis process"
OF_PROCESS = "the intervals are of the process that wrote the log, to compare rows; of this very log ask with basis log"


@action(name="estimate", permission="estimate:read", reads=True)
def estimate(
    ws: UnderstandWorkspace,
    query: str = "",
    *,
    rate: bool = False,
    of: str | None = None,
    by: str | None = None,
    basis: str | None = None,
    source: str | None = None,
    protocol: str | None = None,
    as_of: int | None = None,
) -> Estimate:
    """Return how many events match a query, or what share of them, as machines flagged them, with 95 % intervals.

    Parameters
    ----------
    query : in the filter language; empty is every admitted event
    rate : a share instead of a number
    of : the denominator of a rate, in the filter language; without it the query's event-level terms with the criterion's
        `among`
    by : one row for each value of a field, for each `month`, `week`, `day`, `window` or `criterion`
    basis : `log`, how sure of this very log; or `process`, how sure of what wrote it; default: `process` where rows by a field
        or a period are there to be compared, else `log`
    source, protocol : which, where the catalog has several; a protocol as NAME or NAME@VERSION
    as_of : a catalog position; default: now

    Raises
    ------
    QueryError : the query cannot be understood, spans several sources or versions, asks what people decide, or asks a
        weighted figure of a criterion that was chosen on the very sample
    NotFound : nothing was captured
    """
    head = ws.evidence.position()
    position = reached(as_of, head)
    position = head if position is None else position
    asked = Question(query=parse(query), rate=rate, of=None if of is None else parse(of), by=by, basis=basis or usual_basis(by))
    ground = ground_of(ws, asked, position, source, protocol)
    footing = footing_of(ws, ground, position)
    names = [None] if by != CRITERION else list(footing.census.rules.criteria)
    answers = [answer(ws, footing, asked, name) for name in names]
    rows = answers[0].rows if by != CRITERION else by_criterion(footing, answers)
    return Estimate(
        query=query,
        of=of,
        by=by,
        position=position,
        rows=rows,
        rate=rate,
        denominator=answers[0].plan.denominator if len(answers) == 1 else None,
        source=ground.source,
        protocol=f"{ground.protocol}@{ground.version}",
        notes=notes_on_basis(asked, named=basis is not None),
    )


def notes_on_basis(asked: Question, *, named: bool) -> tuple[str, ...]:
    """Return what to say of rows beside each other: of what they are, where nobody asked for it or it may mislead."""
    if asked.by is None:
        return ()
    if asked.basis == LOG:
        return (OF_THIS_LOG,)
    return () if named else (OF_PROCESS,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Footing:
    """A ground with what is exactly known of it, its protocol, since when the catalog knows that, and its sampled events.

    `read` gives the sampled events marked by two queries, `count` how many there are in each cell; neither asks the catalog
    twice for the same.
    """

    census: Census
    document: Protocol
    since: int
    read: Callable[[Query, Query | None, str | None], Sequence[Sampled]]
    count: Callable[[], Mapping[Pattern, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A settled question and its rows."""

    plan: Plan
    rows: tuple[EstimateRow, ...]


def ground_of(ws: UnderstandWorkspace, asked: Question, position: int, source: str | None, protocol: str | None) -> Ground:
    """Return the one ground that a question stands on."""
    grounds = narrowed(ws.evidence.grounds(position), source, protocol)
    if len(grounds) == 1:
        return grounds[0]
    queries = [query for query in (asked.query, asked.of) if query is not None]
    return only(grounds, queries, lambda ground: rules_of(document_of(ws, ground.protocol, ground.version)))


def footing_of(ws: UnderstandWorkspace, ground: Ground, position: int) -> Footing:
    """Return a ground with everything that is exactly known of it."""
    stored = ws.protocols.find(ground.protocol, ground.version)
    written = document_of(ws, ground.protocol, ground.version)
    census = Census(
        ground=ground,
        rules=rules_of(written),
        groups=ws.evidence.groups(ground, position),
        cells=ws.evidence.cells(ground, position),
    )

    @cache
    def read(query: Query, among: Query | None, by: str | None) -> Sequence[Sampled]:
        return ws.evidence.sampled(ground, query, among, by, position)

    @cache
    def count() -> Mapping[Pattern, int]:
        return ws.evidence.sampled_counts(ground, position)

    return Footing(census=census, document=written, since=0 if stored is None else stored.position, read=read, count=count)


def document_of(ws: UnderstandWorkspace, name: str, version: int) -> Protocol:
    """Return a protocol version as the catalog keeps it. Its taxonomy and rubric do not matter to figures.

    Raises
    ------
    NotFound : the catalog has no such version, or this version of remiss cannot read it
    """
    stored = ws.protocols.find(name, version)
    if stored is None:
        raise NotFound(f"the catalog has no protocol {name}@{version}", do="see remiss protocol list")
    found, _ = document.draft(stored.text, f"{name}@{version}", no_file)
    if found is None:
        raise NotFound(f"protocol {name}@{version} cannot be read any more", do="look at it with remiss protocol show")
    return found


def no_file(name: str) -> str:
    """Refuse to read what a stored protocol names beside itself: what was meant by it is in its digest."""
    raise InputError(f"{name} is not kept with the protocol")


def answer(ws: UnderstandWorkspace, footing: Footing, asked: Question, criterion: str | None) -> Answer:
    """Return the rows of a question, or its one row for one criterion.

    Raises
    ------
    QueryError : no window in scope, or weighted figures of a criterion chosen on their sample
    """
    census = footing.census
    plan = settle(of_criterion(asked, criterion), census.rules)
    by = plan.question.by
    reference = reference_of(footing, asked, criterion) if needs_reference(plan, census) else None
    sample = Sample(events=lambda: marked(footing, asked.query, plan, criterion), counts=footing.count)
    rows = estimate_rows(plan, census, sample, reference=reference)
    if not rows and by is None:
        only([census.ground], [plan.question.query], lambda _: census.rules)
    if any(row.method == WEIGHTED for row in rows):
        refuse_chosen(ws, footing, plan)
    return Answer(plan=plan, rows=rows)


def marked(footing: Footing, query: Query, plan: Plan, criterion: str | None) -> Sequence[Sampled]:
    """Return the sampled events, inside when they match the query and, where one is given, meet the criterion."""
    events = footing.read(query, plan.among, plan.question.by)
    if criterion is None:
        return events
    return [replace(event, inside=event.inside and criterion in event.met) for event in events]


def needs_reference(plan: Plan, census: Census) -> bool:
    """Return whether some row may have too few windows of its own to say how they differ."""
    question = plan.question
    return question.basis != LOG and (question.by in PERIODS or len(windows_in_scope(plan, census)) < HISTORY)


def reference_of(footing: Footing, asked: Question, criterion: str | None) -> Reference | None:
    """Return the same question without limits in time; None where they are tangled up in it."""
    query, of = without_time(asked.query), None if asked.of is None else without_time(asked.of)
    if query is None or (asked.of is not None and of is None):
        return None
    timeless = replace(asked, query=query, of=of, by=None if asked.by in PERIODS else asked.by)
    settled = settle(of_criterion(timeless, criterion), footing.census.rules)
    return Reference(plan=settled, sampled=lambda: marked(footing, query, settled, criterion))


def refuse_chosen(ws: UnderstandWorkspace, footing: Footing, plan: Plan) -> None:
    """Refuse weighted figures of criteria that were changed after their sample could be seen."""
    windows = set(windows_in_scope(plan, footing.census))
    earlier = tuple(run for run in footing.census.ground.earlier if run.window in windows)
    if not earlier:
        return
    name = footing.census.ground.protocol
    then = {version: document_of(ws, name, version) for version in {run.version for run in earlier}}
    criteria = footing.census.rules.criteria
    named = {*plan.named, *(() if plan.question.of is None else named_criteria(plan.question.of, criteria))}
    refuse_hindsight(chosen_on_sample(footing.document, footing.since, sorted(named), earlier, then))


def of_criterion(asked: Question, name: str | None) -> Question:
    """Return the question asked of one criterion only, or as it is."""
    if name is None:
        return asked
    return replace(asked, query=both(Term(CRITERION, Operator.EQUAL, name, Level.CRITERION), asked.query), by=None)


def by_criterion(footing: Footing, answers: Sequence[Answer]) -> tuple[EstimateRow, ...]:
    """Return one row for each criterion; an event that meets several is in several."""
    return tuple(
        replace(row, key=name, notes=(*row.notes, *([f"among {found.plan.denominator}"] if found.plan.denominator else [])))
        for name, found in zip(footing.census.rules.criteria, answers, strict=True)
        for row in found.rows
    )
