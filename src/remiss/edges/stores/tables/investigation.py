"""The tables of investigations: every state of every finding, its words apart from it, and what it cites.

All parts (hypotheses, experiments, remediations, the write-up) are rows of one table. Words (`finding_texts`) and addresses
(`citations`) can be erased alone.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, SmallInteger, Table, UniqueConstraint

from remiss.edges.stores.dialect.types import Key, Word
from remiss.edges.stores.tables.base import Instant, metadata

findings = Table(
    "findings",
    metadata,
    Column("key", Key, primary_key=True),
    Column("case_key", ForeignKey("cases.key"), nullable=False),
    Column("part", Word, nullable=False),  # hypothesis | experiment | remediation | write-up
    Column("number", Integer, nullable=False),  # of its case and part, from 1
    Column("revision", Integer, nullable=False),
    # How a hypothesis stands, what an experiment says, what came of an attempt; empty of a write-up.
    Column("state", Word, nullable=False),
    Column("hypothesis", Integer),  # the number of the one that an experiment tests
    Column("model_version", Word),
    Column("person", Word, nullable=False),
    Column("at", Instant, nullable=False),
    Column("position_from", BigInteger, nullable=False),
    Column("position_to", BigInteger),  # null while in force
    UniqueConstraint("case_key", "part", "number", "revision"),
)

finding_texts = Table(
    "finding_texts",
    metadata,
    Column("finding_key", ForeignKey("findings.key"), primary_key=True),
    Column("name", Word, primary_key=True),
    Column("text", Word, nullable=False),
)

citations = Table(
    "citations",
    metadata,
    Column("finding_key", ForeignKey("findings.key"), primary_key=True),
    Column("ordinal", SmallInteger, primary_key=True),
    Column("kind", Word, nullable=False),
    Column("address", Word, nullable=False),
    Index(None, "address"),
)
