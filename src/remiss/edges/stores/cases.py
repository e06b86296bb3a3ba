"""The store of cases: the port `Cases` on a database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, and_, func, select

from remiss.catalog.filing import Filed
from remiss.catalog.listing import Line, Page, Sort
from remiss.catalog.query import Query
from remiss.catalog.revision import Change
from remiss.edges.stores import case_facets, case_writing
from remiss.edges.stores.case_pages import behind, matches, sort_columns
from remiss.edges.stores.case_reading import case_at, states
from remiss.edges.stores.connecting import Store
from remiss.edges.stores.dialect.conditions import among
from remiss.edges.stores.journal import head
from remiss.edges.stores.search import as_seen_at, seen_at
from remiss.edges.stores.tables import captures, case_context, case_criteria, case_texts, cases, events, revisions, run_windows
from remiss.govern.ports import Scope
from remiss.records.case import Case, Revision
from remiss.records.event import Scalar
from remiss.records.identity import to_micros
from remiss.records.states import Status


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
            found = matches(connection, query, self._scope, position)
            columns = sort_columns(sort, position)
            state = cases if position is None else revisions
            shown = [state.c[name] for name in ("status", "severity", "mode", "text_version")]
            statement = found.chosen(
                *cases.c,
                *(column.label(f"then_{column.name}") for column in shown),
                *(of.label(f"sort_{at}") for at, (of, _) in enumerate(columns)),
            )
            statement = statement.where(found.walk).order_by(*(of.desc() if down else of.asc() for of, down in columns))
            if after is not None:
                statement = statement.where(behind(columns, after))
            rows = connection.execute(statement.limit(limit + 1)).all()
            listed = rows[:limit]
            lines = _lines(connection, listed, position)
        values = [getattr(listed[-1], f"sort_{at}") for at in range(len(columns))] if len(rows) > limit else None
        last = None if values is None else tuple(value if isinstance(value, int) else to_micros(value) for value in values)
        return Page(lines=lines, last=last)

    def count(self, query: Query, position: int | None) -> int:
        """Return how many cases match."""
        with self._store.reading() as connection:
            found = matches(connection, query, self._scope, position)
            counted: int = connection.execute(found.chosen(func.count()).where(found.whole)).scalar_one()
            return counted

    def facet(self, query: Query, field: str, limit: int, position: int | None) -> tuple[tuple[Scalar, int], ...]:
        """Return the most frequent values of a field among the cases that match, and how many have each."""
        with self._store.reading() as connection:
            return case_facets.facet(connection, matches(connection, query, self._scope, position), field, limit)

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


def _lines(connection: Connection, rows: Sequence[Row[Any]], position: int | None) -> tuple[Line, ...]:
    keys = [row.key for row in rows]
    if not keys:
        return ()
    criteria = _criteria(connection, keys, position)
    titles: dict[tuple[int, int], str | None] = {}
    if any(row.then_text_version is not None for row in rows):
        said = select(case_texts).where(among(case_texts.c.case_key, keys))
        titles = {(each.case_key, each.version): each.title for each in connection.execute(said)}
    named = select(events.c.key, events.c.event_id).where(among(events.c.key, [row.event_key for row in rows]))
    names = {row.key: row.event_id for row in connection.execute(named)}
    seen = {row.key: (row.output, row.label) for row in rows}
    if position is not None:
        then = select(cases.c.key, *(as_seen_at(position, name)[0] for name in ("output", "label"))).where(
            among(cases.c.key, keys)
        )
        seen = {key: (output, label) for key, output, label in connection.execute(then)}
    return tuple(
        Line(
            id=row.id,
            occurred=row.at,
            status=Status(row.then_status),
            severity=row.then_severity,
            mode=row.then_mode,
            suggested_mode=row.suggested_mode,
            model=row.model,
            model_version=row.model_version,
            output=seen[row.key][0],
            label=seen[row.key][1],
            confidence=row.confidence,
            latency_ms=row.latency_ms,
            criteria=tuple(sorted(criteria[row.key])),
            title=titles.get((row.key, row.then_text_version)),
            source=row.source_name,
            event=names[row.event_key],
        )
        for row in rows
    )


def _criteria(connection: Connection, keys: list[int], position: int | None) -> dict[int, set[str]]:
    found: dict[int, set[str]] = defaultdict(set)
    if position is None:
        now = select(case_criteria.c.case_key, case_criteria.c.criterion).where(among(case_criteria.c.case_key, keys))
        for key, name in connection.execute(now):
            found[key].add(name)
    else:
        then = select(cases.c.key, captures.c.met).where(
            among(cases.c.key, keys), and_(captures.c.event_key == cases.c.event_key, seen_at(cases.c.event_key, position))
        )
        for key, met in connection.execute(
            then.select_from(cases)
            .join(captures, captures.c.event_key == cases.c.event_key)
            .join(run_windows, run_windows.c.run_key == captures.c.run_key)
        ):
            found[key].update(met)
    return found
