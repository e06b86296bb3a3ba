"""Predicates of slices: what of a field a slice may ask for, and which sampled events fulfil it.

A category asks for a value, a number for a bin between quantiles of the uniform sample; that a field has no value is asked for
like any other. A predicate is a query, so that whatever takes a query takes a slice.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from remiss.catalog.query.expression import Level, Not, Operator, Query, Term, both
from remiss.records.event import Scalar
from remiss.understand.sampling_facts import FieldColumn
from remiss.understand.variance import Flags, Indices, Numbers

# A field with more values than this is no set of categories to choose from; the commonest are asked for by themselves.
MOST_VALUES = 50
# Numbers with so few values are categories: how often a connection was missed, a month, a grade.
FEW_VALUES = 8
BINS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceField:
    """A field by its predicates: `codes` has the number of the one that holds of each event, from 1 on; 0 where none does.

    `predicates` are queries, the first of number 1.
    """

    name: str
    predicates: tuple[Query, ...]
    codes: Indices

    @property
    def size(self) -> int:
        """How many codes there are, with that of no predicate."""
        return len(self.predicates) + 1


def slice_field(column: FieldColumn, uniform: Flags, weights: Numbers, *, bins: int = BINS) -> SliceField | None:
    """Return a field by its predicates; None where fewer than two hold of any event.

    Parameters
    ----------
    uniform : which events are of the uniform sample of their window: quantiles are theirs
    weights : of each event, in events of the log: the commonest values are so there
    bins : into how many equally common bins numbers are cut

    >>> hours = FieldColumn("inputs.hour", [6, 9, None], np.array([0, 1, 2, 1]))
    >>> field = slice_field(hours, np.ones(4, dtype=bool), np.ones(4))
    >>> len(field.predicates), field.codes.tolist()
    (3, [2, 1, 3, 1])
    """
    coded = predicates_of(column, uniform, weights, bins=bins)
    return None if len(coded.predicates) < 2 else coded


def predicates_of(column: FieldColumn, uniform: Flags, weights: Numbers, *, bins: int = BINS) -> SliceField:
    """Return a field by its predicates likewise, however few they are."""
    known = [value for value in column.values if value is not None and nameable(value)]
    numbers = bool(known) and all(_is_number(value) for value in known)
    if numbers and len({float(str(value)) for value in known}) > FEW_VALUES:
        return _binned(column, uniform, bins)
    return _by_value(column, weights)


def _is_number(value: Scalar) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _term(name: str, operator: Operator, value: Scalar) -> Term:
    return Term(name, operator, value, Level.EVENT)


def _missing(name: str) -> Query:
    return Not(_term(name, Operator.PRESENT, None))


def _by_value(column: FieldColumn, weights: Numbers) -> SliceField:
    common = np.bincount(column.codes, weights=weights, minlength=len(column.values))
    there = [at for at in np.argsort(-common, kind="stable").tolist() if common[at] > 0 and nameable(column.values[at])]
    number = np.zeros(len(column.values), dtype=np.intp)
    found: list[Query] = []
    for at in there[:MOST_VALUES]:
        value = column.values[at]
        found.append(_missing(column.name) if value is None else _term(column.name, Operator.EQUAL, value))
        number[at] = len(found)
    return SliceField(name=column.name, predicates=tuple(found), codes=number[column.codes])


def nameable(value: Scalar) -> bool:
    """Return whether a value can be asked for by a predicate; what was erased cannot."""
    # What no number can be compared with names no set of events.
    return not (isinstance(value, float) and not math.isfinite(value))


def _binned(column: FieldColumn, uniform: Flags, bins: int) -> SliceField:
    numbers = np.array([math.nan if value is None else float(str(value)) for value in column.values])
    mine = numbers[column.codes[uniform]]
    mine = mine[~np.isnan(mine)]
    least = float(np.nanmin(numbers))
    cuts = [_as_written(column, cut) for cut in quantile_edges(mine, bins)]
    edges = [cut for cut in dict.fromkeys(cuts) if cut > least]
    of_value = np.searchsorted(np.array(edges, dtype=float), numbers, side="right") + 1
    missing = np.array([value is None for value in column.values])
    # What was erased is in no bin.
    of_value[np.isnan(numbers)] = 0
    of_value[missing] = len(edges) + 2
    predicates: list[Query] = [_between(column.name, low, high) for low, high in zip([None, *edges], [*edges, None], strict=True)]
    if missing[column.codes].any():
        predicates.append(_missing(column.name))
    if len(predicates) < 2:
        return SliceField(name=column.name, predicates=(), codes=np.zeros(len(column.codes), dtype=np.intp))
    return SliceField(name=column.name, predicates=tuple(predicates), codes=of_value[column.codes].astype(np.intp))


def _as_written(column: FieldColumn, cut: float) -> float | int:
    """Return where a bin ends as a value of that field: a whole number where all are."""
    return int(cut) if all(value is None or isinstance(value, int) for value in column.values) else cut


def quantile_edges(values: Numbers, bins: int) -> list[float]:
    """Return where bins begin that are about equally common, each at a value that is there; none below the second.

    >>> quantile_edges(np.array([4.0, 1.0, 2.0, 3.0]), 2)
    [3.0]
    """
    ordered = np.sort(values)
    if not len(ordered):
        return []
    places = [len(ordered) * part // bins for part in range(1, bins)]
    return sorted({float(ordered[at]) for at in places} - {float(ordered[0])})


def _between(name: str, low: float | None, high: float | None) -> Query:
    parts = [] if low is None else [_term(name, Operator.AT_LEAST, low)]
    parts += [] if high is None else [_term(name, Operator.LESS, high)]
    return both(*parts)
