"""Rows of the catalog as records, and by them who owns which model.

Rows of the catalog as records.

Who owns which model, by all protocols that the catalog keeps, no matter who may see those; and so who settles disputes of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, Row, func, select

from remiss.curate.guidelines import Owners, owners_of, owns, read
from remiss.edges.stores.reading import Reading
from remiss.edges.stores.tables import protocols
from remiss.protocol.ports import StoredProtocol


def stored(row: Row[Any]) -> StoredProtocol:
    """Return a row of `protocols` as a record."""
    return StoredProtocol(
        name=row.name,
        version=row.version,
        digest=row.digest,
        text=row.text,
        team=row.team_id,
        at=row.created_at,
        position=row.position,
    )


Owned: TypeAlias = Mapping[str, Owners]
# By the open database: up to which protocol it was read who owns which model. A version never changes.
_KNOWN: WeakKeyDictionary[Engine, tuple[int, Owned]] = WeakKeyDictionary()
_LOCK = Lock()


def owners(reading: Reading) -> Owned:
    """Return who owns each model, as names are compared."""
    return reading.once("owners", lambda: _owners(reading.connection))


def owns_model(reading: Reading, model: str) -> bool:
    """Return whether the viewer is an owner of a model."""
    return owns(reading.viewer.name, owners(reading).get(model, {}))


def settles(reading: Reading, team: str, model: str) -> bool:
    """Return whether the viewer is one who may settle disputes of a team's cases of a model: permitted, and no owner of it."""
    return reading.viewer.adjudicates(team) and not owns_model(reading, model)


def _owners(connection: Connection) -> Owned:
    last = connection.execute(select(func.max(protocols.c.key))).scalar() or 0
    with _LOCK:
        known = _KNOWN.get(connection.engine)
    if known is not None and known[0] == last:
        return known[1]
    documents = list(read(stored(row) for row in connection.execute(select(protocols))))
    found = {model: owners_of(model, documents) for model in {each.model for each in documents}}
    with _LOCK:
        _KNOWN[connection.engine] = (last, found)
    return found
