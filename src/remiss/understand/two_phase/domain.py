"""The domain of a confirmed figure: which events and cells may be in it, among what, and which windows people have begun with.

What its rows share is gathered once: a breakdown may have hundreds, and none looks at what is another's.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

import numpy as np

from remiss.records.event import Scalar
from remiss.records.labelling import Verdict
from remiss.understand.domain import NO_KEY, DomainCell, DomainCells, Key, hidden_numerator, hidden_rest, in_order, key_of
from remiss.understand.estimators import HiddenParts, IntervalEstimate, Weighted, weighted_rate, weighted_total
from remiss.understand.question import QuestionPlan
from remiss.understand.sample_arrays import units_of
from remiss.understand.sampling_facts import BlindedEvent, Judged
from remiss.understand.two_phase.design import LEAST_VERIFIED, TwoPhase
from remiss.understand.two_phase.estimators import Among, Open
from remiss.understand.two_phase.labelled_events import Annotated
from remiss.understand.two_phase.labelling_order import LabellingOrder, covered
from remiss.understand.two_phase.unflagged import UnflaggedCells, unflagged_cells
from remiss.understand.variance import Numbers, log_variance

MODE = "mode"


# Without slots: what the rows of a breakdown share is gathered once and kept with it.
@dataclass(frozen=True, kw_only=True)
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
        # Where no cell is of one key alone all rows ask for the same.
        named = key if key in self._cells_by_key else None, tuple(starts)
        if named not in self._known_cells:
            within = frozenset(starts)
            those = self._cells_by_key.get(named[0], ())
            self._known_cells[named] = tuple(each for each in those if each.cell.window in within)
        return self._known_cells[named]

    @cached_property
    def _known_cells(self) -> dict[tuple[Key | None, tuple[datetime, ...]], tuple[DomainCell, ...]]:
        return {}

    @cached_property
    def _cells_by_key(self) -> Mapping[Key | None, Sequence[DomainCell]]:
        """The cells whose events may be of each key that some cell is of, in their order; under None those that may be of any."""
        keys = {each.key for each in self.field.cells if each.key is not None}
        found: dict[Key | None, list[DomainCell]] = {key: [] for key in (None, *keys)}
        for each in self.field.cells:
            for key in found if each.key is None else (each.key,):
                found[key].append(each)
        return found

    def holds(self, event: Judged) -> bool:
        """Return whether an event is one that the question is about."""
        return event.inside and (self.criterion is None or self.criterion in event.met)

    def numbers(self, key: Key, starts: Sequence[datetime]) -> list[int]:
        """Return the numbers of the events in the domain of a key, whether they were labelled or not."""
        return self._within(self.numbers_by_key, key, starts)

    def among(self, key: Key, starts: Sequence[datetime]) -> list[int]:
        """Return the numbers of the sampled events that are in the denominator of a key's rate."""
        return self._within(self._among_by_key, key, starts)

    def _within(self, numbers: Mapping[Key, Sequence[int]], key: Key, starts: Sequence[datetime]) -> list[int]:
        within, events = frozenset(starts), self.order.events
        return [at for at in numbers.get(key, ()) if events[at].window in within]

    @cached_property
    def numbers_by_key(self) -> Mapping[Key, Sequence[int]]:
        """The numbers of the events that would be in the figure of each key if people found them such."""
        plan = self.field.plan
        return self._by_key(lambda each: self.holds(each) and (not plan.question.rate or in_denominator(plan, each)))

    @cached_property
    def _among_by_key(self) -> Mapping[Key, Sequence[int]]:
        return self._by_key(lambda each: in_denominator(self.field.plan, each))

    def _by_key(self, asked: Callable[[Judged], bool]) -> Mapping[Key, Sequence[int]]:
        found: dict[Key, list[int]] = {}
        for at, each in enumerate(self.order.events):
            if asked(each):
                found.setdefault(own_key(self.field.plan, each), []).append(at)
        return found

    @cached_property
    def windows_by_key(self) -> Mapping[Key, frozenset[datetime]]:
        """In which windows an event of each key was seen."""
        found: dict[Key, set[datetime]] = {}
        for each in self.order.events:
            if each.of or self.holds(each):
                found.setdefault(own_key(self.field.plan, each), set()).add(each.window)
        return {key: frozenset(windows) for key, windows in found.items()}

    def annotating(self, placed: DomainCell) -> float:
        """Return the least chance of an event of a cell of the field to be captured and annotated in turn."""
        # Each row asks it of all cells, which live as long as this does.
        if id(placed) not in self._known_chances:
            self._known_chances[id(placed)] = min(placed.probability, self.order.least(placed.cell))
        return self._known_chances[id(placed)]

    @cached_property
    def _known_chances(self) -> dict[int, float]:
        return {}

    @cached_property
    def unflagged(self) -> UnflaggedCells:
        """The cells of events that no criterion caught."""
        return unflagged_cells(self.field.cells, self.order, self.annotating)

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
    found = view.numbers_by_key
    return tuple(in_order(key for key in found if any(events[at].window in within for at in found[key])))


def whole(cells: Sequence[DomainCell]) -> bool:
    """Return whether all events of these cells are in the domain."""
    return all(placed.numerator and placed.key is not None for placed in cells)


def open_of(view: LabelledDomain, cells: Sequence[DomainCell]) -> Open:
    """Return what could be in a figure and was not found."""
    own, plan = [placed for placed in cells if placed.numerator is not False], view.order.labelling_plan
    shares = {True: plan.least_share, False: plan.cleared_share}
    least = min((view.annotating(placed) * shares[bool(placed.cell.met)] for placed in own), default=1.0)
    return Open(population=float(sum(placed.cell.population for placed in own)), least_probability=least)


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
    among = view.among(key, starts)
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


def among_of(view: LabelledDomain, key: Key, starts: Sequence[datetime], found: Annotated, estimate: TwoPhase) -> Among:
    """Return the denominator of a rate in some windows: counted where cells tell, else weighted by the capture alone."""
    cells = [placed for placed in view.cells(key, starts) if placed.denominator is not False]
    place_of = {start: number for number, start in enumerate(starts)}
    windows = np.zeros(len(starts))
    if all(placed.denominator and placed.key is not None for placed in cells):
        for placed in cells:
            windows[place_of[placed.cell.window]] += placed.cell.population
        return Among(total=float(windows.sum()), windows=windows)
    events = [view.order.events[at] for at in view.among(key, starts)]
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
