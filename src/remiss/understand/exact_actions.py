"""The action `estimate --exact`: figures counted over the log itself, where it can still be read.

The same question, sets and windows as an estimate from the catalog; only that the engine looks at every event instead of the
sampled ones. Each comparison is asked of the log, so that events that are alike in all of them make a cell of their own, of which
everything is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated

from remiss.action import action
from remiss.capture import counting
from remiss.capture.counting import LogCount
from remiss.capture.ports import CAPTURE
from remiss.catalog.query.expression import Level, Term, Text, leaves
from remiss.errors import Denied, QueryError
from remiss.parameters import OneOf, Option, Position, Query
from remiss.records.catalog import read_at
from remiss.records.estimate import PROCESS, SAMPLE, Estimate
from remiss.records.run import RULES, Cell
from remiss.understand.actions import viewed, wording_of
from remiss.understand.domain import Census, DomainCell, DomainCells, build_domain, domain_cell_of, key_of
from remiss.understand.frames import constants_of
from remiss.understand.periods import PERIODS, WINDOW, period_of
from remiss.understand.pipeline import FrameFacts, frame_facts_of, frame_of, in_scope, of_criterion
from remiss.understand.ports import LogWorkspace
from remiss.understand.question import CONSTANTS, Question, QuestionPlan, criteria_of, settle
from remiss.understand.rows import Logged, answer
from remiss.understand.scope import CRITERION


@action(
    "estimate.exact",
    permission=CAPTURE,
    http="GET /estimate/exact",
    within="estimate --exact",
    reads=True,
    snapshot=False,
    views=viewed,
)
def exact(
    ws: LogWorkspace,
    query: Query = "",
    *,
    rate: bool = False,
    of: Annotated[str, Option(metavar="QUERY")] | None = None,
    by: Annotated[str, Option(metavar="FIELD")] | None = None,
    variance: Annotated[str, OneOf((SAMPLE, PROCESS))] | None = None,
    source: str | None = None,
    protocol: str | None = None,
    as_of: Position | None = None,
) -> Estimate:
    """Count what machines flagged over the log itself, where it can still be read.

    The windows in force are read again, by the labels that their runs knew; figures of this log are exact, by any field. The log
    has to be where it was, and as it was.

    Example: remiss estimate 'criterion:missed-delay' --rate --by inputs.carrier --exact

    Parameters
    ----------
    query : in the filter language, without words to search for; empty is every admitted event
    rate : a rate instead of a total; `of`, or the criterion's `among`, is the denominator
    of : the denominator of the rate, in the filter language; default: the query's terms of events, with the criterion's `among`
    by : one figure for each value: a field such as inputs.carrier, of at most 300 values, or month, week, day, window, criterion
    variance : of this log (sample), which is exact, or of the process behind it; default: process where `by` has rows to compare
        and these have a history, else sample
    source : which source, where the catalog has several
    protocol : which protocol, as NAME or NAME@VERSION, where the catalog has several; default: its newest version

    Raises
    ------
    QueryError : the query cannot be understood or asked of the log, spans several sources or protocols, or asks what people
        decide
    FigureRefused : `by` is a field of more than 300 values among the events in question
    NotFound : nothing was captured
    SourceError : the log is gone, or is not what it was when its windows were captured
    Denied : the asker may still be given events of these windows to label, of which an exact figure could tell
    """
    position = read_at(as_of, ws.evidence.position())
    wording, read_as = wording_of(ws, query, rate=rate, of=of, by=by, variance=variance)
    asked = wording.question()
    frame = frame_of(ws, asked, position, source, protocol)
    facts = frame_facts_of(ws, frame, position)
    ws.allow(CAPTURE, facts.document.team)
    if frame.rules != RULES:
        raise QueryError(
            "these windows are by the rules of an older remiss, which are not there any more",
            do=f"capture them again by {frame.protocol}, or ask without --exact",
        )
    read = counted_over_log(ws, facts, asked, position)
    found = answer(wording, asked, read, frame, position)
    return replace(found, notes=(*read_as, *found.notes))


def counted_over_log(ws: LogWorkspace, facts: FrameFacts, asked: Question, position: int) -> list[Logged]:
    """Return what the engine counts over the log for the rows of a question, or for those of each criterion.

    Raises
    ------
    QueryError, SourceError, Denied : as `exact`
    """
    census = facts.census
    names = criteria_of(asked.by, census.rules)
    plans = [settle(of_criterion(asked, name), census.rules) for name in names]
    field = in_scope(build_domain(plans[0], census), facts)
    if ws.evidence.open_to_asker(census.frame, field.windows, position):
        raise Denied(
            f"{ws.actor.name} may still be given events of these windows to label, and an exact figure could tell of one of them",
            do="ask somebody who does not label here, or ask without --exact",
        )
    terms = asked_of_log(plans[0])
    held = ws.runs.in_force(census.frame.source, census.frame.protocol, position)
    in_windows = frozenset(field.windows)
    windows = [each for each in held if each.window.window in in_windows]
    counts = counting.count(ws, windows, field.width, terms, broken_down(asked.by))
    return [
        Logged(field=log_domain(field, plan, census, counts, terms), frame=census.frame, criterion=name)
        for name, plan in zip(names, plans, strict=True)
    ]


def asked_of_log(plan: QuestionPlan) -> tuple[Term, ...]:
    """Return the comparisons with fields of events that a plan makes, each once.

    Raises
    ------
    QueryError : words to search for, a cluster
    """
    found: dict[Term, None] = {}
    for query in (plan.question.query, plan.among):
        for leaf in () if query is None else leaves(query):
            if isinstance(leaf, Text):
                raise QueryError("words are looked for in the catalog, not in the log", do="ask without --exact, or by a field")
            if leaf.level is Level.SET:
                do = "ask without --exact, for what the sampled ones stand for"
                raise QueryError(f"a {leaf.key} is of sampled events, and the log does not know it", do=do)
            if leaf.level is Level.EVENT and leaf.key not in CONSTANTS:
                found[leaf] = None
    return tuple(found)


def broken_down(by: str | None) -> str | None:
    """Return what the log is to be counted by: each day for longer periods, nothing for windows and criteria."""
    if by in {None, CRITERION, WINDOW}:
        return None
    return counting.DAY if by in PERIODS else by


def log_domain(
    field: DomainCells, plan: QuestionPlan, census: Census, counts: Sequence[LogCount], terms: Sequence[Term]
) -> DomainCells:
    """Return the windows of a field with cells of which everything is known, counted over the log."""
    constants = constants_of(census.frame, census.rules)

    def placed(found: LogCount) -> DomainCell:
        by = plan.question.by
        cell = Cell(
            window=found.window,
            stratum={} if by is None or by in PERIODS else {by: found.key},
            met=found.met,
            undecided=found.undecided,
            outside=found.outside,
            population=found.population,
            labelled=found.population if found.labelled else 0,
            ruled_out=dict.fromkeys(found.ruled_out, found.population),
        )
        known = dict(zip(terms, found.fulfilled, strict=True))
        made = domain_cell_of(plan, census.rules, cell, constants, 1.0, fulfilled=known)
        return made if by not in PERIODS else replace(made, key=key_of(_period(by, found, field.width)))

    return replace(field, plan=plan, cells=tuple(map(placed, counts)), whole=True, sampled=())


def _period(by: str, found: LogCount, width: timedelta) -> str:
    moment = found.key if isinstance(found.key, datetime) else found.window
    return period_of(by, moment, width)
