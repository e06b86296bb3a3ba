"""Frames of estimates: the windows in force of one source and one meaning of a protocol, as they stood at a position.

Windows of runs that are seen, in which some sampled event is not.

An event has the sensitivity of its first filing, and a stricter protocol raises it; so one run may have events of several kinds.
Whoever filed an event first, a run that is seen is made of all its events: only what is above a clearance is not. Which kinds a
window has changes only when some run comes in force: it is counted once for each run until then, since of a million events that
takes a second.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

from sqlalchemy import ColumnElement, Connection, Engine, Row, and_, exists, func, not_, or_, select

from remiss.edges.stores.blinding import blinded_viewer, suggestions_blinded
from remiss.edges.stores.dialect.conditions import among
from remiss.edges.stores.in_force import in_force, same_window
from remiss.edges.stores.reading import Reading
from remiss.edges.stores.run_rows import FIRST_RULES, refused_by, window
from remiss.edges.stores.tables import cases, events, observations, protocols, run_windows, runs
from remiss.edges.stores.visible import visible_to
from remiss.records.case import Sensitivity
from remiss.understand.sampling_facts import Earlier, Frame

MOST_RUNS = 1_000
Kinds: TypeAlias = frozenset[tuple[datetime, str, Sensitivity]]
# By the open database: for each run, at which position a run came in force last, and what was found.
_KNOWN: WeakKeyDictionary[Engine, dict[int, tuple[int, Kinds]]] = WeakKeyDictionary()
_LOCK = Lock()


def hidden_windows(reading: Reading, windows_of: Mapping[int, Collection[datetime]]) -> frozenset[datetime]:
    """Return the windows in which the scope does not see every sampled event.

    Parameters
    ----------
    windows_of : by the key of each run, those of its windows that are asked about
    """
    scope = reading.scope
    if scope.everything:
        return frozenset()
    kinds = _kinds(reading.connection, windows_of)
    return frozenset(
        window
        for run_key, windows in windows_of.items()
        for window, team, sensitivity in kinds[run_key]
        if window in windows and not scope.sees(team, sensitivity)
    )


def most_sensitive(reading: Reading, frame: Frame, windows: Sequence[datetime]) -> Sensitivity:
    """Return the sensitivity of the most sensitive sampled event in some windows of a frame; public where there is none."""
    held = select(run_windows.c.run_key).distinct().where(of_frame(reading, frame))
    kinds = _kinds(reading.connection, [row.run_key for row in reading.connection.execute(held)])
    asked = frozenset(windows)
    found = (kind for each in kinds.values() for window, _, kind in each if window in asked)
    return max(found, default=Sensitivity.PUBLIC)


def _kinds(connection: Connection, run_keys: Collection[int]) -> dict[int, Kinds]:
    latest = connection.execute(select(func.max(run_windows.c.position_from))).scalar() or 0
    with _LOCK:
        known = _KNOWN.setdefault(connection.engine, {})
        found = {key: known[key][1] for key in run_keys if key in known and known[key][0] == latest}
    missing = [key for key in run_keys if key not in found]
    if missing:
        found |= _counted(connection, missing)
        with _LOCK:
            if len(known) + len(missing) > MOST_RUNS:
                known.clear()
            known.update({key: (latest, found[key]) for key in missing})
    return found


def _counted(connection: Connection, run_keys: Collection[int]) -> dict[int, Kinds]:
    own = (observations.c.run_key, observations.c.window_start, runs.c.team_id, events.c.sensitivity)
    kinds = (
        select(*own)
        .join(events, events.c.key == observations.c.event_key)
        .join(runs, runs.c.key == observations.c.run_key)
        .where(among(observations.c.run_key, sorted(run_keys)), observations.c.inclusion_probability > 0)
        .group_by(*own)
    )
    found: dict[int, set[tuple[datetime, str, Sensitivity]]] = {key: set() for key in run_keys}
    for row in connection.execute(kinds):
        found[row.run_key].add((row.window_start, row.team_id, Sensitivity(row.sensitivity)))
    return {key: frozenset(each) for key, each in found.items()}


def frames(reading: Reading) -> tuple[Frame, ...]:
    """Return every (source, protocol, digest, rules) with windows in force that the scope may see, by name and newest version."""
    found = (
        select(run_windows, protocols.c.version, protocols.c.digest, runs.c.rules)
        .join(runs, runs.c.key == run_windows.c.run_key)
        .join(protocols, protocols.c.key == runs.c.protocol_key)
        .where(in_force(reading.position), visible_to(reading.scope, runs))
        .order_by(run_windows.c.window_start)
    )
    by_digest = defaultdict(list)
    for row in reading.connection.execute(found):
        by_digest[row.source_name, row.protocol_name, row.digest, row.rules or FIRST_RULES].append(row)
    every = (_frame(reading, name, rows) for name, rows in by_digest.items())
    return tuple(sorted(every, key=lambda one: (one.source, one.protocol, one.version, one.rules)))


def of_frame(reading: Reading, frame: Frame) -> ColumnElement[bool]:
    """Return the condition on `run_windows` that a run of this frame is in force, of those that the scope may see."""
    by_its_protocol = (
        select(runs.c.key)
        .join(protocols, protocols.c.key == runs.c.protocol_key)
        .where(runs.c.source_name == frame.source, protocols.c.name == frame.protocol, protocols.c.digest == frame.digest)
        .where(func.coalesce(runs.c.rules, FIRST_RULES) == frame.rules, visible_to(reading.scope, runs))
    )
    return and_(in_force(reading.position), run_windows.c.run_key.in_(by_its_protocol))


def _frame(reading: Reading, name: tuple[str, str, str, int], rows: Sequence[Row[Any]]) -> Frame:
    source, protocol, digest, rules = name
    versions = tuple(sorted({row.version for row in rows}))
    windows_of = defaultdict(set)
    for row in rows:
        windows_of[row.run_key].add(row.window_start)
    return Frame(
        source=source,
        protocol=protocol,
        version=versions[-1],
        versions=versions,
        digest=digest,
        rules=rules,
        windows=tuple(window(row) for row in rows),
        refusals=tuple(refused_by(reading, among(runs.c.key, sorted({row.run_key for row in rows})))),
        admitted=sum(row.population for row in rows),
        earlier=_earlier(reading, source, digest, rows),
        partly_visible=hidden_windows(reading, windows_of),
    )


def _earlier(reading: Reading, source: str, digest: str, rows: Sequence[Row[Any]]) -> tuple[Earlier, ...]:
    """Return the runs of the source by other digests that were in force for some of the time of these windows before."""
    columns = (run_windows.c.window_start, run_windows.c.width_micros, protocols.c.name, protocols.c.version)
    found = (
        select(*columns, func.min(run_windows.c.position_from).label("came"))
        .join_from(run_windows, runs, runs.c.key == run_windows.c.run_key)
        .join(protocols, protocols.c.key == runs.c.protocol_key)
        .where(run_windows.c.source_name == source, protocols.c.digest != digest)
        .where(run_windows.c.position_from < max(row.position_from for row in rows))
        .group_by(*columns)
        .order_by(run_windows.c.window_start, "came")
    )
    before = reading.connection.execute(found).all()
    starts = [row.window_start for row in before]
    widest = timedelta(microseconds=max((row.width_micros for row in before), default=0))
    return tuple(
        Earlier(window=row.window_start, protocol=other.name, version=other.version, position=other.came)
        for row in rows
        # What begins earlier than the widest window before this one has ended.
        for other in before[bisect_left(starts, row.window_start - widest) : bisect_left(starts, _end(row))]
        if other.came < row.position_from and _end(other) > row.window_start
    )


def _end(row: Any) -> datetime:
    end: datetime = row.window_start + timedelta(microseconds=row.width_micros)
    return end


def open_to_viewer(reading: Reading, frame: Frame, windows: Sequence[datetime]) -> bool:
    """Return whether the viewer may still be given some sampled event of these windows to label.

    That is one that no case was made of, or of whose case the suggestions are blinded for them.
    """
    viewer = blinded_viewer(reading)
    if viewer is None or not windows:
        return False
    of_event = cases.c.event_key == observations.c.event_key
    open_ = or_(not_(exists().where(of_event)), exists().where(of_event, suggestions_blinded(viewer)))
    found = (
        select(observations.c.event_key)
        .join(run_windows, same_window(observations))
        .where(of_frame(reading, frame), observations.c.inclusion_probability > 0, open_)
        .where(observations.c.window_start >= min(windows), observations.c.window_start <= max(windows))
        .limit(1)
    )
    return reading.connection.execute(found).first() is not None
