"""The tables of people: who there are, in which teams, what they were granted, and their tokens.

What was granted is never changed: a row holds from `position_from` until `position_to`, and when and by whom it was given and
taken is in the journal at these positions.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, SmallInteger, Table, false

from remiss.edges.stores.dialect.types import Word, having
from remiss.edges.stores.tables.base import Instant, metadata

teams = Table(
    "teams",
    metadata,
    Column("name", Word, primary_key=True),
    Column("about", Word),
    Column("position", BigInteger, nullable=False),
)

# A row for each time that somebody is there: who was disabled may be added again.
people = Table(
    "people",
    metadata,
    Column("name", Word, primary_key=True),
    Column("position_from", BigInteger, primary_key=True, autoincrement=False),
    Column("position_to", BigInteger),
    Column("about", Word),
)

grants = Table(
    "grants",
    metadata,
    Column("person", Word, primary_key=True),
    Column("team", Word, primary_key=True),  # a team's name, or * for all of them
    Column("role", Word, primary_key=True),
    Column("position_from", BigInteger, primary_key=True, autoincrement=False),
    Column("position_to", BigInteger),
    Column("clearance", SmallInteger, nullable=False),
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", Word, primary_key=True),
    Column("person", Word, nullable=False),
    Column("about", Word),
    Column("digest", Word, nullable=False),  # of the secret, which nobody keeps
    Column("expires_at", Instant),
    Column("position_from", BigInteger, nullable=False),
    Column("position_to", BigInteger),
    Column("once", Boolean(create_constraint=False), nullable=False, server_default=false()),  # a link's
    Column("used", BigInteger),  # the position at which it signed somebody in
    Index(None, "person"),
)

# Pages that people saved under a name; `team` is that which one is shared with, null is nobody. A name is given once among the
# views that somebody has for themselves, and once among those of a team: so nobody learns by it of one that they do not see.
saved_views = Table(
    "saved_views",
    metadata,
    Column("id", Word, primary_key=True),
    Column("name", Word, nullable=False),
    Column("address", Word, nullable=False),
    Column("person", Word, nullable=False),
    Column("team", Word),
    Column("saved_at", Instant, nullable=False),
    Index("uq_saved_views_own", "person", "name", unique=True, **having("team IS NULL")),
    Index("uq_saved_views_shared", "team", "name", unique=True, **having("team IS NOT NULL")),
)
