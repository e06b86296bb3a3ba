"""Domains: which cells, windows and sampled events a figure is about.

Everything that the estimate does later is arithmetic on what is gathered here: for each cell whether its events belong
(known, unknown, not), its key and the inclusion probability that its events have; for each sampled event its place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import TypeAlias

from remiss.catalog.query.expression import Term
from remiss.errors import FigureRefused
from remiss.records.event import Scalar, Values
from remiss.records.identity import canonical
from remiss.records.run import ALL, CONTROL, UNDECIDED, Cell, Group
from remiss.records.window import Window
from remiss.understand.estimators import Hidden
from remiss.understand.frames import constants_of
from remiss.understand.periods import PERIODS, period_within
from remiss.understand.question import QuestionPlan, Rules
from remiss.understand.sampling_facts import Frame, Sampled
from remiss.understand.scope import CRITERION, Constants, Facts, Truth, conjunction, holds

Key: TypeAlias = tuple[str, Scalar]
NO_KEY: Key = ("", None)
MODEL_VERSION = "model_version"
NOTHING: Mapping[Term, bool] = MappingProxyType({})
# A breakdown by a field has at most so many rows. Each has an interval of its own, which takes a server milliseconds, of what
# people confirmed some ten; nobody reads thousands, and of the few events that each then has no interval says anything.
MOST_VALUES = 300
# What is no field: there are as many as there are rules, versions, or windows.
UNBOUNDED = frozenset({*PERIODS, CRITERION, MODEL_VERSION, "mode", "severity"})


def key_of(value: Scalar) -> Key:
    """Return a key that keeps true, 1 and "1" apart."""
    return (type(value).__name__, value)


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainCell:
    """A cell as a plan sees it; `numerator` and `denominator` are True, False or None (unknown).

    `unjudged` is how many of its events could not be judged on what the plan names, of which `ruled_out` cannot be in the
    numerator whatever their label; and `among` what the denominator's query alone says. `key` is None where the cell's events may
    differ in it. `probability` is what each of its events had to be sampled.
    """

    cell: Cell
    key: Key | None
    among: Truth
    unjudged: int
    ruled_out: int
    numerator: Truth
    denominator: Truth
    probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainCells:
    """All that a plan needs of a frame: windows in scope, their cells and, unless these answer it, their sampled events.

    `whole` is whether exact counts answer the question: no cell in scope is unknown in any way. It does not need the sampled
    events then: there may be a million of them. `partial` has the window in which the log begins, where it begins within one,
    with its first event.
    """

    plan: QuestionPlan
    width: timedelta
    windows: tuple[datetime, ...]
    provisional: frozenset[datetime]
    cells: tuple[DomainCell, ...]
    whole: bool
    sampled: tuple[Sampled, ...] = ()
    left_out: Mapping[datetime, int] = field(default_factory=dict)
    partial: Mapping[datetime, datetime] = field(default_factory=dict)

    def holding(self, sampled: Iterable[Sampled]) -> DomainCells:
        """Return this with those of some sampled events that are in its windows."""
        in_scope = frozenset(self.windows)
        return replace(self, sampled=tuple(event for event in sampled if event.window in in_scope))


@dataclass(frozen=True, slots=True, kw_only=True)
class Census:
    """What is exactly known of a frame: its rules, and groups and cells of the runs in force."""

    frame: Frame
    rules: Rules
    groups: Sequence[Group]
    cells: Sequence[Cell]
    # A question about each criterion asks for the same cells.
    known_probabilities: list[float] = field(default_factory=list, init=False, compare=False, repr=False)

    def probabilities(self) -> Sequence[float]:
        """Return the inclusion probability of the events of each cell."""
        if not self.known_probabilities:
            thresholds = {(each.window, stratum_key(each.stratum), each.criterion): each.threshold for each in self.groups}
            self.known_probabilities.extend(cell_probability(cell, thresholds) for cell in self.cells)
        return self.known_probabilities


def windows_in_scope(plan: QuestionPlan, census: Census) -> tuple[datetime, ...]:
    """Return the starts of the windows in force that the plan's query, or a rate's denominator, reaches; oldest first."""
    reach = plan.question.query if plan.among is None else plan.among
    constants = constants_of(census.frame, census.rules)
    return tuple(
        sorted(
            one.window
            for one in census.frame.windows
            if holds(reach, Facts(window=Window(one.window, census.rules.width), constants=constants)) is not False
        )
    )


def build_domain(plan: QuestionPlan, census: Census) -> DomainCells:
    """Return the windows in scope with their cells placed, which says whether these answer the plan; without sampled events."""
    frame, rules = census.frame, census.rules
    constants = constants_of(frame, rules)
    windows = windows_in_scope(plan, census)
    in_scope = frozenset(windows)
    cells = tuple(
        domain_cell_of(plan, rules, cell, constants, probability)
        for cell, probability in zip(census.cells, census.probabilities(), strict=True)
        if cell.window in in_scope and cell.population
    )
    return DomainCells(
        plan=plan,
        width=rules.width,
        windows=windows,
        provisional=frozenset(one.window for one in frame.windows if one.provisional) & in_scope,
        left_out={one.window: one.left_out for one in frame.windows if one.left_out and one.window in in_scope},
        cells=cells,
        whole=all(
            None not in (placed.key, placed.numerator, placed.denominator)
            for placed in cells
            if placed.among is not False and placed.denominator is not False
        ),
    )


def domain_cell_of(
    plan: QuestionPlan,
    rules: Rules,
    cell: Cell,
    constants: Constants,
    probability: float,
    fulfilled: Mapping[Term, bool] = NOTHING,
) -> DomainCell:
    """Return what a plan makes of one cell; `fulfilled` says which comparisons its events fulfil, where each was looked up."""
    facts = Facts(
        window=Window(cell.window, rules.width),
        shared=shared_of(cell),
        met=frozenset(cell.met),
        constants=constants,
        fulfilled=fulfilled,
    )
    unjudged = unjudged_in(plan, cell)
    judged: Truth = {0: True, cell.population: False}.get(unjudged)
    among = True if plan.among is None else holds(plan.among, facts)
    matches = holds(plan.question.query, facts)
    if plan.question.rate:
        risk: Truth = plan.risk not in cell.outside
        if plan.risk in rules.bounded and plan.risk not in cell.met:
            risk = None
        denominator = conjunction([among, judged, risk])
        numerator = conjunction([matches, denominator])
    else:
        numerator, denominator = matches, True
    return DomainCell(
        cell=cell,
        key=cell_key(plan.question.by, cell, rules),
        among=among,
        unjudged=unjudged,
        ruled_out=0 if matches is not False else sum(cell.ruled_out.get(name, 0) for name in only_named(plan)),
        numerator=numerator,
        denominator=denominator,
        probability=probability,
    )


def unjudged_in(plan: QuestionPlan, cell: Cell) -> int:
    """Return how many events of a cell are undecided on a criterion that the plan names, or lack a label that it reads."""
    if set(plan.named) & set(cell.undecided):
        return cell.population
    return cell.population - cell.labelled if plan.needs_label else 0


def only_named(plan: QuestionPlan) -> tuple[str, ...]:
    """Return the one criterion that a plan names, on which alone an unjudged event of it hangs; nothing of several."""
    return plan.named if len(plan.named) == 1 and not plan.needs_label else ()


def cell_key(by: str | None, cell: Cell, rules: Rules) -> Key | None:
    """Return the key that all events of a cell share, or None where they may differ."""
    if by is None:
        return NO_KEY
    if by in PERIODS:
        period = period_within(by, Window(cell.window, rules.width))
        return None if period is None else key_of(period)
    shared = shared_of(cell)
    return key_of(shared[by]) if by in shared else None


def shared_of(cell: Cell) -> Values:
    """Return the fields that all events of a cell have the same value of: its stratum, and the model version if that is told."""
    return cell.stratum if cell.version is None else {**cell.stratum, MODEL_VERSION: cell.version.name}


def cell_probability(cell: Cell, thresholds: Mapping[tuple[datetime, bytes, str], float]) -> float:
    """Return the inclusion probability of each event of a cell: the greatest threshold of the groups that it is in."""
    named = cell.met or ((UNDECIDED,) if cell.undecided else (CONTROL,))
    stratum = stratum_key(cell.stratum)
    found = [thresholds.get((cell.window, stratum, name)) for name in named]
    found.append(thresholds.get((cell.window, stratum_key({}), ALL)))
    return max((tau for tau in found if tau is not None), default=1.0)


def stratum_key(stratum: Values) -> bytes:
    """Return a stratum as something to look up by."""
    return canonical(stratum)


def hidden_numerator(cells: Sequence[DomainCell]) -> Hidden:
    """Return what could match and not have been sampled."""
    return hidden(placed for placed in cells if placed.numerator is not False)


def hidden_rest(cells: Sequence[DomainCell]) -> Hidden:
    """Return what could be in the denominator alone and not have been sampled."""
    return hidden(placed for placed in cells if placed.denominator is not False and placed.numerator is not True)


def hidden(cells: Iterable[DomainCell]) -> Hidden:
    """Return how many events of these cells could be missing from the sample, and the least chance that one had."""
    found = [placed for placed in cells if placed.probability < 1]
    return Hidden(
        population=sum(placed.cell.population for placed in found),
        least_probability=min((placed.probability for placed in found), default=1.0),
    )


def check_breadth(by: str | None, keys: Iterable[Key | None]) -> None:
    """Refuse a breakdown by a field of too many values, and say how to ask for less.

    Parameters
    ----------
    keys : the key of each row, or of each of its events

    Raises
    ------
    FigureRefused
    """
    found = set() if by is None or by in UNBOUNDED else {*keys}
    if len(found) <= MOST_VALUES:
        return
    numbers = all(each is None or each[1] is None or each[0] in {"int", "float"} for each in found)
    advice = (
        f"ask for a range of them in the query, such as {by}:FROM..TO, have them cut into bins by chart heatmap,"
        if numbers
        else f"ask for some of them in the query, such as {by}:A*,"
    )
    raise FigureRefused(
        f"{by} has {len(found):,} values among these events, and a breakdown by a field has at most {MOST_VALUES:,}",
        do=f"{advice} or break down by a field of fewer values",
        field="by",
    )


def in_order(keys: Iterable[Key]) -> list[Key]:
    """Return keys sorted by type and value, null last."""
    return sorted(keys, key=lambda key: (key[1] is None, key))
