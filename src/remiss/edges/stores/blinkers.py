"""Blinkers: what of a viewer decides from which cases the suggestions are withheld, as statements are made and asked with it.

Whoever labels nothing wears none, and their statements are those that they always were.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import TypeAlias
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, func, select

from remiss.curate.blindness import Viewer
from remiss.curate.grounds import Owners, named, owners_of, read
from remiss.edges.stores.dialect.types import to_json
from remiss.edges.stores.protocol_rows import stored
from remiss.edges.stores.reading import Reading
from remiss.edges.stores.tables import protocols

Owned: TypeAlias = Mapping[str, Owners]
# By the open database: up to which protocol it was read who owns which model. A version never changes.
_KNOWN: WeakKeyDictionary[Engine, tuple[int, Owned]] = WeakKeyDictionary()
_LOCK = Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """The kind of some blinkers, on which a statement depends that is made once: whether they verify, and of every team."""

    verifies: bool
    every_team: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Blinkers:
    """What an asking brings of somebody who labels: their name, the teams and their own models as JSON, and the time."""

    cut: Cut
    person: str
    teams: str
    owned: str
    now: datetime


def blinkers_of(reading: Reading) -> Blinkers | None:
    """Return the blinkers of the viewer; None for whoever knows everything, or labels nothing."""
    viewer = reading.viewer
    if not wears(viewer):
        return None
    teams = viewer.verifies
    verifies = teams is None or bool(teams)
    own = named(viewer.name)
    owned = sorted(model for model, by in owners(reading).items() if own in by) if verifies else []
    return Blinkers(
        cut=Cut(verifies=verifies, every_team=teams is None),
        person=viewer.name,
        teams=to_json(sorted(teams or ())),
        owned=to_json(owned),
        now=viewer.now(),
    )


def wears(viewer: Viewer) -> bool:
    """Return whether anything may be withheld from a viewer."""
    return not viewer.operator and (viewer.labels or viewer.verifies is None or bool(viewer.verifies))


def owners(reading: Reading) -> Owned:
    """Return who owns each model, as names are compared."""
    return reading.once("owners", lambda: _owners(reading.connection))


def _owners(connection: Connection) -> Owned:
    last = connection.execute(select(func.max(protocols.c.key))).scalar() or 0
    with _LOCK:
        known = _KNOWN.get(connection.engine)
    if known is not None and known[0] == last:
        return known[1]
    shelf = list(read(stored(row) for row in connection.execute(select(protocols))))
    found = {model: owners_of(model, shelf) for model in {each.model for each in shelf}}
    with _LOCK:
        _KNOWN[connection.engine] = (last, found)
    return found
