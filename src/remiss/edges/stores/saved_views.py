"""Saved views in the catalog: one row each, as it stands; what was changed, and by whom, is in the journal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Row, and_, delete, insert, select, update

from remiss.catalog.saved_views import SavedView, no_view
from remiss.edges.stores.reading import Reader, Reading
from remiss.edges.stores.tables import saved_views
from remiss.errors import Conflict
from remiss.govern.roles import team_words
from remiss.records.identity import kind_id

OTHER = "give another name"


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
        """Write a view, in the place of the actor's own of that name: of one in the same place, else of any."""
        transaction = self._store.transaction
        # From here on other writers wait, so that of two who save one name the second replaces it.
        position, person = transaction.position(), transaction.actor.name
        reading = self._reader.writing
        former = _named(reading, person, name, team)
        if former is not None and former.person != person:
            raise Conflict(
                f"{former.id}, which {former.person} shared with {team_words(former.team or '')}, has the name already", do=OTHER
            )
        former = former or next(iter(_all_named(reading, person, name)), None)
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
        other = _named(self._reader.writing, former.person, name, former.team)
        if other is not None and other.id != former.id:
            # Whoever may rename a view sees all among which its name is given once.
            raise Conflict(f"{other.id} has the name already", do=f"{OTHER}, or remove that one")
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


def _named(reading: Reading, person: str, name: str, team: str | None) -> SavedView | None:
    """Return the view that has a name among those of a team, or among those that somebody has for themselves."""
    among = and_(saved_views.c.team.is_(None), saved_views.c.person == person) if team is None else saved_views.c.team == team
    row = reading.connection.execute(select(saved_views).where(among, saved_views.c.name == name)).first()
    return None if row is None else _view(row)


def _all_named(reading: Reading, person: str, name: str) -> list[SavedView]:
    """Return the views of somebody that have a name, the one that is theirs alone first."""
    found = select(saved_views).where(saved_views.c.person == person, saved_views.c.name == name)
    ordered = found.order_by(saved_views.c.team.is_not(None), saved_views.c.id)
    return [_view(row) for row in reading.connection.execute(ordered)]


def _one(reading: Reading, view: str) -> SavedView:
    row = reading.connection.execute(select(saved_views).where(saved_views.c.id == view)).first()
    if row is None:
        raise no_view(view)
    return _view(row)


def _view(row: Row[Any]) -> SavedView:
    return SavedView(id=row.id, name=row.name, address=row.address, person=row.person, team=row.team, saved_at=row.saved_at)
