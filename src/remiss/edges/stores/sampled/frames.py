"""Grounds of estimates: the windows in force of one source and one meaning of a protocol, as they stood at a position."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, select

from remiss.capture.requirements import refused_rows
from remiss.edges.stores.dialect.conditions import among
from remiss.edges.stores.in_force import in_force
from remiss.edges.stores.run_rows import refused_by, window
from remiss.edges.stores.sampled.hidden_windows import hidden_windows
from remiss.edges.stores.tables import protocols, run_windows, runs
from remiss.edges.stores.visible import visible_to
from remiss.govern.ports.actor import Scope
from remiss.understand.sampling_facts import Earlier, Ground


def frames(connection: Connection, position: int, scope: Scope) -> tuple[Ground, ...]:
    """Return every (source, protocol, digest) with windows in force that a scope may see, by name and newest version."""
    found = (
        select(run_windows, protocols.c.version, protocols.c.digest)
        .join(runs, runs.c.key == run_windows.c.run_key)
        .join(protocols, protocols.c.key == runs.c.protocol_key)
        .where(in_force(position), visible_to(scope, runs))
        .order_by(run_windows.c.window_start)
    )
    grounds = defaultdict(list)
    for row in connection.execute(found):
        grounds[row.source_name, row.protocol_name, row.digest].append(row)
    every = (_ground(connection, name, rows, position, scope) for name, rows in grounds.items())
    return tuple(sorted(every, key=lambda one: (one.source, one.protocol, one.version)))


def of_frame(ground: Ground, position: int, scope: Scope) -> ColumnElement[bool]:
    """Return the condition on `run_windows` that a run of this ground is in force, of those that a scope may see."""
    by_its_protocol = (
        select(runs.c.key)
        .join(protocols, protocols.c.key == runs.c.protocol_key)
        .where(runs.c.source_name == ground.source, protocols.c.name == ground.protocol, protocols.c.digest == ground.digest)
        .where(visible_to(scope, runs))
    )
    return and_(in_force(position), run_windows.c.run_key.in_(by_its_protocol))


def _ground(connection: Connection, name: tuple[str, str, str], rows: Sequence[Row[Any]], position: int, scope: Scope) -> Ground:
    source, protocol, digest = name
    versions = tuple(sorted({row.version for row in rows}))
    windows_of = defaultdict(set)
    for row in rows:
        windows_of[row.run_key].add(row.window_start)
    return Ground(
        source=source,
        protocol=protocol,
        version=versions[-1],
        versions=versions,
        digest=digest,
        windows=tuple(window(row) for row in rows),
        refused=refused_rows(refused_by(connection, among(runs.c.key, sorted({row.run_key for row in rows})))),
        admitted=sum(row.population for row in rows),
        earlier=_earlier(connection, name, position),
        veiled=hidden_windows(connection, windows_of, scope),
    )


def _earlier(connection: Connection, name: tuple[str, str, str], position: int) -> tuple[Earlier, ...]:
    """Return the runs of other versions that were in force for these windows before."""
    source, protocol, digest = name
    before, run, version = run_windows.alias("before"), runs.alias("run_before"), protocols.alias("protocol_before")
    found = (
        select(before.c.window_start, version.c.version, before.c.position_from)
        .join_from(run_windows, runs, runs.c.key == run_windows.c.run_key)
        .join(protocols, protocols.c.key == runs.c.protocol_key)
        .join(
            before,
            and_(
                *(before.c[key] == run_windows.c[key] for key in ("source_name", "protocol_name", "window_start")),
                before.c.position_from < run_windows.c.position_from,
            ),
        )
        .join(run, run.c.key == before.c.run_key)
        .join(version, version.c.key == run.c.protocol_key)
        .where(in_force(position), run_windows.c.source_name == source, run_windows.c.protocol_name == protocol)
        .where(protocols.c.digest == digest, version.c.digest != digest)
        .order_by(before.c.window_start, before.c.position_from)
    )
    return tuple(
        Earlier(window=row.window_start, version=row.version, position=row.position_from) for row in connection.execute(found)
    )
