"""The store of cases: the port `Cases` on a database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, Row, Select, Subquery, and_, func, null, select, type_coerce

from remiss.catalog.filing import Filed
from remiss.catalog.listing import Line, Page, Sort
from remiss.catalog.query import Query
from remiss.catalog.revision import Change
from remiss.edges.stores import case_facets, case_writing
from remiss.edges.stores.case_pages import Purpose, behind, matches, sort_columns
from remiss.edges.stores.case_reading import case_at, states
from remiss.edges.stores.connecting import Store
from remiss.edges.stores.dialect.conditions import among
from remiss.edges.stores.dialect.gathering import gathered
from remiss.edges.stores.journal import head
from remiss.edges.stores.search import as_seen_at, in_force_at, seen_at
from remiss.edges.stores.tables import captures, case_context, case_criteria, case_texts, cases, events, revisions, run_windows
from remiss.govern.ports import Scope
from remiss.records.case import Case, Revision
from remiss.records.event import Scalar
from remiss.records.states import Status

STATUSES = {status.value: status for status in Status}


class CaseStore:
    """Cases of an open catalog, as far as a scope may see them."""

    def __init__(self, store: Store, scope: Scope) -> None:
        self._store = store
        self._scope = scope

    def position(self) -> int:
        """Return the catalog's position."""
        with self._store.reading() as connection:
            return head(connection)

    def page(self, query: Query, *, sort: Sort, limit: int, after: tuple[int, ...] | None, position: int | None) -> Page:
        """Return some lines of what matches, and the sort values of the last when more follow."""
        with self._store.reading() as connection:
            found = matches(connection, query, self._scope, position, Purpose.PAGE)
            columns = sort_columns(sort, found)
            statement = found.chosen(cases.c.key, *(of.label(f"sort_{at}") for at, (of, _) in enumerate(columns)))
            if after is not None:
                statement = statement.where(behind(columns, after))
            ordered = statement.order_by(*(of.desc() if down else of.asc() for of, down in columns))
            # What is shown is looked up for the page alone, however many cases had to be sorted for it.
            rows = connection.execute(shown(ordered.limit(limit + 1).subquery("page"), columns, position)).all()
            met = None if position is None else met_at(connection, [row.key for row in rows[:limit]], position)
        last = rows[limit - 1] if len(rows) > limit else None
        return Page(
            lines=tuple(_line(row, row.met or () if met is None else met[row.key]) for row in rows[:limit]),
            last=None if last is None else tuple(last[: len(columns)]),
        )

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


def shown(page: Subquery, columns: Sequence[tuple[ColumnElement[Any], bool]], position: int | None) -> Select[Any]:
    """Return the select of the cases of a page, in its order: first the sort values as numbers, then the key, then a line."""
    state = cases if position is None else revisions
    now = select(gathered(case_criteria.c.criterion)).where(case_criteria.c.case_key == cases.c.key).scalar_subquery()
    line: tuple[ColumnElement[Any], ...] = (
        *(cases.c.id, cases.c.at, state.c.status, state.c.severity, state.c.mode),
        *(cases.c.suggested_mode, cases.c.model, cases.c.model_version),
        *((cases.c[name] if position is None else as_seen_at(position, name)).label(name) for name in ("output", "label")),
        *(cases.c.confidence, cases.c.latency_ms, (now if position is None else null()).label("met")),
        *(case_texts.c.title, cases.c.source_name, events.c.event_id),
    )
    sorts = [page.c[f"sort_{at}"] for at in range(len(columns))]
    first: list[ColumnElement[Any]] = [type_coerce(of, BigInteger()) for of in sorts]
    statement = (
        select(*first, cases.c.key, *line)
        .select_from(page)
        .join(cases, cases.c.key == page.c.key)
        .join(events, events.c.key == cases.c.event_key)
    )
    if position is not None:
        statement = statement.join(revisions, and_(*in_force_at(position)))
    said = and_(case_texts.c.case_key == cases.c.key, case_texts.c.version == state.c.text_version)
    order = [of.desc() if down else of.asc() for of, (_, down) in zip(sorts, columns, strict=True)]
    return statement.outerjoin(case_texts, said).order_by(*order)


def met_at(connection: Connection, keys: Sequence[int], position: int) -> dict[int, set[str]]:
    """Return the criteria that the events of some cases met in the runs in force at a position."""
    found: dict[int, set[str]] = defaultdict(set)
    then = select(cases.c.key, captures.c.met).select_from(cases).join(captures, captures.c.event_key == cases.c.event_key)
    then = then.join(run_windows, seen_at(cases.c.event_key, position)).where(among(cases.c.key, keys))
    for key, met in connection.execute(then):
        found[key].update(met)
    return found


def _line(row: Row[Any], criteria: Iterable[str]) -> Line:
    """Return a row of `shown` as a line: after the sort values, the key and what `met` became."""
    return Line(*row[-len(Line._fields) :])._replace(status=STATUSES[row.status], criteria=tuple(sorted(criteria)))
