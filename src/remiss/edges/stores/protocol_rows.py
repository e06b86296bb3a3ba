"""Rows of the shelf as records."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from remiss.protocol.ports import StoredProtocol


def stored(row: Row[Any]) -> StoredProtocol:
    """Return a row of `protocols` as a record."""
    return StoredProtocol(
        name=row.name,
        version=row.version,
        digest=row.digest,
        text=row.text,
        team=row.team_id,
        at=row.at,
        position=row.position,
    )
