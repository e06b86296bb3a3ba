"""The tables of alerts: each window of a series that was looked at, and what people did about what that raised."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Table, Text, UniqueConstraint

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
