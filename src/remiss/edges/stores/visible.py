"""A clearance turned into a condition: every select of a governed table passes through here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from sqlalchemy import ColumnElement, SmallInteger, Table, Text, and_, true

from remiss.edges.stores.dialect.conditions import among, among_listed
from remiss.edges.stores.dialect.types import to_json
from remiss.edges.stores.late import late
from remiss.edges.stores.tables import cases
from remiss.govern.ports import Scope


@dataclass(frozen=True, slots=True)
class Sight:
    """The kind of a scope, on which a statement depends that is made once: its clearance and teams are bound late."""

    everything: bool
    every_team: bool

    @classmethod
    def of(cls, scope: Scope) -> Self:
        """Return the kind of a scope."""
        return cls(scope.everything, scope.teams is None)


def visible_to(viewer: Scope | Sight, of: Table = cases) -> ColumnElement[bool]:
    """Return the condition that holds for the rows that a scope may see: always, for the owner."""
    if viewer.everything:
        return true()
    if isinstance(viewer, Scope):
        cleared = of.c.sensitivity <= int(viewer.clearance)
        return cleared if viewer.teams is None else and_(cleared, among(of.c.team_id, sorted(viewer.teams)))
    cleared = of.c.sensitivity <= late(lambda asking: int(asking.scope.clearance), SmallInteger())
    if viewer.every_team:
        return cleared
    return and_(cleared, among_listed(of.c.team_id, late(lambda asking: to_json(sorted(asking.scope.teams or ())), Text())))
