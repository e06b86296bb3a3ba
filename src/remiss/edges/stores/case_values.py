"""Writing what filters and facets read of cases beside `cases`: the criteria that they meet, and their context.

Each row repeats of which team its case is and how guarded, so that a facet need not look up every case (`listing/kinds.py`); that
is kept true here alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection, delete, select, update

from remiss.edges.stores.dialect.conditions import among
from remiss.edges.stores.dialect.writing import insert_many
from remiss.edges.stores.tables import case_context, case_criteria, cases
from remiss.records.event import Scalar, to_text

CRITERIA = ("criterion", "case_key", "team_id", "sensitivity")
CONTEXT = ("name", "value", "case_key", "team_id", "sensitivity")
# The key of a case, its team, and how guarded it is.
Kind = tuple[int, str, int]


def file_criteria(connection: Connection, met: Iterable[tuple[str, Kind]]) -> None:
    """Write which criteria new cases meet."""
    insert_many(connection, case_criteria, CRITERIA, ((criterion, *kind) for criterion, kind in met))


def file_context(connection: Connection, given: Iterable[tuple[Kind, Mapping[str, Scalar]]]) -> None:
    """Write the context of new cases; nulls have no row."""
    rows = ((name, to_text(value), *kind) for kind, context in given for name, value in context.items() if value is not None)
    insert_many(connection, case_context, CONTEXT, rows)


def meet(connection: Connection, case_keys: Sequence[int], met: Iterable[tuple[str, int]]) -> None:
    """Write which criteria known cases meet now, by name and key, in place of those that they met before."""
    connection.execute(delete(case_criteria).where(among(case_criteria.c.case_key, case_keys)))
    governed = select(cases.c.key, cases.c.team_id, cases.c.sensitivity).where(among(cases.c.key, case_keys))
    kinds: dict[int, Kind] = {row.key: (row.key, row.team_id, row.sensitivity) for row in connection.execute(governed)}
    file_criteria(connection, ((criterion, kinds[key]) for criterion, key in met))


def guard(connection: Connection, case_keys: Sequence[int], level: int) -> None:
    """Raise cases to a sensitivity; never lower one, since people may have added to it."""
    below = select(cases.c.key).where(cases.c.sensitivity < level, among(cases.c.key, case_keys))
    if keys := sorted(connection.execute(below).scalars()):
        for table in (cases, case_criteria, case_context):
            key = table.c.key if table is cases else table.c.case_key
            connection.execute(update(table).where(among(key, keys)).values(sensitivity=level))
