"""The domain of a confirmed figure: which events and cells may be in it, among what, and which windows people have begun with."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as attribute
from datetime import datetime

import numpy as np

from remiss.records.event import Scalar
from remiss.records.labelling import Verdict
from remiss.understand.domain import NO_KEY, DomainCell, DomainCells, Key, hidden_numerator, hidden_rest, in_order, key_of
from remiss.understand.estimators import HiddenParts, IntervalEstimate, Weighted, weighted_rate, weighted_total
from remiss.understand.question import QuestionPlan
from remiss.understand.sample_arrays import units_of
from remiss.understand.sampling_facts import BlindedEvent, Judged, Pattern, pattern_of
from remiss.understand.two_phase.design import LEAST_VERIFIED, TwoPhase
from remiss.understand.two_phase.estimators import Among, Open
from remiss.understand.two_phase.labelled_events import Annotated
from remiss.understand.two_phase.labelling_order import LabellingOrder, covered
from remiss.understand.two_phase.unflagged import Pools
from remiss.understand.variance import Numbers, log_variance

MODE = "mode"


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledDomain:
    """What a confirmed question is about: a field, the verdict that counts, the labelling order of its frame's events with what
    people found, and the windows that people have begun with.

    `criterion` is one that events in the figure have to have met besides, and `past` the same without the question's limits in
    time, for process figures of few windows. `withheld` is how many windows
    that they have begun with are left out for this asker, and `telling` says that a figure would tell them of one event.
    """

    field: DomainCells
    verdict: Verdict
    order: LabellingOrder
    windows: tuple[datetime, ...]
    criterion: str | None = None
    past: LabelledDomain | None = None
    withheld: int = 0
    telling: bool = False
    # Each row of a breakdown, and each of its parts, asks for the same.
    known_numbers: dict[Key, list[int]] = attribute(default_factory=dict, init=False, compare=False, repr=False)

    def meeting(self, criterion: str | None) -> LabelledDomain:
        """Return this as a question about one criterion has it: inside are events that met that too."""
        if criterion is None:
            return self
        return replace(self, criterion=criterion, past=None if self.past is None else self.past.meeting(criterion))

    def found_as(self, by: str, key: Scalar) -> LabelledDomain:
        """Return this as a question about one mode or grade has it: only what people found to be such counts."""
        # Of most events people found nothing yet, and that counts in no figure.
        events = [
            replace(each, agreed=False) if each.final is not None and each.agreed and found_of(each, by) != key else each
            for each in self.order.events
        ]
        past = None if self.past is None else self.past.found_as(by, key)
        return replace(self, order=replace(self.order, events=events), past=past)

    def told_to(self, blinded: Sequence[BlindedEvent], taken: Callable[[tuple[bool, ...]], bool]) -> LabelledDomain:
        """Return this as it is told to somebody who may still be the second labeller of some events.

        A figure takes all such events of a window, and no window in which there are few of them. So no two figures differ in one
        of them. Whether it does depends on nothing that is blinded.

        Parameters
        ----------
        taken : whether a figure may take an event of which these comparisons hold
        """
        mine: dict[datetime, set[tuple[tuple[bool, ...], Scalar]]] = defaultdict(set)
        for each in blinded:
            mine[each.window].add((each.holds, each.key))
        count = Counter(each.window for each in blinded)
        windows = tuple(window for window in self.windows if not 0 < count[window] < LEAST_VERIFIED)
        alike = [mine[window] for window in windows if window in mine]
        telling = any(len(kinds) > 1 or not all(taken(holds) for holds, _ in kinds) for kinds in alike)
        past = None if self.past is None else self.past.told_to(blinded, taken)
        return replace(self, windows=windows, withheld=len(self.windows) - len(windows), telling=telling, past=past)

    def reveals(self, labelled: Sequence[int]) -> bool:
        """Return whether a figure of these annotated events would tell what was found of one, or who is to be verified."""
        events = self.order.events
        undecided = any(events[at].final is None and not events[at].undecidable for at in labelled)
        return undecided and len(labelled) < LEAST_VERIFIED

    def cells(self, key: Key, starts: Sequence[datetime]) -> tuple[DomainCell, ...]:
        """Return the cells of those windows whose events may be in the figure of a key."""
        within = frozenset(starts)
        return tuple(each for each in self.field.cells if each.cell.window in within and each.key in {None, key})

    def holds(self, event: Judged) -> bool:
        """Return whether an event is one that the question is about."""
        return event.inside and (self.criterion is None or self.criterion in event.met)

    def numbers(self, key: Key, starts: Sequence[datetime]) -> list[int]:
        """Return the numbers of the events in the domain of a key, whether they were labelled or not."""
        within, events = frozenset(starts), self.order.events
        return [at for at in self.numbers_by_key().get(key, ()) if events[at].window in within]

    def numbers_by_key(self) -> Mapping[Key, Sequence[int]]:
        """Return the numbers of the events that would be in the figure of each key if people found them such."""
        if not self.known_numbers:
            plan = self.field.plan
            for at, each in enumerate(self.order.events):
                if self.holds(each) and (not plan.question.rate or in_denominator(plan, each)):
                    self.known_numbers.setdefault(own_key(plan, each), []).append(at)
        return self.known_numbers

    def labelled_numbers(self, key: Key, starts: Sequence[datetime]) -> list[int]:
        """Return the numbers of the events in the domain of a key that were labelled in order."""
        return [at for at in self.numbers(key, starts) if self.order.in_prefix[at]]


def found_of(event: Judged, by: str) -> Scalar:
    """Return the mode or the severity that people came to."""
    return event.mode if by == MODE else event.grade


def labelled_domain_of(field: DomainCells, verdict: Verdict, order: LabellingOrder) -> LabelledDomain:
    """Return a field with what people have done of it."""
    open_ = [placed.cell for placed in field.cells if placed.numerator is not False]
    return LabelledDomain(field=field, verdict=verdict, order=order, windows=covered(order, field.windows, open_))


def in_denominator(plan: QuestionPlan, event: Judged) -> bool:
    """Return whether an event is in the denominator of a rate."""
    doubt = bool(set(plan.named) & set(event.undecided)) or (plan.needs_label and not event.labelled)
    return event.of and not doubt and plan.risk not in event.outside


def own_key(plan: QuestionPlan, event: Judged) -> Key:
    """Return the key of an event."""
    return NO_KEY if plan.question.by is None else key_of(event.key)


def keys_of(view: LabelledDomain) -> tuple[Key, ...]:
    """Return the keys to report: those of sampled events in the domain."""
    if view.field.plan.question.by is None:
        return (NO_KEY,)
    within, events = frozenset(view.windows), view.order.events
    found = view.numbers_by_key()
    return tuple(in_order(key for key in found if any(events[at].window in within for at in found[key])))


def whole(cells: Sequence[DomainCell]) -> bool:
    """Return whether all events of these cells are in the domain."""
    return all(placed.numerator and placed.key is not None for placed in cells)


def open_of(view: LabelledDomain, cells: Sequence[DomainCell]) -> Open:
    """Return what could be in a figure and was not found."""
    own, plan = [placed for placed in cells if placed.numerator is not False], view.order.labelling_plan
    shares = {True: plan.least_share, False: plan.cleared_share}
    least = min((annotating(view, placed) * shares[bool(placed.cell.met)] for placed in own), default=1.0)
    return Open(population=float(sum(placed.cell.population for placed in own)), least_probability=least)


def annotating(view: LabelledDomain, placed: DomainCell) -> float:
    """Return the least chance of an event of a cell to be captured and annotated in turn."""
    return min(placed.probability, view.order.least(placed.cell))


def pools_of(view: LabelledDomain, own: Sequence[DomainCell]) -> Pools:
    """Return the events of some cells that no criterion caught, in pools of the same chance to be annotated.

    Cells of a window in which that chance is the same are one pool, and how many of it are annotated is known.
    """
    unflagged = [placed for placed in view.field.cells if not placed.cell.met]
    key = {id(placed): (placed.cell.window, annotating(view, placed)) for placed in unflagged}
    # What is annotated is counted by what an event shares with those of its cell, but for what it is outside of: that changes no
    # chance.
    alike: dict[Pattern, tuple[datetime, float]] = {}
    population: dict[tuple[datetime, float], int] = defaultdict(int)
    mine: dict[tuple[datetime, float], int] = defaultdict(int)
    for placed in unflagged:
        cell, pool = placed.cell, key[id(placed)]
        alike[pattern_of(cell.window, cell.stratum, cell.met, cell.undecided, ())] = pool
        population[pool] += cell.population
    for placed in own:
        mine[key[id(placed)]] += placed.cell.population
    annotated: dict[tuple[datetime, float], int] = defaultdict(int)
    for pattern, count in view.order.unflagged_in_prefix.items():
        if pattern in alike:
            annotated[alike[pattern]] += count
    # A window that several periods touch was annotated up to several places: there the least chance is known, and no more.
    split = {each.window for each in (placed.cell for placed in own) if len(view.order.places_of(each)) > 1}
    chances = [pool[1] if pool[0] in split else annotated[pool] / population[pool] for pool in mine]
    return Pools(
        populations=np.array(list(mine.values()), dtype=np.float64), chances=np.array([min(1.0, each) for each in chances])
    )


def flagged_of(view: LabelledDomain, cells: Sequence[DomainCell], domain: Sequence[int]) -> IntervalEstimate:
    """Return how many events are in the domain whatever people found: counted where cells tell, else weighted.

    An exact number is its own interval.
    """
    open_ = [placed for placed in cells if placed.numerator is not False]
    if whole(open_):
        count = sum(placed.cell.population for placed in open_)
        return IntervalEstimate(value=count, low=count, high=count)
    return weighted_total(as_weighted(view, domain, np.ones(len(domain))), hidden_numerator(cells))


def flagged_rate(view: LabelledDomain, key: Key, cells: Sequence[DomainCell], starts: Sequence[datetime]) -> IntervalEstimate:
    """Return which share of a rate's denominator is in the domain whatever people found, by the capture alone."""
    among = denominator(view, key, starts)
    inside = np.array([view.holds(view.order.events[at]) for at in among], dtype=np.float64)
    return weighted_rate(
        as_weighted(view, among, inside), HiddenParts(numerator=hidden_numerator(cells), rest=hidden_rest(cells))
    )


def as_weighted(view: LabelledDomain, numbers: Sequence[int], inside: Numbers) -> Weighted:
    """Return sampled events as figures of machines alone take them: which of them are in the figure, among all of them."""
    p = np.array([view.order.events[at].probability for at in numbers], dtype=np.float64)
    # Of this log alone, where it does not matter from which window an event is.
    unit = units_of([view.order.events[at] for at in numbers])
    return Weighted(y=inside, x=np.ones(len(p)), p=p, window=np.zeros(len(p), dtype=np.intp), windows=1, unit=unit)


def denominator(view: LabelledDomain, key: Key, starts: Sequence[datetime]) -> list[int]:
    """Return the numbers of the sampled events that are in the denominator of a rate."""
    plan, within = view.field.plan, frozenset(starts)
    return [
        at
        for at, each in enumerate(view.order.events)
        if each.window in within and in_denominator(plan, each) and own_key(plan, each) == key
    ]


def among_of(view: LabelledDomain, key: Key, starts: Sequence[datetime], found: Annotated, estimate: TwoPhase) -> Among:
    """Return the denominator of a rate in some windows: counted where cells tell, else weighted by the capture alone."""
    cells = [placed for placed in view.cells(key, starts) if placed.denominator is not False]
    place_of = {start: number for number, start in enumerate(starts)}
    windows = np.zeros(len(starts))
    if all(placed.denominator and placed.key is not None for placed in cells):
        for placed in cells:
            windows[place_of[placed.cell.window]] += placed.cell.population
        return Among(total=float(windows.sum()), windows=windows)
    events = [view.order.events[at] for at in denominator(view, key, starts)]
    p = np.array([each.probability for each in events], dtype=np.float64)
    for each in events:
        windows[place_of[each.window]] += 1 / each.probability
    labelled = [view.order.events[at] for at in view.labelled_numbers(key, starts)]
    mine = np.array([each.probability for each in labelled], dtype=np.float64)
    covariance = float(np.sum(estimate.weights * found.y * (1 - mine) / mine))
    unit = units_of([*labelled, *events])
    if unit is not None:
        # By polarisation: what both sums vary together is what their sum varies beyond what each does.
        both, all_p, size = np.concatenate([estimate.weights * found.y, 1 / p]), np.concatenate([mine, p]), len(mine)
        alone, other = both.copy(), both.copy()
        alone[size:], other[:size] = 0.0, 0.0
        together, *parts = (log_variance(each * all_p, all_p, unit) for each in (both, alone, other))
        covariance = (together - sum(parts)) / 2
    return Among(
        total=float(np.sum(1 / p)),
        variance=log_variance(np.ones(len(p)), p, units_of(events)),
        covariance=covariance,
        windows=windows,
    )
