"""Lists of cases: what a line shows, and in which orders they stand.

Facets: how the cases that match are spread over the values of a field.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from remiss.catalog.query.fields import FAMILIES, TABLE, UNNAMEABLE, FieldForm, find, nearest
from remiss.errors import InputError
from remiss.records.event import Scalar, is_text
from remiss.records.rows import Rows, SortValues
from remiss.records.states import Status

CONTEXT = "context."
INPUTS = "inputs."
DEFAULT = ("status", "severity", "mode", "suggested_mode", "criterion", "model", "model_version", "label", "source")
# Values beyond this many of one field are not listed: a reader with that many narrows the query first.
VALUE_LIMIT = 50
# So many inputs are counted on a page, each if it has so few values, where so many cases match: it is looked up in each of them.
MOST_INPUTS, FEW_VALUES, MOST_CASES = 6, 20, 20_000
FIELDS = tuple(
    key.name
    for key in TABLE
    if key.name in {*DEFAULT, "output", "origin", "team", "sensitivity"} and key.form is not FieldForm.TIME
)


def check_fields(fields: tuple[str, ...]) -> tuple[str, ...]:
    """Return the fields, each once.

    Raises
    ------
    InputError : one that cannot be counted by
    """
    for name in fields:
        if not countable(name):
            close = nearest(name, FIELDS)
            do = f"{f'did you mean {close}? ' if close else ''}use {', '.join(FIELDS)}, context.NAME or inputs.NAME"
            raise InputError(f"cases cannot be counted by {name!r}", do=do)
    return tuple(dict.fromkeys(fields))


def countable(name: str) -> bool:
    """Return whether cases can be counted by a field."""
    return name in FIELDS or (name.startswith((CONTEXT, INPUTS)) and find(name) is not None)


def inputs_to_count(found: Rows, names: Iterable[str]) -> tuple[str, ...]:
    """Return the inputs among the names of fields that a list is counted by besides; none where too many cases match.

    Parameters
    ----------
    found : the list counted by its usual fields
    """
    counted = sum(int(str(count)) for field, _, count in found.rows if field == "status")
    return tuple(dict.fromkeys(name for name in names if name.startswith(INPUTS)))[: MOST_INPUTS if counted <= MOST_CASES else 0]


def with_inputs(found: Rows, counted: Rows) -> Rows:
    """Return counts with those of inputs that have few values."""
    values = Counter(field for field, _, _ in counted.rows)
    return replace(found, rows=(*found.rows, *(row for row in counted.rows if values[row[0]] <= FEW_VALUES)))


class Order(StrEnum):
    """What a list is sorted by; cases without a value are last either way, and among equals the newest come first."""

    OCCURRED = "occurred"
    FILED = "filed"
    SEVERITY = "severity"
    STATUS = "status"  # in the order in which a case goes through them
    CRITERIA = "criteria"  # by the first of them
    MODE = "mode"  # that people decided, else the one suggested
    SUGGESTED_MODE = "suggested_mode"
    MODEL = "model"
    MODEL_VERSION = "model_version"
    SOURCE = "source"
    OUTPUT = "output"
    LABEL = "label"
    CONFIDENCE = "confidence"
    LATENCY = "latency_ms"
    FIELD = "field"  # an input or a context field


# By these an index has the cases in order.
INDEXED_ORDERS = frozenset({Order.OCCURRED, Order.FILED})
# People change these, which may move a case in a list while somebody reads on: such a list stays at its position.
MOVING_ORDERS = frozenset({Order.SEVERITY, Order.STATUS, Order.MODE})
GRADED = frozenset({Order.SEVERITY, Order.STATUS, Order.CONFIDENCE, Order.LATENCY})
# What may be text or a number: numbers come first, by their size.
OPEN = frozenset({Order.OUTPUT, Order.LABEL, Order.FIELD})
# Longer than any name of a field is.
FIELD_LENGTH = 300
# Of a longer text so many characters are sorted by; more than these nobody sees of one in a list.
SORTED_CHARACTERS = 64


@dataclass(frozen=True, slots=True)
class Sort:
    """An order and its direction; `field` is the field of the protocol that it is of, with its family."""

    order: Order
    descending: bool
    field: str = ""

    @property
    def kinds(self) -> tuple[type, ...]:
        """What a line is sorted by, up to the key, which tells all cases apart; whole numbers count as numbers."""
        match self.order:
            case Order.FILED:
                return (int,)
            case Order.OCCURRED:
                return (int, int)
            case order if order in OPEN:
                return (int, float, str, int, int)
            case order:
                # Whether there is no value, the value, and then the newest first.
                return (int, float if order in GRADED else str, int, int)

    @property
    def moves(self) -> bool:
        """Whether what people change moves a case in the list."""
        return self.order in MOVING_ORDERS


class CaseLine(NamedTuple):
    """What a list shows of a case, in the order of its columns. (A tuple, for pages make thousands.)

    `hidden` says why severity, modes and criteria are not told.
    """

    id: str
    occurred: datetime
    status: Status
    severity: int | None
    mode: str | None
    suggested_mode: str | None
    model: str
    model_version: str | None
    output: str | None
    label: str | None
    confidence: float | None
    latency_ms: float | None
    criteria: tuple[str, ...]
    title: str | None
    source: str
    event: str
    hidden: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseLines:
    """Some lines, the sort values of the last when more follow, and where the catalog stood when they were read.

    `values` are of each line those of the fields that were asked for.
    """

    lines: tuple[CaseLine, ...]
    last: SortValues | None
    head: int
    values: tuple[tuple[Scalar, ...], ...] = ()


COLUMNS = CaseLine._fields


def row(line: CaseLine) -> tuple[Scalar, ...]:
    """Return a line as the values of COLUMNS; several criteria are set apart by commas."""
    # Flat, without loops and slices, which would take half as long again: pages make thousands.
    id_, at, status, grade, mode, hint, model, version, output, label, sure, ms, criteria, title, source, event, hidden = line
    met = ", ".join(criteria)
    return id_, at, status.value, grade, mode, hint, model, version, output, label, sure, ms, met, title, source, event, hidden


def fields_among(columns: Iterable[str]) -> tuple[str, ...]:
    """Return the inputs and context fields among the names of columns; others a list has, or has not.

    Raises
    ------
    InputError : no field can have such a name
    """
    return tuple(checked_field(name) for name in columns if name not in COLUMNS and (key := find(name)) and key.name in FAMILIES)


@lru_cache(256)
def parse_sort(text: str) -> Sort:
    """Return the order that `occurred`, `-occurred`, `inputs.distance` and the like name.

    Raises
    ------
    InputError : another order

    >>> parse_sort("-occurred")
    Sort(order=<Order.OCCURRED: 'occurred'>, descending=True, field='')
    """
    name, descending = text.removeprefix("-"), text.startswith("-")
    key = find(name)
    if key is not None and key.name in FAMILIES:
        return Sort(Order.FIELD, descending, checked_field(name))
    orders = tuple(order.value for order in Order if order is not Order.FIELD)
    if name not in orders:
        close = nearest(name, orders)
        hint = f"did you mean {close}? " if close else ""
        known = f"{', '.join(orders)}, inputs.NAME or context.NAME"
        raise InputError(f"cases cannot be sorted by {name[:80]!r}", do=f"{hint}use {known}; a leading - for descending")
    return Sort(Order(name), descending)


def checked_field(name: str) -> str:
    """Return the name of an input or a context field as it is.

    Raises
    ------
    InputError : no field can have that name
    """
    if len(name) > FIELD_LENGTH or not is_text(name) or UNNAMEABLE.search(name):
        raise InputError(f"no field is named {name[:80]!r}", do="a field's name has no quote, backslash or line break")
    return name
