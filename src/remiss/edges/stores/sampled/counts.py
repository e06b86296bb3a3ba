"""How many events of each cell a run sampled: counted once for each run, since what a run sampled never changes.

An exact count is told with how many sampled events stand behind it. Of a million of them counting takes seconds, and every
figure asks; but only the latest run is ever new.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Mapping
from threading import Lock
from typing import TypeAlias
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, Text, func, select, type_coerce

from remiss.edges.stores.dialect.conditions import among
from remiss.edges.stores.run_rows import names, stratum
from remiss.edges.stores.tables import captures
from remiss.understand.sampling_facts import Pattern, pattern_of

# Ten years of weekly captures of two logs. A run's counts are some ten numbers for each of its windows and strata.
MOST_RUNS = 1_000

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
    lists = (type_coerce(captures.c[name], Text()).label(name) for name in ("met", "undecided"))
    own = (captures.c.run_key, captures.c.window_start, captures.c.stratum)
    counted = (
        select(*own, *lists, func.count().label("sampled"))
        .where(among(captures.c.run_key, sorted(run_keys)), captures.c.probability > 0)
        .group_by(*own, captures.c.met, captures.c.undecided)
    )
    found: dict[int, dict[Pattern, int]] = {key: {} for key in run_keys}
    for row in connection.execute(counted):
        pattern = pattern_of(row.window_start, stratum(row.stratum), names(row.met), names(row.undecided))
        found[row.run_key][pattern] = row.sampled
    return dict(found)
