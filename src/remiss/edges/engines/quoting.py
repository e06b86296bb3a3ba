"""Quoting: names, texts and files as they stand in SQL of DuckDB."""

from __future__ import annotations

# What a reader takes for a pattern, and what it takes for a separator of folders beside one of these.
MAGIC, BACKSLASH = "*?[", "\\"


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


def pattern(file: str) -> str:
    """Return a file's path as a literal that its reader takes for that one file, whatever other files its name would match.

    >>> pattern("log/part[1].csv")
    "'log/part[[]1].csv'"
    """
    return literal("".join(f"[{letter}]" if letter in MAGIC else letter for letter in file))


def nameable(file: str) -> bool:
    """Return whether a pattern can say a file's path: not where it holds both a backslash and a letter of patterns."""
    return BACKSLASH not in file or not any(letter in MAGIC for letter in file)
