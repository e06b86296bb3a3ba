"""Putting a kept slice to confirmation: what windows that it has never used say of it, by the sample or by the log itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated

import numpy as np

from remiss.action import action
from remiss.capture.ports import CAPTURE
from remiss.catalog.query.expression import EVERYTHING, Level, Operator, Query, Term, both
from remiss.catalog.query.parsing import parse
from remiss.errors import Conflict
from remiss.parameters import Help
from remiss.records.case import Sensitivity
from remiss.records.slice import KeptSlice, SliceAttempt
from remiss.records.window import Window
from remiss.understand.domain import DomainCells, build_domain
from remiss.understand.exact_actions import counted_over_log
from remiss.understand.frames import narrowed
from remiss.understand.kept_slice_actions import SliceName
from remiss.understand.pipeline import FrameFacts, check_visible, frame_facts_of, frame_of, refuse_post_selection
from remiss.understand.ports import SliceLogWorkspace, SliceWorkspace
from remiss.understand.question import Question, rules_of, settle
from remiss.understand.sampling_facts import Frame, SampledColumns
from remiss.understand.scope import OCCURRED
from remiss.understand.slices.keeping import EXPECTED, KEEP, found_slice, recorded, stored_attempt, told
from remiss.understand.slices.report import SliceEvidence, effect_of
from remiss.understand.slices.testing import WindowCounts
from remiss.understand.variance import HISTORY, Flags, Indices, sum_by

Before = Annotated[datetime, Help("Use windows that begin before this time only; default: all whose labels are in.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Put:
    """A slice put to confirmation: the plan of what is asked of which windows, of all events and of those of the slice."""

    kept: KeptSlice
    facts: FrameFacts
    whole: DomainCells
    own: DomainCells
    position: int

    @property
    def until(self) -> datetime:
        return Window(self.whole.windows[-1], self.whole.width).end

    def attempt(self, evidence: SliceEvidence, person: str, at: datetime, *, exact: bool) -> SliceAttempt:
        """Return what the windows say.

        Raises
        ------
        Conflict : too little to decide anything
        """
        evidence.check(EXPECTED, HISTORY)
        found = effect_of(evidence, self.kept.correlation)
        return SliceAttempt(
            number=len(self.kept.attempts) + 1,
            since=self.kept.used_until,
            until=self.until,
            windows=len(evidence.whole.among),
            exact=exact,
            sampled=evidence.sampled,
            failed=evidence.failed,
            rate=found.rate,
            rest=found.rest,
            excess=found.excess,
            difference=found.difference,
            error=found.error,
            degrees=found.degrees,
            p=found.p,
            person=person,
            at=at,
        )


def _put(ws: SliceWorkspace, name: str, until: datetime | None, protocol: str | None) -> _Put:
    """Return what is to be asked of the windows that a slice has never used.

    Raises
    ------
    NotFound : no such slice
    Conflict : no window is there that it has never used
    """
    position = ws.evidence.position()
    kept = found_slice(ws, name, KEEP)
    frames = narrowed(ws.evidence.frames(position), kept.source, protocol or kept.protocol)
    if all(one.window < kept.used_until for frame in frames for one in frame.windows):
        raise _nothing_new(kept)
    frame = frame_of(ws, _question(kept, kept.used_until), position, kept.source, protocol or kept.protocol)
    facts = frame_facts_of(ws, frame, position)
    fresh = _fresh(frame, kept.used_until, until)
    if not fresh:
        raise _nothing_new(kept)
    end = Window(fresh[-1], rules_of(facts.document, frame.rules).width).end
    whole, own = (
        build_domain(settle(_question(kept, kept.used_until, end, beside), facts.census.rules), facts.census)
        for beside in (EVERYTHING, parse(kept.query))
    )
    check_visible(whole, frame)
    refuse_post_selection(ws, facts, whole.plan, whole)
    return _Put(kept=kept, facts=facts, whole=whole, own=own, position=position)


def _nothing_new(kept: KeptSlice) -> Conflict:
    return Conflict(
        f"no window from {kept.used_until:%Y-%m-%d} on is captured and has all its labels, and earlier ones were used",
        do="wait until more windows are captured; no attempt was used",
    )


def _question(kept: KeptSlice, since: datetime, until: datetime | None = None, beside: Query = EVERYTHING) -> Question:
    """Return the question of the rate of a slice, or of all, in the windows of a time."""
    ends = [Term(OCCURRED, Operator.AT_LEAST, since, Level.EVENT)]
    ends += [] if until is None else [Term(OCCURRED, Operator.LESS, until, Level.EVENT)]
    of = None if kept.among is None else both(parse(kept.among), beside, *ends)
    return Question(query=both(parse(kept.failure), beside, *ends), rate=True, of=of)


def _fresh(frame: Frame, since: datetime, until: datetime | None) -> tuple[datetime, ...]:
    """Return the windows from a time on, up to the first one whose labels may still change."""
    found: list[datetime] = []
    for one in sorted(frame.windows, key=lambda each: each.window):
        if one.window < since:
            continue
        if one.provisional or (until is not None and one.window >= until):
            break
        found.append(one.window)
    return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempted:
    """An attempt that was made, to be kept, and how sensitive what it tells is."""

    kept: KeptSlice
    attempt: SliceAttempt
    sensitivity: Sensitivity


@contextmanager
def by_sample(ws: SliceWorkspace, name: str, until: datetime | None, protocol: str | None) -> Iterator[Attempted]:
    """Give the attempt that the sampled events of these windows make.

    Raises
    ------
    NotFound, Conflict, QueryError, FigureRefused
    """
    put = _put(ws, name, until, protocol)
    frame = put.facts.census.frame
    whole, own = (ws.evidence.sampled_columns(frame, each.plan, (), put.position) for each in (put.whole, put.own))
    in_whole, in_own = _at_risk(whole), _at_risk(own)
    counts = _counted(whole)
    there = np.flatnonzero(counts.among)
    evidence = SliceEvidence(
        own=_of(_counted(own), there),
        whole=_of(counts, there),
        sampled=int(in_own.sum()),
        failed=int((own.inside & in_own).sum()),
        failures=int((whole.inside & in_whole).sum()),
    )
    yield _attempted(ws, put, evidence, exact=False)


@contextmanager
def over_log(ws: SliceLogWorkspace, name: str, until: datetime | None, protocol: str | None) -> Iterator[Attempted]:
    """Give the attempt that all events of these windows make, counted over the log by the engine.

    Raises
    ------
    NotFound, Conflict, QueryError, FigureRefused, SourceError, Denied
    """
    put = _put(ws, name, until, protocol)
    ws.allow(CAPTURE, put.facts.document.team)
    whole, own = (
        counted_over_log(ws, put.facts, replace(each.plan.question, by=None), put.position)[0].field
        for each in (put.whole, put.own)
    )
    counts, of_slice = _logged(whole), _logged(own)
    there = np.flatnonzero(counts.among)
    evidence = SliceEvidence(
        own=_of(of_slice, there),
        whole=_of(counts, there),
        sampled=int(of_slice.among.sum()),
        failed=int(of_slice.failing.sum()),
        failures=int(counts.failing.sum()),
    )
    yield _attempted(ws, put, evidence, exact=True)


def _attempted(ws: SliceWorkspace, put: _Put, evidence: SliceEvidence, *, exact: bool) -> Attempted:
    attempt = put.attempt(evidence, ws.actor.name, ws.now, exact=exact)
    sensitivity = ws.evidence.sensitivity(put.facts.census.frame, put.whole.windows, put.position)
    return Attempted(kept=put.kept, attempt=attempt, sensitivity=sensitivity)


def _at_risk(columns: SampledColumns) -> Flags:
    return columns.of & ~columns.undecided & ~columns.outside


def _counted(columns: SampledColumns) -> WindowCounts:
    """Return how many events of the log each window has that a rate is among, and how many of these failed."""
    among, count = _at_risk(columns), len(columns.windows)
    weights = np.where(among, 1 / columns.probability, 0.0)
    return WindowCounts(sum_by(columns.window, weights, count), sum_by(columns.window, weights * columns.inside, count))


def _logged(field: DomainCells) -> WindowCounts:
    """Return the same, of cells in which all events are alike."""
    place = {start: at for at, start in enumerate(field.windows)}
    among, failing = np.zeros(len(place)), np.zeros(len(place))
    for each in field.cells:
        if each.denominator:
            among[place[each.cell.window]] += each.cell.population
            failing[place[each.cell.window]] += each.cell.population if each.numerator else 0
    return WindowCounts(among, failing)


def _of(counts: WindowCounts, there: Indices) -> WindowCounts:
    return WindowCounts(counts.among[there], counts.failing[there])


@action("slice.confirm", permission=KEEP, http="POST /slices/{name}/attempts", subject="name", prepare=by_sample)
def confirm_slice(
    ws: SliceWorkspace,
    name: SliceName,
    *,
    until: Before | None = None,
    protocol: Annotated[str, Help("By which version of its protocol, as NAME@VERSION; default: the newest.")] | None = None,
    prepared: Attempted | None = None,
) -> KeptSlice:
    """Have windows that a slice has never used confirm it.

    It is confirmed where it fails more often than the rest there, too, at a level that allows for every attempt that was ever
    made against any of the same windows, and for its own before: the first has half of 5 %, the second a quarter, and so on.
    All windows from where it was found, or asked last, are used up by an attempt.

    Example: remiss slice confirm carrier-ua-distance-below-451-3kbd

    Raises
    ------
    NotFound : no such slice
    Conflict : too few windows that it has never used, or too few failures expected in them; then no attempt is used
    QueryError : a version of the protocol that lacks a field of the slice
    """
    return _kept_attempt(ws, prepared)


@action(
    "slice.confirm-exact",
    permission=KEEP,
    http="POST /slices/{name}/exact-attempts",
    within="slice.confirm --exact",
    subject="name",
    prepare=over_log,
)
def confirm_slice_exactly(
    ws: SliceLogWorkspace,
    name: SliceName,
    *,
    until: Before | None = None,
    protocol: Annotated[str, Help("By which version of its protocol, as NAME@VERSION; default: the newest.")] | None = None,
    prepared: Attempted | None = None,
) -> KeptSlice:
    """Have the log itself confirm a slice, where it can still be read.

    As `slice confirm`, of all events of the windows and not of the sampled ones. The log has to be where it was, and as it was.

    Example: remiss slice confirm carrier-ua-distance-below-451-3kbd --exact

    Raises
    ------
    NotFound, Conflict, QueryError : as `slice confirm`
    SourceError : the log is gone, or is not what it was when its windows were captured
    Denied : no permission to capture; or the asker may still be given events of these windows to label
    """
    return _kept_attempt(ws, prepared)


def _kept_attempt(ws: SliceWorkspace, prepared: Attempted | None) -> KeptSlice:
    assert prepared is not None
    position, kept = ws.slices.wait(), prepared.kept
    ws.allow(KEEP, kept.team)
    ws.slices.attempt(kept.id, prepared.attempt.number, stored_attempt(prepared.attempt), prepared.sensitivity)
    made = next(each for each in recorded(ws) if each.id == kept.id)
    return replace(told(ws, made, ws.evidence.position()), read_position=position)
