"""Connecting to a catalog: which database, whether it is there, and whether it is a catalog of this version."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

from sqlalchemy import Engine, select

from remiss.edges.stores.dialect.driving import check_server, connect, tables_of
from remiss.edges.stores.dialect.explaining import foreign, hidden
from remiss.edges.stores.dialect.limiting import limit
from remiss.edges.stores.dialect.on_disk import file_of, identity_of, make_private, parse_address, views_address
from remiss.edges.stores.logs.sealing import Finder, Sealing
from remiss.edges.stores.logs.views import ViewLog
from remiss.edges.stores.store import Store
from remiss.edges.stores.tables import catalog_head
from remiss.edges.stores.version import LATEST, read_version
from remiss.errors import CatalogMissing, CatalogNewer, CatalogOlder, StorageError
from remiss.govern.ports.actor import Actor


def open_store(
    address: str,
    *,
    create: bool = False,
    upgrade: bool = False,
    now: datetime,
    actor: Actor,
    limit_seconds: int = 0,
    keys: Callable[[Path | None], Finder] | None = None,
) -> Store:
    """Open the catalog at an address.

    Parameters
    ----------
    address : a path, `sqlite:///PATH` or `postgresql://...`
    create : make it when it is not there
    upgrade : bring an older one to this version
    now, actor : when and by whom one is made or upgraded, for the journal
    limit_seconds : how long one statement that reads may take; 0 is no limit
    keys : given the catalog's file, if it is one, returns what finds its key; without it nothing can be sealed

    Raises
    ------
    CatalogMissing, CatalogForeign, CatalogNewer, CatalogOlder, StorageError, SettingError
    """
    engine = connect(parse_address(address))
    path = file_of(engine.url)
    sealing = Sealing(None if keys is None else keys(path))
    if limit_seconds:
        limit(engine, limit_seconds)
    try:
        _check_file(engine, create=create)
        version = _version(engine)
        _check_version(version, engine, create=create, upgrade=upgrade)
        if version != LATEST:
            # Alembic takes a while to load, and a catalog of this version needs none of it.
            from remiss.edges.stores.migrating import migrate

            migrate(engine, now, actor, sealing)
        with engine.connect() as connection:
            catalog_id, sealing.needed = connection.execute(select(catalog_head.c.catalog_id, catalog_head.c.key_name)).one()
    except BaseException:
        engine.dispose()
        raise
    identity = None if path is None else identity_of(path)
    views = ViewLog(partial(connect, views_address(engine.url)), sealing, catalog_id)
    return Store(engine, catalog_id, sealing=sealing, views=views, created=version is None, identity=identity)


def _check_version(version: int | None, engine: Engine, *, create: bool, upgrade: bool) -> None:
    where = hidden(engine.url)
    if version is None:
        if not create:
            raise CatalogMissing(f"{where} is empty", do=f"make a catalog there with: remiss init {where}")
    elif version > LATEST:
        raise CatalogNewer(
            f"{where} was written by a newer remiss (catalog version {version}, this one knows {LATEST})",
            do="use that version of remiss",
        )
    elif version < LATEST and not upgrade:
        raise CatalogOlder(
            f"{where} was written by an older remiss (catalog version {version}, this one needs {LATEST})",
            do="copy it for safety, then: remiss catalog upgrade",
        )


def _check_file(engine: Engine, *, create: bool) -> None:
    path = file_of(engine.url)
    if path is None:
        return
    if path.is_dir():
        raise StorageError(f"{path} is a folder", do="name a file in it, for example remiss.db")
    if not path.exists():
        if not create:
            raise CatalogMissing(f"there is no catalog {path}", do=f"make one with: remiss init {path}")
        if not path.parent.is_dir():
            raise StorageError(f"there is no folder {path.parent}", do=f"make it with: mkdir -p {path.parent}")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise StorageError(
            f"the folder {path.parent} may not be written, and the catalog keeps its log there",
            do="check the folder's permissions, or name another; a catalog of others can be copied to a folder of yours",
        )
    if path.exists() and not os.access(path, os.R_OK | os.W_OK):
        raise StorageError(
            f"{path} may not be read and written, and who looks at it is recorded",
            do="check the file's permissions, or copy it, with its keys, to where you may write",
        )
    if create:
        make_private(path)


def _version(engine: Engine) -> int | None:
    """Return the number of the catalog's last migration, or None when the database is empty."""
    with engine.connect() as connection:
        check_server(connection)
        there = tables_of(connection)
        if not there:
            return None
        if not {"catalog_head", "catalog_version"} <= there:
            raise foreign(hidden(engine.url))
        return read_version(connection)
