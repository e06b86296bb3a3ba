"""The log of what was looked at: where the catalog is a file, in a second one beside it, so that who reads waits for no writer.

It is on a metadata of its own, since it may be in another database than all other tables.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, LargeBinary, MetaData, Table

from remiss.edges.stores.dialect.conditions import member
from remiss.edges.stores.dialect.types import Word
from remiss.edges.stores.tables.base import metadata

views_metadata = MetaData(naming_convention=metadata.naming_convention)

# What a row says is in its entry and nowhere else, so that no second copy can be altered.
views = Table(
    "views",
    views_metadata,
    Column("n", BigInteger, primary_key=True, autoincrement=False),
    Column("entry", Word, nullable=False),
    Column("leaf", LargeBinary, nullable=False),
    Column("seal", LargeBinary, nullable=False),
)
for _name in ("actor", "kind", "subject"):
    Index(f"ix_views_{_name}", member(views.c.entry, _name), views.c.n)
