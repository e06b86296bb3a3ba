"""The number of the catalog's schema: that of its last migration."""

from __future__ import annotations

from sqlalchemy import Connection, Text, column, select, table

# Of the newest file in migrations/; a test compares.
LATEST = 52

TABLE = "catalog_version"
_version = table(TABLE, column("version_num", Text()))


def read_version(connection: Connection) -> int:
    """Return the number of the last migration that the catalog has seen."""
    return int(connection.execute(select(_version.c.version_num)).scalar_one())
