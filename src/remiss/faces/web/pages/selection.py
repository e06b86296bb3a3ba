"""How a case was drawn: the sentence, its window, and the groups it was drawn among, each number of cases as a link to them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from remiss.catalog.query import fields
from remiss.catalog.query.expression import Level, Operator, Query, Term, both
from remiss.catalog.query.printing import unparse
from remiss.faces.web.rendering import address, segment
from remiss.present import sampling
from remiss.records.comparison import Comparison
from remiss.records.event import Values
from remiss.records.run import RESERVED, Group

# What a protocol calls a field and the filter language does not.
CALLED = {"id": "event_id", "time": "occurred", "status": "call_status"}


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupLine:
    """A group of the case's window: how many events it has and how many of them were kept. `cases` lists those in the catalog."""

    says: str
    population: int
    kept: int
    threshold: float
    drawn: bool
    cases: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnWindow:
    """The window that the event was drawn in, and among what."""

    sentence: str
    run: str
    run_href: str
    since: datetime
    until: datetime
    population: int
    labelled: int
    provisional: bool
    in_force: bool
    groups: tuple[GroupLine, ...]
    cases: str
    stratum: str


def window_of(found: Comparison, as_of: int | None) -> DrawnWindow:
    """Return the window of a case, each number of cases as a link to them."""
    return DrawnWindow(
        sentence=sampling.drawn(found),
        run=found.run,
        run_href=address(f"/runs/{segment(found.run)}", as_of=as_of),
        since=found.window,
        until=found.until,
        population=found.population,
        labelled=found.labelled,
        provisional=found.provisional,
        in_force=found.in_force,
        groups=tuple(_group(found, group, as_of) for group in found.groups),
        cases=address("/cases", query=unparse(both(*_within(found))), as_of=as_of),
        stratum=sampling.where(found).strip(", "),
    )


def _group(found: Comparison, group: Group, as_of: int | None) -> GroupLine:
    query = both(fields.having("criterion", group.criterion), *_stratum(group.stratum), *_within(found))
    return GroupLine(
        says=sampling.spoken(group.criterion),
        population=group.population,
        kept=group.kept,
        threshold=group.threshold,
        drawn=group.criterion in found.kept_in,
        cases=None if group.criterion in RESERVED else address("/cases", query=unparse(query), as_of=as_of),
    )


def _within(found: Comparison) -> tuple[Term, Term]:
    return (
        Term("occurred", Operator.AT_LEAST, found.window, Level.EVENT),
        Term("occurred", Operator.LESS, found.until, Level.EVENT),
    )


def _stratum(values: Values) -> Iterator[Query]:
    return (fields.having(CALLED.get(name, name), value) for name, value in values.items())
