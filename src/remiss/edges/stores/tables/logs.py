"""The tables of the logs: what was done, what was looked at, and where each log ends.

The tables of what was done: the head of the catalog, by which writers queue, and the journal.

Positions are numbers of the journal.

Where each log of the audit ends; what a log holds stands with what it logs.

The log of what was looked at: where the catalog is a file, in a second one beside it, so that who reads waits for no writer.

It is on a metadata of its own, since it may be in another database than all other tables.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
)

from remiss.edges.stores.dialect.conditions import member
from remiss.edges.stores.dialect.types import Json, Word
from remiss.edges.stores.tables.base import Instant, governed, metadata

# One row. Its row lock orders all writers (docs/adr/0004): the writer that holds it has the next position.
catalog_head = Table(
    "catalog_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("position", BigInteger, nullable=False),
    Column("catalog_id", Word, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("key_name", Word),  # of the key that the logs are sealed with; null until the first change
)

journal = Table(
    "journal",
    metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("recorded_at", Instant, nullable=False),
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


# A row for each log, replaced in the transaction that appends to it, and under a seal (`govern/audit/log.py`).
audit_heads = Table(
    "audit_heads",
    metadata,
    Column("log", Word, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("roots", LargeBinary, nullable=False),
    Column("link", LargeBinary, nullable=False),
    Column("seal", LargeBinary, nullable=False),
)


views_metadata = MetaData(naming_convention=metadata.naming_convention)

# What a row says is in its entry and nowhere else, so that no second copy can be altered.
views = Table(
    "views",
    views_metadata,
    Column("n", BigInteger, primary_key=True, autoincrement=False),
    Column("entry", Word, nullable=False),
    Column("leaf", LargeBinary, nullable=False),
    Column("seal", LargeBinary, nullable=False),
)
for _name in ("actor", "kind", "subject"):
    Index(f"ix_views_{_name}", member(views.c.entry, _name), views.c.n)
