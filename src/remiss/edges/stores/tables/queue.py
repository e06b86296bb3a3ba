"""The table of what people have in hand: which event somebody is about to label, and until when nobody else is given it."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Table

from remiss.edges.stores.dialect.types import CLUSTERED, Word
from remiss.edges.stores.tables.base import Instant, metadata

reservations = Table(
    "reservations",
    metadata,
    Column("event_key", ForeignKey("events.key"), primary_key=True),
    Column("kind", Word, primary_key=True),  # annotation | verification | adjudication
    Column("person", Word, nullable=False),
    Column("until", Instant, nullable=False),
    Index(None, "person"),
    **CLUSTERED,
)
