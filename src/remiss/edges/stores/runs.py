"""Runs in the catalog: what was drawn, when, from what, and what is in force."""

from __future__ import annotations

import gc
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, select

from remiss.capture.ports import Known, WindowInForce
from remiss.catalog.spelling import spelled
from remiss.edges.stores.connecting import Store
from remiss.edges.stores.dialect.types import from_json
from remiss.edges.stores.filing import file_run, lock_source
from remiss.edges.stores.in_force import in_force, of
from remiss.edges.stores.promotion import promote
from remiss.edges.stores.tables import (
    captures,
    cells,
    event_contents,
    events,
    groups,
    profiles,
    protocols,
    refused_rows,
    run_changes,
    run_windows,
    runs,
    samples,
)
from remiss.errors import Ambiguous, Conflict, NotFound
from remiss.protocol.terms import Protocol
from remiss.records.event import Event
from remiss.records.identity import parse_time
from remiss.records.run import Cell, Change, Drawn, Group, Manifest, Member, Profile, RefusedRow, Run, RunWindow

SHORTEST = 6


class RunStore:
    """Runs in the catalog: fulfils `capture.ports.Runs`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def in_force(self, source: str, protocol: str) -> tuple[WindowInForce, ...]:
        """Return the windows of which some run is in force, oldest first.

        Inside an action that writes, it first waits for other captures of the source: what a run is compared with must still
        be in force when it is filed.
        """
        found = (
            select(run_windows, runs.c.id, runs.c.as_of, protocols.c.version, protocols.c.digest)
            .join(runs, runs.c.key == run_windows.c.run_key)
            .join(protocols, protocols.c.key == runs.c.protocol_key)
            .where(of(source, protocol), in_force())
            .order_by(run_windows.c.window_start)
        )
        with self._store.reading() as connection:
            self._alone(connection, source)
            return tuple(
                WindowInForce(
                    window=_window(row),
                    run=row.id,
                    protocol_version=row.version,
                    protocol_digest=row.digest,
                    as_of=row.as_of,
                )
                for row in connection.execute(found)
            )

    def known(self, source: str, protocol: str, since: datetime, until: datetime) -> tuple[Known, ...]:
        """Return the events sampled by the runs in force for those windows; inside an action it waits like `in_force`."""
        found = (
            select(captures, events.c.event_id)
            .join(events, events.c.key == captures.c.event_key)
            .join(run_windows, _window_of_capture)
            .where(of(source, protocol), in_force())
            .where(captures.c.window_start >= since, captures.c.window_start < until, captures.c.probability > 0)
            .order_by(captures.c.window_start, captures.c.priority, events.c.event_id)
        )
        with self._store.reading() as connection:
            self._alone(connection, source)
            return tuple(
                Known(
                    event=row.event_id,
                    window=row.window_start,
                    output=spelled(row.output),
                    label=spelled(row.label),
                    met=tuple(row.met),
                    undecided=tuple(row.undecided),
                )
                for row in connection.execute(found)
            )

    def catalogued(self, source: str, since: datetime, until: datetime) -> tuple[str, ...]:
        """Return the ids of all events of a source in the catalog that happened in [since, until), sampled or not."""
        found = select(events.c.event_id).where(events.c.source_name == source, events.c.at >= since, events.c.at < until)
        with self._store.reading() as connection:
            return tuple(connection.execute(found).scalars())

    def file(self, drawn: Drawn, *, run: str, status: str, changes: Sequence[Change], team: str, document: Protocol) -> Run:
        """File a whole run; see the port.

        Raises
        ------
        Conflict : the run is filed already, or a known event came back with another time or model
        """
        with _no_collector():
            file_run(self._store.transaction, drawn, run=run, status=status, changes=changes, team=team, document=document)
        return self.get(run)

    def accept(self, run: str) -> Run:
        """Bring a waiting run in force.

        Raises
        ------
        NotFound, Conflict : not waiting, or a later run is already in force for one of its windows
        """
        transaction = self._store.transaction
        row = _find(transaction.connection, run)
        lock_source(transaction.connection, row.source_name)
        # Again, now that nobody else can accept it.
        row = _find(transaction.connection, row.id)
        if row.status != "waiting":
            raise Conflict(f"{row.id} is not waiting: it is {row.status}", do="see remiss run show")
        transaction.subjects.append(row.id)
        promote(transaction, row.key, _captured(transaction.connection, row.key))
        return self.get(row.id)

    def get(self, run: str) -> Run:
        """Return a run by id or by a unique prefix of six or more characters."""
        with self._store.reading() as connection:
            row = _find(connection, run)
            return _run(row, _groups(connection, row.key))

    def latest(self, limit: int, protocol: str | None = None) -> tuple[Run, ...]:
        """Return the newest runs first, without groups."""
        found = select(runs).order_by(runs.c.position.desc(), runs.c.key.desc()).limit(limit)
        if protocol is not None:
            found = found.where(runs.c.protocol_name == protocol)
        with self._store.reading() as connection:
            return tuple(_run(row) for row in connection.execute(found))

    def manifest(self, run: str) -> Manifest:
        """Return the named inputs of a run."""
        with self._store.reading() as connection:
            return _manifest(_find(connection, run).manifest)

    def windows(self, run: str) -> tuple[RunWindow, ...]:
        """Return the windows of a run, oldest first."""
        return tuple(_window(row) for row in self._rows(run, select(run_windows).order_by(run_windows.c.window_start)))

    def groups(self, run: str) -> tuple[Group, ...]:
        """Return the groups of a run, sorted by window, stratum, criterion."""
        with self._store.reading() as connection:
            return _groups(connection, _find(connection, run).key)

    def cells(self, run: str) -> tuple[Cell, ...]:
        """Return the cells of a run, sorted alike."""
        order = (cells.c.window_start, cells.c.stratum, cells.c.met, cells.c.undecided)
        return tuple(cell(row) for row in self._rows(run, select(cells).order_by(*order)))

    def members(self, run: str) -> tuple[Member, ...]:
        """Return the sampled events of a run as it met them, by window and priority."""
        with self._store.reading() as connection:
            found = _captured(connection, _find(connection, run).key)
        return tuple(member for _, member in found if member.groups)

    def profiles(self, run: str) -> tuple[Profile, ...]:
        """Return the profiles of a run."""
        found = select(profiles).order_by(profiles.c.window_start, profiles.c.field)
        return tuple(
            Profile(
                window=row.window_start,
                field=row.field,
                count=row.count_,
                nulls=row.nulls,
                minimum=row.minimum,
                maximum=row.maximum,
            )
            for row in self._rows(run, found.add_columns(profiles.c["count"].label("count_")))
        )

    def refused(self, run: str) -> tuple[RefusedRow, ...]:
        """Return the listed refused rows of a run, by reason."""
        found = select(refused_rows).order_by(refused_rows.c.reason, refused_rows.c.ordinal)
        return tuple(
            RefusedRow(reason=row.reason, file=row.file, row=row.row, detail=row.detail) for row in self._rows(run, found)
        )

    def changes(self, run: str) -> tuple[Change, ...]:
        """Return how a run differs from what was in force before it."""
        found = select(run_changes).order_by(run_changes.c.window_start, run_changes.c.event_id, run_changes.c.kind)
        return tuple(
            Change(event=row.event_id, kind=row.kind, window=row.window_start, detail=row.detail)
            for row in self._rows(run, found)
        )

    def _alone(self, connection: Connection, source: str) -> None:
        if self._store.writes:
            lock_source(connection, source)

    def _rows(self, run: str, of_runs: Select[Any]) -> Sequence[Row[Any]]:
        """Return the rows that belong to one run, of a select from one table that has `run_key`."""
        with self._store.reading() as connection:
            key = _find(connection, run).key
            return connection.execute(of_runs.where(of_runs.selected_columns.run_key == key)).all()


@contextmanager
def _no_collector() -> Iterator[None]:
    """Keep the collector of cycles out: filing makes none, and it would walk all members again and again (a sixth slower)."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


_window_of_capture = and_(run_windows.c.run_key == captures.c.run_key, run_windows.c.window_start == captures.c.window_start)


def _find(connection: Connection, run: str) -> Row[Any]:
    """Return the row of a run by its id, or by a prefix of it that no other run has."""
    prefix = run if run.startswith("run-") else f"run-{run}"
    found = connection.execute(
        select(runs).where(runs.c.id >= prefix, runs.c.id < prefix + "~").order_by(runs.c.id).limit(3)
    ).all()
    if found and found[0].id == prefix:
        return found[0]
    if not found or len(prefix) < len("run-") + SHORTEST:
        raise NotFound(
            f"there is no run {run}", do=f"list them with: remiss run list (a prefix needs {SHORTEST} characters or more)"
        )
    if len(found) > 1:
        raise Ambiguous(f"several runs begin with {run}", do=f"write more of it: {', '.join(row.id for row in found)}")
    return found[0]


def _window(row: Row[Any]) -> RunWindow:
    return RunWindow(window=row.window_start, population=row.population, labelled=row.labelled, provisional=row.provisional)


def _run(row: Row[Any], of_run: tuple[Group, ...] = ()) -> Run:
    return Run(
        id=row.id,
        status=row.status,
        digest=row.digest,
        manifest=_manifest(row.manifest),
        groups=of_run,
        refused=row.refused,
        events_new=row.events_new,
        events_known=row.events_known,
        cases_new=row.cases_new,
        cases_known=row.cases_known,
        changes=row.changes,
        actor=row.actor,
        at=row.at,
        position=row.position,
    )


def _manifest(stored: dict[str, Any]) -> Manifest:
    found: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in stored.items()}
    for name in ("since", "until", "as_of"):
        found[name] = parse_time(stored[name])
    return Manifest(**{field.name: found[field.name] for field in fields(Manifest) if field.name in found})


def _groups(connection: Connection, run_key: int) -> tuple[Group, ...]:
    found = (
        select(groups, run_windows.c.provisional)
        .join(run_windows, and_(run_windows.c.run_key == groups.c.run_key, run_windows.c.window_start == groups.c.window_start))
        .where(groups.c.run_key == run_key)
        .order_by(groups.c.window_start, groups.c.stratum, groups.c.criterion)
    )
    return tuple(group(row) for row in connection.execute(found))


def group(row: Row[Any]) -> Group:
    """Return a row of `groups`, with its window's `provisional`, as a record."""
    return Group(
        criterion=row.criterion,
        window=row.window_start,
        stratum=from_json(row.stratum),
        population=row.population,
        labelled=row.labelled,
        kept=row.kept,
        threshold=row.threshold,
        provisional=row.provisional,
    )


def cell(row: Row[Any]) -> Cell:
    """Return a row of `cells` as a record."""
    return Cell(
        window=row.window_start,
        stratum=from_json(row.stratum),
        met=tuple(from_json(row.met)),
        undecided=tuple(from_json(row.undecided)),
        population=row.population,
        labelled=row.labelled,
    )


def _captured(connection: Connection, run_key: int) -> list[tuple[int, Member]]:
    """Return the events that a run saw with their keys, by window and priority; of erased ones what is left.

    Those in no group were not sampled: they were in the catalog already and only read again.
    """
    kept = defaultdict(list)
    for row in connection.execute(select(samples.c.event_key, samples.c.criterion).where(samples.c.run_key == run_key)):
        kept[row.event_key].append(row.criterion)
    found = (
        select(captures, events, event_contents.c.inputs, event_contents.c.context, event_contents.c.text)
        .join(events, events.c.key == captures.c.event_key)
        .outerjoin(event_contents, event_contents.c.event_key == events.c.key)
        .where(captures.c.run_key == run_key)
        .order_by(captures.c.window_start, captures.c.priority, events.c.event_id)
    )
    return [(row.event_key, _member(row, tuple(sorted(kept[row.event_key])))) for row in connection.execute(found)]


def _member(row: Row[Any], kept: tuple[str, ...]) -> Member:
    return Member(
        event=Event(
            id=row.event_id,
            at=row.at,
            model=row.model,
            model_version=row.model_version,
            model_digest=row.model_digest,
            features=row.features,
            output=row.output,
            label=row.label,
            confidence=row.confidence,
            latency_ms=row.latency_ms,
            status=row.status,
            trace_id=row.trace_id,
            inputs=row.inputs or {},
            context=row.context or {},
            text=row.text,
        ),
        priority=row.priority,
        window=row.window_start,
        stratum=from_json(row.stratum),
        groups=kept,
        probability=row.probability,
        met=tuple(row.met),
        undecided=tuple(row.undecided),
        outside=tuple(row.outside),
        evidence=row.evidence,
    )
