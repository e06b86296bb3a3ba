"""A clearance turned into a condition: every select of a governed table passes through here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

from sqlalchemy import ColumnElement, FromClause, SmallInteger, Text, and_, literal, or_, true
from sqlalchemy.types import TypeEngine

from remiss.edges.stores.dialect.conditions import among_listed
from remiss.edges.stores.dialect.spelling import unindexed
from remiss.edges.stores.dialect.types import to_json
from remiss.edges.stores.prepared import parameter
from remiss.edges.stores.tables import cases
from remiss.govern.ports.actor import Scope
from remiss.records.case import Sensitivity

# Where nothing is seen: below every sensitivity.
NOTHING = -1


@dataclass(frozen=True, slots=True)
class Sight:
    """The kind of a scope, on which a statement depends that is made once: its clearances and teams are parameters."""

    everything: bool
    every_team: bool

    @classmethod
    def of(cls, scope: Scope) -> Self:
        """Return the kind of a scope."""
        return cls(scope.everything, not scope.teams)


def visible_to(viewer: Scope | Sight, of: FromClause = cases) -> ColumnElement[bool]:
    """Return the condition that holds for the rows of a table or select that a scope may see: always, for the owner."""
    if viewer.everything:
        return true()
    sight = Sight.of(viewer) if isinstance(viewer, Scope) else viewer

    def bound(value: Callable[[Scope], Any], type_: TypeEngine[Any]) -> ColumnElement[Any]:
        if isinstance(viewer, Scope):
            return literal(value(viewer), type_)
        return parameter(lambda given: value(given.scope), type_)

    # The indexes that begin with a team are for kinds (`listing/kinds.py`); to meet this condition they would leave no order.
    team, sensitivity = unindexed(of.c.team_id), unindexed(of.c.sensitivity)
    everywhere = sensitivity <= bound(_elsewhere, SmallInteger())
    if sight.every_team:
        return everywhere
    # By equality, so that a row is compared with the teams of one grade only.
    named = [
        and_(sensitivity == int(level), among_listed(team, bound(partial(_cleared, level), Text()))) for level in Sensitivity
    ]
    return or_(everywhere, *named)


def _elsewhere(scope: Scope) -> int:
    return NOTHING if scope.elsewhere is None else int(scope.elsewhere)


def _cleared(level: Sensitivity, scope: Scope) -> str:
    """Return the teams of which things of that sensitivity are seen, as JSON."""
    return to_json([team for team, clearance in scope.teams if clearance >= level])
