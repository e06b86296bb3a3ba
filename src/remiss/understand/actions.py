"""The action of this chapter's first room: `estimate`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Annotated, Any, TypeAlias

from remiss.action import action
from remiss.catalog.field_names import field_of, query_of
from remiss.catalog.query.parsing import parse
from remiss.errors import QueryError
from remiss.parameters import OneOf, Option, Position, Query
from remiss.records.catalog import read_at
from remiss.records.estimate import CONFIRMED, PROCESS, SAMPLE, Estimate
from remiss.records.labelling import Verdict
from remiss.records.view_entry import ViewEntry, ViewKind
from remiss.understand.domain import MOST_VALUES, UNBOUNDED
from remiss.understand.frames import besides, narrowed, newest
from remiss.understand.joined_versions import joined, spans_of
from remiss.understand.periods import PERIODS
from remiss.understand.pipeline import FrameFacts, frame_facts_of, frame_of, read_confirmed, read_flagged
from remiss.understand.ports import ESTIMATE, UnderstandWorkspace
from remiss.understand.question import OF_CONFIRMED, Agreed, Wording, check_confirmed, criteria_of
from remiss.understand.rows import Flagged, answer
from remiss.understand.sampling_facts import Frame
from remiss.understand.scope import CRITERION

FactsOf: TypeAlias = Callable[[UnderstandWorkspace, Frame, int], FrameFacts]
# What else people may find says nothing of the model or its labels.
COUNTED_VERDICTS = (Verdict.FAILURE.value, Verdict.WRONG_LABEL.value)


def viewed(_: UnderstandWorkspace, given: Mapping[str, Any], found: Estimate) -> Sequence[ViewEntry]:
    """Return the entry of the log of views that a figure leaves."""
    asked = found.query if found.of is None else f"{found.query} of {found.of}"
    return (ViewEntry(kind=ViewKind.FIGURE, query=asked, position=found.position, count=len(found.rows)),)


@action("estimate", permission=ESTIMATE, http="GET /estimate", cached=True, reads=True, views=viewed)
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
    across_versions: bool = False,
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
    by : one figure for each value: a field such as inputs.carrier, of at most 300 values, or month, week, day, window,
        criterion; of confirmed figures also mode or severity
    variance : how sure: of this log (sample), or of the process behind it; default: process where `by` has rows to compare
        (of this log for rows with too little history, and for all where most are such), else sample
    source : which source, where the catalog has several
    protocol : which protocol, as NAME or NAME@VERSION, where the catalog has several; default: its newest version
    confirmed : only what two people found, in the windows whose batches they have begun; the query may then name mode and
        severity
    verdict : what a confirmed figure counts; default: failure
    across_versions : also the windows of other versions of the protocol that mean the same by the question, as one series: each
        window by the version that captured it; what people confirmed is of one version

    Raises
    ------
    QueryError : the query cannot be understood, spans several sources or protocols, asks what people decide, or asks a
        weighted figure of a criterion that was chosen on the very sample
    FigureRefused : `by` is a field of more than 300 values among the events in question
    NotFound : nothing was captured
    """
    position = read_at(as_of, ws.evidence.position())
    wording, read_as = wording_of(ws, query, rate=rate, of=of, by=by, variance=variance)
    found = figure(
        ws,
        wording,
        confirmed=confirmed,
        verdict=verdict,
        source=source,
        protocol=protocol,
        position=position,
        across=across_versions,
    )
    return replace(found, notes=(*read_as, *found.notes))


def wording_of(
    ws: UnderstandWorkspace, query: str, *, rate: bool, of: str | None, by: str | None, variance: str | None
) -> tuple[Wording, tuple[str, ...]]:
    """Return a question with the keys of its queries, and what it is broken down by, written out; and what was read as what.

    Raises
    ------
    QueryError : several fields have a name that was written without its family
    """
    asked, among, down = query_of(ws, query), query_of(ws, of or ""), field_of(ws, by, (*PERIODS, CRITERION))
    wording = Wording(
        query=asked.query,
        rate=rate,
        of=None if of is None else among.query,
        by=None if by is None else down.query,
        variance=variance,
    )
    return wording, tuple(dict.fromkeys((*asked.read_as, *among.read_as, *down.read_as)))


def figure(
    ws: UnderstandWorkspace,
    wording: Wording,
    *,
    confirmed: bool = False,
    verdict: str | None = None,
    source: str | None,
    protocol: str | None,
    position: int,
    facts_of: FactsOf = frame_facts_of,
    across: bool = False,
) -> Estimate:
    """Answer one question, as `estimate` does; whoever asks several of one frame may read what they share once.

    Parameters
    ----------
    facts_of : what is exactly known of a frame, see `sharing`
    across : also of other versions that mean the same

    Raises
    ------
    QueryError, NotFound : as `estimate`
    """
    query, by = wording.query, wording.by
    agreed = agreed_of(query, by, verdict, confirmed=confirmed)
    asked = wording.question(confirmed=confirmed)
    frame = frame_of(ws, asked, position, source, protocol)
    if across and agreed is not None:
        raise QueryError(
            "what people confirmed is of one version of a protocol, whose plan of labelling it follows",
            do="choose one: protocol NAME@VERSION; or ask across versions for what machines flagged",
        )
    facts, said = joined(ws, frame, asked, position, facts_of) if across else (facts_of(ws, frame, position), besides(frame))
    reading = read_flagged if agreed is None else partial(read_confirmed, agreed=agreed)
    # All of them first: from here on nothing is read.
    read = [reading(ws, facts, asked, name) for name in criteria_of(by, facts.census.rules)]
    found = answer(wording, asked, read, frame, position)
    spans = (
        spans_of(facts, [start for each in read if isinstance(each, Flagged) for start in each.field.windows]) if across else ()
    )
    found = replace(found, spans=spans, notes=(*said, *found.notes))
    if agreed is None:
        return found
    return replace(found, kind=CONFIRMED, verdict=agreed.verdict.value, narrowed=by in OF_CONFIRMED or agreed.narrowed)


def sharing() -> FactsOf:
    """Return what reads each frame once for all questions of one asker; to be kept no longer than they are asked."""
    known: dict[tuple[object, ...], FrameFacts] = {}

    def facts_of(ws: UnderstandWorkspace, frame: Frame, position: int) -> FrameFacts:
        key = (frame.source, frame.protocol, frame.version, frame.digest, frame.rules, position)
        if key not in known:
            known[key] = frame_facts_of(ws, frame, position)
        return known[key]

    return facts_of


def answerable(
    ws: UnderstandWorkspace, *, fields: Sequence[str], source: str | None, protocol: str | None, as_of: int
) -> frozenset[str]:
    """Return by which of some fields every figure can be broken down, whatever events it is of.

    Parameters
    ----------
    fields : as `by` names them, with periods and whatever else is no field
    source, protocol : as `estimate` takes them
    as_of : the catalog's position

    Raises
    ------
    NotFound : nothing was captured
    """
    frames = newest(narrowed(ws.evidence.frames(as_of), source, protocol))
    asked = [name for name in fields if name not in UNBOUNDED]
    counts = [ws.evidence.value_counts(frame, asked, MOST_VALUES, as_of) for frame in frames]
    return frozenset(fields) - {name for count in counts for name, values in count.items() if values > MOST_VALUES}


def agreed_of(query: str, by: str | None, verdict: str | None, *, confirmed: bool) -> Agreed | None:
    """Return what a confirmed figure counts; None for a figure of what machines flagged.

    Raises
    ------
    QueryError
    """
    if confirmed:
        if verdict not in {None, *COUNTED_VERDICTS}:
            raise QueryError(f"nothing is counted by the verdict {verdict}", do=f"use {' or '.join(COUNTED_VERDICTS)}")
        found = Agreed(query=parse(query), verdict=Verdict.FAILURE if verdict is None else Verdict(verdict))
        check_confirmed(found.query)
        return found
    if verdict is not None:
        raise QueryError(f"a verdict ({verdict}) is what people found", do="add --confirmed, or leave the verdict out")
    if by in OF_CONFIRMED:
        raise QueryError(f"{by} is decided by people, and this is a figure of what machines flagged", do="add --confirmed")
    return None
