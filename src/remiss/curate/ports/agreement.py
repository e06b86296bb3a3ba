"""What measuring agreement needs of the world: the labellings that two people made of one case."""

from __future__ import annotations

from typing import Protocol

from remiss.action import Performs
from remiss.catalog.query.expression import Query
from remiss.records.agreement import Double


class DoubleLabelled(Protocol):
    """Cases that two people labelled by themselves."""

    def labelled_twice(self, query: Query, position: int) -> tuple[Double, ...]:
        """Return those that match a query and whose annotation and verification are in force at a position, in no order."""
        ...


class AgreementWorkspace(Performs, Protocol):
    """The ports that measuring agreement takes."""

    @property
    def doubles(self) -> DoubleLabelled: ...

    def position(self) -> int:
        """Return the catalog's position."""
        ...
