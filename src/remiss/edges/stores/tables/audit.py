"""Where each log of the audit ends; what a log holds stands with what it logs."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, LargeBinary, Table

from remiss.edges.stores.dialect.types import Word
from remiss.edges.stores.tables.base import metadata

# A row for each log, replaced in the transaction that appends to it, and under a seal (`govern/audit/log.py`).
audit_heads = Table(
    "audit_heads",
    metadata,
    Column("log", Word, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("roots", LargeBinary, nullable=False),
    Column("link", LargeBinary, nullable=False),
    Column("seal", LargeBinary, nullable=False),
)
