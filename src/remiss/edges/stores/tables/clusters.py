"""The tables of clusters: what was found each time that they were looked for, and which cases are in which."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Table, Text

from remiss.edges.stores.dialect.types import Key, Word
from remiss.edges.stores.tables.base import governed, metadata

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
