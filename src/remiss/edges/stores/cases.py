"""The store of cases: the port `Cases` on a database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import exists, func, select

from remiss.catalog.filing import Filed
from remiss.catalog.listing import CaseLine, CaseLines, Order, Sort
from remiss.catalog.query.expression import Query, split_values
from remiss.catalog.query.guessing import NamedQuery
from remiss.catalog.revision import CaseChange
from remiss.edges.stores import case_controls, case_writing
from remiss.edges.stores.blinding import blinded_viewer, may_be_blinded
from remiss.edges.stores.case_reading import case_at, resolve, states
from remiss.edges.stores.clusters import cluster_query
from remiss.edges.stores.listing.facets import facet, shown
from remiss.edges.stores.listing.kinds import counted_by_kind, sight_of
from remiss.edges.stores.listing.lines import (
    head_of,
    is_visible,
    key_of,
    line_of,
    line_then,
    listed_now,
    listed_then,
    met_at,
    sort_values,
    titled,
    values_of,
)
from remiss.edges.stores.listing.pages import counted_now, counted_then, lately
from remiss.edges.stores.prepared import BlindedViewer, Parameters, Row
from remiss.edges.stores.querying.paths import AccessPath, PathCache, Purpose, QueryKind, access_paths, query_kind
from remiss.edges.stores.querying.phrases import matched_before
from remiss.edges.stores.reading import Reader, Reading
from remiss.edges.stores.slices import slice_query
from remiss.edges.stores.tables import case_context, cases
from remiss.edges.stores.visible import Sight, visible_to
from remiss.records.case import Case, Revision, Sensitivity
from remiss.records.comparison import Comparison
from remiss.records.event import Event, Scalar
from remiss.records.person import Governed
from remiss.records.rows import SortValues

# By what stands before a name, how what it stands for is found.
NAMED_QUERIES = {"slice": slice_query, "cluster": cluster_query}


class CaseStore:
    """Cases of an open catalog, as far as a scope may see them, and labellings as far as the viewer may.

    Those of one catalog may share what they `path_cache`.
    """

    def __init__(self, reader: Reader, path_cache: PathCache | None = None) -> None:
        self._reader = reader
        self._store = reader.store
        self._scope = reader.scope
        self._sight = Sight.of(reader.scope)
        self._path_cache = PathCache() if path_cache is None else path_cache

    def position(self) -> int:
        """Return the catalog's position."""
        with self._reader.at() as reading:
            return reading.head

    def page(
        self,
        query: Query,
        *,
        sort: Sort,
        limit: int,
        after: SortValues | None,
        position: int | None,
        fields: Sequence[str] = (),
    ) -> CaseLines:
        """Return some lines of what matches, and the sort values of the last when more follow."""
        asked, parameters = self._asked(query, Purpose.PAGE, sort, order=sort.order, lines=limit + 1, after=after or ())
        if position is None:
            rows, lines, at = self._rows_now(asked, parameters, sort, limit)
        else:
            with self._reader.at(position) as reading:
                connection = reading.connection
                parameters = parameters_then(reading, parameters, query)
                walked = lately(connection, asked, parameters)
                rows = listed_then(asked, sort, continued=bool(after), walked=walked).ask(connection, parameters)
                then = met_at(reading, [key_of(row) for row in rows[:limit] if is_visible(row)])
                lines = titled(reading, rows[:limit], [line_then(row, then[key_of(row)]) for row in rows[:limit]])
                at = head_of(rows[0]) if rows else reading.head
        last = sort_values(rows[limit - 1], sort) if len(rows) > limit else None
        return CaseLines(lines=lines, last=last, head=at, values=values_of(rows[:limit], fields))

    def _rows_now(
        self, asked: QueryKind, parameters: Parameters, sort: Sort, limit: int
    ) -> tuple[Sequence[Row], tuple[CaseLine, ...], int]:
        """Return the rows of a page as it is now, so many as lines, and the catalog's position: all on one connection."""
        continued = bool(parameters.after)
        with self._reader.glance() as reading:
            connection = reading.connection
            choice = self._path_cache.choice(connection, asked, parameters)
            page = listed_now(asked, choice.path, sort, continued=continued)
            rows = page.ask(connection, replace(parameters, since=choice.since or ()))
            if choice.misses(rows, parameters, head_of):
                choice = choice.among_all()
                page = listed_now(asked, choice.path, sort, continued=continued)
                rows = page.ask(connection, parameters)
            lines = titled(reading, rows[:limit], [line_of(row) for row in rows[:limit]])
        if rows:
            at = head_of(rows[0])
        else:
            with self._reader.at() as reading:
                # Of a snapshot that is under way the position is known to be that of the answer.
                rows = rows if reading.connection is connection else page.ask(reading.connection, parameters)
                at = reading.head
        self._path_cache.went(asked, choice, at)
        return rows, lines, at

    def count(self, query: Query, position: int | None, sort: Sort | None = None) -> int:
        """Return how many cases match."""
        with self._reader.at(position) as reading:
            connection, order = reading.connection, None if sort is None else sort.order
            asked, parameters = self._asked(query, Purpose.COUNT, order=order, sight=sight_of(reading))
            if position is None:
                counting = counted_by_kind(asked) or counted_now(asked, access_paths(connection, asked, parameters))
                ((number,),) = counting.ask(connection, parameters)
            else:
                parameters = parameters_then(reading, parameters, query)
                ((number,),) = counted_then(asked).ask(connection, parameters)
            return int(number)

    def facet(self, query: Query, field: str, limit: int, position: int | None) -> tuple[tuple[Scalar, int], ...]:
        """Return the most frequent values of a field among the cases that match, and how many have each."""
        with self._reader.at(position) as reading:
            connection = reading.connection
            asked, parameters = self._asked(query, Purpose.FACET, lines=limit, sight=sight_of(reading))
            if position is None:
                by: AccessPath | None = access_paths(connection, asked, parameters)
            else:
                by, parameters = None, parameters_then(reading, parameters, query)
            return shown(field, facet(connection, asked, by, field, parameters))

    def _asked(
        self,
        query: Query,
        purpose: Purpose,
        sort: Sort | None = None,
        *,
        order: Order | None = None,
        lines: int = 0,
        after: SortValues = (),
        sight: Sight | None = None,
    ) -> tuple[QueryKind, Parameters]:
        """Return of which kind a question is, and what it brings."""
        shape, values = split_values(query)
        viewer = self._blinded_viewer()
        blinded = None if viewer is None else viewer.kind
        # In the order of filing a control would stand apart from what was caught in its window: it is filed when it is annotated.
        alone = blinded is not None and order is Order.FILED
        dialect = self._store.engine.dialect
        asked = query_kind(shape, sight or self._sight, blinded, purpose, sort, dialect, visible_alone=alone)
        return asked, Parameters(values=values, scope=self._scope, viewer=viewer, lines=lines, after=after)

    def _blinded_viewer(self) -> BlindedViewer | None:
        """Return for whom something may be blinded: the viewer, or nobody."""
        if not may_be_blinded(self._reader.viewer):
            return None
        with self._reader.glance() as reading:
            return blinded_viewer(reading)

    def context_names(self) -> tuple[str, ...]:
        """Return the names of all context fields that some case has."""
        with self._reader.at() as reading:
            return tuple(_distinct(reading))

    def named_query(self, kind: str, name: str) -> NamedQuery | None:
        """Return what `slice:NAME`, `cluster:ID` or `pattern:ID` stands for, as far as the viewer may know it."""
        with self._reader.at() as reading:
            if kind in NAMED_QUERIES:
                return NAMED_QUERIES[kind](reading, name)
            from remiss.edges.stores.patterns import pattern_query

            return pattern_query(reading, name)

    def get(self, case_id: str, position: int | None) -> Case:
        """Return a case by id or by a unique prefix."""
        with self._reader.at(position) as reading:
            return case_at(reading, case_id)

    def sampled_with(self, case_id: str, position: int | None, considered: int) -> tuple[Comparison, tuple[Event, ...]]:
        """Return how the event of a case was drawn, and controls of its window and stratum."""
        with self._reader.at(position) as reading:
            return case_controls.sampled_with(reading, case_id, considered)

    def peers(self, case_id: str, position: int | None, considered: int) -> tuple[Event, tuple[Event, ...]]:
        """Return the event of a case, and those of other cases of its model."""
        with self._reader.at(position) as reading:
            return case_controls.peers(reading, case_id, considered)

    def of_model(self, model: str, considered: int) -> tuple[Event, ...]:
        """Return the events of the newest cases of a model."""
        with self._reader.at() as reading:
            return case_controls.newest_of(reading, model, considered)

    def revisions(self, case_id: str) -> tuple[Revision, ...]:
        """Return every state of a case, oldest first."""
        with self._reader.at() as reading:
            return states(reading, case_id)

    def file(self, filed: Filed) -> Case:
        """File a case by hand; the same again is the case that is there."""
        transaction = self._store.transaction
        return case_at(self._reader.writing, case_writing.file_by_hand(transaction, filed))

    def revise(self, case_id: str, revision: int, change: CaseChange) -> Case:
        """Write the next state of a case."""
        transaction = self._store.transaction
        written = case_writing.revise(transaction, self._reader.writing, case_id, revision, change)
        return case_at(self._reader.writing, written)


def parameters_then(reading: Reading, parameters: Parameters, query: Query) -> Parameters:
    """Return the parameters for the position read: what was said then, which no index knows."""
    return replace(parameters, position=reading.read_at, past=matched_before(reading, query))


def _distinct(reading: Reading) -> list[str]:
    """Return the names in the context table by one step of its index for each, not by reading all of it.

    Of names that some case has which is seen: for those of others alone their cases are looked at one after another.
    """
    scope, names = reading.scope, list[str]()
    seen = exists().where(cases.c.key == case_context.c.case_key, visible_to(scope))
    while True:
        following = select(func.min(case_context.c.name))
        if not scope.everything:
            following = select(case_context.c.name).where(seen).order_by(case_context.c.name).limit(1)
        if names:
            following = following.where(case_context.c.name > names[-1])
        name = reading.connection.execute(following).scalar()
        if name is None:
            return names
        names.append(name)


def governed(reader: Reader, case_id: str) -> Governed:
    """Return what decides who sees a case, of one that a scope sees; raises NotFound, Ambiguous and InputError."""
    with reader.at() as reading:
        row = resolve(reading, case_id)
        return Governed(id=row.id, team=row.team_id, sensitivity=Sensitivity(row.sensitivity))
