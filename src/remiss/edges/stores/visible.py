"""A clearance turned into a condition: every select of a governed table passes through here."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Table, and_, true

from remiss.edges.stores.tables import cases
from remiss.govern.ports import Scope


def visible_to(scope: Scope, of: Table = cases) -> ColumnElement[bool]:
    """Return the condition that holds for the rows that the scope may see: always, for the owner."""
    if scope.everything:
        return true()
    conditions = [of.c.sensitivity <= int(scope.clearance)]
    if scope.teams is not None:
        conditions.append(of.c.team_id.in_(sorted(scope.teams)))
    return and_(*conditions)
