"""What a catalog is and how much it holds, now or at a position."""

from __future__ import annotations

from sqlalchemy import ScalarSelect, exists, func, or_, select

from remiss.edges.stores.connecting import Store
from remiss.edges.stores.dialect.driving import server_of
from remiss.edges.stores.tables import captures, cases, catalog_head, events, protocols, revisions, runs
from remiss.edges.stores.version import read_version
from remiss.records.catalog import CatalogFacts


def facts(store: Store, position: int | None = None) -> CatalogFacts:
    """Return the facts, with what was there at a position; None is now."""
    with store.reading() as connection:
        head = connection.execute(select(catalog_head)).one()
        counted = {name: how_many.label(name) for name, how_many in (_now() if position is None else _then(position)).items()}
        return CatalogFacts(
            address=store.where,
            database=server_of(connection),
            schema_version=read_version(connection),
            catalog=head.catalog_id,
            created=head.created,
            position=head.position if position is None else position,
            bytes=None if store.file is None else store.file.stat().st_size,
            **connection.execute(select(*counted.values())).one()._asdict(),
        )


def _now() -> dict[str, ScalarSelect[int]]:
    tables = {"protocols": protocols, "runs": runs, "events": events, "cases": cases}
    return {name: select(func.count()).select_from(table).scalar_subquery() for name, table in tables.items()}


def _then(position: int) -> dict[str, ScalarSelect[int]]:
    """Return counts of what had come by a position; an event came with the first run that captured it, or with its case."""
    first = (revisions.c.revision == 1) & (revisions.c.position_from <= position)
    captured = exists().where(captures.c.event_key == events.c.key, captures.c.run_key == runs.c.key, runs.c.position <= position)
    filed = exists().where(cases.c.event_key == events.c.key, revisions.c.case_key == cases.c.key, first)
    return {
        "protocols": select(func.count()).select_from(protocols).where(protocols.c.position <= position).scalar_subquery(),
        "runs": select(func.count()).select_from(runs).where(runs.c.position <= position).scalar_subquery(),
        "events": select(func.count()).select_from(events).where(or_(captured, filed)).scalar_subquery(),
        "cases": select(func.count()).select_from(revisions).where(first).scalar_subquery(),
    }
