"""What estimates need of the catalog: which runs are in force, their exact counts, and their sampled events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from remiss.action import Performs
from remiss.catalog.query import Query
from remiss.protocol.ports import Protocols
from remiss.records.event import Scalar, Values
from remiss.records.run import Cell, Group, RunWindow


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What one estimate stands on: one source, one protocol digest, the windows whose runs are in force."""

    source: str
    protocol: str
    version: int
    digest: str
    windows: tuple[RunWindow, ...]
    refused: int
    admitted: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """One sampled event of a run in force, seen through a query.

    `inside` is whether it matches the query, `of` whether it matches the second one (True without one); what a criterion's
    `among` excludes is in `outside`. `key` is its value of the field that the estimate is broken down by.
    """

    window: datetime
    stratum: Values
    probability: float
    groups: tuple[str, ...]
    met: tuple[str, ...]
    undecided: tuple[str, ...]
    outside: tuple[str, ...]
    labelled: bool
    inside: bool
    of: bool
    key: Scalar = None


class Evidence(Protocol):
    """Sampling facts in the catalog, as they stood at a position."""

    def position(self) -> int:
        """Return the catalog's position."""
        ...

    def grounds(self, position: int) -> tuple[Ground, ...]:
        """Return every (source, protocol, digest) with windows in force."""
        ...

    def groups(self, ground: Ground, position: int) -> Sequence[Group]:
        """Return the groups of the runs in force of a ground."""
        ...

    def cells(self, ground: Ground, position: int) -> Sequence[Cell]:
        """Return the cells of the runs in force of a ground."""
        ...

    def sampled(self, ground: Ground, query: Query, of: Query | None, by: str | None, position: int) -> Sequence[Sampled]:
        """Return every sampled event of the runs in force of a ground, marked by what it matches.

        `by` is a canonical field name (`context.airport`, `inputs.carrier`, `model_version`, `output`), `month`, `week`,
        `day` or `window`.
        """
        ...


class UnderstandWorkspace(Performs, Protocol):
    """The ports that understanding's actions take."""

    @property
    def evidence(self) -> Evidence: ...
    @property
    def protocols(self) -> Protocols: ...
    @property
    def now(self) -> datetime: ...
