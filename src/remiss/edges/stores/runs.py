"""Runs in the catalog: what was drawn, when, from what, and what is in force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, false, func, select

from remiss.capture.captured import Coverage, DocumentText, KnownEvent, RunTotals, StoredTexts, UnredactedRun, WindowInForce
from remiss.edges.stores.coverage import (
    coverage,
    known_events,
    totals,
    unredacted,
    unredacted_events,
    windows_beside,
    windows_in_force,
    windows_waiting,
)
from remiss.edges.stores.in_force import come_by
from remiss.edges.stores.reading import Reader, Reading
from remiss.edges.stores.run_changes import all_changes, visible_changes
from remiss.edges.stores.run_rows import (
    as_it_stood,
    came,
    captured,
    cells_of,
    find_run,
    groups_of,
    manifest,
    profile,
    run_of,
    shown,
    window,
)
from remiss.edges.stores.source_files import known_files, lock_source, remember
from remiss.edges.stores.tables import events, observations, profiles, protocols, refused_rows, run_windows, runs
from remiss.edges.stores.visible import visible_to
from remiss.records.case import Sensitivity
from remiss.records.event import is_text
from remiss.records.person import Governed
from remiss.records.run import Cell, Change, Group, Manifest, Member, Profile, RefusedRow, Run, RunWindow
from remiss.records.source_file import SourceFile


class RunStore:
    """Runs in the catalog: fulfils `capture.ports.Runs`.

    Who asks for a run, or for a list of them, gets what their scope allows; what a capture compares itself with is all that is
    there. What files runs is `filing.FilingStore`, which whoever only reads does not load.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._store = reader.store
        self._visible = visible_to(reader.scope, runs)

    def in_force(self, source: str, protocol: str, position: int | None = None) -> tuple[WindowInForce, ...]:
        """Return the windows of which some run is in force, or was at a position, oldest first.

        Inside an action that writes, it first waits for other captures of the source: what is compared must be in force then.
        """
        with self._reader.at(position) as reading:
            self._alone(reading, source)
            return windows_in_force(reading, source, protocol)

    def waiting(self, source: str, protocol: str, position: int | None = None) -> Mapping[datetime, int]:
        """Return the windows of runs that wait to be accepted, each with the position at which the newest of them was filed."""
        with self._reader.at(position) as reading:
            return windows_waiting(reading, source, protocol)

    def beside(self, source: str, protocol: str, position: int | None = None) -> tuple[tuple[datetime, datetime], ...]:
        """Return the windows in force whose rows share ids with those of a window next to them, each with that one."""
        with self._reader.at(position) as reading:
            return windows_beside(reading, source, protocol)

    def source_files(self, source: str, protocol: str, read_as: str) -> tuple[SourceFile, ...]:
        """Return the files of a source that runs of a protocol saw, and those that were read since (see the port)."""
        with self._reader.at() as reading:
            return known_files(reading, source, protocol, read_as)

    def remember(self, source: str, protocol: str, read_as: str, files: Sequence[SourceFile]) -> None:
        """Keep what files were read for; where nothing can be written nothing is kept."""
        remember(self._store, source, protocol, read_as, files)

    def totals(self, source: str, protocol: str, position: int | None = None) -> RunTotals:
        """Return what the runs that are in force, or were at a position, add up to, of those that are seen."""
        with self._reader.at(position) as reading:
            return totals(reading, source, protocol)

    def coverage(self, position: int | None = None) -> tuple[Coverage, ...]:
        """Return what is captured, now or as it was at a position; by source and protocol, newer versions first."""
        with self._reader.at(position) as reading:
            return coverage(reading)

    def known(self, source: str, protocol: str, since: datetime, until: datetime) -> tuple[KnownEvent, ...]:
        """Return the events sampled by the runs in force for those windows; inside an action it waits like `in_force`."""
        with self._reader.at() as reading:
            self._alone(reading, source)
            return known_events(reading, source, protocol, since, until)

    def catalogued(self, source: str, since: datetime, until: datetime) -> tuple[tuple[str, datetime], ...]:
        """Return id and time of all events of a source in the catalog that happened in [since, until), sampled or not."""
        found = select(events.c.event_id, events.c.occurred_at).where(
            events.c.source_name == source, events.c.occurred_at >= since, events.c.occurred_at < until
        )
        with self._reader.at() as reading:
            return tuple((row.event_id, row.occurred_at) for row in reading.connection.execute(found))

    def documents(self, source: str, since: datetime, until: datetime) -> tuple[DocumentText, ...]:
        """Return the protocol versions by which there are runs of a source in [since, until), seen or not."""
        its = select(runs.c.protocol_key).where(runs.c.source_name == source, runs.c.since < until, runs.c.until > since)
        found = select(protocols.c.name, protocols.c.version, protocols.c.text).where(protocols.c.key.in_(its))
        with self._reader.at() as reading:
            rows = reading.connection.execute(found.order_by(protocols.c.name, protocols.c.version))
            return tuple(DocumentText(name=row.name, version=row.version, text=row.text) for row in rows)

    def sampled_ids(self, source: str, protocol: str, version: int, since: datetime, until: datetime) -> tuple[str, ...]:
        """Return the ids of the events that runs by one protocol version sampled in the windows of [since, until)."""
        found = (
            select(events.c.event_id)
            .join(observations, observations.c.event_key == events.c.key)
            .join(runs, runs.c.key == observations.c.run_key)
            .join(protocols, protocols.c.key == runs.c.protocol_key)
            .where(runs.c.source_name == source, protocols.c.name == protocol, protocols.c.version == version)
            .where(observations.c.window_start >= since, observations.c.window_start < until)
            .where(observations.c.inclusion_probability > 0)
            .distinct()
        )
        with self._reader.at() as reading:
            return tuple(reading.connection.execute(found).scalars())

    def teams(self, source: str) -> frozenset[str]:
        """Return the teams whose runs there are of a source, seen or not."""
        found = select(runs.c.team_id).where(runs.c.source_name == source).distinct()
        with self._reader.at() as reading:
            return frozenset(reading.connection.execute(found).scalars())

    def unredacted(self) -> tuple[UnredactedRun, ...]:
        """Return the runs that stored texts without redaction, oldest first, seen or not."""
        with self._reader.at() as reading:
            return unredacted(reading)

    def unredacted_events(self) -> int:
        """Return how many events some run stored without redaction, seen or not."""
        with self._reader.at() as reading:
            return unredacted_events(reading.connection)

    def stored_texts(self, run: str) -> StoredTexts:
        """Return what a run stored, all of it, with each event before and after as it is."""
        with self._reader.at() as reading:
            key = self._find(reading, run).key
            saw = [(event, member.event, member.event) for event, member in captured(reading.connection, key)]
            changed = all_changes(reading.connection, key)
        return StoredTexts(events=saw, profiles=self.profiles(run), refused=self.refused(run), changes=changed)

    def get(self, run: str, position: int | None = None) -> Run:
        """Return a run by id or by a unique prefix of six or more characters, as it stood at a position."""
        with self._reader.at(position) as reading:
            row = self._find(reading, run)
            groups = tuple(each for each in _groups(reading, row) if each.population)
            return as_it_stood(shown(reading, row, groups), row.came, position)

    def latest(
        self, limit: int, protocol: str | None = None, position: int | None = None, *, before: int | None = None
    ) -> tuple[Run, ...]:
        """Return the newest runs first, without groups, as they stood at a position; only those filed `before` one."""
        filed = select(runs, came()).where(come_by(runs, position), self._visible)
        found = filed.order_by(runs.c.position.desc(), runs.c.key.desc()).limit(limit)
        if protocol is not None:
            found = found.where(runs.c.protocol_name == protocol if is_text(protocol) else false())
        if before is not None:
            found = found.where(runs.c.position < before)
        with self._reader.at(position) as reading:
            return tuple(as_it_stood(run_of(row), row.came, position) for row in reading.connection.execute(found))

    def count(self, protocol: str | None = None, position: int | None = None) -> int:
        """Return how many runs there are, or were at a position."""
        found = select(func.count()).select_from(runs).where(come_by(runs, position), self._visible)
        if protocol is not None:
            found = found.where(runs.c.protocol_name == protocol if is_text(protocol) else false())
        with self._reader.at(position) as reading:
            return int(reading.connection.execute(found).scalar_one())

    def manifest(self, run: str) -> Manifest:
        """Return the named inputs of a run."""
        with self._reader.at() as reading:
            return manifest(self._find(reading, run).manifest)

    def windows(self, run: str) -> tuple[RunWindow, ...]:
        """Return the windows of a run, oldest first."""
        return tuple(window(row) for row in self._rows(run, select(run_windows).order_by(run_windows.c.window_start)))

    def groups(self, run: str) -> tuple[Group, ...]:
        """Return the groups of a run, sorted by window, stratum, criterion."""
        with self._reader.at() as reading:
            return _groups(reading, self._find(reading, run))

    def cells(self, run: str) -> tuple[Cell, ...]:
        """Return the cells of a run, sorted alike."""
        with self._reader.at() as reading:
            return cells_of(reading, self._find(reading, run).key)

    def members(self, run: str) -> tuple[Member, ...]:
        """Return the sampled events of a run as it met them, by window and priority."""
        with self._reader.at() as reading:
            found = captured(reading.connection, self._find(reading, run).key)
        return tuple(member for _, member in found if member.groups)

    def profiles(self, run: str) -> tuple[Profile, ...]:
        """Return the profiles of a run."""
        found = select(profiles).order_by(profiles.c.window_start, profiles.c.field)
        return tuple(map(profile, self._rows(run, found.add_columns(profiles.c["count"].label("count_")))))

    def refused(self, run: str) -> tuple[RefusedRow, ...]:
        """Return the listed refused rows of a run, by reason."""
        found = select(refused_rows).order_by(refused_rows.c.reason, refused_rows.c.ordinal)
        return tuple(
            RefusedRow(reason=row.reason, file=row.file, row=row.row, detail=row.detail) for row in self._rows(run, found)
        )

    def changes(self, run: str) -> tuple[Change, ...]:
        """Return how a run differs from what was in force before it, as far as the viewer may know."""
        with self._reader.at() as reading:
            return visible_changes(reading, self._find(reading, run))

    def filed(self, run: str) -> bool:
        """Return whether there is a run of exactly this id, seen or not."""
        with self._reader.at() as reading:
            return reading.connection.execute(select(runs.c.key).where(runs.c.id == run)).first() is not None

    def governed(self, run: str, position: int | None = None) -> Governed:
        """Return what decides who sees a run, of one that is seen."""
        with self._reader.at(position) as reading:
            row = self._find(reading, run)
            return Governed(id=row.id, team=row.team_id, sensitivity=Sensitivity(row.sensitivity))

    def _find(self, reading: Reading, run: str) -> Row[Any]:
        """Return the row of the one run that an id or a beginning means; raises NotFound and Ambiguous."""
        asked = ("run", run, reading.scope, reading.position)
        row = reading.once(asked, lambda: find_run(reading, run))
        return reading.once(("run", row.id, reading.scope, reading.position), lambda: row)

    def _alone(self, reading: Reading, source: str) -> None:
        if self._store.writes:
            lock_source(reading.connection, source)

    def _rows(self, run: str, of_runs: Select[Any]) -> Sequence[Row[Any]]:
        """Return the rows that belong to one run, of a select from one table that has `run_key`."""
        with self._reader.at() as reading:
            key = self._find(reading, run).key
            return reading.connection.execute(of_runs.where(of_runs.selected_columns.run_key == key)).all()


def _groups(reading: Reading, row: Row[Any]) -> tuple[Group, ...]:
    return reading.once(("groups of a run", row.key), lambda: groups_of(reading, row.key))
