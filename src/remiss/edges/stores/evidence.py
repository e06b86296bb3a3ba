"""Sampling facts, as they stood at a position: what estimates are made from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, Row, Select, Text, and_, literal, select, type_coerce

from remiss.capture.requirements import Refused, refused_rows
from remiss.catalog.query import And, Query
from remiss.edges.stores.dialect.conditions import among
from remiss.edges.stores.dialect.types import from_json
from remiss.edges.stores.in_force import in_force
from remiss.edges.stores.labelling.decisions import NONE, Decision, decisions
from remiss.edges.stores.listing.phrases import spoken_by_events
from remiss.edges.stores.listing.search import capture_face, condition
from remiss.edges.stores.logs.journal import head
from remiss.edges.stores.run_rows import cell, group, manifest
from remiss.edges.stores.sampled_counts import sampled_counts
from remiss.edges.stores.store import Store
from remiss.edges.stores.tables import (
    captures,
    cells,
    event_contents,
    events,
    groups,
    protocols,
    run_windows,
    runs,
    samples,
)
from remiss.edges.stores.veiled import veiled
from remiss.edges.stores.visible import visible_to
from remiss.govern.ports.actor import Scope
from remiss.protocol.terms import CONTEXT, INPUTS
from remiss.records.event import Scalar, Values
from remiss.records.run import Cell, Group, RunWindow
from remiss.understand.periods import PERIODS, period_of
from remiss.understand.ports import Earlier, Ground, Judged, Pattern, Sampled

# Keys of the filter language that events and captures answer from a column of their own.
COLUMNS: Mapping[str, Any] = {
    "source": events.c.source_name,
    "protocol": run_windows.c.protocol_name,
    "event_id": events.c.event_id,
    "model": events.c.model,
    "model_version": events.c.model_version,
    "model_digest": events.c.model_digest,
    "features": events.c.features,
    "confidence": events.c.confidence,
    "latency_ms": events.c.latency_ms,
    "call_status": events.c.status,
    "trace_id": events.c.trace_id,
    "output": captures.c.output,
    "label": captures.c.label,
    "occurred": events.c.at,
}
# Lists of criteria and strata are few and come again with every event: they are taken as text and read once.
SEEN = (
    *(captures.c[name] for name in ("run_key", "event_key", "window_start", "stratum", "probability", "labelled")),
    *(type_coerce(captures.c[name], Text()).label(name) for name in ("met", "undecided", "outside")),
)


class EvidenceStore:
    """Sampling facts in the catalog, as far as a scope may see them: fulfils `understand.ports.Evidence`.

    A run that is not seen is no ground. Events that are not seen, of a run that is, are outside of every domain: exact counts
    of their windows do not answer then, and the sampled events do.
    """

    def __init__(self, store: Store, scope: Scope) -> None:
        self._store = store
        self._scope = scope

    def position(self) -> int:
        """Return the catalog's position."""
        with self._store.reading() as connection:
            return head(connection)

    def grounds(self, position: int) -> tuple[Ground, ...]:
        """Return every (source, protocol, digest) with windows in force, by name and newest version."""
        found = (
            select(run_windows, protocols.c.version, protocols.c.digest)
            .join(runs, runs.c.key == run_windows.c.run_key)
            .join(protocols, protocols.c.key == runs.c.protocol_key)
            .where(in_force(position), visible_to(self._scope, runs))
            .order_by(run_windows.c.window_start)
        )
        grounds = defaultdict(list)
        with self._store.reading() as connection:
            for row in connection.execute(found):
                grounds[row.source_name, row.protocol_name, row.digest].append(row)
            every = (_ground(connection, name, rows, position, self._scope) for name, rows in grounds.items())
            return tuple(sorted(every, key=lambda one: (one.source, one.protocol, one.version)))

    def groups(self, ground: Ground, position: int) -> Sequence[Group]:
        """Return the groups of the runs in force of a ground, sorted by window, stratum, criterion."""
        found = select(groups, run_windows.c.provisional).where(_same_window(groups), _of(ground, position, self._scope))
        ordered = found.order_by(groups.c.window_start, groups.c.stratum, groups.c.criterion)
        with self._store.reading() as connection:
            return [group(row) for row in connection.execute(ordered)]

    def cells(self, ground: Ground, position: int) -> Sequence[Cell]:
        """Return the cells of the runs in force of a ground, sorted alike."""
        found = select(cells).where(_same_window(cells), _of(ground, position, self._scope))
        ordered = found.order_by(cells.c.window_start, cells.c.stratum, cells.c.met, cells.c.undecided)
        with self._store.reading() as connection:
            return [cell(row) for row in connection.execute(ordered)]

    def sampled_counts(self, ground: Ground, position: int) -> Mapping[Pattern, int]:
        """Return how many events of each cell were sampled; cells without any are left out."""
        held = select(run_windows.c.run_key, run_windows.c.window_start).where(_of(ground, position, self._scope))
        with self._store.reading() as connection:
            in_force_of = defaultdict(set)
            for row in connection.execute(held):
                in_force_of[row.run_key].add(row.window_start)
            counts = sampled_counts(connection, in_force_of, _names, _stratum)
        # Of each window one run is in force, so that no pattern comes twice.
        return {
            pattern: sampled
            for run_key, windows in in_force_of.items()
            for pattern, sampled in counts[run_key].items()
            if pattern[0] in windows
        }

    def sampled(self, ground: Ground, query: Query, of: Query | None, by: str | None, position: int) -> Sequence[Sampled]:
        """Return every sampled event of the runs in force of a ground, marked by what it matches; see the port."""
        with self._store.reading() as connection:
            kept = _kept(connection, ground, position, self._scope)
            found = connection.execute(_marked(connection, ground, query, of, by, position, self._scope))
            return [Sampled(**_facts(row, kept, by)) for row in found]

    def judged(
        self, ground: Ground, query: Query, agreed: Query, of: Query | None, by: str | None, position: int
    ) -> Sequence[Judged]:
        """Return every sampled event of the runs in force of a ground, marked alike, with what people found of it."""
        with self._store.reading() as connection:
            kept, decided = _kept(connection, ground, position, self._scope), decisions(connection, position)
            found = connection.execute(_marked(connection, ground, query, of, by, position, self._scope, agreed))
            return [_judged(row, _facts(row, kept, by), decided.get(row.event_key, NONE)) for row in found]


def _marked(
    connection: Connection,
    ground: Ground,
    query: Query,
    of: Query | None,
    by: str | None,
    position: int,
    scope: Scope,
    agreed: Query | None = None,
) -> Select[Any]:
    """Return the select of the sampled events of a ground, each marked by the queries; what is not seen matches none."""
    spoken = spoken_by_events(connection, And(tuple(each for each in (query, of, agreed) if each is not None)))
    face = capture_face(position, connection.dialect, spoken)
    seen = visible_to(scope, events)
    inside = and_(condition(query, face), seen)
    base = and_(literal(True) if of is None else condition(of, face), seen)
    more = () if agreed is None else (events.c.event_id, events.c.at, and_(condition(agreed, face), seen).label("agreed"))
    return (
        select(*SEEN, run_windows.c.width_micros, inside.label("inside"), base.label("of"), *_key_columns(by), *more)
        .join_from(captures, events, events.c.key == captures.c.event_key)
        .outerjoin(event_contents, event_contents.c.event_key == captures.c.event_key)
        .join(run_windows, _same_window(captures))
        # Of probability 0 is what was not sampled, only read again because it is in the catalog.
        .where(_of(ground, position, scope), captures.c.probability > 0)
        .order_by(captures.c.window_start, captures.c.priority, captures.c.event_key)
    )


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
        windows=tuple(
            RunWindow(window=row.window_start, population=row.population, labelled=row.labelled, provisional=row.provisional)
            for row in rows
        ),
        refused=refused_rows(_refused(connection, sorted({row.run_key for row in rows}))),
        admitted=sum(row.population for row in rows),
        earlier=_earlier(connection, name, position),
        veiled=veiled(connection, windows_of, scope),
    )


def _refused(connection: Connection, run_keys: Sequence[int]) -> Iterator[Refused]:
    """Return what runs refused, and their rows without a window."""
    for row in connection.execute(select(runs.c.refused, runs.c.manifest).where(among(runs.c.key, run_keys))):
        its = manifest(row.manifest)
        yield Refused(counts=row.refused, files=its.file_digests, unplaced=its.unplaced)


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


def _same_window(of_run: Any) -> Any:
    return and_(run_windows.c.run_key == of_run.c.run_key, run_windows.c.window_start == of_run.c.window_start)


def _of(ground: Ground, position: int, scope: Scope) -> Any:
    """Return the condition on `run_windows` that a run of this ground is in force."""
    by_its_protocol = (
        select(runs.c.key)
        .join(protocols, protocols.c.key == runs.c.protocol_key)
        .where(runs.c.source_name == ground.source, protocols.c.name == ground.protocol, protocols.c.digest == ground.digest)
        .where(visible_to(scope, runs))
    )
    return and_(in_force(position), run_windows.c.run_key.in_(by_its_protocol))


def _kept(connection: Connection, ground: Ground, position: int, scope: Scope) -> Mapping[tuple[int, int], tuple[str, ...]]:
    """Return in which groups each event was kept, by run and event."""
    of_ground = select(run_windows.c.run_key).where(_of(ground, position, scope))
    found = select(samples).where(samples.c.run_key.in_(of_ground)).order_by(samples.c.criterion)
    kept = defaultdict(list)
    for row in connection.execute(found):
        kept[row.run_key, row.event_key].append(row.criterion)
    return defaultdict(tuple, {key: tuple(names) for key, names in kept.items()})


def _key_columns(by: str | None) -> tuple[Any, ...]:
    """Return what a row must have so that `_key` finds its value of the breakdown."""
    if by is None:
        return ()
    if by in PERIODS:
        return (events.c.at.label("by"),)
    for prefix, column in ((INPUTS, event_contents.c.inputs), (CONTEXT, event_contents.c.context)):
        if by.startswith(prefix):
            return (column.label("by"),)
    if by not in COLUMNS:
        raise ValueError(f"no event has the key {by}")
    return (COLUMNS[by].label("by"),)


def _key(row: Row[Any], by: str | None) -> Scalar:
    if by is None:
        return None
    if by in PERIODS:
        return period_of(by, row.by, timedelta(microseconds=row.width_micros))
    found: Scalar = row.by
    for prefix in (INPUTS, CONTEXT):
        if by.startswith(prefix):
            return (row.by or {}).get(by.removeprefix(prefix))
    return found


def _facts(row: Row[Any], kept: Mapping[tuple[int, int], tuple[str, ...]], by: str | None) -> dict[str, Any]:
    """Return the fields of a `Sampled`."""
    return {
        "window": row.window_start,
        "stratum": _stratum(row.stratum),
        "probability": row.probability,
        "groups": kept[row.run_key, row.event_key],
        "met": _names(row.met),
        "undecided": _names(row.undecided),
        "outside": _names(row.outside),
        "labelled": row.labelled,
        # What is null does not match.
        "inside": bool(row.inside),
        "of": bool(row.of),
        "key": _key(row, by),
    }


def _judged(row: Row[Any], facts: dict[str, Any], decision: Decision) -> Judged:
    return Judged(
        **facts,
        event=row.event_id,
        at=row.at,
        agreed=bool(row.agreed),
        annotated=decision.annotated,
        severity=decision.severity,
        final=decision.final,
        cleared=decision.cleared,
        chooser=decision.chooser or row.event_id,
    )


@lru_cache(4096)
def _names(stored: str) -> tuple[str, ...]:
    return tuple(from_json(stored))


@lru_cache(4096)
def _stratum(stored: str) -> Values:
    return MappingProxyType(from_json(stored))
