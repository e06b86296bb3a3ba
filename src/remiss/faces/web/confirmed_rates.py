"""What two people confirmed of each criterion, as it stands beside what machines flagged: with its interval, or what is missing.

A confirmed rate is of the windows that people have begun with, a flagged one of all: what tells the two apart is in the notes.
Asking reads every sampled event, where most flagged figures are sums of counts: a page has it loaded by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from remiss.catalog.query.fields import having
from remiss.catalog.query.printing import unparse
from remiss.contract.table import permission_of
from remiss.errors import InputError
from remiss.present import estimate_facts
from remiss.records.estimate import Estimate, EstimateRow
from remiss.understand.question import Wording

if TYPE_CHECKING:
    from remiss.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmedRate:
    """The confirmed rate of a criterion, as texts; without a value `missing` says why there is none yet.

    `marks` are `few`, `provisional` and `preliminary`; `flagged` is how many events machines flagged in the same windows, and
    `precision` the share of them that is confirmed.
    """

    value: str = ""
    interval: str = ""
    marks: str = ""
    flagged: str = ""
    precision: str = ""
    covers: str = ""
    notes: tuple[str, ...] = ()
    missing: str = ""


def estimating() -> Any:
    """Return the module that estimates; numpy comes with it, which a server loads when it is first asked."""
    return import_module("remiss.understand.actions")


OfCriteria: TypeAlias = Mapping[str, ConfirmedRate]
Ask: TypeAlias = Callable[[str, bool], Estimate]


def confirmed(ws: Workspace, *, source: str, protocol: str, criteria: Sequence[str], as_of: int) -> OfCriteria:
    """Return what people confirmed of each criterion of a protocol version on one source."""
    ws.allow(permission_of("estimate"))
    facts_of = estimating().sharing()

    def ask(criterion: str, rate: bool) -> Estimate:
        query = unparse(having("criterion", criterion)) if criterion else ""
        wording = Wording(query=query, rate=rate, of=None, by=None if criterion else "criterion", variance=None)
        of = {"source": source, "protocol": protocol, "position": as_of, "facts_of": facts_of}
        return cast("Estimate", estimating().figure(ws, wording, confirmed=True, **of))

    try:
        rates, totals = ({str(row.key): row for row in ask("", rate).rows} for rate in (True, False))
    except InputError:
        # One that cannot be answered would take the others with it.
        return {name: _alone(name, ask) for name in criteria}
    return {name: of_rows(rates[name], totals[name]) for name in criteria}


def of_rows(rate: EstimateRow, total: EstimateRow) -> ConfirmedRate:
    """Return what was confirmed of a criterion, from its rate and its number."""
    # That the number came out above what was flagged is said of the number alone, and the reader of the rate wonders too.
    notes = tuple(note for note in dict.fromkeys((*rate.notes, *total.notes)) if not note.startswith("among "))
    value, interval = estimate_facts.figure_of(rate, rate=True)
    if value == estimate_facts.UNDEFINED:
        return ConfirmedRate(missing=notes[0] if notes else value)
    return ConfirmedRate(
        value=value,
        interval=interval or ("exact" if rate.exact else "interval unknown"),
        marks=estimate_facts.remarks(rate),
        flagged=estimate_facts.flagged_of(total),
        precision=estimate_facts.precision_of(total),
        covers=estimate_facts.covers(rate),
        notes=notes,
    )


def _alone(name: str, ask: Ask) -> ConfirmedRate:
    try:
        [rate], [total] = ask(name, True).rows, ask(name, False).rows
    except InputError as error:
        return ConfirmedRate(missing=error.what)
    return of_rows(rate, total)
