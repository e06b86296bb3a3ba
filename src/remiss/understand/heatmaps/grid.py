"""The grid of a heatmap: its rows and columns, and of each rule, or set of rules, the question that its cells share.

Exact counts answer where they tell rows and columns apart; else the sampled events are read, once for all cells.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from typing import TypeAlias

import numpy as np

from remiss.catalog.query.expression import Level, Operator, Query, Term, both, either
from remiss.catalog.query.printing import unparse
from remiss.records.estimate import COUNTED, SAMPLE, EstimateRow
from remiss.understand.domain import Census, DomainCells, build_domain
from remiss.understand.heatmaps.axes import RULES, AxisValue, ChartAxis, cell_axis, of_rules, rule_axis, sampled_axis
from remiss.understand.heatmaps.cells import CellDomain, CellSample, HeatFigure, HeatQuestion, compared
from remiss.understand.periods import PERIODS
from remiss.understand.pipeline import FrameFacts, check_visible, refuse_post_selection
from remiss.understand.ports import UnderstandWorkspace
from remiss.understand.question import Question, QuestionPlan, Rules, check_field, settle
from remiss.understand.sampling_facts import SampledColumns
from remiss.understand.scope import CRITERION, event_part, without_time

# The criteria of which an event has to meet one; None of no axis of rules.
RuleSet: TypeAlias = tuple[str, ...] | None
# Nothing is asked of events that are to meet one of no criteria.
NO_RULE = HeatFigure(row=EstimateRow(value=None, method=COUNTED), support=0, empty=True)


@dataclass(frozen=True, kw_only=True)
class Grid:
    """Rows and columns with the questions of their cells."""

    rows: ChartAxis
    columns: ChartAxis
    question: Question
    asked: dict[RuleSet, HeatQuestion]

    @cached_property
    def pairs(self) -> Sequence[tuple[AxisValue, AxisValue]]:
        """Row and column of each cell, row after row."""
        return [*product(self.rows.values, self.columns.values)]

    def query_of(self, row: AxisValue, column: AxisValue) -> str:
        """Return what the events of a cell match."""
        return unparse(both(self.question.query, row.query, column.query))

    def exact(self) -> bool:
        """Return whether exact counts answer every cell, and what the windows before say of it."""
        lasting = [axis.by not in PERIODS for axis in (self.rows, self.columns)]
        for pair in self.pairs:
            met = rules_of_pair(*pair)
            if met == ():
                continue
            asked = self.asked[met]
            timeless = [value for value, lasts in zip(pair, lasting, strict=True) if lasts]
            if not asked.cells.of(pair).whole or not (asked.past is None or asked.past.of(timeless).whole):
                return False
        return True

    def figures(self, *, named: bool) -> Sequence[HeatFigure]:
        """Return the figure of each cell, row after row; `named` says that the variance was."""
        found = [*self._figures(of_log=False)]
        return found if named else compared(found, lambda: [*self._figures(of_log=True)])

    def _figures(self, *, of_log: bool) -> Iterator[HeatFigure]:
        axes = (self.rows, self.columns)
        for at, pair in enumerate(self.pairs):
            met = rules_of_pair(*pair)
            places = divmod(at, len(self.columns.values))
            values = [
                (value, None if axis.codes is None else place, axis.by in PERIODS)
                for axis, value, place in zip(axes, pair, places, strict=True)
            ]
            yield NO_RULE if met == () else self.asked[met].figure(values, of_log=of_log)


def rules_of_pair(row: AxisValue, column: AxisValue) -> RuleSet:
    """Return the criteria of a cell: those of its row and its column where both are of rules, of which there may be none."""
    if row.criteria is None or column.criteria is None:
        return row.criteria or column.criteria
    return tuple(name for name in row.criteria if name in column.criteria)


@dataclass(frozen=True, kw_only=True)
class GridQuestions:
    """What a grid asks, before anything is counted: of each set of rules the domain of its question, and of all times, if any."""

    facts: FrameFacts
    question: Question
    domains: dict[RuleSet, DomainCells]
    pasts: dict[RuleSet, DomainCells | None]

    @property
    def first(self) -> RuleSet:
        """A set of rules that stands for all where they do not matter."""
        return next(iter(self.domains))

    def grid(self, own: Sequence[ChartAxis], samples: Mapping[RuleSet, tuple[CellSample, CellSample | None]]) -> Grid:
        """Return the grid with these rows and columns; without samples it has exact counts alone."""
        census, asked = self.facts.census, {}
        for met, domain in self.domains.items():
            past = self.pasts[met]
            sample, before = samples.get(met, (None, None))
            asked[met] = HeatQuestion(
                cells=CellDomain(domain, census),
                sample=sample,
                past=None if past is None else CellDomain(past, census),
                past_sample=before,
                counts=self.facts.count,
            )
        return Grid(rows=own[0], columns=own[1], question=self.question, asked=asked)

    def samples(
        self, columns: SampledColumns, earlier: SampledColumns, own: Sequence[ChartAxis]
    ) -> dict[RuleSet, tuple[CellSample, CellSample | None]]:
        """Return the sampled events of each set of rules by row and column, and those of all times."""
        lasting, found = [axis for axis in own if axis.by not in PERIODS], {}
        for met, domain in self.domains.items():
            past, names = self.pasts[met], None if met is None else frozenset(met)
            before = None if past is None else CellSample(earlier, past, lasting, names)
            found[met] = CellSample(columns, domain, own, names), before
        return found


def grid_of(
    ws: UnderstandWorkspace,
    facts: FrameFacts,
    question: Question,
    names: tuple[str, str],
    *,
    bins: int,
    most: int,
    position: int,
) -> Grid:
    """Return the grid of a question.

    Parameters
    ----------
    names : of rows and columns
    bins : into how many equally common bins numbers are cut
    most : at most so many rows and columns

    Raises
    ------
    QueryError : what cannot be asked, or not by these
    FigureRefused : some events are above the clearance, or a criterion was chosen on them
    """
    rules = facts.census.rules
    fields = [name for name in names if not of_rules(name)]
    for name in fields:
        if name not in PERIODS:
            check_field(name, rules, (*PERIODS, *RULES))
        settle(Question(query=both(), by=name), rules)
    axes: dict[str, ChartAxis] = {name: rule_axis(name, facts.document, most) for name in names if of_rules(name)}
    asks = questions_of(facts, question, [axes.get(name) for name in names])
    first = asks.domains[asks.first]
    counted = {name: cell_axis(name, first, rules, most) for name in fields}
    known = axes | {name: axis for name, axis in counted.items() if axis is not None}
    if len(known) == len(names):
        grid = asks.grid([known[name] for name in names], {})
        if grid.exact():
            return grid
    for domain in asks.domains.values():
        check_visible(domain, facts.census.frame)
        if domain.windows:
            refuse_post_selection(ws, facts, domain.plan, domain)
    columns = earlier = read_columns(ws, first.plan, question.query, fields, facts, position)
    past = asks.pasts[asks.first]
    if past is not None and (timeless := without_time(question.query)) is not None and timeless != question.query:
        earlier = read_columns(ws, past.plan, timeless, [], facts, position)
    within = np.array([start in frozenset(first.windows) for start in columns.windows], dtype=bool)[columns.window]
    asked_of = within & (columns.of | columns.inside)
    axes |= {name: sampled_axis(name, columns, asked_of, rules.width, bins=bins, most=most) for name in fields}
    own = [axes[name] for name in names]
    return asks.grid(own, asks.samples(columns, earlier, own))


def questions_of(facts: FrameFacts, question: Question, axes: Sequence[ChartAxis | None]) -> GridQuestions:
    """Return what is asked of each set of rules that rows and columns have together; None is an axis of no rules.

    Raises
    ------
    QueryError : what cannot be asked
    """
    census = facts.census
    blank = [AxisValue(label="", query=both())]
    sets = {rules_of_pair(*pair) for pair in product(*(blank if axis is None else axis.values for axis in axes))} - {()}
    plans = {met: settle(question_of(question, met), census.rules) for met in sorted(sets, key=str)}
    return GridQuestions(
        facts=facts,
        question=question,
        domains={met: build_domain(plan, census) for met, plan in plans.items()},
        pasts={met: None if question.variance == SAMPLE else past_of(plan, census, census.rules) for met, plan in plans.items()},
    )


def read_columns(
    ws: UnderstandWorkspace, plan: QuestionPlan, query: Query, fields: Sequence[str], facts: FrameFacts, position: int
) -> SampledColumns:
    """Return the sampled events marked by a query that names no rules of the axes, and by the denominator of a plan."""
    marked = replace(plan, question=replace(plan.question, query=query))
    return ws.evidence.sampled_columns(facts.census.frame, marked, fields, position)


def question_of(question: Question, met: RuleSet) -> Question:
    """Return a question about events that met one of some criteria.

    A rate of several has no population at risk of its own: it is among all events that the question speaks of.
    """
    if met is None:
        return question
    rule = either(*(Term(CRITERION, Operator.EQUAL, name, Level.CRITERION) for name in met))
    of = event_part(question.query) if len(met) > 1 and question.rate and question.of is None else question.of
    return replace(question, query=both(rule, question.query), of=of)


def past_of(plan: QuestionPlan, census: Census, rules: Rules) -> DomainCells | None:
    """Return the same question without limits in time; None where they are tangled up in it."""
    question = plan.question
    query, of = without_time(question.query), None if question.of is None else without_time(question.of)
    if query is None or (question.of is not None and of is None):
        return None
    return build_domain(settle(replace(question, query=query, of=of), rules), census)
