"""The tables of safeguards: suites as they were built, what gates decided and why, how often sealed parts were run, waivers."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table, Text, UniqueConstraint

from remiss.edges.stores.dialect.types import Key, Word
from remiss.edges.stores.tables.base import Instant, governed, metadata

# What a suite says of itself; its rows are in what it was built of. Suites of one name are told apart by their digests.
suites = Table(
    "suites",
    metadata,
    Column("key", Key, primary_key=True),
    Column("id", Word, nullable=False, unique=True),
    Column("name", Word, nullable=False),
    Column("digest", Word, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("content", Text, nullable=False),
    *governed(),
    UniqueConstraint("name", "digest"),
    Index(None, "name"),
)

# What scenarios of a suite say of themselves, their document included; they follow from it and from the suite's rows.
scenario_sets = Table(
    "scenario_sets",
    metadata,
    Column("key", Key, primary_key=True),
    Column("id", Word, nullable=False, unique=True),
    Column("name", Word, nullable=False),
    Column("digest", Word, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("content", Text, nullable=False),
    *governed(),
    UniqueConstraint("name", "digest"),
    Index(None, "name"),
)

gates = Table(
    "gates",
    metadata,
    Column("key", Key, primary_key=True),
    Column("id", Word, nullable=False, unique=True),
    Column("gate", Word, nullable=False),
    Column("model", Word, nullable=False),
    Column("version", Word, nullable=False),
    Column("verdict", Word, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("content", Text, nullable=False),
    *governed(),
    Index("ix_gates_model_version", "model", "version"),
)

# Each time that the sealed part of a suite was run, by the decision that it was run for.
sealed_runs = Table(
    "sealed_runs",
    metadata,
    Column("gate_key", Key, ForeignKey("gates.key"), primary_key=True, autoincrement=False),
    Column("digest", Word, primary_key=True),
    Column("model", Word, nullable=False),
    Index("ix_sealed_runs_digest_model", "digest", "model"),
)

# A row is written once more when somebody approves it, and when somebody closes it.
waivers = Table(
    "waivers",
    metadata,
    Column("key", Key, primary_key=True),
    Column("id", Word, nullable=False, unique=True),
    Column("decision", Word, nullable=False),
    Column("gate", Word, nullable=False),
    Column("policy_digest", Word, nullable=False),
    Column("model", Word, nullable=False),
    Column("model_version", Word, nullable=False),
    Column("model_digest", Word),  # none of a model that is known by its name only
    Column("condition", Word, nullable=False),
    Column("verdict", Word, nullable=False),
    Column("reason", Text, nullable=False),
    Column("until", Instant, nullable=False),
    Column("requested_by", Word, nullable=False),
    Column("requested_at", Instant, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("approved_by", Word),
    Column("approved_at", Instant),
    Column("approved_position", BigInteger),
    *governed(),
    Column("closed_by", Word),
    Column("closed_at", Instant),
    Column("closed_reason", Text),
    Column("closed_position", BigInteger),
    Index("ix_waivers_model_model_version", "model", "model_version"),
)
