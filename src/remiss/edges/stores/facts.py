"""What a catalog is and how much it holds, now or at a position."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from sqlalchemy import ColumnElement, ScalarSelect, Table, and_, exists, func, not_, or_, select

from remiss.edges.stores.blinding import blinded_viewer, state_blinded
from remiss.edges.stores.dialect.driving import server_of
from remiss.edges.stores.in_force import come_by
from remiss.edges.stores.prepared import BlindedViewer
from remiss.edges.stores.querying.search import in_force_at
from remiss.edges.stores.reading import Reader
from remiss.edges.stores.tables import cases, catalog_head, events, observations, protocols, revisions, runs
from remiss.edges.stores.version import read_version
from remiss.edges.stores.visible import visible_to
from remiss.records.catalog import CatalogFacts

Shown: TypeAlias = Mapping[Table, ColumnElement[bool]]


def facts(reader: Reader, position: int | None = None, *, placed: bool) -> CatalogFacts:
    """Return the facts, with what a scope sees of what was there at a position, None is now; `placed` with where it lies.

    A case of which the viewer may not know that it was there before its annotation is counted from then on, as lists have it.
    """
    store = reader.store
    with reader.at(position) as reading:
        connection, scope = reading.connection, reader.scope
        head = connection.execute(select(catalog_head)).one()
        shown = {table: visible_to(scope, table) for table in (protocols, runs, events, cases)}
        found = _now(shown) if position is None else _then(shown, position, blinded_viewer(reading))
        counted = {name: how_many.label(name) for name, how_many in found.items()}
        return CatalogFacts(
            address=store.where if placed else None,
            database=server_of(connection),
            schema_version=read_version(connection),
            catalog=head.catalog_id,
            created=head.created_at,
            position=head.position if position is None else position,
            bytes=None if store.file is None else store.file.stat().st_size,
            **connection.execute(select(*counted.values())).one()._asdict(),
        )


def _now(shown: Shown) -> dict[str, ScalarSelect[int]]:
    return {
        table.name: select(func.count()).select_from(table).where(visible).scalar_subquery() for table, visible in shown.items()
    }


def _then(shown: Shown, position: int, viewer: BlindedViewer | None) -> dict[str, ScalarSelect[int]]:
    """Return counts of what had come by a position; an event came with the first run that captured it, or with its case."""
    first = (revisions.c.revision == 1) & come_by(revisions, position, begins="position_from")
    captured = exists().where(
        observations.c.event_key == events.c.key, observations.c.run_key == runs.c.key, come_by(runs, position)
    )
    filed = exists().where(cases.c.event_key == events.c.key, revisions.c.case_key == cases.c.key, first)
    kept = {
        protocols: come_by(protocols, position),
        runs: come_by(runs, position),
        events: or_(captured, filed),
    }
    found = {
        table.name: select(func.count()).select_from(table).where(shown[table], condition).scalar_subquery()
        for table, condition in kept.items()
    }
    stood = select(func.count()).select_from(cases).join(revisions, and_(*in_force_at(position))).where(shown[cases])
    known = stood if viewer is None else stood.where(not_(state_blinded(viewer)))
    return {**found, cases.name: known.scalar_subquery()}
