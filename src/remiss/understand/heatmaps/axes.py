"""Axes of a heatmap: into which values a field, the rules or the time are cut, and what each asks of events.

Each value is a query, so that a cell is one too: whoever doubts a figure asks `estimate` by it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from remiss.catalog.query.expression import And, Level, Not, Operator, Query, Term, either
from remiss.catalog.query.fields import within
from remiss.catalog.query.printing import scalar_text, value_in_words
from remiss.errors import QueryError
from remiss.protocol.terms import Criterion, Protocol
from remiss.records.event import NONE_OF, NOT_KNOWN, Scalar
from remiss.understand.domain import DomainCells, cell_key
from remiss.understand.periods import PERIODS, bounds
from remiss.understand.question import OF_CONFIRMED, Rules
from remiss.understand.sampling_facts import SampledColumns
from remiss.understand.scope import CRITERION
from remiss.understand.slices.predicates import nameable, predicates_of
from remiss.understand.variance import Flags, Indices

# What is said of a rule that suggests no mode.
NO_MODE = "no mode suggested"
RULES: Mapping[str, Callable[[Criterion], Scalar]] = {
    CRITERION: lambda each: each.name,
    "mode": lambda each: each.mode,
    "severity": lambda each: each.severity,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AxisValue:
    """One row or column: what it is called, what its events match, and of which criteria it is where it is of rules."""

    label: str
    query: Query
    criteria: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartAxis:
    """Rows or columns.

    `codes` has the number of the value of each sampled event, -1 where it has none of these; None of rules, which an event meets
    several of, and where exact counts tell.
    """

    by: str
    values: tuple[AxisValue, ...]
    left_out: int = 0
    codes: Indices | None = None


def of_rules(by: str) -> bool:
    """Return whether an axis is of the rules: the criteria, or what they suggest."""
    return by in RULES


def rule_axis(by: str, document: Protocol, most: int) -> ChartAxis:
    """Return the criteria of a protocol as an axis: each, or those together that suggest the same mode or severity.

    Modes and criteria are in the order of the protocol, severities from critical to minor.
    """
    found: dict[Scalar, list[str]] = {}
    for each in document.criteria:
        found.setdefault(RULES[by](each), []).append(each.name)
    keys = sorted(found, key=lambda key: (key is None, key if by == "severity" else 0))
    values = [
        AxisValue(
            label=NO_MODE if key is None else str(key),
            query=either(*(Term(CRITERION, Operator.EQUAL, name, Level.CRITERION) for name in found[key])),
            criteria=tuple(found[key]),
        )
        for key in keys
    ]
    return ChartAxis(by=by, values=tuple(values[:most]), left_out=len(values[most:]))


def cell_axis(by: str, domain: DomainCells, rules: Rules, most: int) -> ChartAxis | None:
    """Return a field or a period as an axis by what exact counts tell of it; None where they do not."""
    common: dict[Scalar, int] = {}
    for placed in domain.cells:
        if placed.among is False:
            continue
        key = cell_key(by, placed.cell, rules)
        if key is None:
            return None
        common[key[1]] = common.get(key[1], 0) + placed.cell.population
    chosen = _latest(common, most) if by in PERIODS else sorted(common, key=lambda key: -common[key])[:most]
    values = tuple(_value(by, key, rules.width) for key in sorted(chosen, key=_by_name))
    return ChartAxis(by=by, values=values, left_out=len(common) - len(values))


def sampled_axis(by: str, columns: SampledColumns, asked: Flags, width: timedelta, *, bins: int, most: int) -> ChartAxis:
    """Return a field or a period as an axis by what the sampled events have: categories, or bins of numbers.

    Parameters
    ----------
    asked : which events a figure is about: values of others have no place
    """
    column = next(each for each in columns.fields if each.name == by)
    weights = 1 / columns.probability
    if by in PERIODS:
        codes, those = column.codes, [_value(by, key, width) for key in column.values]
    else:
        field = predicates_of(column, columns.uniform, weights, bins=bins)
        codes, those = field.codes - 1, [AxisValue(label=label_of(each, by), query=each) for each in field.predicates]
    common = np.bincount(codes[asked & (codes >= 0)], weights=weights[asked & (codes >= 0)], minlength=len(those))
    there = [at for at in range(len(those)) if common[at] > 0]
    if by in PERIODS:
        order = sorted(there, key=lambda at: those[at].label)
        kept = order[-most:]
    else:
        kept = sorted(there, key=lambda at: -common[at])[:most]
        kept.sort(key=lambda at: _place(those[at].query, at))
    number = np.full(len(those) + 1, -1, dtype=np.intp)
    number[kept] = np.arange(len(kept))
    # Values beyond the commonest have no predicate of their own; what was erased is no value.
    unnamed = [column.values[at] for at in np.unique(column.codes[asked & (codes < 0)]).tolist()]
    left_out = len(there) - len(kept) + sum(nameable(each) for each in unnamed)
    return ChartAxis(by=by, values=tuple(those[at] for at in kept), left_out=left_out, codes=number[codes])


def check_axes(rows: str, columns: str) -> None:
    """Refuse axes that cannot stand beside each other.

    Raises
    ------
    QueryError
    """
    if rows == columns:
        raise QueryError(f"rows and columns are both {rows[:80]}", do="choose two things, for example criterion and month")
    if rows in PERIODS and columns in PERIODS:
        raise QueryError("rows and columns are both of time", do="choose one period, and a field or the rules beside it")
    if CRITERION in {rows, columns} and {rows, columns} & OF_CONFIRMED:
        raise QueryError("criteria stand beside what they suggest themselves", do="choose the rules on one axis alone")


def label_of(query: Query, by: str) -> str:
    """Return what a value is called on the axis of its field.

    >>> from remiss.catalog.query.parsing import parse
    >>> [label_of(parse(each), "inputs.d") for each in ("inputs.d:>=2 inputs.d:<5", "inputs.d:<2", "-has:inputs.d", "inputs.d:5")]
    ['2 to under 5', 'under 2', 'not known', '5']
    """
    match query:
        case Not():
            return NONE_OF.get(by, NOT_KNOWN)
        case And((Term(value=low), Term(value=high))):
            return f"{_bound(low)} to under {_bound(high)}"
        case Term(operator=Operator.AT_LEAST, value=low):
            return f"{_bound(low)} and over"
        case Term(operator=Operator.LESS, value=high):
            return f"under {_bound(high)}"
        case Term(value=value):
            return value_in_words(value)
    raise ValueError(f"no value of a field is asked for by {query}")


def _bound(value: Scalar) -> str:
    """Return where a bin begins or ends, in as many digits as people read; the query has them all."""
    return f"{value:.6g}" if isinstance(value, float) else scalar_text(value)


def _value(by: str, key: Scalar, width: timedelta) -> AxisValue:
    if by in PERIODS:
        return AxisValue(label=str(key).removesuffix("T00:00:00Z"), query=within(*bounds(by, str(key), width)))
    present = Not(Term(by, Operator.PRESENT, None, Level.EVENT))
    query = present if key is None else Term(by, Operator.EQUAL, key, Level.EVENT)
    return AxisValue(label=label_of(query, by), query=query)


def _latest(keys: Iterable[Scalar], most: int) -> Sequence[Scalar]:
    return sorted(keys, key=str)[-most:]


def _by_name(key: Scalar) -> tuple[bool, bool, float, str]:
    """Return what values are sorted by: numbers by their size, others by name, and what is not known last."""
    number = isinstance(key, int | float) and not isinstance(key, bool)
    return key is None, not number, float(str(key)) if number else 0.0, str(key)


def _place(query: Query, at: int) -> tuple[bool, bool, float, str]:
    """Return the same of the query of a value; bins are in their order."""
    if isinstance(query, Not):
        return _by_name(None)
    return _by_name(query.value if isinstance(query, Term) and query.operator is Operator.EQUAL else at)
