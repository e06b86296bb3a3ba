"""What is in force: at a position, of any table; and which run for which window. Conditions that reading and filing share."""

from __future__ import annotations

from sqlalchemy import ColumnElement, FromClause, and_, or_, select, true

from remiss.edges.stores.prepared import Position
from remiss.edges.stores.tables import cases, run_windows, stale_cases


def holds(of: FromClause, position: Position | None, *, begins: str = "position_from") -> ColumnElement[bool]:
    """Return the condition that a row is in force at a position; None is now.

    Parameters
    ----------
    of : a table whose rows begin at a position, in the column `begins`, and end at `position_to`, null while they are in force
    """
    ends = of.c.position_to
    if position is None:
        return ends.is_(None)
    return and_(of.c[begins] <= position, or_(ends.is_(None), ends > position))


def come_by(of: FromClause, position: Position | None, *, begins: str = "position") -> ColumnElement[bool]:
    """Return the condition that what a row tells had come by a position, whatever became of it then; None is now.

    Parameters
    ----------
    of : a table whose rows come at a position, in the column `begins`
    """
    return true() if position is None else of.c[begins] <= position


def in_force(position: Position | None = None, windows: FromClause = run_windows) -> ColumnElement[bool]:
    """Return the condition on `run_windows`, or an alias of it, that a run is in force for a window, now or at a position."""
    # Of a run that waits for somebody to accept it, no position is known yet.
    begun = [windows.c.position_from.is_not(None)] if position is None else []
    return and_(*begun, holds(windows, position))


def of(source: str, protocol: str) -> ColumnElement[bool]:
    """Return the condition on `run_windows` that it is of that source and protocol."""
    return and_(run_windows.c.source_name == source, run_windows.c.protocol_name == protocol)


def same_window(of_run: FromClause, windows: FromClause = run_windows) -> ColumnElement[bool]:
    """Return the condition that joins what a run found (`observations`, `groups`, `cells`) with its row of `run_windows`."""
    return and_(windows.c.run_key == of_run.c.run_key, windows.c.window_start == of_run.c.window_start)


def stale(position: Position | None = None) -> ColumnElement[bool]:
    """Return the condition that the event of the case at hand is another one than people labelled, now or at a position."""
    return cases.c.key.in_(select(stale_cases.c.case_key).where(holds(stale_cases, position)))
