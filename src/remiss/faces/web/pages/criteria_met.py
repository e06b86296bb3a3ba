"""Why a case was caught: the criteria that its event met, with the lines of the protocol that say so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from remiss.catalog.query import fields
from remiss.catalog.query.printing import unparse
from remiss.errors import RemissError
from remiss.faces.web import highlighting, protocol_cache
from remiss.faces.web.rendering import address, segment
from remiss.records.case import Case
from remiss.records.comparison import Comparison

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
            lines=() if protocol is None or rule is None else excerpt(protocol, protocol_cache.lines_of(protocol, rule)),
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
