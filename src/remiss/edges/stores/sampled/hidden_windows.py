"""Windows of runs that are seen, in which some sampled event is not.

An event is of the team and as guarded as what filed it first, and a stricter protocol raises it; so one run may have events of
several kinds. Which kinds a window has changes only when some run comes in force: it is counted once for each run until then,
since of a million events that takes a second.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from threading import Lock
from typing import TypeAlias
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, func, select

from remiss.edges.stores.dialect.conditions import among
from remiss.edges.stores.tables import captures, events, run_windows
from remiss.govern.ports.actor import Scope
from remiss.records.case import Sensitivity

MOST_RUNS = 1_000
Kinds: TypeAlias = frozenset[tuple[datetime, str, Sensitivity]]
# By the open database: for each run, at which position a run came in force last, and what was found.
_KNOWN: WeakKeyDictionary[Engine, dict[int, tuple[int, Kinds]]] = WeakKeyDictionary()
_LOCK = Lock()


def hidden_windows(connection: Connection, windows_of: Mapping[int, Collection[datetime]], scope: Scope) -> frozenset[datetime]:
    """Return the windows in which a scope does not see every sampled event.

    Parameters
    ----------
    windows_of : by the key of each run, those of its windows that are asked about
    """
    if scope.everything:
        return frozenset()
    kinds = _kinds(connection, windows_of)
    return frozenset(
        window
        for run_key, windows in windows_of.items()
        for window, team, sensitivity in kinds[run_key]
        if window in windows and not scope.sees(team, sensitivity)
    )


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
    own = (captures.c.run_key, captures.c.window_start, events.c.team_id, events.c.sensitivity)
    kinds = (
        select(*own)
        .join(events, events.c.key == captures.c.event_key)
        .where(among(captures.c.run_key, sorted(run_keys)), captures.c.probability > 0)
        .group_by(*own)
    )
    found: dict[int, set[tuple[datetime, str, Sensitivity]]] = {key: set() for key in run_keys}
    for row in connection.execute(kinds):
        found[row.run_key].add((row.window_start, row.team_id, Sensitivity(row.sensitivity)))
    return {key: frozenset(each) for key, each in found.items()}
