"""How far the labelling of one source and protocol has come, and which events of its batches come next."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, islice
from typing import NamedTuple, overload

from remiss.curate.batches import LEAST_PREFIX, UNFLAGGED, Batch, place
from remiss.curate.steering import First, OpenBatches
from remiss.govern.ports.actor import Scope
from remiss.protocol.terms import LabellingDesign
from remiss.records.case import Sensitivity

LEAST_GRAVE = 5


class Ownership(NamedTuple):
    """The team and the sensitivity of something."""

    team: str
    sensitivity: Sensitivity


class BatchMembers(Sequence[int]):
    """The events of a batch, which are put in their order once somebody asks for that: of most batches only counts are told."""

    def __init__(self, seed: str, drawn: Sequence[tuple[str, float, int]]) -> None:
        ids, chances, keys = zip(*drawn, strict=True)
        self._keys = array("q", keys)
        # As small as can be: of a million events most wait for a day on which they are labelled.
        self._drawn: tuple[str, str, array[float]] | None = (seed, "\0".join(ids), array("d", chances))

    @property
    def unsorted(self) -> Iterable[int]:
        """The events, whatever their order."""
        return self._keys

    def __len__(self) -> int:
        return len(self._keys)

    @overload
    def __getitem__(self, at: int) -> int: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[int]: ...
    def __getitem__(self, at: int | slice) -> int | Sequence[int]:
        return self._sorted()[at]

    def __iter__(self) -> Iterator[int]:
        return iter(self._sorted())

    def _sorted(self) -> array[int]:
        # Two threads may both put them in order, and come to the same.
        if (drawn := self._drawn) is not None:
            seed, ids, chances = drawn
            members = zip(ids.split("\0"), chances, self._keys, strict=True)
            placed = sorted((place(seed, event_id, chance), event_id, key) for event_id, chance, key in members)
            self._keys = array("q", (key for _, _, key in placed))
            self._drawn = None
        return self._keys


def in_any_order(events: Sequence[int]) -> Iterable[int]:
    """Return the events of a batch as they are, which puts none in order."""
    return events.unsorted if isinstance(events, BatchMembers) else events


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchOrder:
    """The batches of one source and protocol, as the runs in force drew their events.

    `batches` has the keys of each batch's events in the order in which they are to be labelled, `of` the batch that each event
    is in, `criteria` which ones the events of a batch met, and `severities` what each criterion suggests. `ownerships` has of
    each period the teams and sensitivities of the runs that sampled its events.
    """

    source: str
    protocol: str
    labelling: LabellingDesign
    seed: str
    severities: Mapping[str, int]
    batches: Mapping[Batch, Sequence[int]]
    of: Mapping[int, Batch]
    ownerships: Mapping[datetime, Collection[Ownership]]
    criteria: Mapping[Batch, Collection[str]] = field(default_factory=dict)

    def seen_by(self, scope: Scope, period: datetime) -> bool:
        """Return whether somebody with a scope sees every run that drew events of a period."""
        return all(scope.sees(each.team, each.sensitivity) for each in self.ownerships[period])

    def rank(self, batch: Batch, first: First = First.GRAVEST) -> tuple[float, float, str, str]:
        """Return by what batches are served: suggested severity, age, name; or the newest period before severity."""
        severity, period = self.severities.get(batch.group, LEAST_GRAVE), batch.period.timestamp()
        leading = (severity, period) if first is First.GRAVEST else (-period, severity)
        return *leading, batch.group, batch.stratum

    def quota(self, batch: Batch) -> float:
        """Return how many of a flagged batch come before the others get more: its part of what is no control."""
        flagged = sum(each.period == batch.period and each.group not in UNFLAGGED for each in self.batches)
        return self.labelling.budget * (1 - self.labelling.controls) / max(1, flagged)


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

    def open(self, opened: OpenBatches) -> Iterator[tuple[Batch, int | None]]:
        """Yield the flagged batches, of those that are open, with something left, in periods with some of their budget left.

        Each comes with how many of it are served at most: what lacks of a beginning where it is no more than that. Where a
        period, and stratum, has only controls left they stand for themselves.
        """
        waiting = [batch for batch in self.order.batches if self.left(batch)]
        flagged = [batch for batch in waiting if batch.group not in UNFLAGGED]
        yield from ((batch, None) for batch in flagged if batch in opened.whole)
        lacking = ((batch, LEAST_PREFIX - self.begun[batch]) for batch in flagged if batch in opened.beginnings)
        yield from ((batch, count) for batch, count in lacking if count > 0)
        places = {(batch.period, batch.stratum) for batch in flagged}
        mixed = (batch for batch in waiting if (batch.period, batch.stratum) not in places)
        yield from ((batch, None) for batch in mixed if batch in opened.whole)

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

    def serve(self, batch: Batch, most: int | None) -> Iterator[int]:
        """Yield events of a batch in their order, and controls of its period where chance has it, within the budget.

        Parameters
        ----------
        most : how many events of the batch itself; None is all
        """
        flagged = islice(self._free(batch), most)
        controls = iter(()) if batch.group in UNFLAGGED else self._controls(batch)
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

    def _controls(self, beside: Batch) -> Iterator[int]:
        """Return controls and undecided events beside a batch: of that batch of them that is less far, then of the other."""
        own = [Batch(group, beside.period, beside.stratum) for group in UNFLAGGED]
        own = [batch for batch in own if batch in self.order.batches]
        return chain.from_iterable(map(self._free, sorted(own, key=lambda batch: (self.begun[batch], batch.group))))
