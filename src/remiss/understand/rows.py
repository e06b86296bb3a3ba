"""Rows: from what was read for a question to its answer, of what machines flagged or of what people confirmed.

What is read for several criteria is the same events, and is kept once; each criterion marks them when its row is computed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from typing import TypeAlias

from remiss.records.estimate import (
    FLAGGED,
    LOG,
    MOST_OF_SAMPLE,
    OF_PROCESS,
    OF_SAMPLE,
    PROCESS,
    SAMPLE,
    SOME_OF_SAMPLE,
    THIS_LOG,
    UNKNOWN,
    Estimate,
    EstimateRow,
)
from remiss.understand.domain import DomainCells, Key, key_of
from remiss.understand.flagged import estimate_rows
from remiss.understand.question import OF_CONFIRMED, Question, QuestionPlan, Wording
from remiss.understand.sample_arrays import Gathered
from remiss.understand.sampling_facts import Frame, Pattern, Sampled
from remiss.understand.scope import CRITERION
from remiss.understand.two_phase.domain import LabelledDomain, found_of
from remiss.understand.two_phase.rows import confirmed_rows

# Of so many rows one interval is expected to miss, and it is likely the one that looks worst.
MANY_ROWS = 20
MANY = (
    "of {count:,} intervals about {missing:,} miss the truth by chance: the greatest of so many is likely less in other weeks; "
    "take it as a question for weeks to come"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flagged:
    """All that the rows of a question about what machines flagged are computed from.

    `events` are marked by the question without the criterion, and empty where cells answer; there `counts` says how many events
    of each were sampled. `reference` is the field without limits in time, and `referred` its events, marked alike. `gathered` has
    what was made of them before, of which the same question of this log alone is made too.
    """

    field: DomainCells
    frame: Frame
    events: Sequence[Sampled]
    counts: Mapping[Pattern, int]
    reference: DomainCells | None
    referred: Sequence[Sampled]
    criterion: str | None
    gathered: Gathered = dataclass_field(default_factory=Gathered, compare=False, repr=False)

    @property
    def plan(self) -> QuestionPlan:
        """The settled question."""
        return self.field.plan

    def rows(self, only: Collection[Key] | None = None) -> tuple[EstimateRow, ...]:
        """Return the rows of the question, or its one row for the criterion; of some keys only theirs."""
        reference = None if self.reference is None else self.reference.holding(meeting(self.referred, self.criterion))
        field = self.field.holding(meeting(self.events, self.criterion))
        # Of one criterion of several events are marked anew, and what is made of them is not kept: there may be a million.
        gathered = self.gathered if self.criterion is None else None
        return estimate_rows(field, self.frame, self.counts, reference=reference, gathered=gathered, only=only)

    def of_sample(self) -> Flagged:
        """Return the same, asked of this log."""
        return replace(self, field=of_this_log(self.field))


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """All that the rows of a question about what people found are computed from; marked without the criterion."""

    view: LabelledDomain
    frame: Frame
    criterion: str | None

    @property
    def plan(self) -> QuestionPlan:
        """The settled question."""
        return self.view.field.plan

    def rows(self, only: Collection[Key] | None = None) -> tuple[EstimateRow, ...]:
        """Return the rows of the question, or its one row for the criterion; of some keys only theirs."""
        return confirmed_rows(self.view.meeting(self.criterion), self.frame, only)

    def of_sample(self) -> Confirmed:
        """Return the same, asked of this log."""
        return replace(self, view=replace(self.view, field=of_this_log(self.view.field)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """All that the rows of a question counted over the log itself are computed from."""

    field: DomainCells
    frame: Frame
    criterion: str | None

    @property
    def plan(self) -> QuestionPlan:
        """The settled question."""
        return self.field.plan

    def rows(self, only: Collection[Key] | None = None) -> tuple[EstimateRow, ...]:
        """Return the rows of the question, or its one row for the criterion; of some keys only theirs."""
        return tuple(replace(row, method=LOG) for row in estimate_rows(self.field, self.frame, {}, only=only))

    def of_sample(self) -> Logged:
        """Return the same, asked of this log."""
        return replace(self, field=of_this_log(self.field))


Read: TypeAlias = Flagged | Confirmed | Logged


def answer(wording: Wording, asked: Question, read: Sequence[Read], frame: Frame, position: int) -> Estimate:
    """Return the answer to a question, as a figure of what machines flagged.

    Parameters
    ----------
    asked : the question that the wording came to
    read : what its rows are computed from, for each criterion where it is asked of one by one
    """
    rows = _rows_of(wording, asked, read)
    return Estimate(
        query=wording.query,
        of=wording.of,
        by=wording.by,
        position=position,
        rows=rows,
        rate=wording.rate,
        denominator=read[0].plan.denominator if len(read) == 1 else None,
        source=frame.source,
        protocol=f"{frame.protocol}@{frame.version}",
        kind=FLAGGED,
        notes=notes_on_rows(asked, rows, named=wording.variance is not None),
    )


def _rows_of(wording: Wording, asked: Question, read: Sequence[Read]) -> tuple[EstimateRow, ...]:
    first = read[0]
    if wording.by == CRITERION:
        return by_criterion(read)
    if wording.by in OF_CONFIRMED and isinstance(first, Confirmed):
        return by_found(first, wording.by)
    return compared(first) if wording.variance is None and asked.variance == PROCESS else first.rows()


def of_this_log(field: DomainCells) -> DomainCells:
    """Return a field whose question is asked with the variance of this log."""
    return replace(field, plan=replace(field.plan, question=replace(field.plan.question, variance=SAMPLE)))


def compared(read: Read) -> tuple[EstimateRow, ...]:
    """Return the rows of a comparison whose variance nobody named: of the process, where they have a history.

    A row without enough windows shows how sure it is of this log, and says so. Where more than half are such, all rows do.
    """
    rows = read.rows()
    lacking = [row.interval == UNKNOWN for row in rows]
    if not any(lacking):
        return rows
    most = 2 * sum(lacking) > sum(row.value is not None for row in rows)
    wanted = None if most else {key_of(row.key) for row, lacks in zip(rows, lacking, strict=True) if lacks}
    sample = (replace(row, notes=(THIS_LOG, *row.notes)) for row in read.of_sample().rows(wanted))
    return tuple(sample) if most else tuple(next(sample) if lacks else row for row, lacks in zip(rows, lacking, strict=True))


def meeting(events: Iterable[Sampled], criterion: str | None) -> Iterable[Sampled]:
    """Return the sampled events, inside when they match the query and, where one is given, meet the criterion."""
    if criterion is None:
        return events
    return (replace(event, inside=event.inside and criterion in event.met) for event in events)


def by_criterion(read: Sequence[Read]) -> tuple[EstimateRow, ...]:
    """Return one row for each criterion that something was read for; an event that meets several is in several."""
    found: list[EstimateRow] = []
    for each in read:
        among = (f"among {each.plan.denominator}",) if each.plan.denominator else ()
        found += [replace(row, key=each.criterion, notes=(*row.notes, *among)) for row in each.rows()]
    return tuple(found)


def by_found(read: Confirmed, by: str) -> tuple[EstimateRow, ...]:
    """Return one row for each mode, or severity, that people found among the events in question."""
    view = read.view
    found = {found_of(each, by) for each in view.order.events if view.holds(each) and each.agreed and each.final is view.verdict}
    keys = sorted((key for key in found if key is not None), key=lambda key: (str(type(key)), key))
    return tuple(replace(row, key=key) for key in keys for row in confirmed_rows(view.found_as(by, key), read.frame))


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
