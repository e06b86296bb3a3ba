"""What one can ask of drift: whether a window differs from reference windows by more than these do among themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, NamedTuple

import numpy as np

from remiss.action import action
from remiss.catalog.field_names import query_of
from remiss.catalog.query.expression import Level, both
from remiss.catalog.query.expression import Query as Asked
from remiss.catalog.query.fields import within
from remiss.catalog.query.parsing import parse
from remiss.catalog.query.printing import unparse
from remiss.errors import FigureRefused, QueryError
from remiss.parameters import Option, Position, Query, Range
from remiss.protocol.nearest import nearest_part
from remiss.protocol.terms import CONTEXT, INPUTS
from remiss.records.catalog import read_at
from remiss.records.drift import ASKED, OTHER, REFERENCE, DriftReport, DriftWindow
from remiss.records.run import ALL
from remiss.records.view_entry import ViewEntry, ViewKind
from remiss.records.window import Window
from remiss.understand.domain import build_domain
from remiss.understand.drift.counting import CountedEvents, field_counts
from remiss.understand.drift.null import needed
from remiss.understand.drift.report import field_drifts
from remiss.understand.drift.testing import LEVEL, drifted
from remiss.understand.frames import besides
from remiss.understand.periods import begun_within
from remiss.understand.pipeline import FrameFacts, check_visible, frame_facts_of, frame_of
from remiss.understand.ports import ESTIMATE, UnderstandWorkspace
from remiss.understand.question import CONSTANTS, Question, QuestionPlan, Rules, check_terms
from remiss.understand.sampling_facts import SampledColumns
from remiss.understand.scope import cuts, terms_of, without_time
from remiss.understand.variance import HISTORY, Flags, Numbers

ANSWERS = frozenset({"output", "confidence"})


def _viewed(_: object, given: Mapping[str, Any], found: DriftReport) -> Sequence[ViewEntry]:
    return (ViewEntry(kind=ViewKind.FIGURE, query=found.query, position=found.position, count=len(found.fields)),)


@action("chart.drift", permission=ESTIMATE, http="GET /drift", cached=True, reads=True, views=_viewed)
def measure_drift(
    ws: UnderstandWorkspace,
    query: Query = "",
    *,
    reference: Annotated[str, Option(metavar="QUERY")] | None = None,
    fields: Annotated[str, Option(metavar="NAMES")] | None = None,
    level: Annotated[float, Range(0.001, 0.5)] = LEVEL,
    source: str | None = None,
    protocol: str | None = None,
    as_of: Position | None = None,
) -> DriftReport:
    """Tell which fields of a window have drifted.

    Compared is what the model was asked in the window with reference windows, field by field. An arrow is told only where the
    window differs from the reference windows by more than these differ among themselves, at a false discovery rate over all
    fields and measures; of under eight reference windows none is.

    Example: remiss chart drift occurred:2013-06 --reference "occurred:>=2013-11"

    Parameters
    ----------
    query : among which events, in the filter language; its time chooses the window, the newest complete one in it
    reference : with which windows it is compared, in the filter language; default: those that the protocol names, else the
        first eight other complete ones, with the same terms as the query but for its time
    fields : which fields, set apart by commas; default: all inputs and context fields, the output and the confidence
    level : the false discovery rate: at most this share of what is told is expected to be false
    source : which source, where the catalog has several
    protocol : which protocol, as NAME or NAME@VERSION, where the catalog has several; default: its newest version

    Raises
    ------
    QueryError : the query cannot be understood, asks for more than an event's own fields, or spans several sources or protocols
    NotFound : nothing was captured
    FigureRefused : no window is complete, or some sampled events are above the clearance
    """
    position = read_at(as_of, ws.evidence.position())
    asked, beside = query_of(ws, query), query_of(ws, reference or "")
    own = parse(asked.query)
    frame = frame_of(ws, Question(query=own), position, source, protocol)
    facts = frame_facts_of(ws, frame, position)
    against, named = _against(facts, own, None if reference is None else parse(beside.query))
    for each in (own, against):
        _check(each, facts.census.rules)
    chosen = _windows(facts, own, against, named=named)
    plan = QuestionPlan(question=Question(query=own), among=against, named=())
    columns = ws.evidence.sampled_columns(frame, plan, _chosen(facts.census.rules, fields), position)
    events, is_reference = _counted(columns, chosen, _scale(facts, chosen.every))
    at, references = chosen.every.index(chosen.asked), np.flatnonzero(is_reference)
    scored = drifted([field_counts(column, events) for column in columns.fields], at, references)
    sizes = np.bincount(events.window[events.counted], minlength=events.windows).tolist()
    width = facts.census.rules.width
    roles = [
        (ASKED, own) if each == at else (REFERENCE, against) if is_reference[each] else (OTHER, own) for each in range(len(sizes))
    ]
    return DriftReport(
        query=asked.query,
        reference=unparse(against),
        source=frame.source,
        protocol=frame.protocol,
        protocol_version=frame.version,
        since=chosen.asked,
        until=Window(chosen.asked, width).end,
        sampled=sizes[at],
        references=len(references),
        needs=needed(len(references)),
        level=level,
        tested=sum(score.p is not None for each in scored for score in each.scores),
        windows=tuple(
            told_window(Window(start, width), role, size, among)
            for start, size, (role, among) in zip(chosen.every, sizes, roles, strict=True)
        ),
        fields=field_drifts(scored, at, references, level),
        position=position,
        notes=(*asked.read_as, *beside.read_as, *besides(frame)),
    )


def told_window(window: Window, role: str, sampled: int, among: Asked) -> DriftWindow:
    """Return a window as a report has it, with the query of the events in it that were compared."""
    query = unparse(both(among, within(window.start, window.end)))
    return DriftWindow(start=window.start, end=window.end, role=role, sampled=sampled, query=query)


def _against(facts: FrameFacts, own: Asked, given: Asked | None) -> tuple[Asked, bool]:
    """Return the events that others are compared with, and whether somebody named them: who asks, or the protocol.

    Raises
    ------
    QueryError : nobody who asks named them, and they cannot be read from the query
    """
    if given is not None:
        return given, True
    timeless, named = without_time(own), facts.document.reference
    if timeless is None:
        raise QueryError(
            "the query tangles time with other terms, so what it is compared with cannot be read from it",
            do="say it with --reference, for example --reference 'occurred:>=2013-11'",
        )
    return (timeless, False) if named is None else (both(within(*named), timeless), True)


class _Windows(NamedTuple):
    """The window that was asked for, the reference windows, and all that are told, oldest first."""

    asked: datetime
    references: frozenset[datetime]
    every: tuple[datetime, ...]


def _windows(facts: FrameFacts, own: Asked, against: Asked, *, named: bool) -> _Windows:
    """Return the windows of a report.

    Raises
    ------
    FigureRefused : none is complete, there is nothing to compare with, or some events are above the clearance
    """
    asked = complete_windows(facts, own)
    if not asked:
        raise FigureRefused(
            "no complete window lies within the scope of the query", do="ask for an earlier or a longer time (occurred:)"
        )
    beside = [start for start in complete_windows(facts, against) if start != asked[-1]]
    if not beside:
        raise FigureRefused(
            "no other complete window is there to compare with", do="capture more windows, or name others by --reference"
        )
    references = frozenset(beside if named else beside[:HISTORY])
    return _Windows(asked[-1], references, tuple(sorted({*asked, *references})))


def _counted(columns: SampledColumns, chosen: _Windows, scale: Numbers) -> tuple[CountedEvents, Flags]:
    """Return the uniformly sampled events of the windows that are told, and which of these windows are references."""
    place = {start: at for at, start in enumerate(chosen.every)}
    window = np.array([place.get(start, -1) for start in columns.windows], dtype=np.intp)[columns.window]
    is_reference = np.array([start in chosen.references for start in chosen.every], dtype=bool)
    mine = np.where(is_reference[window], columns.of, columns.inside) & columns.uniform & (window >= 0)
    return CountedEvents(counted=mine, window=window, windows=len(place), scale=scale), is_reference


def complete_windows(facts: FrameFacts, query: Asked) -> list[datetime]:
    """Return the windows in the scope of a query that are complete, in which no labels are to come and the log does not begin.

    A window that the time of a query cuts is none: part of a week is not like a week.

    Raises
    ------
    FigureRefused : some events are above the clearance
    """
    census = facts.census
    domain = build_domain(QuestionPlan(question=Question(query=query), among=None, named=()), census)
    check_visible(domain, census.frame)
    whole = {one.window for one in census.frame.windows if not one.provisional and one.population}
    whole -= {*begun_within(facts.begins(), census.rules.width)}
    return [each for each in domain.windows if each in whole and not cuts(query, Window(each, census.rules.width))]


def _scale(facts: FrameFacts, windows: Sequence[datetime]) -> Numbers:
    """Return how many events of the log a uniformly sampled one stands for in each window."""
    groups = {each.window: each for each in facts.census.groups if each.criterion == ALL}
    kept = ((groups[start].population, groups[start].kept) if start in groups else (1, 1) for start in windows)
    return np.array([population / max(1, count) for population, count in kept])


def _check(query: Asked, rules: Rules) -> None:
    """Refuse terms on more than events' own fields: drift is of all events, whatever became of them.

    Raises
    ------
    QueryError
    """
    for term in terms_of(query):
        if term.level is not Level.EVENT and term.key not in CONSTANTS:
            raise QueryError(
                f"{term.key} is no field of events, and drift is of what the model was asked",
                do="ask by time, context, inputs, output, confidence or model version",
            )
    check_terms(query, rules)


def _chosen(rules: Rules, fields: str | None) -> tuple[str, ...]:
    """Return the fields that are compared, by name.

    Raises
    ------
    QueryError : a field that was named is none of them
    """
    allowed = sorted(name for name in rules.fields if name.startswith((INPUTS, CONTEXT)) or name in ANSWERS)
    if fields is None:
        return tuple(allowed)
    named = sorted({name.strip() for name in fields.split(",") if name.strip()})
    for name in named:
        if name not in allowed:
            do = nearest_part(name, allowed, "choose among")
            raise QueryError(f"{name[:80]} is no field that is compared", do=do, field="fields")
    return tuple(named)
