"""The tables of what people say to one another about cases.

Comments are never changed. What was said (`comment_texts`) stands apart and can be erased alone. A thread's status follows from
its turns, the last of which holds; one without any is open.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table, UniqueConstraint

from remiss.edges.stores.dialect.types import CLUSTERED, Key, Word
from remiss.edges.stores.tables.base import Instant, metadata

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
    Column("at", Instant, nullable=False),
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
    Column("at", Instant, nullable=False),
    Column("position", BigInteger, nullable=False),
)
