"""Whether a scope sees every case that there is: then no case need be asked who may see it.

Most people see all that their catalog holds, or all but a team or two; to compare every case with their clearance makes a count
of a million several times as long. How guarded the cases of each team are at most is two steps down an index for each team.
"""

from __future__ import annotations

from functools import cache

from sqlalchemy import Connection, Dialect, func, select

from remiss.edges.stores.listing.kinds import teams
from remiss.edges.stores.prepared import Parameters, Prepared
from remiss.edges.stores.tables import cases
from remiss.edges.stores.visible import Sight
from remiss.govern.ports.actor import Scope
from remiss.records.case import Sensitivity

WHOLE = Sight(everything=True, every_team=True)


def sight_of(connection: Connection, scope: Scope) -> Sight:
    """Return the kind of a scope in this snapshot: that of whoever sees everything where it sees all cases that there are."""
    if scope.everything:
        return WHOLE
    found = _most_guarded(connection.dialect).ask(connection, Parameters(values=(), scope=scope))
    seen = all(scope.sees(team, Sensitivity(greatest)) for team, greatest in found)
    return WHOLE if seen else Sight.of(scope)


@cache
def _most_guarded(dialect: Dialect) -> Prepared:
    """Return the statement for each team that has cases, and the greatest sensitivity among them."""
    named = teams()
    greatest = select(func.max(cases.c.sensitivity)).where(cases.c.team_id == named.c.team_id).scalar_subquery()
    return Prepared(select(named.c.team_id, greatest).where(named.c.team_id.is_not(None)), dialect)
