"""What is captured: the windows in force, what was sampled in them, and what they add up to by source and
protocol; and which runs stored texts without redaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, and_, case, func, select, type_coerce

from remiss.capture.captured import Coverage, KnownEvent, RunTotals, UnredactedRun, WindowInForce
from remiss.capture.criterion_counts import PatternCount
from remiss.edges.stores.dialect.types import from_json
from remiss.edges.stores.in_force import come_by, in_force, of, same_window
from remiss.edges.stores.reading import Reading
from remiss.edges.stores.run_rows import FIRST_RULES, refused_by, window
from remiss.edges.stores.tables import (
    Instant,
    cells,
    events,
    observations,
    protocols,
    run_windows,
    runs,
    shared_windows,
    unredacted_runs,
)
from remiss.edges.stores.visible import visible_to
from remiss.records.event import to_text
from remiss.records.identity import from_micros


def coverage(reading: Reading) -> tuple[Coverage, ...]:
    """Return one sum for each source and meaning of a protocol that has windows in force, of runs that the scope sees.

    Versions that mean the same are one, as in estimates, and go by the newest of them.
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
        .where(in_force(reading.position), visible_to(reading.scope, runs))
        .group_by(*own)
        .subquery()
    )
    found = (
        select(summed, runs.c.id, runs.c.created_at)
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
            at=row.created_at,
        )
        for row in reading.connection.execute(found)
    )


def totals(reading: Reading, source: str, protocol: str) -> RunTotals:
    """Return what the runs in force of a protocol on a source add up to, of those that the scope sees.

    The database adds up: a year of hours has tens of thousands of groups, in one run or in thousands.
    """
    held, visible = and_(of(source, protocol), in_force(reading.position)), visible_to(reading.scope, runs)
    names = ("criteria_met", "criteria_undecided", "criteria_outside")
    summed = (
        select(*(cells.c[name] for name in names), func.sum(cells.c.population).label("population"))
        .join(run_windows, same_window(cells))
        .join(runs, runs.c.key == run_windows.c.run_key)
        .where(held, visible)
        .group_by(*(cells.c[name] for name in names))
    )
    these = and_(runs.c.key.in_(select(run_windows.c.run_key).where(held)), visible)
    return RunTotals(
        patterns=tuple(
            PatternCount(from_json(row[0]), from_json(row[1]), from_json(row[2]), int(row.population))
            for row in reading.connection.execute(summed)
        ),
        refused=tuple(refused_by(reading, these)),
    )


def windows_in_force(reading: Reading, source: str, protocol: str) -> tuple[WindowInForce, ...]:
    """Return the windows of which some run is in force, oldest first, and whether the scope sees that run."""
    found = (
        select(
            run_windows,
            runs.c.id,
            runs.c.as_of,
            runs.c.position,
            runs.c.rules,
            protocols.c.version,
            protocols.c.digest,
            visible_to(reading.scope, runs).label("seen"),
        )
        .join(runs, runs.c.key == run_windows.c.run_key)
        .join(protocols, protocols.c.key == runs.c.protocol_key)
        .where(of(source, protocol), in_force(reading.position))
        .order_by(run_windows.c.window_start)
    )
    return tuple(
        WindowInForce(
            window=window(row),
            run=row.id,
            protocol_version=row.version,
            protocol_digest=row.digest,
            as_of=row.as_of,
            rules=row.rules or FIRST_RULES,
            seen=bool(row.seen),
            filed=row.position,
        )
        for row in reading.connection.execute(found)
    )


def windows_beside(reading: Reading, source: str, protocol: str) -> tuple[tuple[datetime, datetime], ...]:
    """Return the windows in force whose rows share ids with those of a window next to them, each with that one."""
    found = (
        select(shared_windows.c.window_start, shared_windows.c.beside)
        .join(run_windows, same_window(shared_windows))
        .where(of(source, protocol), in_force(reading.position))
        .order_by(shared_windows.c.window_start, shared_windows.c.beside)
    )
    return tuple((row.window_start, row.beside) for row in reading.connection.execute(found))


def windows_waiting(reading: Reading, source: str, protocol: str) -> Mapping[datetime, int]:
    """Return the windows of runs that wait to be accepted, each with the position at which the newest of them was filed."""
    found = (
        select(run_windows.c.window_start, func.max(runs.c.position).label("position"))
        .join(runs, runs.c.key == run_windows.c.run_key)
        .where(of(source, protocol), runs.c.status == "waiting", come_by(runs, reading.position))
        .group_by(run_windows.c.window_start)
    )
    return {row.window_start: int(row.position) for row in reading.connection.execute(found)}


def known_events(reading: Reading, source: str, protocol: str, since: datetime, until: datetime) -> tuple[KnownEvent, ...]:
    """Return the events sampled by the runs in force now for the windows from `since` to `until`, by window and priority."""
    found = (
        select(observations, events.c.event_id, events.c.occurred_at)
        .join(events, events.c.key == observations.c.event_key)
        .join(run_windows, same_window(observations))
        .where(of(source, protocol), in_force())
        .where(
            observations.c.window_start >= since, observations.c.window_start < until, observations.c.inclusion_probability > 0
        )
        .order_by(observations.c.window_start, observations.c.priority, events.c.event_id)
    )
    return tuple(
        KnownEvent(
            event=row.event_id,
            window=row.window_start,
            at=row.occurred_at,
            output=to_text(row.output),
            label=to_text(row.label),
            met=tuple(row.criteria_met),
            undecided=tuple(row.criteria_undecided),
        )
        for row in reading.connection.execute(found)
    )


def unredacted(reading: Reading) -> tuple[UnredactedRun, ...]:
    """Return the runs that stored texts without redaction, oldest first, seen or not."""
    found = (
        select(runs.c.id, runs.c.source_name, runs.c.protocol_name, runs.c.since, runs.c.until, protocols.c.version)
        .join(unredacted_runs, unredacted_runs.c.run_key == runs.c.key)
        .join(protocols, protocols.c.key == runs.c.protocol_key)
        .order_by(runs.c.key)
    )
    return tuple(
        UnredactedRun(
            run=row.id, source=row.source_name, protocol=row.protocol_name, version=row.version, since=row.since, until=row.until
        )
        for row in reading.connection.execute(found)
    )


def unredacted_events(connection: Connection) -> int:
    """Return how many events some run stored without redaction."""
    those = select(unredacted_runs.c.run_key)
    found = select(func.count(observations.c.event_key.distinct())).where(observations.c.run_key.in_(those))
    return int(connection.execute(found).scalar_one())
