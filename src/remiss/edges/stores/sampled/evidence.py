"""The store of sampling facts: the port `Evidence` on a database.

How many events of each cell a run sampled: counted once for each run, since what a run sampled never changes.

An exact count is told with how many sampled events stand behind it. Of a million of them counting takes seconds, and every
figure asks; but only the latest run is ever new.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from threading import Lock
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, Select, Text, case, distinct, func, literal, select, type_coerce

from remiss.catalog.query.expression import Query
from remiss.edges.stores.dialect.conditions import among
from remiss.edges.stores.in_force import same_window
from remiss.edges.stores.reading import Reader, Reading
from remiss.edges.stores.run_rows import CELL_ORDER, cell, group, names, stratum, version
from remiss.edges.stores.sampled.columns import selected_for
from remiss.edges.stores.sampled.events import blinded_events, judged, sampled, sampled_columns
from remiss.edges.stores.sampled.frames import frames, most_sensitive, of_frame, open_to_viewer
from remiss.edges.stores.tables import Instant, cells, event_contents, events, groups, observations, run_windows, runs
from remiss.records.case import Sensitivity
from remiss.records.event import ModelVersion
from remiss.records.run import Cell, Group
from remiss.understand.periods import FIRST_WINDOWS
from remiss.understand.question import QuestionPlan
from remiss.understand.sampling_facts import BlindedEvent, Frame, Judged, Pattern, Sampled, SampledColumns, pattern_of

# Ten years of weekly captures of two logs. A run's counts are some ten numbers for each of its windows and strata.
MOST_RUNS = 1_000
# Of most fields that have many values so many events show it.
LOOKED_AT = 100_000

Counts: TypeAlias = Mapping[Pattern, int]
# By the open database, not by the catalog's id, which copies of a file share.
_KNOWN: WeakKeyDictionary[Engine, OrderedDict[int, Counts]] = WeakKeyDictionary()
_LOCK = Lock()


def sampled_counts(connection: Connection, run_keys: Collection[int]) -> dict[int, Counts]:
    """Return, for each of these runs, how many events of each cell it sampled; cells without any are left out."""
    with _LOCK:
        known = _KNOWN.setdefault(connection.engine, OrderedDict())
        found = {key: known[key] for key in run_keys if key in known}
    missing = [key for key in run_keys if key not in found]
    if missing:
        found |= _counted(connection, missing)
    with _LOCK:
        for key in run_keys:
            known[key] = found[key]
            known.move_to_end(key)
        while len(known) > MOST_RUNS:
            known.popitem(last=False)
    return found


def _counted(connection: Connection, run_keys: Collection[int]) -> dict[int, Counts]:
    told = _told_apart(connection, run_keys)
    alike = ([key for key in run_keys if not told[key]], [key for key in run_keys if told[key]])
    return {key: found for own in alike if own for key, found in _of_runs(connection, own, told).items()}


def _of_runs(
    connection: Connection, run_keys: Collection[int], told: Mapping[int, Collection[ModelVersion]]
) -> Mapping[int, Counts]:
    """Return the counts of runs that all tell model versions apart, or all do not: then their events need not be looked at."""
    names_of = ("criteria_met", "criteria_undecided", "criteria_outside")
    lists = (type_coerce(observations.c[name], Text()).label(name) for name in names_of)
    own = (observations.c.run_key, observations.c.window_start, observations.c.stratum)
    versions = (events.c.model_version,) if any(told[key] for key in run_keys) else ()
    counted = (
        select(*own, runs.c.rules, *lists, *versions, func.count().label("sampled"))
        .join(runs, runs.c.key == observations.c.run_key)
        .where(among(observations.c.run_key, sorted(run_keys)), observations.c.inclusion_probability > 0)
        .group_by(*own, runs.c.rules, *(observations.c[name] for name in names_of), *versions)
    )
    if versions:
        counted = counted.join(events, events.c.key == observations.c.event_key)
    found: dict[int, dict[Pattern, int]] = {key: defaultdict(int) for key in run_keys}
    for row in connection.execute(counted):
        # Of a run by the first rules cells do not say who is outside.
        outside = () if row.rules is None else names(row.criteria_outside)
        own_names = (names(row.criteria_met), names(row.criteria_undecided), outside)
        own_version = ModelVersion(row.model_version) if versions else None
        told_version = own_version if own_version in told[row.run_key] else None
        found[row.run_key][pattern_of(row.window_start, stratum(row.stratum), *own_names, told_version)] += row.sampled
    return {key: dict(counts) for key, counts in found.items()}


def _told_apart(connection: Connection, run_keys: Collection[int]) -> Mapping[int, Collection[ModelVersion]]:
    """Return the model versions that each run told apart in its cells."""
    by_run = select(cells.c.run_key, cells.c.model_version).where(among(cells.c.run_key, sorted(run_keys))).distinct()
    found: dict[int, set[ModelVersion]] = {key: set() for key in run_keys}
    for row in connection.execute(by_run):
        told = version(row.model_version)
        if told is not None:
            found[row.run_key].add(told)
    return found


def value_counts(reading: Reading, frame: Frame, names: Sequence[str], most: int) -> dict[str, int]:
    """Return how many values each of some fields has among sampled events of a frame, up to one more than `most`; see the port.

    What the first of them show to have too many is not looked for in the others, and the rest is counted in one pass.
    """
    columns = {name: column for name in names for [(_, column)] in [selected_for([name]).values()]}
    those = (
        select(*columns.values())
        .select_from(observations)
        .join(events, events.c.key == observations.c.event_key)
        .outerjoin(event_contents, event_contents.c.event_key == observations.c.event_key)
        .join(run_windows, same_window(observations))
        .where(of_frame(reading, frame), observations.c.inclusion_probability > 0)
    )
    first = {name: _first_values(reading, those, column, most) for name, column in columns.items()}
    few = [name for name, count in first.items() if count <= most]
    ask = reading.connection.execute
    if not few or ask(those.with_only_columns(literal(1)).limit(1).offset(LOOKED_AT)).first() is None:
        return first
    every = those.with_only_columns(*(columns[name].label(f"of_{at}") for at, name in enumerate(few))).subquery()
    counted = (func.count(each.distinct()) + func.count(distinct(case((each.is_(None), 1)))) for each in every.c)
    return first | {name: min(count, most + 1) for name, count in zip(few, ask(select(*counted)).one(), strict=True)}


def _first_values(reading: Reading, those: Select[Any], column: Any, most: int) -> int:
    """Return how many values a column has among the first events; what reads them stops with the first value too many."""
    some = those.with_only_columns(column.label("value")).limit(LOOKED_AT).subquery()
    found = select(some.c.value).distinct().limit(most + 1).subquery()
    counted: int = reading.connection.execute(select(func.count()).select_from(found)).scalar_one()
    return counted


class EvidenceStore:
    """Sampling facts in the catalog, as far as a scope may see them: fulfils `understand.ports.Evidence`.

    A run that is not seen is no frame, and of one that is seen every event counts, whoever filed it first: a figure must not
    change with who asks. Windows with events above the clearance are named by the frame.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def position(self) -> int:
        """Return the catalog's position."""
        with self._reader.at() as reading:
            return reading.head

    def frames(self, position: int) -> tuple[Frame, ...]:
        """Return every (source, protocol, digest) with windows in force, by name and newest version."""
        with self._reader.at(position) as reading:
            return frames(reading)

    def open_to_asker(self, frame: Frame, windows: Sequence[datetime], position: int) -> bool:
        """Return whether the asker may still be given some sampled event of these windows to label."""
        with self._reader.at(position) as reading:
            return open_to_viewer(reading, frame, windows)

    def groups(self, frame: Frame, position: int) -> Sequence[Group]:
        """Return the groups of the runs in force of a frame, sorted by window, stratum, criterion."""
        order = (groups.c.window_start, groups.c.stratum, groups.c.criterion)
        with self._reader.at(position) as reading:
            found = select(groups, run_windows.c.provisional).where(same_window(groups), of_frame(reading, frame))
            return [group(row) for row in reading.connection.execute(found.order_by(*order))]

    def cells(self, frame: Frame, position: int) -> Sequence[Cell]:
        """Return the cells of the runs in force of a frame, sorted alike."""
        order = (cells.c[name] for name in CELL_ORDER)
        with self._reader.at(position) as reading:
            found = select(cells).where(same_window(cells), of_frame(reading, frame))
            return [cell(row) for row in reading.connection.execute(found.order_by(*order))]

    def begins(self, frame: Frame, position: int) -> Mapping[datetime, datetime]:
        """Return when the first sampled event of each of the first windows of a frame occurred."""
        starts = sorted(one.window for one in frame.windows)[:FIRST_WINDOWS]
        first = type_coerce(func.min(events.c.occurred_at), Instant).label("first")
        with self._reader.at(position) as reading:
            found = (
                select(observations.c.window_start, first)
                .join(run_windows, same_window(observations))
                .join(events, events.c.key == observations.c.event_key)
                .where(of_frame(reading, frame), observations.c.window_start <= starts[-1])
                .group_by(observations.c.window_start)
            )
            return {row.window_start: row.first for row in reading.connection.execute(found)}

    def sampled_counts(self, frame: Frame, position: int) -> Mapping[Pattern, int]:
        """Return how many events of each cell were sampled; cells without any are left out."""
        with self._reader.at(position) as reading:
            held = select(run_windows.c.run_key, run_windows.c.window_start).where(of_frame(reading, frame))
            in_force_of = defaultdict(set)
            for row in reading.connection.execute(held):
                in_force_of[row.run_key].add(row.window_start)
            counts = sampled_counts(reading.connection, in_force_of)
        # Of each window one run is in force, so that no pattern comes twice.
        return {
            pattern: count
            for run_key, windows in in_force_of.items()
            for pattern, count in counts[run_key].items()
            if pattern[0] in windows
        }

    def sampled(self, frame: Frame, query: Query, of: Query | None, by: str | None, position: int) -> Sequence[Sampled]:
        """Return every sampled event of the runs in force of a frame, marked by what it matches; see the port."""
        with self._reader.at(position) as reading:
            return sampled(reading, frame, query, of, by)

    def sampled_columns(self, frame: Frame, plan: QuestionPlan, names: Sequence[str], position: int) -> SampledColumns:
        """Return every sampled event of the runs in force of a frame by columns, with some of its fields; see the port."""
        with self._reader.at(position) as reading:
            return sampled_columns(reading, frame, plan, names)

    def value_counts(self, frame: Frame, names: Sequence[str], most: int, position: int) -> Mapping[str, int]:
        """Return how many values each of some fields has among the sampled events of a frame, up to one more than `most`."""
        with self._reader.at(position) as reading:
            return value_counts(reading, frame, names, most)

    def sensitivity(self, frame: Frame, windows: Sequence[datetime], position: int) -> Sensitivity:
        """Return that of the most sensitive sampled event in some windows of a frame."""
        with self._reader.at(position) as reading:
            return most_sensitive(reading, frame, windows)

    def judged(
        self, frame: Frame, query: Query, agreed: Query, of: Query | None, by: str | None, position: int
    ) -> Sequence[Judged]:
        """Return every sampled event of the runs in force of a frame, marked alike, with what people found of it."""
        with self._reader.at(position) as reading:
            return judged(reading, frame, query, agreed, of, by)

    def blinded(self, frame: Frame, terms: Sequence[Query], by: str | None, position: int) -> Sequence[BlindedEvent]:
        """Return every sampled event of the runs in force of a frame whose case the asker may still label, as it stands now."""
        with self._reader.at(position) as reading:
            return blinded_events(reading, frame, terms, by)
