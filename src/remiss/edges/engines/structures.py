"""Structures: what values of DuckDB's types are, as protocols know them."""

from __future__ import annotations

import re

import duckdb

from remiss.errors import Location, SourceError
from remiss.protocol.structure import JSON, Nesting, Structure
from remiss.protocol.terms import Type

NANOSECONDS = {"TIMESTAMP_NS": "TIMESTAMP", "TIMESTAMPTZ_NS": "TIMESTAMP WITH TIME ZONE"}
INTEGERS = frozenset(
    {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"}
)


def structure_of(name: str) -> Structure:
    """Return what values of that DuckDB type are, nested ones with their parts."""
    return _structure(duckdb.sqltype(name))


def _structure(of: duckdb.sqltypes.DuckDBPyType) -> Structure:
    name, parts = (
        str(of),
        of.id in {"struct", "list", "array", "map"}
        and {part: its for part, its in of.children if isinstance(its, duckdb.sqltypes.DuckDBPyType)},
    )
    if not parts:
        return JSON if name == "JSON" else Structure(type=type_of(name), zoned="WITH TIME ZONE" in name)
    if of.id == "struct":
        return Structure(type=Type.NESTED, form=Nesting.STRUCT, fields={part: _structure(its) for part, its in parts.items()})
    if of.id == "map":
        return Structure(type=Type.NESTED, form=Nesting.MAP, key=type_of(str(parts["key"])), item=_structure(parts["value"]))
    return Structure(type=Type.NESTED, form=Nesting.LIST, item=_structure(parts["child"]))


def type_of(name: str) -> Type:
    """Return what an expression may do with a column of that DuckDB type.

    >>> type_of("DECIMAL(18,3)"), type_of("STRUCT(a INTEGER)"), type_of("TIMESTAMP WITH TIME ZONE")
    (<Type.NUMBER: 'number'>, <Type.NESTED: 'nested'>, <Type.TIME: 'time'>)
    """
    if name in INTEGERS:
        return Type.INTEGER
    # A struct or a list of numbers also begins with the name of a type, or ends in brackets: nested is what is left.
    plain = {"VARCHAR": Type.TEXT, "UUID": Type.TEXT, "BOOLEAN": Type.BOOLEAN, "DATE": Type.DATE, "FLOAT": Type.NUMBER}
    plain |= {"DOUBLE": Type.NUMBER, '"NULL"': Type.NULL, "NULL": Type.NULL}
    if name in plain:
        return plain[name]
    if re.fullmatch(r"DECIMAL\(\d+,\d+\)", name):
        return Type.NUMBER
    if re.fullmatch(r"TIMESTAMP(_S|_MS|_NS| WITH TIME ZONE|TZ)?", name):
        return Type.TIME
    return Type.TEXT if re.fullmatch(r"ENUM\(.*\)", name, re.DOTALL) else Type.NESTED


# Each question costs the engine a time that grows with the square of their number: with so many ten seconds, with five times as
# many five minutes, and gigabytes.
MOST_COLUMNS = 20_000


def check_number(count: int, file: str) -> None:
    """Refuse a source that has more columns than can be asked about.

    Raises
    ------
    SourceError
    """
    if count > MOST_COLUMNS:
        raise SourceError(
            f"there are {count:,} columns, and at most {MOST_COLUMNS:,} can be read",
            where=Location(file),
            do="write features that are many into one column, a list, a map or a struct; or log those that the protocol names",
        )


def columns_of(connection: duckdb.DuckDBPyConnection, sql: str) -> dict[str, str]:
    """Return the columns of a question with the types that they are read as."""
    described = connection.execute(f"DESCRIBE {sql}").fetchall()
    return {str(row[0]): NANOSECONDS.get(str(row[1]), str(row[1])) for row in described if str(row[0]) != "remiss_file"}
