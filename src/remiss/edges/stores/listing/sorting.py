"""In which order cases are listed, and what stands behind a line of a list.

What is blinded of a case sorts it as if it were not there: the order of a list tells no more than its lines do. That holds of all
orders by one rule, `BLINDED`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Float,
    Integer,
    Label,
    Select,
    and_,
    case,
    func,
    null,
    or_,
    select,
    tuple_,
    type_coerce,
)
from sqlalchemy.types import TypeEngine

from remiss.catalog.listing import GRADED, OPEN, SORTED_CHARACTERS, Order, Sort
from remiss.edges.stores.blinding import suggestions_blinded
from remiss.edges.stores.dialect.conditions import by_code_point, json_number, json_text, least_listed, number_in
from remiss.edges.stores.dialect.spelling import unindexed
from remiss.edges.stores.listing.pages import Matches
from remiss.edges.stores.prepared import Parameters, parameter
from remiss.edges.stores.querying.comparing import Condition
from remiss.edges.stores.querying.search import as_seen_at, seen_at
from remiss.edges.stores.tables import case_criteria, cases, event_contents, observations, revisions, run_windows
from remiss.records.states import Status

# Orders by what is blinded with the suggestions of a case.
BLINDED = frozenset({Order.SEVERITY, Order.MODE, Order.SUGGESTED_MODE, Order.CRITERIA})
# Where an order by a field finds its values; under a name of its own, so that conditions may look there for themselves.
FIELDS = event_contents.alias("sorted_by")
COLUMNS: dict[Order, ColumnElement[Any]] = {
    Order.SUGGESTED_MODE: cases.c.suggested_mode,
    Order.MODEL: cases.c.model,
    Order.MODEL_VERSION: cases.c.model_version,
    Order.SOURCE: cases.c.source_name,
    Order.CONFIDENCE: cases.c.confidence,
    Order.LATENCY: cases.c.latency_ms,
}
AS_IN_LIFE = {status.value: at for at, status in enumerate(Status)}


@dataclass(frozen=True, slots=True)
class SortColumn:
    """A value that a list is sorted by, as a driver gives it, and whether it descends."""

    of: ColumnElement[Any]
    descends: bool
    type: TypeEngine[Any]

    @property
    def directed(self) -> ColumnElement[Any]:
        """What a statement is ordered by."""
        return self.of.desc() if self.descends else self.of.asc()


@dataclass(frozen=True, slots=True)
class Sorted:
    """The values that a list is sorted by: those of its order, and at last what tells all cases apart."""

    own: Sequence[SortColumn]
    last: Sequence[SortColumn]

    @property
    def columns(self) -> Sequence[SortColumn]:
        return (*self.own, *self.last)


def sorted_by(sort: Sort, found: Matches) -> Sorted:
    """Return what a list of cases is sorted by; its own values are labelled, for a statement to have them as columns."""
    # Where the cases are named, no walk in the order of an index may be tempting.
    at, key = (unindexed(cases.c.occurred_at), unindexed(cases.c.key)) if found.collected else (cases.c.occurred_at, cases.c.key)
    own = [
        SortColumn(value.label(f"sort_{place}"), bool(place) and sort.descending, value.type)
        for place, value in enumerate(_own(sort, found))
    ]
    return Sorted(own, _last(sort, at, key))


def sorted_in(sort: Sort, of: Any) -> Sorted:
    """Return the same of a page that has these values as columns."""
    own = [SortColumn(of[f"sort_{at}"], bool(at) and sort.descending, of[f"sort_{at}"].type) for at in range(len(sort.kinds) - 2)]
    return Sorted(own, _last(sort, of.occurred_at, of.key))


def _last(sort: Sort, at: ColumnElement[Any], key: ColumnElement[int]) -> Sequence[SortColumn]:
    down = sort.descending or sort.order not in {Order.OCCURRED, Order.FILED}
    named = SortColumn(key, down, BigInteger())
    return (named,) if sort.order is Order.FILED else (SortColumn(at, down, BigInteger()), named)


def with_fields(statement: Select[Any], sort: Sort) -> Select[Any]:
    """Return a select of cases joined with the fields that they are sorted by, if they are."""
    return statement.outerjoin(FIELDS, FIELDS.c.event_key == cases.c.event_key) if sort.order is Order.FIELD else statement


def _own(sort: Sort, found: Matches) -> Sequence[ColumnElement[Any]]:
    """Return the values of an order: first whether there is none, for such cases are last either way."""
    if sort.order in {Order.OCCURRED, Order.FILED}:
        return ()
    if sort.order in OPEN:
        text, number = _open(sort, found)
        kind = case((text.is_(None), 2), (number.is_(None), 1), else_=0)
        return type_coerce(kind, Integer()), type_coerce(func.coalesce(number, 0.0), Float(53)), _beginning(text)
    value = _value(sort.order, found)
    if found.blinded is not None and sort.order in BLINDED:
        value = case((suggestions_blinded(found.blinded), null()), else_=value)
    known = type_coerce(case((value.is_(None), 1), else_=0), Integer())
    return known, func.coalesce(value, 0, type_=Float(53)) if sort.order in GRADED else _beginning(value)


def _beginning(text: ColumnElement[Any]) -> ColumnElement[str]:
    return by_code_point(func.substr(func.coalesce(text, ""), 1, SORTED_CHARACTERS))


def _open(sort: Sort, found: Matches) -> tuple[ColumnElement[str], ColumnElement[float]]:
    """Return a value that may be text or a number as both."""
    if sort.order is Order.FIELD:
        part, _, name = sort.field.partition(".")
        return json_text(FIELDS.c[part], name), json_number(FIELDS.c[part], name)
    name = sort.order.value
    text: ColumnElement[str] = cases.c[name] if found.position is None else as_seen_at(found.position, name)
    return text, number_in(text)


def _value(order: Order, found: Matches) -> ColumnElement[Any]:
    state = cases if found.position is None else revisions
    match order:
        case Order.SEVERITY:
            return state.c.severity
        case Order.STATUS:
            return case(AS_IN_LIFE, value=state.c.status)
        case Order.MODE:
            return func.coalesce(state.c.mode, cases.c.suggested_mode)
        case Order.CRITERIA if found.position is None:
            met = select(func.min(case_criteria.c.criterion)).where(case_criteria.c.case_key == cases.c.key)
            return met.scalar_subquery()
        case Order.CRITERIA:
            then = select(func.min(least_listed(observations.c.criteria_met))).join_from(
                observations, run_windows, seen_at(cases.c.event_key, found.position)
            )
            return then.correlate(cases).scalar_subquery()
        case _:
            return COLUMNS[order]


def behind(columns: Sequence[SortColumn]) -> Condition:
    """Return the condition that a case stands behind the line whose sort values are given."""
    values = [parameter(partial(_after, at), of.type) for at, of in enumerate(columns)]
    if len({each.descends for each in columns}) == 1:
        # As one comparison of rows, which is one step down an index.
        ours, theirs = tuple_(*(_value_of(each) for each in columns)), tuple_(*values)
        return ours < theirs if columns[0].descends else ours > theirs
    steps = []
    for at, each in enumerate(columns):
        same = [_value_of(before) == value for before, value in zip(columns[:at], values[:at], strict=True)]
        of = _value_of(each)
        steps.append(and_(*same, of < values[at] if each.descends else of > values[at]))
    return or_(*steps)


def _value_of(column: SortColumn) -> ColumnElement[Any]:
    # A condition may not name what the select calls it.
    return column.of.element if isinstance(column.of, Label) else column.of


def _after(at: int, parameters: Parameters) -> Any:
    return parameters.after[at]
