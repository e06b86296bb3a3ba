"""Cases given to teams and guarded at once, as no action does."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import update

import remiss
from remiss.edges.stores.tables import case_context, case_criteria, cases
from remiss.records.case import Sensitivity


def govern_cases(ws: remiss.Workspace, kinds: Mapping[int, tuple[str, Sensitivity]]) -> None:
    """Have cases, by key, belong to teams and be guarded, with what repeats it."""
    with ws._store.engine.execution_options(writes=True).begin() as connection:
        for key, (team, level) in kinds.items():
            for table in (cases, case_criteria, case_context):
                of_case = (table.c.key if table is cases else table.c.case_key) == key
                connection.execute(update(table).where(of_case).values(team_id=team, sensitivity=int(level)))
