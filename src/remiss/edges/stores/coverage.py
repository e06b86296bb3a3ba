"""What is captured: the windows in force, added up by source and protocol version."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, and_, case, func, select, type_coerce

from remiss.capture.ports import Coverage, RunTotals
from remiss.edges.stores.in_force import in_force, of, same_window
from remiss.edges.stores.run_rows import refused_by
from remiss.edges.stores.tables import Instant, groups, protocols, run_windows, runs
from remiss.records.identity import from_micros


def coverage(connection: Connection, position: int | None, visible: ColumnElement[bool]) -> tuple[Coverage, ...]:
    """Return one sum for each source and meaning of a protocol that has windows in force, now or at a position.

    Versions that mean the same are one, as in estimates, and go by the newest of them. `visible` is the condition on runs of who
    asks.
    """
    own = (run_windows.c.source_name, run_windows.c.protocol_name, protocols.c.digest)
    end = func.max(type_coerce(run_windows.c.window_start, run_windows.c.width_micros.type) + run_windows.c.width_micros)
    summed = (
        select(
            *own,
            func.max(protocols.c.version).label("version"),
            func.count().label("windows"),
            type_coerce(func.min(run_windows.c.window_start), Instant).label("since"),
            end.label("until"),
            func.sum(run_windows.c.population).label("events"),
            func.sum(run_windows.c.labelled).label("labelled"),
            func.sum(case((run_windows.c.provisional, 1), else_=0)).label("provisional"),
            func.max(run_windows.c.run_key).label("newest"),
        )
        .join_from(run_windows, runs, runs.c.key == run_windows.c.run_key)
        .join(protocols, protocols.c.key == runs.c.protocol_key)
        .where(in_force(position), visible)
        .group_by(*own)
        .subquery()
    )
    found = (
        select(summed, runs.c.id, runs.c.at)
        .join(runs, runs.c.key == summed.c.newest)
        .order_by(summed.c.source_name, summed.c.protocol_name, summed.c.version.desc())
    )
    return tuple(
        Coverage(
            source=row.source_name,
            protocol=row.protocol_name,
            version=row.version,
            windows=row.windows,
            since=row.since,
            until=from_micros(int(row.until)),
            events=int(row.events),
            labelled=int(row.labelled),
            provisional=int(row.provisional),
            run=row.id,
            at=row.at,
        )
        for row in connection.execute(found)
    )


def totals(connection: Connection, source: str, protocol: str, position: int | None, visible: ColumnElement[bool]) -> RunTotals:
    """Return what the runs in force of a protocol on a source add up to, now or at a position.

    The database adds up: a year of hours has tens of thousands of groups, in one run or in thousands.
    """
    held = and_(of(source, protocol), in_force(position))
    populations = (
        select(groups.c.criterion, func.sum(groups.c.population).label("population"))
        .join(run_windows, same_window(groups))
        .join(runs, runs.c.key == run_windows.c.run_key)
        .where(held, visible)
        .group_by(groups.c.criterion)
    )
    these = and_(runs.c.key.in_(select(run_windows.c.run_key).where(held)), visible)
    return RunTotals(
        populations={row.criterion: int(row.population) for row in connection.execute(populations)},
        refused=tuple(refused_by(connection, these)),
    )
