"""Addresses of catalogs: a path, `sqlite:///PATH` or `postgresql://...`, and the files that they mean."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from remiss.edges.stores.dialect.types import POSTGRESQL, SQLITE
from remiss.errors import SettingError


def parse_address(address: str) -> URL:
    """Return the URL of a catalog's address: a path, `sqlite:///PATH` or `postgresql://...`.

    Raises
    ------
    SettingError : another kind of address, or one that cannot be read
    """
    advice = "give a path, sqlite:///PATH or postgresql://USER@HOST/DATABASE"
    if "://" not in address:
        if not address or address == ":memory:" or address.startswith("file:"):
            raise SettingError(f"{address!r} names no file that a catalog could be kept in", do=advice)
        return URL.create(SQLITE, database=address)
    try:
        url = make_url(address)
    except (ArgumentError, ValueError) as error:
        raise SettingError(f"{address!r} is not an address of a catalog", do=advice) from error
    if url.drivername == SQLITE and url.query:
        raise SettingError(
            f"{address} has options after `?`, and a SQLite catalog takes none", do="leave them out: sqlite:///PATH"
        )
    if url.drivername == SQLITE and not url.host and url.database and url.database != ":memory:":
        return url
    if url.drivername in {POSTGRESQL, "postgres", "postgresql+psycopg"} and url.database:
        return url.set(drivername="postgresql+psycopg")
    shown = url.render_as_string(hide_password=True)
    raise SettingError(f"{shown} is not an address of a catalog", do=advice)


def file_of(url: URL) -> Path | None:
    """Return the file of a catalog that is one."""
    return Path(url.database) if url.drivername == SQLITE and url.database else None


def views_address(url: URL) -> URL:
    """Return the address of the database that has a catalog's log of views: a file of its own, beside one; else the same."""
    path = file_of(url)
    return url if path is None else url.set(database=str(path.with_name(path.name + ".views")))
