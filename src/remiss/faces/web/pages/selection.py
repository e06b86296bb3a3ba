"""How a case was drawn: the sentence, its window, and the groups it was drawn among, each number of cases as a link to them.

Why a case was caught: the criteria that its event met, with the lines of the protocol that say so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from remiss.catalog.query import fields
from remiss.catalog.query.expression import Query, both
from remiss.catalog.query.printing import unparse
from remiss.errors import RemissError
from remiss.faces.web import highlighting, protocol_cache
from remiss.faces.web.rendering import address, segment
from remiss.present import sampling
from remiss.protocol.versions import lines_of
from remiss.records.case import Case
from remiss.records.comparison import Comparison
from remiss.records.event import Values
from remiss.records.run import RESERVED, Group

if TYPE_CHECKING:
    from remiss.protocol.terms import Protocol
    from remiss.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Caught:
    """A criterion that the event met, with the lines of the protocol that say so; none where the protocol cannot be read."""

    name: str
    why: str
    severity: int | None
    lines: tuple[highlighting.MarkedLine, ...]
    protocol: str
    href: str
    cases: str


def caught(ws: Workspace, case: Case, comparison: Comparison | None, as_of: int | None) -> Iterator[Caught]:
    """Yield the criteria that the event meets, or met when it was last drawn, with their lines."""
    protocol, title, path = None, "", ""
    if comparison is not None:
        name, version = comparison.protocol, comparison.protocol_version
        protocol = _readable(ws, f"{name}@{version}")
        title, path = f"{name}, version {version}", address(f"/protocols/{segment(name)}", version=version)
    rules = {} if protocol is None else {rule.name: rule for rule in protocol.criteria}
    for name in case.criteria or (case.captures[0].criteria if case.captures else ()):
        rule = rules.get(name)
        yield Caught(
            name=name,
            why="" if rule is None else rule.why,
            severity=None if rule is None else rule.severity,
            lines=() if protocol is None or rule is None else excerpt(protocol, lines_of(protocol, rule)),
            protocol=title,
            href=f"{path}#criterion-{segment(name)}" if path else "",
            cases=address("/cases", query=unparse(fields.having("criterion", name)), as_of=as_of),
        )


def excerpt(protocol: Protocol, numbers: range) -> tuple[highlighting.MarkedLine, ...]:
    """Return some lines of a protocol, highlighted."""
    return highlighting.yaml(protocol.text, {})[numbers.start - 1 : numbers.stop - 1]


def _readable(ws: Workspace, label: str) -> Protocol | None:
    try:
        return protocol_cache.protocol(ws, label)
    except RemissError:
        # An earlier remiss took what this one refuses; the case is shown without the lines.
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectionGroup:
    """A group of the case's window: how many events it has and how many of them were kept. `cases` lists those in the catalog."""

    says: str
    population: int
    kept: int
    threshold: float
    drawn: bool
    cases: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledWindow:
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
    groups: tuple[SelectionGroup, ...]
    cases: str
    stratum: str


def window_of(found: Comparison, as_of: int | None) -> SampledWindow:
    """Return the window of a case, each number of cases as a link to them."""
    return SampledWindow(
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
        cases=address("/cases", query=unparse(fields.within(found.window, found.until)), as_of=as_of),
        stratum=sampling.where(found).strip(", "),
    )


def _group(found: Comparison, group: Group, as_of: int | None) -> SelectionGroup:
    protocol = fields.having("protocol", f"{found.protocol}@{found.protocol_version}")
    query = both(
        protocol, fields.having("criterion", group.criterion), *_stratum(group.stratum), fields.within(found.window, found.until)
    )
    return SelectionGroup(
        says=sampling.criterion_in_words(group.criterion),
        population=group.population,
        kept=group.kept,
        threshold=group.threshold,
        drawn=group.criterion in found.kept_in,
        cases=None if group.criterion in RESERVED else address("/cases", query=unparse(query), as_of=as_of),
    )


def _stratum(values: Values) -> Iterator[Query]:
    return (fields.having(fields.key_of_field(name), value) for name, value in values.items())
