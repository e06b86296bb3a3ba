"""Saved views in the catalog: one row each, as it stands; what was changed, and by whom, is in the journal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from remiss.catalog.saved_views import SavedView, no_view
from remiss.edges.stores.reading import Reader, Reading
from remiss.edges.stores.tables import saved_views
from remiss.errors import Conflict
from remiss.records.identity import kind_id


class SavedViewStore:
    """Saved views of an open catalog: all of them; who sees which the actions decide."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._store = reader.store

    def listed(self) -> Sequence[SavedView]:
        """Return all views by name."""
        with self._reader.at() as reading:
            found = select(saved_views).order_by(saved_views.c.name, saved_views.c.id)
            return tuple(map(_view, reading.connection.execute(found)))

    def get(self, view: str) -> SavedView:
        """Return a view by its id."""
        with self._reader.at() as reading:
            return _one(reading, view)

    def save(self, name: str, address: str, team: str | None) -> SavedView:
        """Write a view, in the place of that of the same person and name."""
        transaction = self._store.transaction
        # From here on other writers wait, so that of two who save one name the second replaces it.
        position, person = transaction.position(), transaction.actor.name
        former = _named(self._reader.writing, person, name)
        made = SavedView(
            id=kind_id("view", [person, name, position]) if former is None else former.id,
            name=name,
            address=address,
            person=person,
            team=team,
            saved_at=transaction.at,
        )
        self._write(made, former)
        return made

    def rename(self, view: str, name: str) -> SavedView:
        """Give a view another name."""
        self._store.transaction.position()
        former = _one(self._reader.writing, view)
        other = _named(self._reader.writing, former.person, name)
        if other is not None and other.id != former.id:
            # To others it is not told which views somebody has.
            own = former.person == self._store.transaction.actor.name
            what = f"{other.id} has the name already" if own else "the view cannot be called that"
            raise Conflict(what, do="give another name, or remove that one" if own else "give another name")
        made = replace(former, name=name)
        self._write(made, former)
        return made

    def remove(self, view: str) -> SavedView:
        """Take a view away."""
        self._store.transaction.position()
        former = _one(self._reader.writing, view)
        self._write(None, former)
        return former

    def _write(self, made: SavedView | None, former: SavedView | None) -> None:
        transaction = self._store.transaction
        known = made or former
        if known is None:
            raise ValueError("nothing is written")
        of_it = saved_views.c.id == known.id
        if made is None:
            transaction.connection.execute(delete(saved_views).where(of_it))
        elif former is None:
            transaction.connection.execute(insert(saved_views), {"id": made.id, **_row(made)})
        else:
            transaction.connection.execute(update(saved_views).where(of_it).values(_row(made)))
        transaction.subjects.append(known.id)
        transaction.changed(known.id, former and _content(former), made and _content(made))


def _row(view: SavedView) -> dict[str, Any]:
    return {
        "name": view.name,
        "address": view.address,
        "person": view.person,
        "team": view.team,
        "saved_at": view.saved_at,
    }


def _content(view: SavedView) -> dict[str, str | None]:
    return {"name": view.name, "address": view.address, "team": view.team}


def _named(reading: Reading, person: str, name: str) -> SavedView | None:
    found = select(saved_views).where(saved_views.c.person == person, saved_views.c.name == name)
    row = reading.connection.execute(found).first()
    return None if row is None else _view(row)


def _one(reading: Reading, view: str) -> SavedView:
    row = reading.connection.execute(select(saved_views).where(saved_views.c.id == view)).first()
    if row is None:
        raise no_view(view)
    return _view(row)


def _view(row: Row[Any]) -> SavedView:
    return SavedView(id=row.id, name=row.name, address=row.address, person=row.person, team=row.team, saved_at=row.saved_at)
