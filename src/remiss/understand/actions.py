"""The action of this chapter's first room: `estimate`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated, Any

from remiss.action import action
from remiss.catalog.query.parsing import parse
from remiss.errors import QueryError
from remiss.parameters import OneOf, Option, Position, Query
from remiss.records.catalog import reached
from remiss.records.estimate import CONFIRMED, FLAGGED, PROCESS, SAMPLE, Estimate, EstimateRow
from remiss.records.labelling import Verdict
from remiss.records.view_entry import ViewEntry, ViewKind
from remiss.understand.pipeline import frame_facts_of, frame_of, read_confirmed, read_flagged
from remiss.understand.ports import UnderstandWorkspace
from remiss.understand.question import OF_CONFIRMED, Question, check_confirmed, usual_variance
from remiss.understand.rows import Confirmed, by_criterion, by_found, compared
from remiss.understand.scope import CRITERION, terms_of, without_people

# What else people may find says nothing of the model or its labels.
COUNTED_VERDICTS = (Verdict.FAILURE.value, Verdict.WRONG_LABEL.value)
OF_SAMPLE = "the intervals are of this very log; to compare rows with each other ask with variance process"
OF_PROCESS = "the intervals are of the process that wrote the log, to compare rows; of this very log ask with variance sample"
MOST_OF_SAMPLE = (
    "most rows have too little history to compare them: all intervals are of this very log; ask with variance process for those "
    "that have one"
)
SOME_OF_SAMPLE = (
    "the intervals are of the process that wrote the log, to compare rows; of this log only where there is too little history"
)
# Of so many rows one interval is expected to miss, and it is likely the one that looks worst.
MANY_ROWS = 20
MANY = (
    "of {count:,} intervals about {missing:,} miss the truth by chance: the greatest of so many is likely less in other weeks; "
    "take it as a question for weeks to come"
)


def viewed(_: UnderstandWorkspace, given: Mapping[str, Any], found: Estimate) -> Sequence[ViewEntry]:
    """Return the entry of the log of views that a figure leaves."""
    asked = found.query if found.of is None else f"{found.query} of {found.of}"
    return (ViewEntry(kind=ViewKind.FIGURE, query=asked, position=found.position, count=len(found.rows)),)


@action("estimate", permission="estimate:read", http="GET /estimate", cached=True, reads=True, views=viewed)
def estimate(
    ws: UnderstandWorkspace,
    query: Query = "",
    *,
    rate: bool = False,
    of: Annotated[str, Option(metavar="QUERY")] | None = None,
    by: Annotated[str, Option(metavar="FIELD")] | None = None,
    variance: Annotated[str, OneOf((SAMPLE, PROCESS))] | None = None,
    source: str | None = None,
    protocol: str | None = None,
    confirmed: bool = False,
    verdict: Annotated[str, OneOf(COUNTED_VERDICTS)] | None = None,
    as_of: Position | None = None,
) -> Estimate:
    """Estimate how often a failure happens, with a 95 % interval.

    How many events of the log match QUERY, or what share of them; as machines flagged them, or as people confirmed.

    Example: remiss estimate 'criterion:missed-delay' --rate --by inputs.carrier

    Parameters
    ----------
    query : in the filter language; empty is every admitted event
    rate : a rate instead of a total; `of`, or the criterion's `among`, is the denominator
    of : the denominator of the rate, in the filter language; default: the query's terms of events, with the criterion's `among`
    by : one figure for each value: a field such as inputs.carrier, or month, week, day, window, criterion; of confirmed figures
        also mode or severity
    variance : how sure: of this log (sample), or of the process behind it; default: process where `by` has rows to compare
        (of this log for rows with too little history, and for all where most are such), else sample
    source : which source, where the catalog has several
    protocol : which protocol, as NAME or NAME@VERSION, where the catalog has several
    confirmed : only what two people found, in the windows whose batches they have begun; the query may then name mode and
        severity
    verdict : what a confirmed figure counts; default: failure

    Raises
    ------
    QueryError : the query cannot be understood, spans several sources or versions, asks what people decide, or asks a
        weighted figure of a criterion that was chosen on the very sample
    NotFound : nothing was captured
    """
    head = ws.evidence.position()
    position = reached(as_of, head)
    position = head if position is None else position
    counted = verdict_of(verdict, confirmed=confirmed)
    whole = parse(query)
    own = without_people(whole) if confirmed else whole
    found_by = by if by in OF_CONFIRMED else None
    if found_by and not confirmed:
        raise QueryError(f"{by} is decided by people, and this is a figure of what machines flagged", do="add --confirmed")
    within = None if found_by else by
    asked = Question(
        query=own, rate=rate, of=None if of is None else parse(of), by=within, variance=variance or usual_variance(within)
    )
    if confirmed:
        check_confirmed(whole)
    frame = frame_of(ws, asked, position, source, protocol)
    facts = frame_facts_of(ws, frame, position)
    reading = partial(read_confirmed, agreed=whole, verdict=counted) if counted is not None else read_flagged
    names = [None] if by != CRITERION else list(facts.census.rules.criteria)
    # All of them first: from here on nothing is read.
    read = [reading(ws, facts, asked, name) for name in names]
    if by == CRITERION:
        rows = by_criterion(read)
    elif found_by and isinstance(read[0], Confirmed):
        rows = by_found(read[0], found_by)
    else:
        rows = compared(read[0]) if variance is None and asked.variance == PROCESS else read[0].rows()
    return Estimate(
        query=query,
        of=of,
        by=by,
        position=position,
        rows=rows,
        rate=rate,
        denominator=read[0].plan.denominator if len(read) == 1 else None,
        source=frame.source,
        protocol=f"{frame.protocol}@{frame.version}",
        kind=CONFIRMED if confirmed else FLAGGED,
        verdict=None if counted is None else counted.value,
        narrowed=found_by is not None or any(term.key in OF_CONFIRMED for term in terms_of(whole)),
        notes=notes_on_rows(asked, rows, named=variance is not None),
    )


def verdict_of(name: str | None, *, confirmed: bool) -> Verdict | None:
    """Return the verdict that a figure counts; None for a figure of what machines flagged.

    Raises
    ------
    QueryError
    """
    if not confirmed:
        if name is not None:
            raise QueryError(f"a verdict ({name}) is what people found", do="add --confirmed, or leave the verdict out")
        return None
    if name not in {None, *COUNTED_VERDICTS}:
        raise QueryError(f"nothing is counted by the verdict {name}", do=f"use {' or '.join(COUNTED_VERDICTS)}")
    return Verdict.FAILURE if name is None else Verdict(name)


def notes_on_rows(asked: Question, rows: Sequence[EstimateRow], *, named: bool) -> tuple[str, ...]:
    """Return what to say of rows beside each other: of their variance, where it was not asked for or may mislead; and of many."""
    if asked.by is None:
        return ()
    many = (MANY.format(count=len(rows), missing=round(len(rows) / 20)),) if len(rows) >= MANY_ROWS else ()
    if asked.variance == SAMPLE:
        return (OF_SAMPLE, *many)
    if any(row.of_this_log for row in rows):
        whole = all(row.variance == SAMPLE for row in rows)
        return (MOST_OF_SAMPLE if whole else SOME_OF_SAMPLE, *many)
    return many if named else (OF_PROCESS, *many)
