"""Delimited text (CSV): columns from the header, types from a look at the rows, and no row lost.

Types are decided here and not by the engine's sniffer, which turns 007 into 7 and a time with an offset into one without.
What the protocol takes for a name stays text. Another column is whole numbers, numbers or booleans only where its values
are all spelled alike (`spelling.py`); times stay text, and the protocol says how they are meant.
Rows that do not fit are rejected one by one with their number, never dropped and never fatal.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import BinaryIO, cast

import duckdb

from remiss.edges.engines.files import PACKED
from remiss.edges.engines.quoting import identifier, literal, pattern
from remiss.edges.engines.rejects import Loading, rejected, storing
from remiss.edges.engines.spelling import TEXT, common, holds, narrowest
from remiss.edges.engines.structures import check_number
from remiss.errors import Location, SourceError
from remiss.protocol.ports import Description, UnreadableRows
from remiss.protocol.terms import Address, Type

SEPARATORS = (",", ";", "\t", "|")
SAMPLED_FILES = 8
SAMPLED_ROWS = 20_000
# A longer line is rejected and counted. The reader's buffers are several of these, so it is also a bound on memory.
LONGEST_LINE = 4_000_000
HEADER_BYTES = 1_000_000
TOO_LONG = f"the line is longer than {LONGEST_LINE:,} bytes, the most that is read of text"
SHORTEN = "leave its large field out of the log, or write the log as Parquet"
REASONS = {
    "LINE SIZE OVER MAXIMUM": f"{TOO_LONG}: {SHORTEN}",
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
        with _binary(file) as content:
            head = content.read(HEADER_BYTES)
    except (OSError, EOFError) as problem:
        if not file.endswith(PACKED):
            raise
        raise _not_whole(file) from problem
    if not head.strip():
        raise SourceError("the file is empty", where=Location(file), do="remove it, or wait until its writer is done")
    whole = len(head) < HEADER_BYTES
    head = head.removeprefix(b"\xef\xbb\xbf")
    try:
        # The last bytes of a part may be half of a letter.
        text = codecs.getincrementaldecoder("utf-8")().decode(head, final=whole)
    except UnicodeDecodeError as problem:
        if b"\n" not in head[: problem.start]:
            raise not_utf8(file) from problem
        text = head[: problem.start].decode()
    if "\0" in text.partition("\n")[0]:
        raise not_utf8(file)
    return text


def _binary(file: str) -> BinaryIO:
    if file.endswith(".zst"):
        return _of_zstandard(file)
    return cast("BinaryIO", gzip.open(file)) if file.endswith(".gz") else open(file, "rb")


def _of_zstandard(file: str) -> BinaryIO:
    # It takes twice as long to load as the engine, which a listing of a source loads as well.
    import pyarrow as pa

    return io.BufferedReader(pa.input_stream(file, compression="zstd"))


def _not_whole(file: str) -> SourceError:
    packed = "Zstandard" if file.endswith(".zst") else "gzip"
    return SourceError(
        f"the file is not complete {packed}", where=Location(file), do="copy it again, or wait until its writer is done"
    )


def check_whole(file: str) -> None:
    """Check that a file of Zstandard has an end: the engine would take what there is of it for all of it, without a word.

    Raises
    ------
    SourceError : it is cut off
    """
    if file.endswith(".zst"):
        try:
            with _binary(file) as content:
                while content.read(HEADER_BYTES):
                    pass
        except OSError as problem:
            raise _not_whole(file) from problem


def refuse_long_lines(files: Sequence[str]) -> None:
    """Say which line is too long to be read, where nothing of the files was.

    Raises
    ------
    SourceError : the first such line
    """
    for file in files:
        with _binary(file) as content:
            number = 1
            while line := content.readline(LONGEST_LINE + 1):
                if len(line) > LONGEST_LINE:
                    raise SourceError(TOO_LONG, where=Location(file, number), do=SHORTEN)
                number += line.endswith(b"\n")


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
    if len(text.encode()) >= HEADER_BYTES - 4 and not any(end in text for end in "\r\n"):
        raise SourceError(
            f"the header is longer than {HEADER_BYTES:,} bytes",
            where=Location(file, 1),
            do="check that the file begins with a line of names",
        )
    if file.removesuffix(".gz").removesuffix(".zst").endswith(".tsv"):
        separator = "\t"
    else:
        line = text.partition("\n")[0]
        separator = max(SEPARATORS, key=line.count)
    try:
        names = tuple(next(csv.reader([*text.splitlines(keepends=True)], delimiter=separator)))
    except csv.Error as error:
        what = f"the header has a name of over {csv.field_size_limit():,} characters: {error}"
        raise SourceError(what, where=Location(file, 1), do="check that the file begins with a line of names") from error
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
        f"read_csv({pattern(file)}, auto_detect = false, header = {'true' if quote else 'false'}, delim = {literal(separator)}, "
        f"quote = {literal(quote)}, escape = {literal(quote)}, columns = {{{columns}}}, "
        f"max_line_size = {LONGEST_LINE}, hive_partitioning = false, {more})"
    )


def describe(
    connection: duckdb.DuckDBPyConnection, address: Address, files: Sequence[str]
) -> tuple[dict[str, str], Mapping[str, int]]:
    """Return the columns of all files, in the order in which they first occur, with the spelling of their values.

    And in how many files each column is, by its name in small letters.

    Raises
    ------
    SourceError : a header that cannot be used, or no row in any file
    """
    columns: dict[str, list[str]] = {}
    first: dict[str, str] = {}
    there: Counter[str] = Counter()
    for file in files:
        _, names = header(file)
        there.update(name.lower() for name in names)
        for name in names:
            columns.setdefault(first.setdefault(name.lower(), name), [])
        check_number(len(columns), file)
    some = False
    taken_for = {name.lower(): kind for name, kind in address.taken_for.items()}
    step = max(1, len(files) // SAMPLED_FILES)
    # Few files are looked at for types, but until one has rows each may be the first that does.
    for at, file in enumerate(files):
        if some and at % step:
            continue
        separator, names = header(file)
        asked = ", ".join(narrowest(identifier(name), number=taken_for.get(name.lower()) is Type.NUMBER) for name in names)
        rows = reading(file, separator, '"', dict.fromkeys(names, "VARCHAR"), "ignore_errors = true")
        found = connection.execute(f"SELECT COUNT(*), {asked} FROM (SELECT * FROM {rows} LIMIT {SAMPLED_ROWS})").fetchone()
        if found is None or not found[0]:
            continue
        some = True
        for name, spelling in zip(names, found[1:], strict=True):
            if spelling:
                columns[first[name.lower()]].append(str(spelling))
    if not some:
        refuse_long_lines(files)
        raise SourceError(
            f"source {address.name} has a header and no rows that can be read",
            where=Location(files[0]),
            do="check that the log was written",
        )
    spelled = {name: TEXT if taken_for.get(name.lower()) is Type.TEXT else common(found) for name, found in columns.items()}
    return spelled, there


def load(connection: duckdb.DuckDBPyConnection, name: str, description: Description) -> Mapping[str, UnreadableRows]:
    """Parse all files into a table and bind the relation over it."""
    table = f"remiss_rows_of_{name}"
    columns = ", ".join(f"{identifier(column)} {kind}" for column, kind in description.stored.items())
    connection.execute(f"CREATE TEMP TABLE {identifier(table)} ({columns}, remiss_problem VARCHAR, remiss_source INTEGER)")
    loading = Loading(table=table, files=description.files)
    # Names are the same whatever their case, as in SQL: the first file's spelling is the column's.
    known = {column.lower(): column for column in description.stored}
    for at, file in enumerate(description.files):
        check_whole(file)
        separator, written = header(file)
        names = [known[name.lower()] for name in written]
        loading.begin(connection)
        errors = f"remiss_errors_{name}_{at}"
        rows = reading(file, separator, '"', dict.fromkeys(names, "VARCHAR"), storing(errors))
        values = ", ".join(f"TRY_CAST({identifier(one)} AS {description.types[one]}) AS {identifier(one)}" for one in names)
        misfits = " ".join(_misfit(one, description) for one in names)
        problem = f"CASE {misfits} END" if misfits.strip() else "NULL"
        connection.execute(
            f"INSERT INTO {identifier(table)} BY NAME SELECT {values}, {problem} AS remiss_problem, "
            f"{at + 1} AS remiss_source FROM {rows}"
        )
        # The header is the first record.
        found = rejected(connection, errors)
        loading.reject(file, [(line - 1, _detail(kind, message)) for line, kind, _, message in found])
    loading.view(connection, name, description)
    loading.set_aside(connection)
    return loading.rejects()


def _misfit(column: str, description: Description) -> str:
    """Return the rules that find a value of another type or spelling: read as a number it might become another one."""
    kind, spelling, value = description.types[column], description.spellings.get(column, TEXT), identifier(column)
    if spelling == TEXT:
        return ""
    unlike = f"{column} is spelled unlike the other values of its column; TRY_CAST({column} AS {kind}) takes any"
    return (
        f"WHEN {value} IS NOT NULL AND TRY_CAST({value} AS {kind}) IS NULL THEN {literal(f'{column} cannot be read as {kind}')} "
        f"WHEN NOT {holds(value, spelling)} THEN {literal(unlike)}"
    )


def _detail(kind: str, message: str) -> str:
    """Return why a row was rejected, without its content, which is not redacted."""
    if kind in ("TOO MANY COLUMNS", "MISSING COLUMNS"):
        return message.partition("\n")[0].replace("Expected Number of Columns", "columns expected").replace("Found", "found")
    return REASONS.get(kind, kind.lower())
