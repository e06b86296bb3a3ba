"""Lists of cases: what a line shows, and in which orders they stand.

Facets: how the cases that match are spread over the values of a field.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from remiss.catalog.query.fields import TABLE, FieldForm, find, nearest
from remiss.errors import InputError
from remiss.records.event import Scalar
from remiss.records.states import Status

CONTEXT = "context."
DEFAULT = ("status", "severity", "mode", "suggested_mode", "criterion", "model", "model_version", "label", "source")
# Values beyond this many of one field are not listed: a reader with that many narrows the query first.
VALUE_LIMIT = 50
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
        if name not in FIELDS and not (name.startswith(CONTEXT) and find(name)):
            close = nearest(name, FIELDS)
            hint = f"did you mean {close}? " if close else ""
            raise InputError(f"cases cannot be counted by {name!r}", do=f"{hint}use {', '.join(FIELDS)} or context.NAME")
    return tuple(dict.fromkeys(fields))


class Order(StrEnum):
    """What a list is sorted by; among equals the newest come first."""

    OCCURRED = "occurred"
    SEVERITY = "severity"  # cases without one are last either way
    FILED = "filed"

    @property
    def values(self) -> int:
        """How many values a line is sorted by, up to the key, which tells all cases apart."""
        return {Order.OCCURRED: 2, Order.SEVERITY: 3, Order.FILED: 1}[self]


@dataclass(frozen=True, slots=True)
class Sort:
    """An order and its direction."""

    order: Order
    descending: bool


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
    """Some lines, the sort values of the last when more follow, and where the catalog stood when they were read."""

    lines: tuple[CaseLine, ...]
    last: tuple[int, ...] | None
    head: int


COLUMNS = CaseLine._fields


def row(line: CaseLine) -> tuple[Scalar, ...]:
    """Return a line as the values of COLUMNS; several criteria are set apart by commas."""
    # Flat, without loops and slices, which would take half as long again: pages make thousands.
    id_, at, status, grade, mode, hint, model, version, output, label, sure, ms, criteria, title, source, event, hidden = line
    met = ", ".join(criteria)
    return id_, at, status.value, grade, mode, hint, model, version, output, label, sure, ms, met, title, source, event, hidden


@lru_cache(32)
def parse_sort(text: str) -> Sort:
    """Return the order that `occurred`, `-occurred` and the like name.

    Raises
    ------
    InputError : another order

    >>> parse_sort("-occurred")
    Sort(order=<Order.OCCURRED: 'occurred'>, descending=True)
    """
    name = text.removeprefix("-")
    orders = tuple(order.value for order in Order)
    if name not in orders:
        close = nearest(name, orders)
        hint = f"did you mean {close}? " if close else ""
        raise InputError(
            f"cases cannot be sorted by {name[:80]!r}", do=f"{hint}use {', '.join(orders)}; a leading - for descending"
        )
    return Sort(Order(name), text.startswith("-"))
