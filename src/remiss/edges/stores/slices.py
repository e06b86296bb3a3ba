"""Slices that were kept and the attempts to confirm them: fulfils `understand.ports.SliceStore`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import func, insert, select, update

from remiss.catalog.query.guessing import NamedQuery
from remiss.edges.stores.reading import Reader, Reading
from remiss.edges.stores.tables import slice_attempts, slices
from remiss.edges.stores.visible import visible_to
from remiss.errors import Conflict
from remiss.records.case import Sensitivity
from remiss.understand.ports import StoredSlice


def slice_query(reading: Reading, name: str) -> NamedQuery | None:
    """Return the query of a slice that the scope sees, by its name."""
    found = select(slices.c.query).where(slices.c.name == name, visible_to(reading.scope, slices))
    query: str | None = reading.connection.execute(found).scalar_one_or_none()
    return None if query is None else NamedQuery(query)


class SliceTable:
    """The slices of an open catalog, as far as a scope may see them."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._store = reader.store

    def listed(self, position: int | None = None) -> Sequence[StoredSlice]:
        """Return all slices with their attempts, the newest first, as they were at a position."""
        with self._reader.at() as reading:
            seen = select(slices).where(visible_to(reading.scope, slices)).order_by(slices.c.key.desc())
            made = select(slice_attempts).order_by(slice_attempts.c.slice_key, slice_attempts.c.number)
            if position is not None:
                seen, made = seen.where(slices.c.position <= position), made.where(slice_attempts.c.position <= position)
            attempts = defaultdict(list)
            for row in reading.connection.execute(made):
                attempts[row.slice_key].append(row.content)
            return tuple(
                StoredSlice(
                    id=row.id,
                    name=row.name,
                    content=row.content,
                    attempts=tuple(attempts[row.key]),
                    position=row.position,
                    team=row.team_id,
                    sensitivity=Sensitivity(row.sensitivity),
                )
                for row in reading.connection.execute(seen)
            )

    def wait(self) -> int:
        """Have other writers wait from here on; return the position that this transaction will have."""
        return self._store.transaction.position()

    def save(self, kept: StoredSlice, query: str) -> None:
        """Keep a slice, or leave it as it is where it is kept already."""
        transaction = self._store.transaction
        row = {"id": kept.id, "name": kept.name, "query": query, "content": kept.content, "position": transaction.position()}
        there = select(slices.c.id).where(slices.c.id == kept.id)
        if transaction.connection.execute(there).first() is None:
            governed = {"team_id": kept.team, "sensitivity": int(kept.sensitivity)}
            transaction.connection.execute(insert(slices), row | governed)
        transaction.subjects.append(kept.id)

    def attempt(self, slice_id: str, number: int, content: str, sensitivity: Sensitivity) -> None:
        """Keep an attempt to confirm a slice.

        Raises
        ------
        Conflict : it has an attempt of that number
        """
        transaction = self._store.transaction
        connection, position = transaction.connection, transaction.position()
        key, known = connection.execute(select(slices.c.key, slices.c.sensitivity).where(slices.c.id == slice_id)).one()
        made = select(func.count()).where(slice_attempts.c.slice_key == key)
        if connection.execute(made).scalar_one() != number - 1:
            raise Conflict("somebody else put it to confirmation in the meantime", do="look at it again: remiss slice show")
        row = {"slice_key": key, "number": number, "content": content, "position": position}
        connection.execute(insert(slice_attempts), row)
        if sensitivity > known:
            connection.execute(update(slices).where(slices.c.key == key).values(sensitivity=int(sensitivity)))
        transaction.subjects.append(slice_id)
