"""The pipeline of an estimate: from a question and a frame to all that its rows are computed from, read of the catalog at once.

Nothing is computed here but what says what else to read, and nothing is read after it: the rows are made of plain values
(`rows.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from itertools import chain

from remiss.catalog.query.expression import Level, Operator, Query, Term, Text, both, leaves
from remiss.errors import FigureRefused, NotFound
from remiss.protocol.group_sizes import as_filed
from remiss.protocol.terms import UNPLANNED, Protocol
from remiss.protocol.versions import salvage
from remiss.records.estimate import SAMPLE
from remiss.understand.domain import Census, DomainCells, Key, build_domain, check_breadth, key_of
from remiss.understand.frames import narrowed, only
from remiss.understand.periods import PERIODS, begun_within
from remiss.understand.ports import UnderstandWorkspace
from remiss.understand.post_selection import check_not_post_selected, chosen_on_sample
from remiss.understand.question import Agreed, Question, QuestionPlan, rules_of, settle
from remiss.understand.rows import Confirmed, Flagged
from remiss.understand.sampling_facts import BlindedEvent, Earlier, Frame, Pattern, Sampled
from remiss.understand.scope import CRITERION, known_of, named_criteria, without_time
from remiss.understand.two_phase.domain import LabelledDomain, keys_of, labelled_domain_of
from remiss.understand.two_phase.labelling_order import CriterionCounts, LabellingOrder, LabellingPlan, labelling_order_of
from remiss.understand.variance import HISTORY


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameFacts:
    """A frame with what is exactly known of it, its protocol, since when the catalog knows that, and its sampled events.

    `read` gives the sampled events marked by two queries, `judge` the same with what people found and in which order,
    `count` how many there are in each cell, `blinded` those that the asker may still label, and `begins` when the first event
    of each of the first windows was; none asks the catalog twice for the same. `parts` are the frames of versions that are asked
    as one (`joined_versions.py`).
    """

    census: Census
    document: Protocol
    since: int
    read: Callable[[Query, Query | None, str | None], Sequence[Sampled]]
    judge: Callable[[Query, Query, Query | None, str | None], LabellingOrder]
    count: Callable[[], Mapping[Pattern, int]]
    blinded: Callable[[tuple[Query, ...], str | None], Sequence[BlindedEvent]]
    begins: Callable[[], Mapping[datetime, datetime]]
    parts: tuple[FrameFacts, ...] = ()


def frame_of(ws: UnderstandWorkspace, asked: Question, position: int, source: str | None, protocol: str | None) -> Frame:
    """Return the one frame that a question stands on."""
    frames = narrowed(ws.evidence.frames(position), source, protocol)
    if len(frames) == 1:
        return frames[0]
    queries = [query for query in (asked.query, asked.of) if query is not None]
    return only(frames, queries, [rules_of(document_of(ws, each.protocol, each.version), each.rules) for each in frames])


def frame_facts_of(ws: UnderstandWorkspace, frame: Frame, position: int) -> FrameFacts:
    """Return a frame with everything that is exactly known of it."""
    stored = ws.protocols.find(frame.protocol, frame.version)
    written = document_of(ws, frame.protocol, frame.version)
    frame = replace(frame, unit=written.sampling.unit)
    census = Census(
        frame=frame,
        rules=rules_of(written, frame.rules),
        groups=ws.evidence.groups(frame, position),
        cells=ws.evidence.cells(frame, position),
    )

    @cache
    def read(query: Query, among: Query | None, by: str | None) -> Sequence[Sampled]:
        return ws.evidence.sampled(frame, query, among, by, position)

    labelling_plan = LabellingPlan(
        labelling=written.labelling or UNPLANNED, seed=written.sampling.seed, width=written.sampling.window
    )
    criterion_counts = CriterionCounts.of(census.groups)

    @cache
    def judge(query: Query, agreed: Query, among: Query | None, by: str | None) -> LabellingOrder:
        return labelling_order_of(ws.evidence.judged(frame, query, agreed, among, by, position), labelling_plan, criterion_counts)

    @cache
    def count() -> Mapping[Pattern, int]:
        return ws.evidence.sampled_counts(frame, position)

    @cache
    def blinded(terms: tuple[Query, ...], by: str | None) -> Sequence[BlindedEvent]:
        return ws.evidence.blinded(frame, terms, by, position)

    return FrameFacts(
        census=census,
        document=written,
        since=0 if stored is None else stored.position,
        read=read,
        judge=judge,
        count=count,
        blinded=blinded,
        begins=cache(lambda: ws.evidence.begins(frame, position)),
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
    return as_filed(found, stored.digest)


def read_flagged(ws: UnderstandWorkspace, facts: FrameFacts, asked: Question, criterion: str | None) -> Flagged:
    """Read all that the rows of a question need, or its one row for one criterion.

    Raises
    ------
    QueryError : no window in scope, too many values of a field, or weighted figures of a criterion chosen on their sample
    """
    plan = settle(of_criterion(asked, criterion), facts.census.rules)
    field = in_scope(build_domain(plan, facts.census), facts)
    read = bool(field.windows) and not field.whole
    if read:
        check_visible(field, facts.census.frame)
    events = facts.read(asked.query, plan.among, plan.question.by) if read else ()
    check_breadth(plan.question.by, (key for key, _ in seen_in(events, field.windows)))
    timeless = reference_of(facts, asked, criterion) if needs_reference(field, events) else None
    reference = None if timeless is None else build_domain(timeless.plan, facts.census)
    referred: Sequence[Sampled] = ()
    if timeless is not None and reference is not None and not reference.whole:
        referred = facts.read(timeless.query, timeless.plan.among, timeless.plan.question.by)
    earlier = earlier_of(facts, field) if read else ()
    # A breakdown has the rows that sampled events show, and without any there is nothing to refuse.
    if earlier and (plan.question.by is None or any(each.of or each.inside for each in field.holding(events).sampled)):
        refuse_post_selection(ws, facts, plan, field)
    return Flagged(
        field=field,
        frame=facts.census.frame,
        events=events,
        counts=facts.count() if field.windows and field.whole else {},
        reference=reference,
        referred=referred,
        criterion=criterion,
    )


def read_confirmed(
    ws: UnderstandWorkspace, facts: FrameFacts, asked: Question, criterion: str | None, *, agreed: Agreed
) -> Confirmed:
    """Read all that the rows of a question about what people found need, or its one row for one criterion.

    Parameters
    ----------
    asked : the question without what it says of people
    agreed : what is counted, by the whole query

    Raises
    ------
    QueryError : no window in scope, too many values of a field, or figures of a criterion chosen on their sample
    """
    plan = settle(of_criterion(asked, criterion), facts.census.rules)
    field = in_scope(build_domain(plan, facts.census), facts)
    check_visible(field, facts.census.frame)
    view = labelled_domain_of(field, agreed.verdict, facts.judge(asked.query, agreed.query, plan.among, plan.question.by))
    check_breadth(plan.question.by, keys_of(view))
    timeless = reference_of(facts, asked, criterion) if needs_past(view) else None
    if timeless is not None:
        before = facts.judge(timeless.query, agreed.query, timeless.plan.among, timeless.plan.question.by)
        view = replace(view, past=labelled_domain_of(build_domain(timeless.plan, facts.census), agreed.verdict, before))
    refuse_post_selection(ws, facts, plan, field)
    queries = (asked.query, *(() if asked.of is None else (asked.of,)))
    terms = tuple(dict.fromkeys(leaf for query in queries for leaf in leaves(query) if told_to_labellers(leaf)))

    def taken(holds: tuple[bool, ...]) -> bool:
        return not any(known_of(query, dict(zip(terms, holds, strict=True))) is False for query in queries)

    view = view.told_to(facts.blinded(terms, plan.question.by), taken)
    return Confirmed(view=view, frame=facts.census.frame, criterion=criterion)


def told_to_labellers(leaf: Term | Text) -> bool:
    """Return whether what a comparison is about is told to whoever labels: an event's own fields are, not why it was caught."""
    return isinstance(leaf, Text) or leaf.level is Level.EVENT


def check_visible(field: DomainCells, frame: Frame) -> None:
    """Refuse a figure that would take the sampled events that the asker sees for all of them: it would change with who asks.

    Raises
    ------
    QueryError
    """
    hidden = sum(start in frame.partly_visible for start in field.windows)
    if hidden:
        raise FigureRefused(
            f"some sampled events of {hidden:,} of {len(field.windows):,} windows are above your clearance, and without them the "
            "figure would be another",
            do="ask for an exact count (no terms but criteria, strata and whole windows), for other windows (occurred:), or "
            "somebody who may see them",
        )


def in_scope(field: DomainCells, facts: FrameFacts) -> DomainCells:
    """Return a field that has windows, or one of which a breakdown may show none; periods know where the log begins.

    Raises
    ------
    QueryError : no window is in the scope of a question for one figure
    """
    question = field.plan.question
    if not field.windows and question.by is None:
        only([facts.census.frame], [question.query], [facts.census.rules])
    return replace(field, partial=begun_within(facts.begins(), field.width)) if question.by in PERIODS else field


def needs_reference(field: DomainCells, events: Sequence[Sampled]) -> bool:
    """Return whether some row may have too few windows of its own to say how they differ."""
    cells = [placed for placed in field.cells if placed.key is not None and placed.among is not False] if field.whole else []
    seen = ((placed.key, placed.cell.window) for placed in cells)
    return may_lack_windows(field.plan, field.windows, chain(seen, seen_in(events, field.windows)))


def needs_past(view: LabelledDomain) -> bool:
    """Return whether some row may have too few windows of its own, of those that people have begun with."""
    return may_lack_windows(view.field.plan, view.windows, seen_in(view.order.events, view.windows))


def seen_in(events: Sequence[Sampled], windows: Sequence[datetime]) -> Iterator[tuple[Key | None, datetime]]:
    """Yield in which windows sampled events in question were seen, by key."""
    within = frozenset(windows)
    return ((key_of(each.key), each.window) for each in events if (each.of or each.inside) and each.window in within)


def may_lack_windows(plan: QuestionPlan, windows: Sequence[datetime], seen: Iterable[tuple[Key | None, datetime]]) -> bool:
    """Return whether a row of a process figure may have too few windows of its own."""
    if not windows or plan.question.variance == SAMPLE:
        return False
    if plan.question.by in PERIODS or len(windows) < HISTORY:
        return True
    spans: dict[Key | None, tuple[datetime, datetime]] = {}
    for key, window in seen:
        first, last = spans.get(key, (window, window))
        spans[key] = (min(first, window), max(last, window))
    return any(sum(first <= start <= last for start in windows) < HISTORY for first, last in spans.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeless:
    """A question's query without limits in time, and the plan of the question that asks it."""

    query: Query
    plan: QuestionPlan


def reference_of(facts: FrameFacts, asked: Question, criterion: str | None) -> Timeless | None:
    """Return the same question without limits in time; None where they are tangled up in it."""
    query, of = without_time(asked.query), None if asked.of is None else without_time(asked.of)
    if query is None or (asked.of is not None and of is None):
        return None
    timeless = replace(asked, query=query, of=of, by=None if asked.by in PERIODS else asked.by)
    return Timeless(query=query, plan=settle(of_criterion(timeless, criterion), facts.census.rules))


def earlier_of(facts: FrameFacts, field: DomainCells) -> tuple[Earlier, ...]:
    """Return the runs by other documents that were in force before for some time of the windows of a field."""
    windows = set(field.windows)
    return tuple(run for run in facts.census.frame.earlier if run.window in windows)


def refuse_post_selection(ws: UnderstandWorkspace, facts: FrameFacts, plan: QuestionPlan, field: DomainCells) -> None:
    """Refuse weighted figures of criteria that were changed after their sample could be seen, each window by its own version."""
    criteria = facts.census.rules.criteria
    for part in facts.parts or (facts,):
        earlier = earlier_of(part, field)
        if not earlier:
            continue
        named = sorted({*plan.named, *(() if plan.question.of is None else named_criteria(plan.question.of, criteria))})
        then = {each: document_of(ws, *each) for each in {(run.protocol, run.version) for run in earlier}}
        check_not_post_selected(chosen_on_sample(part.document, part.since, named, earlier, then))


def of_criterion(asked: Question, name: str | None) -> Question:
    """Return the question asked of one criterion only, or as it is."""
    if name is None:
        return asked
    return replace(asked, query=both(Term(CRITERION, Operator.EQUAL, name, Level.CRITERION), asked.query), by=None)
