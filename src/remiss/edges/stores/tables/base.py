"""What all tables share: their metadata and naming, times as integers, the columns by which a row is governed."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from sqlalchemy import BigInteger, Column, Dialect, MetaData, SmallInteger, TypeDecorator

from remiss.edges.stores.dialect.types import Word
from remiss.records.identity import from_micros, to_micros

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


# A capture writes the same times again and again: of its windows, and of its events in several tables.
@lru_cache(65_536)
def instant(value: datetime | None) -> int | None:
    """Return what an `Instant` column holds of a time."""
    return None if value is None else to_micros(value)


class Instant(TypeDecorator[datetime]):
    """An aware UTC time as whole microseconds since 1970: the same number, order and precision on every database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return instant(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else from_micros(value)


def governed() -> tuple[Column[str], Column[int]]:
    """Return the columns by which a row's visibility is decided (see `visible.py`)."""
    return (
        Column("team_id", Word, nullable=False, server_default="default"),
        Column("sensitivity", SmallInteger, nullable=False, server_default="1"),
    )
