"""The queue: what is to be labelled next, by whom, and how much is left.

Disputes come first and verifications next, since others wait for them, both the oldest first. Then annotations, batch by batch:
the gravest suggestion first and then the oldest period, or the newest period first, as the queue is steered
(`steering.py`), which also says what is open. Once people have begun with a period, each of its batches is begun, since
figures need a beginning of all that they are of; then each gets its share of the period's budget, and only then the rest of it.
Among the annotations of a period a share are controls and undecided events, in unpredictable places.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from heapq import merge
from itertools import chain

from remiss.curate.batches import UNFLAGGED, Batch, selected, share, starting
from remiss.curate.guidelines import Owners, named, owns
from remiss.curate.steering import UNSTEERED, Steering, opened, within
from remiss.curate.tally import BatchOrder, Ownership, Tally
from remiss.records.labelling import LabellingKind
from remiss.records.states import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskChoice:
    """What somebody asks to be given: events of the period in which a time lies, or of strata with some values."""

    at: datetime | None = None
    stratum: Mapping[str, str] = field(default_factory=dict)

    def takes(self, order: BatchOrder, batch: Batch) -> bool:
        """Return whether events of a batch are asked for."""
        return (self.at is None or starting(self.at, order.labelling.every) == batch.period) and within(
            self.stratum, batch.stratum
        )

    def __bool__(self) -> bool:
        return self.at is not None or bool(self.stratum)


ANYTHING = TaskChoice()


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
    as far as this person may know: they are given none of these again. `steering` says how the queue of each protocol is
    steered, of which this person is told nothing; `choice` is what they asked for themselves. The
    `operator` is told of everything.
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
    steering: Callable[[], Mapping[str, Steering]] = dict
    choice: TaskChoice = ANYTHING
    operator: bool = False

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

    def left_anew(self) -> int:
        """Return how many events await an annotation by this person again, for they changed after people had labelled them."""
        return sum(1 for _ in self._anew())

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

    def chosen(self, event: int) -> bool:
        """Return whether an event is among what this person asked for."""
        return not self.choice or any(event in order.of and self.choice.takes(order, order.of[event]) for order in self.orders)

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
            and self.chosen(each.event)
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
        return event not in self.taken.get(LabellingKind.ANNOTATION, ()) and not self.declined(event) and self.chosen(event)

    def _batches(self) -> Iterator[int]:
        """Yield the events of all batches: of the first ones in rank, and among them controls.

        Of two protocols that are steered differently each keeps its own order.
        """
        of_orders, steering = [], self.steering()
        for tally in self._tallies():
            order = tally.order
            served = [
                (tally, batch, most)
                for batch, most in tally.open(opened(order.batches, order.criteria, steering.get(order.protocol, UNSTEERED)))
                if self._serves(order, batch.period) and self.choice.takes(order, batch)
            ]
            of_orders.append(sorted(served, key=lambda each: _ranked(each, steering)))
        for tally, batch, most in merge(*of_orders, key=lambda each: _ranked(each, {})):
            yield from tally.serve(batch, most)

    def _tallies(self) -> Sequence[Tally]:
        return [self._tally(order) for order in self.orders]

    def _tally(self, order: BatchOrder) -> Tally:
        """Return how far an order has come."""
        done = (event for event in self.progress if self.done(event))
        away = {event for event in chain(done, self.taken.get(LabellingKind.ANNOTATION, ())) if event in order.of}
        declined = {
            event for event in {*self.passed, *self.abstained} if event in order.of and event not in away and self.declined(event)
        }
        return Tally(
            declined=declined,
            less=Counter(order.of[event] for event in declined),
            skipped=Counter(order.of[event].period for event in declined),
            order=order,
            away=away,
            begun=Counter(order.of[event] for event in away),
            periods=Counter(order.of[event].period for event in away),
            chance=self.chance,
        )


def _ranked(served: tuple[Tally, Batch, int | None], steering: Mapping[str, Steering]) -> tuple[float | str, ...]:
    tally, batch, _ = served
    first = steering.get(tally.order.protocol, UNSTEERED).first
    return tally.stage(batch), *tally.order.rank(batch, first)
