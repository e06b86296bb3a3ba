"""The tables of what people say to one another about cases.

Comments are never changed. What was said (`comment_texts`) stands apart and can be erased alone. A thread's status follows from
its turns, the last of which holds; one without any is open.

The tables of investigations: every state of every finding, its words apart from it, and what it cites.

All parts (hypotheses, experiments, remediations, the write-up) are rows of one table. Words (`finding_texts`) and addresses
(`citations`) can be erased alone.

The tables of files that people add to cases. The content is in the vault; names stand apart and can be erased alone.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, SmallInteger, Table, UniqueConstraint

from remiss.edges.stores.dialect.types import CLUSTERED, Key, Word
from remiss.edges.stores.tables.base import Instant, governed, metadata

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
    Column("created_at", Instant, nullable=False),
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
    Column("created_at", Instant, nullable=False),
    Column("position_from", BigInteger, nullable=False),
    Column("position_to", BigInteger),  # null until it is erased
    *governed(),
    UniqueConstraint("case_key", "number"),
)

attachment_names = Table(
    "attachment_names",
    metadata,
    Column("attachment_key", ForeignKey("attachments.key"), primary_key=True, autoincrement=False),
    Column("name", Word, nullable=False),
)

# When a file was not listed, though it was kept: from its removal until it was restored.
attachment_removals = Table(
    "attachment_removals",
    metadata,
    Column("attachment_key", ForeignKey("attachments.key"), primary_key=True, autoincrement=False),
    Column("position_from", BigInteger, primary_key=True, autoincrement=False),
    Column("position_to", BigInteger),  # null until it is restored; of one that was erased since it stays so
    Column("person", Word, nullable=False),
    Column("removed_at", Instant, nullable=False),
)


threads = Table(
    "threads",
    metadata,
    Column("key", Key, primary_key=True),
    Column("id", Word, nullable=False, unique=True),
    Column("case_key", ForeignKey("cases.key"), nullable=False),
    Column("number", Integer, nullable=False),  # of its case, from 1
    Column("position", BigInteger, nullable=False),
    UniqueConstraint("case_key", "number"),
)

comments = Table(
    "comments",
    metadata,
    Column("key", Key, primary_key=True),
    Column("thread_key", ForeignKey("threads.key"), nullable=False),
    Column("number", Integer, nullable=False),  # of its thread, from 1
    Column("person", Word, nullable=False),
    Column("name", Word, nullable=False),  # the person's, as names are compared
    Column("created_at", Instant, nullable=False),
    Column("position", BigInteger, nullable=False),
    UniqueConstraint("thread_key", "number"),
)

comment_texts = Table(
    "comment_texts",
    metadata,
    Column("comment_key", ForeignKey("comments.key"), primary_key=True, autoincrement=False),
    Column("text", Word, nullable=False),
)

# Who is mentioned where: names as they are compared. One walk down the index is an inbox, the newest first.
mentions = Table(
    "mentions",
    metadata,
    Column("name", Word, primary_key=True),
    Column("comment_key", ForeignKey("comments.key"), primary_key=True),
    Index(None, "comment_key"),
    **CLUSTERED,
)

thread_turns = Table(
    "thread_turns",
    metadata,
    Column("thread_key", ForeignKey("threads.key"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("status", Word, nullable=False),  # open | resolved
    Column("person", Word, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("position", BigInteger, nullable=False),
)
