"""The tables of jobs and of runners: what was posted, who works on it and until when, how far it has come; who looks for work.

It says how work stands now and has no history: what a job did is in the journal, under the job's id.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Table, text

from remiss.edges.stores.dialect.types import Json, Key, Word, having
from remiss.edges.stores.tables.base import Instant, governed, metadata

OPEN = "state IN ('running', 'waiting')"

jobs = Table(
    "jobs",
    metadata,
    Column("key", Key, primary_key=True),
    Column("id", Word, nullable=False, unique=True),
    Column("kind", Word, nullable=False),
    Column("state", Word, nullable=False),
    Column("protocol", Word, nullable=False),
    Column("version", Integer, nullable=False),
    Column("person", Word, nullable=False),
    Column("operator", Boolean(create_constraint=False), nullable=False),  # whether its poster had the database itself
    Column("posted_at", Instant, nullable=False),
    Column("request", Json, nullable=False),  # what came along, and the bounds
    Column("steps", Json),  # bounds and run of each; null until they are known
    Column("done", Integer, nullable=False, server_default=text("0")),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("reason", Word, nullable=False, server_default=text("''")),
    Column("ended_at", Instant),
    Column("log", Json, nullable=False),
    # The lease: these times are of the database's clock.
    Column("fence", BigInteger, nullable=False, server_default=text("0")),
    Column("runner", Word),
    Column("free_at", BigInteger, nullable=False, server_default=text("0")),  # from when on a runner may take an open one
    *governed(),
    Column("model", Word),  # of a replay, which has no protocol
    Index("ix_jobs_open", "free_at", **having(OPEN)),
)

# Who looks for work, by the database's clock; whoever works on a job is known by its lease.
runners = Table(
    "runners",
    metadata,
    Column("name", Word, primary_key=True),
    Column("seen_at", BigInteger, nullable=False),
    Column("here_until", BigInteger, nullable=False),
)
