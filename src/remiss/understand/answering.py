"""Answering: from a question and a ground to rows, of what machines flagged or of what people confirmed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from remiss.catalog.query import Level, Operator, Query, Term, both
from remiss.errors import NotFound
from remiss.protocol.cache import salvage
from remiss.protocol.terms import UNPLANNED, Protocol
from remiss.records.estimate import LOG, WEIGHTED, EstimateRow
from remiss.records.labelling import Verdict
from remiss.understand.confirmed_domain import Decided
from remiss.understand.confirming import confirmed_rows
from remiss.understand.domain import Census, windows_in_scope
from remiss.understand.estimating import Reference, Sample, estimate_rows
from remiss.understand.grounds import narrowed, only
from remiss.understand.hindsight import chosen_on_sample, refuse_hindsight
from remiss.understand.periods import PERIODS
from remiss.understand.ports import UnderstandWorkspace
from remiss.understand.question import Plan, Question, rules_of, settle
from remiss.understand.sampling_facts import Ground, Judged, Pattern, Sampled
from remiss.understand.scope import CRITERION, named_criteria, without_time
from remiss.understand.turns import Rarity, Rota, Turns, turns_of
from remiss.understand.variance import HISTORY


@dataclass(frozen=True, slots=True, kw_only=True)
class Footing:
    """A ground with what is exactly known of it, its protocol, since when the catalog knows that, and its sampled events.

    `read` gives the sampled events marked by two queries, `judge` the same with what people found and in whose turn, and
    `count` how many there are in each cell; none asks the catalog twice for the same.
    """

    census: Census
    document: Protocol
    since: int
    read: Callable[[Query, Query | None, str | None], Sequence[Sampled]]
    judge: Callable[[Query, Query, Query | None, str | None], Turns]
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

    rota = Rota(labelling=written.labelling or UNPLANNED, seed=written.sampling.seed, width=written.sampling.window)
    rarity = Rarity.of(census.groups)

    @cache
    def judge(query: Query, agreed: Query, among: Query | None, by: str | None) -> Turns:
        return turns_of(ws.evidence.judged(ground, query, agreed, among, by, position), rota, rarity)

    @cache
    def count() -> Mapping[Pattern, int]:
        return ws.evidence.sampled_counts(ground, position)

    return Footing(
        census=census, document=written, since=0 if stored is None else stored.position, read=read, judge=judge, count=count
    )


def document_of(ws: UnderstandWorkspace, name: str, version: int) -> Protocol:
    """Return a protocol version as the catalog keeps it. Its taxonomy and rubric do not matter to figures.

    Raises
    ------
    NotFound : the catalog has no such version, or this version of remiss cannot read it
    """
    stored = ws.protocols.find(name, version)
    if stored is None:
        raise NotFound(f"the catalog has no protocol {name}@{version}", do="see remiss protocol list")
    found = salvage(stored.text, f"{name}@{version}")
    if found is None:
        raise NotFound(f"protocol {name}@{version} cannot be read any more", do="look at it with remiss protocol show")
    return found


def flagged_answer(ws: UnderstandWorkspace, footing: Footing, asked: Question, criterion: str | None) -> Answer:
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


def confirmed_answer(
    ws: UnderstandWorkspace, footing: Footing, asked: Question, criterion: str | None, *, agreed: Query, verdict: Verdict
) -> Answer:
    """Return the rows of a question about what people found, or its one row for one criterion.

    Parameters
    ----------
    asked : the question without what it says of people
    agreed : the whole query

    Raises
    ------
    QueryError : no window in scope, or figures of a criterion chosen on their sample
    """
    census = footing.census
    plan = settle(of_criterion(asked, criterion), census.rules)

    def judged(query: Query, within: Plan) -> Turns:
        turns = footing.judge(query, agreed, within.among, within.question.by)
        # Whose turn it was does not depend on what is asked, and takes longer to find out than to say who is asked about.
        return turns if criterion is None else replace(turns, events=[meeting(each, criterion) for each in turns.events])

    def past() -> tuple[Plan, Turns] | None:
        query, of = without_time(asked.query), None if asked.of is None else without_time(asked.of)
        if query is None or (asked.of is not None and of is None):
            return None
        timeless = replace(asked, query=query, of=of, by=None if asked.by in PERIODS else asked.by)
        settled = settle(of_criterion(timeless, criterion), census.rules)
        return settled, judged(query, settled)

    rows = confirmed_rows(plan, census, Decided(verdict=verdict, turns=judged(asked.query, plan), past=past))
    if not rows and plan.question.by is None:
        only([census.ground], [plan.question.query], lambda _: census.rules)
    refuse_chosen(ws, footing, plan)
    return Answer(plan=plan, rows=rows)


def meeting(event: Judged, criterion: str) -> Judged:
    """Return an event as it is in a question about one criterion: inside only when it met that too."""
    return replace(event, inside=False) if event.inside and criterion not in event.met else event


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
