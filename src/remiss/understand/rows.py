"""Rows: from what was read for a question to its figures, of what machines flagged or of what people confirmed.

What is read for several criteria is the same events, and is kept once; each criterion marks them when its row is computed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from remiss.records.estimate import LOG, SAMPLE, THIS_LOG, UNKNOWN, EstimateRow
from remiss.understand.domain import DomainCells
from remiss.understand.flagged import estimate_rows
from remiss.understand.question import QuestionPlan
from remiss.understand.sampling_facts import Frame, Pattern, Sampled
from remiss.understand.two_phase.domain import LabelledDomain, found_of
from remiss.understand.two_phase.rows import confirmed_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Flagged:
    """All that the rows of a question about what machines flagged are computed from.

    `events` are marked by the question without the criterion, and empty where cells answer; there `counts` says how many events
    of each were sampled. `reference` is the field without limits in time, and `referred` its events, marked alike.
    """

    field: DomainCells
    frame: Frame
    events: Sequence[Sampled]
    counts: Mapping[Pattern, int]
    reference: DomainCells | None
    referred: Sequence[Sampled]
    criterion: str | None

    @property
    def plan(self) -> QuestionPlan:
        """The settled question."""
        return self.field.plan

    def rows(self) -> tuple[EstimateRow, ...]:
        """Return the rows of the question, or its one row for the criterion."""
        reference = None if self.reference is None else self.reference.holding(meeting(self.referred, self.criterion))
        field = self.field.holding(meeting(self.events, self.criterion))
        return estimate_rows(field, self.frame, self.counts, reference=reference)

    def of_sample(self) -> Flagged:
        """Return the same, asked of this very log."""
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

    def rows(self) -> tuple[EstimateRow, ...]:
        """Return the rows of the question, or its one row for the criterion."""
        return confirmed_rows(self.view.meeting(self.criterion), self.frame)

    def of_sample(self) -> Confirmed:
        """Return the same, asked of this very log."""
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

    def rows(self) -> tuple[EstimateRow, ...]:
        """Return the rows of the question, or its one row for the criterion."""
        return tuple(replace(row, method=LOG) for row in estimate_rows(self.field, self.frame, {}))

    def of_sample(self) -> Logged:
        """Return the same, asked of this very log."""
        return replace(self, field=of_this_log(self.field))


def of_this_log(field: DomainCells) -> DomainCells:
    """Return a field whose question is asked with the variance of this very log."""
    return replace(field, plan=replace(field.plan, question=replace(field.plan.question, variance=SAMPLE)))


def compared(read: Flagged | Confirmed | Logged) -> tuple[EstimateRow, ...]:
    """Return the rows of a comparison whose variance nobody named: of the process, where they have a history.

    A row without enough windows shows how sure it is of this very log, and says so. Where more than half are such, all rows do.
    """
    rows = read.rows()
    lacking = [row.interval == UNKNOWN for row in rows]
    if not any(lacking):
        return rows
    sample = [replace(row, notes=(THIS_LOG, *row.notes)) for row in read.of_sample().rows()]
    if 2 * sum(lacking) > sum(row.value is not None for row in rows):
        return tuple(sample)
    return tuple(other if lacks else row for row, other, lacks in zip(rows, sample, lacking, strict=True))


def meeting(events: Iterable[Sampled], criterion: str | None) -> Iterable[Sampled]:
    """Return the sampled events, inside when they match the query and, where one is given, meet the criterion."""
    if criterion is None:
        return events
    return (replace(event, inside=event.inside and criterion in event.met) for event in events)


def by_criterion(read: Sequence[Flagged | Confirmed | Logged]) -> tuple[EstimateRow, ...]:
    """Return one row for each criterion that something was read for; an event that meets several is in several."""
    found: list[EstimateRow] = []
    for each in read:
        among = (f"among {each.plan.denominator}",) if each.plan.denominator else ()
        found += [replace(row, key=each.criterion, notes=(*row.notes, *among)) for row in each.rows()]
    return tuple(found)


def by_found(read: Confirmed, by: str) -> tuple[EstimateRow, ...]:
    """Return one row for each mode, or severity, that people found among the events in question."""
    view = read.view
    found = {found_of(each, by) for each in view.order.events if each.inside and each.agreed and each.final is view.verdict}
    keys = sorted((key for key in found if key is not None), key=lambda key: (str(type(key)), key))
    return tuple(replace(row, key=key) for key in keys for row in confirmed_rows(view.found_as(by, key), read.frame))
