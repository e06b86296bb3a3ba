"""Every difference between SQLite and PostgreSQL, once.

The rest of the stores writes SQLAlchemy Core and uses the types and constructs of this module; which database it is shows
only here, in the migrations and in the settings (a repository test holds everyone to it).
"""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import BigInteger, Dialect, Integer, Text, TypeDecorator
from sqlalchemy.types import TypeEngine, UserDefinedType

from remiss.records.identity import canonical

SQLITE = "sqlite"
POSTGRESQL = "postgresql"

# SQLite's row id, which increases by itself, is spelt INTEGER and nothing else.
Key = BigInteger().with_variant(Integer(), SQLITE)

# For tables that are nothing but their key: the index is the table.
CLUSTERED: dict[str, Any] = {"sqlite_with_rowid": False}


class Json(TypeDecorator[Any]):
    """A JSON value: text in RFC 8785 form on SQLite, JSONB on PostgreSQL; numbers that JSON would round are tagged text."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(_Jsonb() if dialect.name == POSTGRESQL else Text())

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else canonical(value).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else unplain(json.loads(value))


class _Jsonb(UserDefinedType[str]):
    """JSONB that takes and gives text (see `connecting.py` for the loader), so that one canonical form serves both."""

    cache_ok = True
    render_bind_cast = True

    def get_col_spec(self, **_: object) -> str:
        return "JSONB"


def unplain(value: Any) -> Any:
    """Return what `identity.plain` tagged as numbers again; times stay text."""
    match value:
        case str() if value.startswith("int:") and value[4:].lstrip("-").isdigit():
            return int(value[4:])
        case "float:nan" | "float:inf" | "float:-inf":
            return float(value[6:])
        case list():
            return [unplain(item) for item in value]
        case dict():
            return {key: unplain(item) for key, item in value.items()}
        case _:
            return value
