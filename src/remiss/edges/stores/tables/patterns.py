"""The tables of what failures have in common, and of what one is told of: slices, clusters, patterns and alerts.

Of alerts each window of a series that was looked at is kept, and what people did about what that raised; of slices each that was
kept with what was found of it, and every attempt to confirm one on later windows; of clusters what was found each time that they
were looked for, and which cases are in which; of patterns all that was done to each.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint

from remiss.edges.stores.dialect.types import Key, Word
from remiss.edges.stores.tables.base import Instant, governed, metadata

# A window of a series enters once: what was found of it then stays.
alert_looks = Table(
    "alert_looks",
    metadata,
    Column("key", Key, primary_key=True),
    Column("series", Word, nullable=False),
    Column("window_start", Instant, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("content", Text, nullable=False),
    *governed(),
    UniqueConstraint("series", "window_start"),
)

# The last one of an alert says how it stands.
alert_acts = Table(
    "alert_acts",
    metadata,
    Column("key", Key, primary_key=True),
    Column("alert", Word, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("content", Text, nullable=False),
    *governed(),
    Index("ix_alert_acts_alert", "alert"),
)

# As sensitive as the most sensitive event in any window that it was looked at in: an attempt may raise that.
slices = Table(
    "slices",
    metadata,
    Column("key", Key, primary_key=True),
    Column("id", Word, nullable=False, unique=True),
    Column("name", Word, nullable=False, unique=True),
    Column("query", Text, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("content", Text, nullable=False),
    *governed(),
)

# What was found then; what all attempts may claim together follows from them, as often as they are read.
slice_attempts = Table(
    "slice_attempts",
    metadata,
    Column("slice_key", Key, ForeignKey("slices.key"), primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("position", BigInteger, nullable=False),
    Column("content", Text, nullable=False),
)

# As sensitive as the most sensitive case that was compared. `question` is the digest of what was asked.
clusterings = Table(
    "clusterings",
    metadata,
    Column("key", Key, primary_key=True),
    Column("id", Word, nullable=False, unique=True),
    Column("question", Word, nullable=False, index=True),
    Column("position", BigInteger, nullable=False),
    Column("content", Text, nullable=False),
    *governed(),
)

# Of what is in none the cluster is null.
cluster_members = Table(
    "cluster_members",
    metadata,
    Column("clustering_key", Key, ForeignKey("clusterings.key"), primary_key=True, autoincrement=False),
    Column("case_key", Key, ForeignKey("cases.key"), primary_key=True, autoincrement=False),
    Column("cluster", Word),
)

# What it is called and how it stands follows from what was done to it.
patterns = Table(
    "patterns",
    metadata,
    Column("key", Key, primary_key=True),
    Column("id", Word, nullable=False, unique=True),
    Column("position", BigInteger, nullable=False),
    *governed(),
)

# The number of a change is the revision that the pattern has by it.
pattern_changes = Table(
    "pattern_changes",
    metadata,
    Column("pattern_key", Key, ForeignKey("patterns.key"), primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("position", BigInteger, nullable=False),
    Column("content", Text, nullable=False),
)

# Apart from changes, for whoever may not know a case may not know that one was linked. Of a ticket there is no case.
pattern_links = Table(
    "pattern_links",
    metadata,
    Column("key", Key, primary_key=True),
    Column("pattern_key", Key, ForeignKey("patterns.key"), nullable=False, index=True),
    Column("case_key", Key, ForeignKey("cases.key"), index=True),
    Column("kind", Word, nullable=False),
    Column("number", Integer),
    Column("address", Text),
    Column("person", Word, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("position_from", BigInteger, nullable=False),
    Column("position_to", BigInteger),
)

# The last one of a person and a pattern says whether they are told of it, and since when.
pattern_subscriptions = Table(
    "pattern_subscriptions",
    metadata,
    Column("key", Key, primary_key=True),
    Column("pattern_key", Key, ForeignKey("patterns.key"), nullable=False),
    Column("person", Word, nullable=False),
    Column("follows", Boolean, nullable=False),
    Column("position", BigInteger, nullable=False),
    Index("ix_pattern_subscriptions_person", "person"),
)
