"""Delimited text (CSV): columns from the header, types from a look at the rows, and no row lost.

Types are decided here and not by the engine's sniffer, which turns 007 into 7 and a time with an offset into one without.
A column is whole numbers, numbers or booleans only where its values say so; times stay text, and the protocol says how
they are meant. Rows that do not fit are rejected one by one with their number, never dropped and never fatal.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Mapping, Sequence

import duckdb

from remiss.edges.engines.quoting import identifier, literal
from remiss.edges.engines.rejects import Loading, Rejects, rejected, storing
from remiss.errors import Location, SourceError
from remiss.protocol.ports import Description
from remiss.protocol.terms import Address

SEPARATORS = (",", ";", "\t", "|")
SAMPLED_FILES = 8
SAMPLED_ROWS = 20_000
# A longer line is rejected and counted. The reader's buffers are several of these, so it is also a bound on memory.
LONGEST_LINE = 4_000_000
HEADER_BYTES = 1_000_000
REASONS = {
    "LINE SIZE OVER MAXIMUM": f"the line is longer than {LONGEST_LINE:,} bytes",
    "INVALID ENCODING": "the line is not UTF-8",
    "UNQUOTED VALUE": "a quote is not closed, or text follows it",
    "INVALID STATE": "a quote stands where none may",
}


def first_line(file: str) -> str:
    """Return the first record of a text file, without a byte-order mark.

    Raises
    ------
    SourceError : empty, not UTF-8, or not what its name says
    """
    try:
        with gzip.open(file) if file.endswith(".gz") else open(file, "rb") as content:
            head = content.read(HEADER_BYTES)
    except (gzip.BadGzipFile, EOFError) as problem:
        raise SourceError(
            "the file is not complete gzip", where=Location(file), do="copy it again, or wait until its writer is done"
        ) from problem
    if not head.strip():
        raise SourceError("the file is empty", where=Location(file), do="remove it, or wait until its writer is done")
    try:
        # The last bytes may be half of a letter.
        text = head.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "strict" if len(head) < HEADER_BYTES else "ignore")
    except UnicodeDecodeError as problem:
        if head[: problem.start].count(b"\n"):
            text = head[: problem.start].decode("utf-8-sig")
        else:
            raise not_utf8(file) from problem
    if "\0" in text.partition("\n")[0]:
        raise not_utf8(file)
    return text


def not_utf8(file: str) -> SourceError:
    """Return the error for a file of another encoding."""
    return SourceError(
        "the file is not UTF-8 text",
        where=Location(file, 1),
        do="convert it, for example: iconv -f latin1 -t utf-8 OLD > NEW (use its real encoding)",
    )


def header(file: str) -> tuple[str, tuple[str, ...]]:
    """Return the separator of a file and the names in its first line.

    Raises
    ------
    SourceError : see `first_line`; or a name that is empty or occurs twice
    """
    text = first_line(file)
    if file.endswith((".tsv", ".tsv.gz")):
        separator = "\t"
    else:
        line = text.partition("\n")[0]
        separator = max(SEPARATORS, key=line.count)
    names = tuple(next(csv.reader([*text.splitlines(keepends=True)], delimiter=separator)))
    seen: set[str] = set()
    for name in names:
        if not name.strip() or name.lower() in seen:
            problem = f"names the column {name!r} twice" if name.strip() else "has a column without a name"
            raise SourceError(f"the header {problem}", where=Location(file, 1), do="give each column a name of its own")
        seen.add(name.lower())
    return separator, names


def reading(file: str, separator: str, quote: str, types: Mapping[str, str], more: str) -> str:
    """Return the call of DuckDB's CSV reader that leaves nothing for it to guess. Without a quote there is no header either."""
    columns = ", ".join(f"{literal(name)}: {literal(kind)}" for name, kind in types.items())
    return (
        f"read_csv({literal(file)}, auto_detect = false, header = {'true' if quote else 'false'}, delim = {literal(separator)}, "
        f"quote = {literal(quote)}, escape = {literal(quote)}, columns = {{{columns}}}, "
        f"max_line_size = {LONGEST_LINE}, hive_partitioning = false, {more})"
    )


def describe(connection: duckdb.DuckDBPyConnection, address: Address, files: Sequence[str]) -> dict[str, str]:
    """Return the columns of all files, in the order in which they first occur, with their types.

    Raises
    ------
    SourceError : a header that cannot be used, or no row in any file
    """
    columns: dict[str, list[str]] = {}
    for file in files:
        _, names = header(file)
        for name in names:
            columns.setdefault(name, [])
    some = False
    step = max(1, len(files) // SAMPLED_FILES)
    # Few files are looked at for types, but until one has rows each may be the first that does.
    for at, file in enumerate(files):
        if some and at % step:
            continue
        separator, names = header(file)
        asked = ", ".join(_kind(identifier(name)) for name in names)
        rows = reading(file, separator, '"', dict.fromkeys(names, "VARCHAR"), "ignore_errors = true")
        found = connection.execute(f"SELECT COUNT(*), {asked} FROM (SELECT * FROM {rows} LIMIT {SAMPLED_ROWS})").fetchone()
        if found is None or not found[0]:
            continue
        some = True
        for name, kind in zip(names, found[1:], strict=True):
            if kind:
                columns[name].append(str(kind))
    if not some:
        raise SourceError(
            f"source {address.name} has a header and no rows that can be read",
            where=Location(files[0]),
            do="check that the log was written",
        )
    return {name: _common(kinds) for name, kinds in columns.items()}


def _kind(value: str) -> str:
    """Return the aggregate that names the narrowest type that all values of a column have; empty when all are null."""
    # 007 is no number: its zeros would be lost. Nor is a number with spaces or line breaks around it: a cast would trim it.
    plain = f"NOT regexp_matches({value}, '^[+-]?0[0-9]|\\s')"

    def all_are(condition: str) -> str:
        # A cast that fails gives null, and an aggregate passes over nulls.
        return f"bool_and(COALESCE({condition}, FALSE)) FILTER (WHERE {value} IS NOT NULL)"

    whole = f"CAST(TRY_CAST({value} AS BIGINT) AS VARCHAR) = {value}"
    boolean = f"lower({value}) IN ('true', 'false')"
    return (
        f"CASE WHEN COUNT({value}) = 0 THEN '' WHEN {all_are(whole)} THEN 'BIGINT' "
        f"WHEN {all_are(f'{plain} AND TRY_CAST({value} AS DOUBLE) IS NOT NULL')} THEN 'DOUBLE' "
        f"WHEN {all_are(boolean)} THEN 'BOOLEAN' ELSE 'VARCHAR' END"
    )


def _common(kinds: Sequence[str]) -> str:
    found = set(kinds)
    if found == {"BIGINT", "DOUBLE"}:
        return "DOUBLE"
    return found.pop() if len(found) == 1 else "VARCHAR"


def load(connection: duckdb.DuckDBPyConnection, name: str, description: Description) -> Rejects:
    """Parse all files into a table and bind the relation over it."""
    table = f"remiss_rows_of_{name}"
    columns = ", ".join(f"{identifier(column)} {kind}" for column, kind in description.types.items())
    connection.execute(f"CREATE TEMP TABLE {identifier(table)} ({columns}, remiss_source INTEGER)")
    loading = Loading(table=table, files=description.files)
    for at, file in enumerate(description.files):
        separator, names = header(file)
        loading.begin(connection)
        types = {column: description.types[column] for column in names}
        errors = f"remiss_errors_{name}_{at}"
        rows = reading(file, separator, '"', types, storing(errors))
        connection.execute(f"INSERT INTO {identifier(table)} BY NAME SELECT *, {at + 1} AS remiss_source FROM {rows}")
        # The header is the first record.
        found = rejected(connection, errors)
        loading.reject(file, [(line - 1, _detail(kind, column, message, types)) for line, kind, column, message in found])
    loading.view(connection, name, tuple(description.types))
    return loading.rejects()


def _detail(kind: str, column: str | None, message: str, types: Mapping[str, str]) -> str:
    """Return why a row was rejected, without its content: nobody has redacted it."""
    if kind == "CAST" and column is not None and column in types:
        return f"{column} cannot be read as {types[column]}"
    if kind in ("TOO MANY COLUMNS", "MISSING COLUMNS"):
        return message.partition("\n")[0].replace("Expected Number of Columns", "columns expected").replace("Found", "found")
    return REASONS.get(kind, kind.lower())
