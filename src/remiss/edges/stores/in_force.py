"""Which run is in force for which window: conditions that reading and filing share."""

from __future__ import annotations

from sqlalchemy import ColumnElement, FromClause, and_, or_

from remiss.edges.stores.late import Position
from remiss.edges.stores.tables import run_windows


def in_force(position: Position | None = None) -> ColumnElement[bool]:
    """Return the condition on `run_windows` that a run is in force for a window, now or as it was at a position."""
    if position is None:
        return and_(run_windows.c.position_from.is_not(None), run_windows.c.position_to.is_(None))
    return and_(
        run_windows.c.position_from <= position,
        or_(run_windows.c.position_to.is_(None), run_windows.c.position_to > position),
    )


def of(source: str, protocol: str) -> ColumnElement[bool]:
    """Return the condition on `run_windows` that it is of that source and protocol."""
    return and_(run_windows.c.source_name == source, run_windows.c.protocol_name == protocol)


def same_window(of_run: FromClause) -> ColumnElement[bool]:
    """Return the condition that joins what a run found (`captures`, `groups`, `cells`) with the row of `run_windows` it is in."""
    return and_(run_windows.c.run_key == of_run.c.run_key, run_windows.c.window_start == of_run.c.window_start)
