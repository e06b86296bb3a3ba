"""The tables of what was done: the head of the catalog, by which writers queue, and the journal.

Positions are numbers of the journal.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Integer,
    LargeBinary,
    Table,
)

from remiss.edges.stores.dialect.types import Json, Word
from remiss.edges.stores.tables.base import Instant, governed, metadata

# One row. Its row lock orders all writers (docs/adr/0004): whoever holds it has the next position.
catalog_head = Table(
    "catalog_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("position", BigInteger, nullable=False),
    Column("catalog_id", Word, nullable=False),
    Column("created", Instant, nullable=False),
)

journal = Table(
    "journal",
    metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("actor", Word, nullable=False),
    Column("action", Word, nullable=False),
    Column("subjects", Json, nullable=False),
    Column("request_id", Word),
    Column("digests", Json, nullable=False),
    *governed(),
    Column("role", Word),
    Column("leaf", LargeBinary),
    Column("seal", LargeBinary),
)
