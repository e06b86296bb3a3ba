"""Quoting: names and texts as they stand in SQL of DuckDB."""

from __future__ import annotations


def identifier(name: str) -> str:
    """Return a name as a quoted identifier.

    >>> identifier('the "b" column')
    '"the ""b"" column"'
    """
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return a text as a literal.

    >>> literal("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"
