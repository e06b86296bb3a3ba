"""Quoting: names, texts and files as they stand in SQL of DuckDB, and patterns that name many files."""

from __future__ import annotations

from pathlib import PurePath

# What a reader takes for a pattern, and what it takes for a separator of folders beside one of these.
MAGIC, BACKSLASH = "*?[", "\\"
# Of an address: no path is longer, and no log lies deeper.
MOST_LETTERS, MOST_PARTS, MOST_DEEP = 4096, 64, 2


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


def searchable(uri: str) -> bool:
    """Return whether it takes no longer to look for the files of an address than there are folders and files.

    Each `**` is tried at every depth below every other, and each folder of a pattern in the one above it.

    >>> searchable("log/**/*.parquet"), searchable("**/**/**/*.parquet"), searchable("*/" * 100)
    (True, False, False)
    """
    parts = uri.split("/", MOST_PARTS)
    return len(uri) <= MOST_LETTERS and len(parts) <= MOST_PARTS and parts.count("**") <= MOST_DEEP


def beginning(pattern: str) -> str:
    """Return the longest beginning of a pattern that is a path itself.

    >>> beginning("/log/2013-*/day.csv")
    '/log'
    """
    path = PurePath(pattern)
    while any(letter in str(path) for letter in MAGIC):
        path = path.parent
    return str(path)
