"""The order of labelling: which sampled events were labelled in order, so that figures of people's decisions may use them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np

from remiss.curate.batches import (
    CLEARED,
    LEAST_PREFIX,
    Batch,
    batch_of,
    group_of,
    periods_touched,
    place,
    selected,
    share,
)
from remiss.protocol.terms import LabellingDesign
from remiss.records.identity import canonical
from remiss.records.labelling import Verdict
from remiss.records.run import Cell, Group
from remiss.understand.sample_arrays import units_of
from remiss.understand.sampling_facts import Judged, Pattern, pattern_of
from remiss.understand.two_phase.labelled_events import REJECTED, UNGRADED, Annotated, Flags
from remiss.understand.variance import Indices, Numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class LabellingPlan:
    """How a protocol version has people label: its plan, the seed of its fractions, the width of its windows."""

    labelling: LabellingDesign
    seed: str
    width: timedelta

    def stratum(self, of: Judged | Cell) -> str:
        """Return the stratum of the batches of an event or a cell: nothing where all strata are labelled in one order."""
        return canonical(of.stratum).decode() if self.labelling.apart else ""

    @property
    def least_share(self) -> float:
        """The least share of annotated cases which machines flagged that a second person labels."""
        return min(part for name, part in self.labelling.verify.items() if name != CLEARED)

    @property
    def cleared_share(self) -> float:
        """The share that a second person labels of events which no criterion caught and in which the first found no failure."""
        return self.labelling.verify[CLEARED]


@dataclass(frozen=True, slots=True, kw_only=True)
class CriterionCounts:
    """How many events of each window and stratum met each criterion."""

    populations: Mapping[tuple[datetime, bytes, str], int]

    @classmethod
    def of(cls, groups: Iterable[Group]) -> CriterionCounts:
        """Return what the groups of the runs in force say."""
        return cls(populations={(each.window, canonical(each.stratum), each.criterion): each.population for each in groups})

    def group(self, each: Judged | Cell) -> str:
        """Return the group in whose batch an event, or all of a cell, is."""
        # Most events met one criterion, and need no looking up.
        stratum = canonical(each.stratum) if len(each.met) > 1 else b""
        return group_of(each.met, each.undecided, lambda name: self.populations[each.window, stratum, name])


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaches:
    """How far people got in each batch, and how far that is for each event.

    `batches` maps those with events to t. `events` has, for each event, the t of its batch: the event is in a labelled
    beginning iff its place is below.
    """

    batches: dict[Batch, float]
    events: Numbers

    def begun(self, batch: Batch) -> bool:
        """Return whether a batch is begun. One without a sampled event has nothing left to do."""
        return self.batches.get(batch, np.inf) > 0


def reaches(places: Numbers, labelled: Flags, batches: Sequence[Batch]) -> Reaches:
    """Return how far people got.

    Parameters
    ----------
    places : q of each of n sampled events
    labelled : whether each is annotated (n)
    batches : in which batch each is (n)
    """
    number: dict[Batch, int] = {}
    batch = np.array([number.setdefault(each, len(number)) for each in batches], dtype=np.intp)
    t = first_unlabelled(places, labelled, batch, len(number))
    return Reaches(batches={each: float(t[at]) for each, at in number.items()}, events=t[batch])


def first_unlabelled(places: Numbers, labelled: Flags, batch: Indices, count: int) -> Numbers:
    """Return `reach` of each of `count` batches, given the number of each event's batch (n)."""
    t = np.full(count, np.inf)
    np.minimum.at(t, batch[~labelled], places[~labelled])
    before = np.bincount(batch[places < t[batch]], minlength=count)
    t[np.isfinite(t) & (before < LEAST_PREFIX)] = 0.0
    return t


def second_probability(first: Numbers, reached: Numbers) -> Numbers:
    """Return p1 p2, the probability that an event was captured and came into a labelled beginning: min(p1, t).

    Parameters
    ----------
    first : p1 of each event
    reached : t of its batch
    """
    return np.minimum(first, reached)


@dataclass(frozen=True, slots=True, kw_only=True)
class LabellingOrder:
    """The sampled events of a frame (n), and how far people got with them.

    `in_prefix` marks those in the labelled prefix of their batch, and `p12` is the probability of that (0 where
    labelling has not begun). `unflagged_in_prefix` counts those of them that no criterion caught, by what they share with their
    cell.
    """

    labelling_plan: LabellingPlan
    criterion_counts: CriterionCounts
    events: Sequence[Judged]
    reached: Reaches
    in_prefix: Flags
    p12: Numbers
    unflagged_in_prefix: Mapping[Pattern, int]
    # Each row of a breakdown asks for the same cells.
    known_places: dict[tuple[str, datetime, str], frozenset[float]] = field(default_factory=dict, compare=False, repr=False)

    def covers(self, cell: Cell) -> bool:
        """Return whether people began with the events of a cell, whatever part of its window they are from."""
        return self.least(cell) > 0

    def least(self, cell: Cell) -> float:
        """Return the least t that an event of a cell may have had, by its group and the periods that its window touches."""
        return min(self.places_of(cell))

    def places_of(self, cell: Cell) -> frozenset[float]:
        """Return each t that an event of a cell may have had."""
        named = self.criterion_counts.group(cell), cell.window, self.labelling_plan.stratum(cell)
        if named not in self.known_places:
            self.known_places[named] = frozenset(
                self.reached.batches.get(Batch(named[0], period, named[2]), np.inf)
                for period in periods_touched(cell.window, self.labelling_plan.width, self.labelling_plan.labelling.every)
            )
        return self.known_places[named]


def labelling_order_of(
    events: Sequence[Judged], labelling_plan: LabellingPlan, criterion_counts: CriterionCounts
) -> LabellingOrder:
    """Return how far people got with the sampled events of a frame, all of them: batches may reach beyond a question."""
    # In one order whatever the store's: sums of floats depend on it in their last digit.
    ordered = sorted(events, key=lambda each: (each.window, each.event))
    places = np.array([place(labelling_plan.seed, each.event, each.probability) for each in ordered])
    found = reaches(
        places,
        np.array([each.annotated for each in ordered], dtype=bool),
        [
            batch_of(criterion_counts.group(each), each.at, labelling_plan.labelling.every, labelling_plan.stratum(each))
            for each in ordered
        ],
    )
    first = np.array([each.probability for each in ordered])
    in_prefix = places < found.events
    unflagged = (each for each, labelled in zip(ordered, in_prefix, strict=True) if labelled and not each.met)
    return LabellingOrder(
        labelling_plan=labelling_plan,
        criterion_counts=criterion_counts,
        events=ordered,
        reached=found,
        in_prefix=in_prefix,
        p12=second_probability(first, found.events),
        unflagged_in_prefix=Counter(pattern_of(each.window, each.stratum, each.met, each.undecided, ()) for each in unflagged),
    )


def annotated(order: LabellingOrder, at: Sequence[int], verdict: Verdict, windows: Sequence[datetime]) -> Annotated:
    """Return some of the events that count, as the arithmetic takes them.

    Parameters
    ----------
    at : their numbers; all of them count
    verdict : what y asks for
    windows : in scope; every event is in one
    """
    events, plan = [order.events[each] for each in at], order.labelling_plan
    place_of = {start: number for number, start in enumerate(windows)}
    patterns: dict[tuple[str, ...], int] = {}
    choosers: dict[str, int] = {}
    groups = [each.met or (order.criterion_counts.group(each),) for each in events]
    p3 = [verified_share(plan, each) for each in events]
    chosen = [selected(plan.seed, each.chooser, part, each.chance) for each, part in zip(events, p3, strict=True)]
    known = [pick and each.final is not None for each, pick in zip(events, chosen, strict=True)]
    unsettled = [pick and each.final is None and waits(each) for each, pick in zip(events, chosen, strict=True)]
    return Annotated(
        y=np.array(
            [is_known and each.final is verdict and each.agreed for each, is_known in zip(events, known, strict=True)],
            dtype=np.float64,
        ),
        p12=order.p12[list(at)],
        p3=np.array(p3, dtype=np.float64),
        kind=np.array([not each.met for each in events], dtype=np.intp),
        pattern=np.array([patterns.setdefault(group, len(patterns)) for group in groups], dtype=np.intp),
        grade=np.array([grade_of(each) for each in events], dtype=np.intp),
        selected=np.array(chosen, dtype=bool),
        known=np.array(known, dtype=bool),
        unsettled=np.array(unsettled, dtype=bool),
        cluster=np.array([choosers.setdefault(each.chooser, len(choosers)) for each in events], dtype=np.intp),
        window=np.array([place_of[each.window] for each in events], dtype=np.intp),
        windows=len(windows),
        unit=units_of(events),
        captured=np.array([each.probability for each in events], dtype=np.float64),
        undecidable=np.array([each.undecidable for each in events], dtype=bool),
    )


def verified_share(plan: LabellingPlan, event: Judged) -> float:
    """Return p3 of an annotated event: of one that nobody graded it is sure that people looked at it twice."""
    return 1.0 if event.ungraded else share(plan.labelling.verify, event.severity, flagged=bool(event.met))


def grade_of(event: Judged) -> int:
    """Return the place of the annotator's grade."""
    if event.severity is not None:
        return event.severity - 1
    return UNGRADED if event.ungraded else REJECTED


def waits(event: Judged) -> bool:
    """Return whether a verdict that is missing is not left to chance: others would not stand for it.

    Disputes are settled last, and what was begun anew is done later than its turn. That an annotator found a failure where no
    criterion did is too rare for others to stand for it. What people cannot tell of is like nothing that they could.
    """
    return event.again or event.undecidable or (not event.met and event.severity is not None)


def covered(order: LabellingOrder, windows: Iterable[datetime], cells: Iterable[Cell]) -> tuple[datetime, ...]:
    """Return the windows in which people began with the events of every one of these cells."""
    not_begun = {cell.window for cell in cells if not order.covers(cell)}
    return tuple(start for start in windows if start not in not_begun)
