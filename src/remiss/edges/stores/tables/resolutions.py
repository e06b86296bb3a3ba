"""The tables of what cases are expected to be answered with, and of what versions of models made of them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, Table

from remiss.edges.stores.dialect.types import Key, Word
from remiss.edges.stores.tables.base import Instant, metadata

# What people wrote that is expected of a case: the row that holds is in force.
expectations = Table(
    "expectations",
    metadata,
    Column("key", Key, primary_key=True),
    Column("case_key", ForeignKey("cases.key"), nullable=False),
    Column("content", Word, nullable=False),  # as JSON, and as text: JSONB holds no zero character
    Column("person", Word, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("position_from", BigInteger, nullable=False),
    Column("position_to", BigInteger),
    Index(None, "case_key"),
)

# Each time that a version was asked about a case whose answer is judged.
exposures = Table(
    "exposures",
    metadata,
    Column("key", Key, primary_key=True),
    Column("case_key", ForeignKey("cases.key"), nullable=False),
    Column("model", Word, nullable=False),
    Column("model_version", Word, nullable=False),
    Column("digest", Word),
    Column("asked", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
    Column("resolved", Boolean, nullable=False),  # it is by this one that the case is resolved
    Column("earlier", Boolean, nullable=False),  # the version is not one that follows the one that resolved it
    Column("found_by", Word, nullable=False),  # a gate, by its id, or a person
    Column("created_at", Instant, nullable=False),
    Column("position", BigInteger, nullable=False),
    Index(None, "case_key"),
)
