"""The queue: what is to be labelled next, by whom, and how much is left.

Disputes come first and verifications next, since others wait for them, both the oldest first. Then annotations, batch by batch:
the gravest suggestion first, then the oldest period. Once people have begun with a period, each of its batches is begun, since
figures need a beginning of all that they are of; then each gets its share of the period's budget, and only then the rest of it.
Among the annotations of a period a share are controls and undecided events, in unpredictable places.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import NamedTuple

from remiss.curate.batches import LEAST_PREFIX, Batch, selected, share
from remiss.curate.guidelines import Owners, named, owns
from remiss.protocol.terms import LabellingDesign
from remiss.records.case import Sensitivity
from remiss.records.labelling import LabellingKind
from remiss.records.run import CONTROL, UNDECIDED
from remiss.records.states import Status

UNFLAGGED = frozenset({CONTROL, UNDECIDED})
LEAST_GRAVE = 5


class Ownership(NamedTuple):
    """The team and the sensitivity of something."""

    team: str
    sensitivity: Sensitivity


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchOrder:
    """The batches of one source and protocol, as the runs in force drew their events.

    `batches` has the keys of each batch's events in the order in which they are to be labelled, `of` the batch that each event
    is in, and `severities` what each criterion suggests. `ownerships` has of each period the teams and sensitivities of the
    runs that sampled its events.
    """

    source: str
    protocol: str
    labelling: LabellingDesign
    seed: str
    severities: Mapping[str, int]
    batches: Mapping[Batch, Sequence[int]]
    of: Mapping[int, Batch]
    ownerships: Mapping[datetime, Collection[Ownership]]

    def rank(self, batch: Batch) -> tuple[int, datetime, str]:
        """Return by what batches are served: suggested severity, age, name."""
        return self.severities.get(batch.group, LEAST_GRAVE), batch.period, batch.group

    def quota(self, batch: Batch) -> float:
        """Return how many of a flagged batch come before the others get more: its part of what is no control."""
        flagged = sum(each.period == batch.period and each.group not in UNFLAGGED for each in self.batches)
        return self.labelling.budget * (1 - self.labelling.controls) / max(1, flagged)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far an event that is a case has come: what the queue must know of it.

    `ownership` is whose it is, `people` who has labelled it, as names are compared, `severity` the annotator's grade, `since` the
    position of the last labelling, `linked` whether it takes the verdict of another case, `chance` what is kept with the
    annotation for the choice of who is verified.
    """

    event: int
    id: str
    model: str
    ownership: Ownership
    status: Status
    people: frozenset[str]
    severity: int | None
    annotated: bool
    since: int
    stale: bool
    linked: bool
    chance: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """All that the queue is made of, for one person.

    `taken` are the events that others have in hand, by the labelling that they are about to give; `owners` says who owns a
    team's model, as names are compared, and `owned` which events this person owned when they were captured; `theirs` whether
    this person sees something and may give it a labelling of a kind. `chance` gives a number in [0, 1) for a text, which is
    unpredictable. `passed` are the events that this person passed, and `abstained` says who could not tell what an event is,
    as far as this person may know: they are given none of these again.
    """

    person: str
    orders: Sequence[BatchOrder]
    progress: Mapping[int, Progress]
    taken: Mapping[LabellingKind, Collection[int]]
    owners: Callable[[str, str], Owners]
    theirs: Callable[[LabellingKind, Ownership], bool]
    chance: Callable[[str], float]
    owned: Collection[int] = frozenset()
    passed: Collection[int] = frozenset()
    abstained: Mapping[int, Collection[str]] = field(default_factory=dict)

    def work(self, kind: LabellingKind) -> Iterator[int]:
        """Return the keys of the events that await a labelling of a kind by this person, the most urgent first."""
        match kind:
            case LabellingKind.ADJUDICATION:
                return (each.event for each in self._by_others(Status.DISPUTED, kind))
            case LabellingKind.VERIFICATION:
                return (each.event for each in self._by_others(Status.ANNOTATED, kind) if self._selected(each))
            case _:
                return chain(self._anew(), self._batches(), self._filed())

    def left(self, kind: LabellingKind) -> int:
        """Return how many events await a labelling of a kind by this person."""
        if kind is not LabellingKind.ANNOTATION:
            return sum(1 for _ in self.work(kind))
        return sum(1 for _ in chain(self._anew(), self._filed())) + sum(tally.all_left(self.shows) for tally in self._tallies())

    def shows(self, order: BatchOrder, period: datetime) -> bool:
        """Return whether this person is told how far a period of an order has come: they see all runs that drew it."""
        return all(self.theirs(LabellingKind.ANNOTATION, ownership) for ownership in order.ownerships[period])

    def _serves(self, order: BatchOrder, period: datetime) -> bool:
        """Return whether this person may be given events of a period: they see a run that drew some of it."""
        return any(self.theirs(LabellingKind.ANNOTATION, ownership) for ownership in order.ownerships[period])

    def done(self, event: int) -> bool:
        """Return whether an event needs no annotation: it has one, or takes another's verdict."""
        found = self.progress.get(event)
        return found is not None and (found.annotated or found.linked)

    def waiting(self) -> int:
        """Return how many events this person knows to wait for somebody else to annotate them, before all that comes after."""
        known = {*self.passed, *self.abstained}
        return sum(self._in_order(event) and not self.done(event) for event in known)

    def declined(self, event: int) -> bool:
        """Return whether this person is not given an event again."""
        return event in self.passed or named(self.person) in self.abstained.get(event, ())

    def _by_others(self, status: Status, kind: LabellingKind) -> Sequence[Progress]:
        own = named(self.person)
        found = [
            each
            for each in self.progress.values()
            if each.status is status
            and not each.stale
            and not each.linked
            and own not in each.people
            and each.event not in self.taken.get(kind, ())
            and not self.declined(each.event)
            and self.theirs(kind, each.ownership)
            and each.event not in self.owned
            and not owns(self.person, self.owners(each.ownership.team, each.model))
        ]
        return sorted(found, key=lambda each: (each.since, each.event))

    def _selected(self, each: Progress) -> bool:
        """Return whether an annotated case is verified. What is in no batch has no share, and only verified cases count."""
        order = next((order for order in self.orders if each.event in order.of), None)
        if order is None:
            return True
        flagged = order.of[each.event].group not in UNFLAGGED
        return selected(order.seed, each.id, share(order.labelling.verify, each.severity, flagged=flagged), each.chance)

    def _anew(self) -> Iterator[int]:
        """Yield events that changed after people had labelled them."""
        stale = (each for each in self.progress.values() if each.stale and not each.linked and self._annotates(each))
        return (each.event for each in sorted(stale, key=lambda each: (each.since, each.event)) if self._free(each.event))

    def _filed(self) -> Iterator[int]:
        """Yield cases that are in no batch: people filed them, or found them."""
        waiting = (each for each in self.progress.values() if each.status is Status.CANDIDATE and not self.done(each.event))
        found = filter(self._annotates, waiting)
        ordered = sorted(found, key=lambda each: (each.since, each.event))
        return (each.event for each in ordered if self._free(each.event) and not self._in_order(each.event))

    def _annotates(self, each: Progress) -> bool:
        return self.theirs(LabellingKind.ANNOTATION, each.ownership)

    def _in_order(self, event: int) -> bool:
        return any(event in order.of for order in self.orders)

    def _free(self, event: int) -> bool:
        return event not in self.taken.get(LabellingKind.ANNOTATION, ()) and not self.declined(event)

    def _batches(self) -> Iterator[int]:
        """Yield the events of all batches: of the first ones in rank, and among them controls."""
        ranked = sorted(
            ((tally, batch) for tally in self._tallies() for batch in tally.open() if self._serves(tally.order, batch.period)),
            key=lambda pair: (pair[0].stage(pair[1]), *pair[0].order.rank(pair[1])),
        )
        for tally, batch in ranked:
            yield from tally.serve(batch)

    def _tallies(self) -> Sequence[Tally]:
        return [Tally.of(order, self) for order in self.orders]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How far an order has come: `away` are the events that are done or in somebody's hand, counted by batch and by period.

    `declined` are the others that this person is not given again, counted alike by `less` and `skipped`.
    """

    order: BatchOrder
    away: Collection[int]
    begun: Counter[Batch]
    periods: Counter[datetime]
    chance: Callable[[str], float]
    declined: Collection[int]
    less: Counter[Batch]
    skipped: Counter[datetime]

    @classmethod
    def of(cls, order: BatchOrder, desk: Desk) -> Tally:
        """Return how far an order has come."""
        done = (event for event in desk.progress if desk.done(event))
        away = {event for event in chain(done, desk.taken.get(LabellingKind.ANNOTATION, ())) if event in order.of}
        declined = {
            event for event in {*desk.passed, *desk.abstained} if event in order.of and event not in away and desk.declined(event)
        }
        return cls(
            declined=declined,
            less=Counter(order.of[event] for event in declined),
            skipped=Counter(order.of[event].period for event in declined),
            order=order,
            away=away,
            begun=Counter(order.of[event] for event in away),
            periods=Counter(order.of[event].period for event in away),
            chance=desk.chance,
        )

    def open(self) -> Iterator[Batch]:
        """Yield the flagged batches with something left, in periods with some of their budget left.

        Where a period has only controls left they stand for themselves.
        """
        flagged = [batch for batch in self.order.batches if batch.group not in UNFLAGGED and self.left(batch)]
        yield from flagged
        periods = {batch.period for batch in flagged}
        yield from (batch for batch in self.order.batches if batch.period not in periods and self.left(batch))

    def left(self, batch: Batch) -> int:
        """Return how many events of a batch may still be labelled."""
        budget = self.order.labelling.budget - self.periods[batch.period]
        return max(0, min(budget, len(self.order.batches[batch]) - self.begun[batch] - self.less[batch]))

    def all_left(self, shows: Callable[[BatchOrder, datetime], bool]) -> int:
        """Return how many events of all batches of the periods that `shows` tells of may still be labelled."""
        # Batch by batch, for of events there may be a million.
        sizes: Counter[datetime] = Counter()
        for batch, events in self.order.batches.items():
            sizes[batch.period] += len(events)
        budget = self.order.labelling.budget
        told = ((period, size) for period, size in sizes.items() if shows(self.order, period))
        return sum(
            max(0, min(budget - self.periods[period], size - self.periods[period] - self.skipped[period]))
            for period, size in told
        )

    def stage(self, batch: Batch) -> int:
        """Return which batches come before others: 0 those to be begun at last, 1 under their share, 2 those that have had it."""
        had = self.begun[batch]
        if self.periods[batch.period] >= LEAST_PREFIX and had < min(LEAST_PREFIX, len(self.order.batches[batch])):
            return 0
        return 2 if had >= self.order.quota(batch) else 1

    def serve(self, batch: Batch) -> Iterator[int]:
        """Yield events of a batch in their order, and controls of its period where chance has it, within the budget."""
        flagged = self._free(batch)
        controls = iter(()) if batch.group in UNFLAGGED else self._controls(batch.period)
        # What was declined moves the places of controls too: else it would have been the same kind as what comes in its place.
        skipped = self.skipped[batch.period]
        for number in range(self.periods[batch.period] + skipped, self.order.labelling.budget + skipped):
            name = f"{self.order.source}:{self.order.protocol}:{batch.period.isoformat()}:{number}"
            mixed = self.chance(name) < self.order.labelling.controls
            event = next(controls, None) if mixed else None
            # Where there are no controls more of the batch takes their place; when the batch is done, so are they.
            event = next(flagged, None) if event is None else event
            if event is None:
                return
            yield event

    def _free(self, batch: Batch) -> Iterator[int]:
        return (event for event in self.order.batches[batch] if event not in self.away and event not in self.declined)

    def _controls(self, period: datetime) -> Iterator[int]:
        """Return controls and undecided events of a period: of the batch that is less far, then of the other."""
        own = [batch for batch in self.order.batches if batch.period == period and batch.group in UNFLAGGED]
        return chain.from_iterable(map(self._free, sorted(own, key=lambda batch: (self.begun[batch], batch.group))))
