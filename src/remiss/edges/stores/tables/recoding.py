"""The table of recodings: migrations of failure modes, with the documents that say what they did.

What became of each case is in its revisions, of the action `taxonomy.recode`.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Table

from remiss.edges.stores.dialect.types import Word
from remiss.edges.stores.tables.base import Instant, metadata

recodings = Table(
    "recodings",
    metadata,
    Column("name", Word, primary_key=True),
    Column("about", Word, nullable=False),
    Column("text", Word, nullable=False),
    Column("person", Word, nullable=False),
    Column("at", Instant, nullable=False),
    Column("position", BigInteger, nullable=False),
)
