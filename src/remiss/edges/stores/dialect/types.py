"""Column types that SQLite and PostgreSQL spell differently, and the names of the two."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, Dialect, Integer, Text, TypeDecorator, text
from sqlalchemy.types import TypeEngine, UserDefinedType

from remiss.records.identity import plain, untagged

SQLITE = "sqlite"
POSTGRESQL = "postgresql"

# SQLite's row id, which increases by itself, is spelt INTEGER and nothing else.
Key = BigInteger().with_variant(Integer(), SQLITE)

# Compared and sorted by code point on both, so that pages, prefixes and ranges agree whatever the server's language.
Word = Text().with_variant(Text(collation="C"), POSTGRESQL)

# For tables that are nothing but their key: the index is the table.
CLUSTERED: dict[str, Any] = {"sqlite_with_rowid": False}


def having(condition: str) -> dict[str, Any]:
    """Return what has an index hold only the rows with a condition, which a query has to spell the same way."""
    return {f"{name}_where": text(condition) for name in (SQLITE, POSTGRESQL)}


_encode = json.JSONEncoder(
    sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False, check_circular=False, default=plain
).encode


def to_json(value: object) -> str:
    """Return `value` as JSON text with sorted keys; NaN and infinities become tagged text, times RFC 3339."""
    try:
        return _encode(value)
    except ValueError:
        return _encode(plain(value))


# Outputs, labels and lists of criteria: few, and written again for every event.
_of_text = lru_cache(4096)(to_json)


@lru_cache(4096)
def names_cell(names: tuple[str, ...]) -> str:
    """Return what a JSON column holds of a list of names."""
    return to_json(names)


def json_cell(value: object) -> str | None:
    """Return what a JSON column holds of a value: nothing for None."""
    match value:
        case None:
            return None
        case str():
            return _of_text(value)
        case _:
            return to_json(value)


def from_json(value: str) -> Any:
    """Return what `to_json` wrote; times stay text."""
    found = json.loads(value)
    return _read(found) if '"float:' in value else found


def _read(value: Any) -> Any:
    match value:
        case str():
            number = untagged(value)
            return value if number is None else number
        case list():
            return [_read(item) for item in value]
        case dict():
            return {key: _read(item) for key, item in value.items()}
        case _:
            return value


class Json(TypeDecorator[Any]):
    """A JSON value: text on SQLite, JSONB on PostgreSQL."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(_Jsonb() if dialect.name == POSTGRESQL else Text())

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return json_cell(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else from_json(value)


class _Jsonb(UserDefinedType[str]):
    """JSONB that takes and gives text (`drivers.py` loads it so): one reader and writer of JSON for both databases."""

    cache_ok = True
    render_bind_cast = True

    def get_col_spec(self, **_: object) -> str:
        return "JSONB"
