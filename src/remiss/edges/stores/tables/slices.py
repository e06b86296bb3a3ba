"""The tables of slices: each that was kept with what was found of it, and every attempt to confirm one on later windows."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, Table, Text

from remiss.edges.stores.dialect.types import Key, Word
from remiss.edges.stores.tables.base import governed, metadata

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
