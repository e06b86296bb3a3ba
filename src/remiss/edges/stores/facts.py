"""What a catalog is and how large, for people and for `remiss doctor`."""

from __future__ import annotations

from sqlalchemy import func, select

from remiss.edges.stores.connecting import Store
from remiss.edges.stores.dialect.driving import server_of
from remiss.edges.stores.tables import cases, catalog_head, events, protocols, runs
from remiss.edges.stores.version import read_version
from remiss.records.event import Scalar


def facts(store: Store) -> dict[str, Scalar]:
    """Return the facts in the order in which they are told."""
    counted = {"protocols": protocols, "runs": runs, "events": events, "cases": cases}
    with store.reading() as connection:
        head = connection.execute(select(catalog_head)).one()
        found: dict[str, Scalar] = {
            "address": store.where,
            "database": server_of(connection),
            "schema version": read_version(connection),
            "catalog": head.catalog_id,
            "created": head.created,
            "position": head.position,
        }
        for name, table in counted.items():
            found[name] = connection.execute(select(func.count()).select_from(table)).scalar_one()
    if store.file is not None:
        found["bytes"] = store.file.stat().st_size
    return found
