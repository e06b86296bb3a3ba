"""The store of cases: the port `Cases` on a database."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from remiss.catalog.filing import Filed
from remiss.catalog.listing import Page, Sort
from remiss.catalog.query import Query
from remiss.catalog.revision import Change
from remiss.edges.stores import case_facets, case_writing
from remiss.edges.stores.case_lines import line_of, listed, listed_now, met_at, sort_values
from remiss.edges.stores.case_pages import matches
from remiss.edges.stores.case_reading import case_at, states
from remiss.edges.stores.case_ways import Asked, Purpose, Remembered
from remiss.edges.stores.connecting import Store
from remiss.edges.stores.journal import head
from remiss.edges.stores.tables import case_context
from remiss.govern.ports import Scope
from remiss.records.case import Case, Revision
from remiss.records.event import Scalar


class CaseStore:
    """Cases of an open catalog, as far as a scope may see them."""

    def __init__(self, store: Store, scope: Scope) -> None:
        self._store = store
        self._scope = scope
        self._remembered = Remembered()

    def position(self) -> int:
        """Return the catalog's position."""
        with self._store.reading() as connection:
            return head(connection)

    def page(self, query: Query, *, sort: Sort, limit: int, after: tuple[int, ...] | None, position: int | None) -> Page:
        """Return some lines of what matches, and the sort values of the last when more follow."""
        bound = {"lines": limit + 1, **{f"last_{at}": value for at, value in enumerate(after or ())}}
        with self._store.reading() as connection:
            if position is None:
                asked = Asked.of(query, self._scope, Purpose.PAGE, connection, sort.order)
                by = self._remembered.ways(connection, asked)
                rows = connection.execute(listed_now(asked, by, sort, continued=after is not None), bound).all()
                lines = tuple(map(line_of, rows[:limit]))
            else:
                found = matches(connection, query, self._scope, position, Purpose.PAGE)
                rows = connection.execute(listed(found, sort, continued=after is not None), bound).all()
                then = met_at(connection, [row.key for row in rows[:limit]], position)
                lines = tuple(line_of(row, then[row.key]) for row in rows[:limit])
            at = rows[0].head if rows else head(connection)
        if position is None:
            self._remembered.went(asked, by, at)
        last = sort_values(rows[limit - 1]) if len(rows) > limit else None
        return Page(lines=lines, last=last, head=at)

    def count(self, query: Query, position: int | None) -> int:
        """Return how many cases match."""
        with self._store.reading() as connection:
            found = matches(connection, query, self._scope, position, Purpose.COUNT)
            counted: int = connection.execute(found.chosen(func.count())).scalar_one()
            return counted

    def facet(self, query: Query, field: str, limit: int, position: int | None) -> tuple[tuple[Scalar, int], ...]:
        """Return the most frequent values of a field among the cases that match, and how many have each."""
        with self._store.reading() as connection:
            found = matches(connection, query, self._scope, position, Purpose.FACET)
            return case_facets.facet(connection, found, field, limit)

    def context_names(self) -> tuple[str, ...]:
        """Return the names of all context fields that some case has."""
        with self._store.reading() as connection:
            return tuple(_distinct(connection))

    def get(self, case_id: str, position: int | None) -> Case:
        """Return a case by id or by a unique prefix."""
        with self._store.reading() as connection:
            return case_at(connection, case_id, self._scope, position)

    def revisions(self, case_id: str) -> tuple[Revision, ...]:
        """Return every state of a case, oldest first."""
        with self._store.reading() as connection:
            return states(connection, case_id, self._scope)

    def file(self, filed: Filed) -> Case:
        """File a case by hand; the same again is the case that is there."""
        transaction = self._store.transaction
        return case_at(transaction.connection, case_writing.file_by_hand(transaction, filed), self._scope, None)

    def revise(self, case_id: str, revision: int, change: Change) -> Case:
        """Write the next state of a case."""
        transaction = self._store.transaction
        written = case_writing.revise(transaction, case_id, revision, change, self._scope)
        return case_at(transaction.connection, written, self._scope, None)


def _distinct(connection: Connection) -> list[str]:
    """Return the names in the context table by one step of its index for each, not by reading all of it."""
    names: list[str] = []
    while True:
        following = select(func.min(case_context.c.name))
        if names:
            following = following.where(case_context.c.name > names[-1])
        name = connection.execute(following).scalar()
        if name is None:
            return names
        names.append(name)
