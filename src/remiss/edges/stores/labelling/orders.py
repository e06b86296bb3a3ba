"""In which order sampled events are labelled: worked out once for the runs in force, since what a run drew never changes.

Of a million sampled events that takes seconds, and everybody who takes something from the queue asks.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from threading import Lock
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, Row, Text, select, type_coerce

from remiss.curate.batches import Batch, batch_of, group_of, place
from remiss.curate.guidelines import read
from remiss.curate.queueing import BatchOrder, Ownership
from remiss.edges.stores.dialect.conditions import among
from remiss.edges.stores.dialect.types import from_json
from remiss.edges.stores.in_force import in_force
from remiss.edges.stores.protocol_rows import stored
from remiss.edges.stores.reading import Reading
from remiss.edges.stores.tables import events, groups, observations, protocols, run_windows, runs
from remiss.protocol.terms import UNPLANNED, Protocol
from remiss.records.case import Sensitivity

MOST_ORDERS = 16

Key: TypeAlias = tuple[str, str, str, tuple[tuple[int, int], ...]]
# By the open database, not by the catalog's id, which copies of a file share.
_KNOWN: WeakKeyDictionary[Engine, OrderedDict[Key, BatchOrder]] = WeakKeyDictionary()
_LOCK = Lock()


def orders(reading: Reading) -> Sequence[BatchOrder]:
    """Return the order of each source and protocol with runs in force, as its newest version plans labelling."""
    return [_order(reading.connection, key, rows) for key, rows in _grounds(reading)]


def _grounds(reading: Reading) -> Iterator[tuple[Key, Sequence[Row[Any]]]]:
    found = (
        select(run_windows.c.run_key, run_windows.c.window_start, run_windows.c.source_name, protocols.c.digest, protocols)
        .join_from(run_windows, runs, runs.c.key == run_windows.c.run_key)
        .join(protocols, protocols.c.key == runs.c.protocol_key)
        .where(in_force(reading.position))
        .order_by(run_windows.c.run_key, run_windows.c.window_start)
    )
    by_digest: dict[tuple[str, str, str], list[Row[Any]]] = defaultdict(list)
    for row in reading.connection.execute(found):
        by_digest[row.source_name, row.name, row.digest].append(row)
    for name, rows in sorted(by_digest.items()):
        yield (*name, tuple((row.run_key, row.window_start) for row in rows)), rows


def _order(connection: Connection, key: Key, rows: Sequence[Row[Any]]) -> BatchOrder:
    with _LOCK:
        known = _KNOWN.setdefault(connection.engine, OrderedDict())
        if key in known:
            known.move_to_end(key)
            return known[key]
    newest = max(rows, key=lambda row: row.version)
    document = next(iter(read([stored(newest)])), None)
    found = _worked_out(connection, key, document)
    with _LOCK:
        known[key] = found
        while len(known) > MOST_ORDERS:
            known.popitem(last=False)
    return found


def _worked_out(connection: Connection, key: Key, document: Protocol | None) -> BatchOrder:
    """Return the order of some windows; of a protocol that cannot be read any more there is none."""
    source, protocol, _, windows = key
    labelling = (document.labelling if document is not None else None) or UNPLANNED
    seed = "" if document is None else document.sampling.seed
    batches: dict[Batch, list[tuple[float, str, int]]] = defaultdict(list)
    of: dict[int, Batch] = {}
    ownerships: dict[datetime, set[Ownership]] = defaultdict(set)
    of_run, populations = _ownerships(connection, windows), _populations(connection, windows)

    # Of a million events there are few kinds.
    @cache
    def group(run_key: int, start: datetime, stratum: str, met: str, undecided: str) -> str:
        return group_of(from_json(met), from_json(undecided), populations[run_key, start, stratum].__getitem__)

    sampled = iter(()) if document is None else _sampled(connection, windows)
    for key_of_event, run_key, start, stratum, probability, met, undecided, event_id, at in sampled:
        batch = batch_of(group(run_key, start, stratum, met, undecided), at, labelling.every)
        of[key_of_event] = batch
        ownerships[batch.period].add(of_run[run_key])
        batches[batch].append((place(seed, event_id, probability), event_id, key_of_event))
    return BatchOrder(
        source=source,
        protocol=protocol,
        labelling=labelling,
        seed=seed,
        severities=_severities(document),
        batches={batch: [event for _, _, event in sorted(members)] for batch, members in sorted(batches.items())},
        of=of,
        ownerships=ownerships,
    )


def _ownerships(connection: Connection, windows: Sequence[tuple[int, Any]]) -> Mapping[int, Ownership]:
    """Return the team and sensitivity of each run by its key; its sampled events have the same."""
    wanted = among(runs.c.key, sorted({run_key for run_key, _ in windows}))
    found = connection.execute(select(runs.c.key, runs.c.team_id, runs.c.sensitivity).where(wanted))
    return {row.key: Ownership(row.team_id, Sensitivity(row.sensitivity)) for row in found}


def _severities(document: Protocol | None) -> Mapping[str, int]:
    return {} if document is None else {each.name: each.severity for each in document.criteria}


def _populations(connection: Connection, windows: Sequence[tuple[int, Any]]) -> Mapping[tuple[int, Any, str], Mapping[str, int]]:
    """Return how many events met each criterion, by run, window and stratum."""
    found: dict[tuple[int, Any, str], dict[str, int]] = defaultdict(dict)
    for row in connection.execute(select(groups).where(among(groups.c.run_key, sorted({run_key for run_key, _ in windows})))):
        found[row.run_key, row.window_start, row.stratum][row.criterion] = row.population
    return found


def _sampled(connection: Connection, windows: Sequence[tuple[int, Any]]) -> Iterator[tuple[Any, ...]]:
    wanted = set(windows)
    lists = (type_coerce(observations.c[name], Text()).label(name) for name in ("criteria_met", "criteria_undecided"))
    found = (
        select(
            observations.c.event_key,
            observations.c.run_key,
            observations.c.window_start,
            observations.c.stratum,
            observations.c.inclusion_probability,
            *lists,
        )
        .add_columns(events.c.event_id, events.c.occurred_at)
        .join_from(observations, events, events.c.key == observations.c.event_key)
        .where(
            among(observations.c.run_key, sorted({run_key for run_key, _ in windows})), observations.c.inclusion_probability > 0
        )
    )
    return (row for row in map(tuple, connection.execute(found)) if row[1:3] in wanted)
