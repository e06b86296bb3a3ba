"""The tables of files that people add to cases. The content is in the vault; names stand apart and can be erased alone."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, Table, UniqueConstraint

from remiss.edges.stores.dialect.types import Key, Word
from remiss.edges.stores.tables.base import Instant, governed, metadata

attachments = Table(
    "attachments",
    metadata,
    Column("key", Key, primary_key=True),
    Column("id", Word, nullable=False, unique=True),
    Column("case_key", ForeignKey("cases.key"), nullable=False),
    Column("number", Integer, nullable=False),  # of its case, from 1
    Column("size", BigInteger, nullable=False),  # bytes
    Column("address", Word, nullable=False),  # in the vault
    Column("person", Word, nullable=False),
    Column("at", Instant, nullable=False),
    Column("position_from", BigInteger, nullable=False),
    Column("position_to", BigInteger),  # null until it is removed
    *governed(),
    UniqueConstraint("case_key", "number"),
)

attachment_names = Table(
    "attachment_names",
    metadata,
    Column("attachment_key", ForeignKey("attachments.key"), primary_key=True, autoincrement=False),
    Column("name", Word, nullable=False),
)
