"""JSON Lines: one object a line, read as lines so that each keeps its number and none is lost.

DuckDB's own JSON reader turns a broken line into a row of nulls and a value of another type into a null, without a word.
Here a line that is not an object of the described types is counted as unreadable, with its number.

A column has one type, so that what is read of a line is less than what it says: nothing tells any more whether 1.0 was written or
1, or that a key was missing. Lines of the sample are therefore read once more, as they stand. Of each row its line's hash is kept
to find it by: to keep the line itself would take several times the space of what is read of it.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

import duckdb

from remiss.edges.engines.delimited import (
    REASONS,
    SAMPLED_FILES,
    SAMPLED_ROWS,
    check_whole,
    first_line,
    reading,
    refuse_long_lines,
)
from remiss.edges.engines.quoting import identifier, literal
from remiss.edges.engines.rejects import Loading, rejected, storing
from remiss.edges.engines.structures import check_number
from remiss.errors import Location, SourceError
from remiss.protocol.ports import Description, UnreadableRows
from remiss.protocol.terms import Address

# JSON allows it nowhere. Without a separator the engine takes the zero byte for one, and lines of these, which a crash leaves,
# for blank ones.
SEPARATOR = "\x01"
# What the reader then calls columns are the two sides of a separator.
OF_LINES = REASONS | {"TOO MANY COLUMNS": "the line is not JSON"}
MARK = "hash(line)"
# Of objects and lists in one another: of more the engine makes no type.
DEEPEST = 127
OPENING = re.compile(r'"(?:[^"\\]|\\.)*"|[\[{\]}]')
AT_ONCE = 100
WHOLE = {"UBIGINT": "BIGINT", "HUGEINT": "HUGEINT", "UHUGEINT": "HUGEINT"}


def _lines(file: str, more: str) -> str:
    return reading(file, SEPARATOR, "", {"line": "VARCHAR"}, more)


def describe(
    connection: duckdb.DuckDBPyConnection, address: Address, files: Sequence[str], *, but_deep: bool = False
) -> dict[str, str]:
    """Return the keys of the objects in a sample of lines, in the order in which they first occur, with their types.

    Texts stay texts, times too: the protocol says how they are meant.

    Parameters
    ----------
    but_deep : leave out lines that are nested deeper than `DEEPEST`, which the engine would end at

    Raises
    ------
    SourceError : empty, not UTF-8, or no object in any line that was looked at
    """
    structure: dict[str, object] = {}
    step = max(1, len(files) // SAMPLED_FILES)
    for at, file in enumerate(files):
        first_line(file)
        if structure and at % step:
            continue
        some = (
            f"(SELECT line FROM {_lines(file, 'ignore_errors = true')} LIMIT {SAMPLED_ROWS}) "
            "WHERE CASE WHEN json_valid(line) THEN json_type(line) = 'OBJECT' ELSE FALSE END"
        )
        deep = ", ".join(map(str, _deep(connection, some))) if but_deep else ""
        but = f" AND {MARK} NOT IN ({deep})" if deep else ""
        found = connection.execute(f"SELECT json_group_structure(line::JSON) FROM {some}{but}").fetchone()
        if found and found[0]:
            structure = _merged(structure, json.loads(found[0]))
            _check_case(structure, file)
            check_number(len(structure), file)
    if not structure:
        refuse_long_lines(files)
        raise SourceError(
            f"source {address.name} has no line that is a JSON object",
            where=Location(files[0], 1),
            do="check the file and its format",
        )
    # A column has a name. What stands under none is in the line all the same.
    return {name: _type(kind) for name, kind in structure.items() if name}


def _deep(connection: duckdb.DuckDBPyConnection, some: str) -> list[int]:
    """Return the marks of those of some lines that are nested deeper than `DEEPEST`."""
    opened = "len(line) - len(replace(replace(line, '[', ''), '{', ''))"
    asked = connection.execute(f"SELECT {MARK}, line FROM {some} AND {opened} > {DEEPEST}")
    found = []
    while pieces := asked.fetchmany(AT_ONCE):
        found += [mark for mark, line in pieces if _depth(line) > DEEPEST]
    return found


def _depth(line: str) -> int:
    """Return how many objects and lists stand in one another.

    >>> _depth('{"a": [[], {"]]]": "[[["}]}')
    3
    """
    depth = deepest = 0
    for found in OPENING.finditer(line):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(found[0], 0)
        deepest = max(deepest, depth)
    return deepest


def _check_case(structure: object, file: str) -> None:
    """Refuse keys that differ only in case: in SQL they are one column, and in JSON two."""
    if isinstance(structure, list):
        _check_case(structure[0], file)
    if not isinstance(structure, dict):
        return
    names: dict[str, str] = {}
    for name, its in structure.items():
        former = names.setdefault(name.lower(), name)
        if former != name:
            raise SourceError(
                f"the objects have keys {former!r} and {name!r}, which differ only in case",
                where=Location(file),
                do="give each value a key of its own, or spell the key the same way in all lines and files",
            )
        _check_case(its, file)


def _merged(first: dict[str, object], second: dict[str, object]) -> dict[str, object]:
    """Return the structure of both: where they differ numbers win over whole numbers, and text over all."""
    result = dict(first)
    for name, kind in second.items():
        other = result.get(name, kind)
        kinds = {str(kind), str(other)}
        if isinstance(kind, dict) and isinstance(other, dict):
            result[name] = _merged(other, kind)
        elif "NULL" in kinds or len(kinds) == 1:
            result[name] = other if kind == "NULL" else kind
        elif kinds <= {"UBIGINT", "BIGINT"}:
            result[name] = "BIGINT"
        elif kinds <= {"UBIGINT", "BIGINT", "HUGEINT", "DOUBLE"}:
            result[name] = "DOUBLE"
        else:
            result[name] = "VARCHAR"
    return result


def _type(kind: object) -> str:
    """Return the engine's type for a structure.

    >>> _type({"a": "UBIGINT", "b": ["VARCHAR"]})
    'STRUCT("a" BIGINT, "b" VARCHAR[])'
    """
    if isinstance(kind, dict):
        # An object without keys tells nothing of what it may hold, and a part of a column has a name.
        named = bool(kind) and all(kind)
        return f"STRUCT({', '.join(f'{identifier(name)} {_type(its)}' for name, its in kind.items())})" if named else "JSON"
    if isinstance(kind, list):
        return f"{_type(kind[0])}[]"
    # Values of several kinds, and those that were null in the whole sample, are read as their text.
    return "VARCHAR" if kind in ("NULL", "JSON") else WHOLE.get(str(kind), str(kind))


def load(connection: duckdb.DuckDBPyConnection, name: str, description: Description) -> Mapping[str, UnreadableRows]:
    """Parse all files into a table and bind the relation over it.

    Every line is a row of the table, broken ones with the reason and no values, so that places are line numbers.
    """
    table = f"remiss_rows_of_{name}"
    columns = ", ".join(f"{identifier(column)} {kind}" for column, kind in description.stored.items())
    own = "remiss_problem VARCHAR, remiss_source INTEGER, remiss_line UBIGINT"
    connection.execute(f"CREATE TEMP TABLE {identifier(table)} ({columns}, {own})")
    loading = Loading(table=table, files=description.files)
    for at, file in enumerate(description.files):
        check_whole(file)
        loading.begin(connection)
        errors = f"remiss_errors_{name}_{at}"
        connection.execute(f"INSERT INTO {identifier(table)} BY NAME {_parse(file, at + 1, description, storing(errors))}")
        loading.reject(file, [(line, OF_LINES.get(kind, kind.lower())) for line, kind, _, _ in rejected(connection, errors)])
    loading.view(connection, name, description, "remiss_line")
    loading.set_aside(connection)
    return loading.rejects()


def lines(connection: duckdb.DuckDBPyConnection, files: Collection[str], marks: Collection[int]) -> Mapping[int, str]:
    """Return the lines of files that have one of these marks, as they stand; of a mark that two of them have, none.

    They are found by what they are and not by where they stand: in which order threads give lines plays no part.

    Raises
    ------
    SourceError : some are not there any more
    """
    connection.execute("CREATE OR REPLACE TEMP TABLE remiss_marks AS SELECT unnest(?::UBIGINT[]) AS mark", [list(marks)])
    found: dict[int, set[str]] = defaultdict(set)
    # File by file, as they were parsed: each that is read at the same time has buffers of its own.
    for file in sorted(files):
        sampled = connection.execute(
            f"SELECT DISTINCT * FROM (SELECT {MARK} AS mark, line FROM {_lines(file, 'ignore_errors = true')}) "
            "WHERE mark IN (SELECT mark FROM remiss_marks)"
        )
        for mark, line in sampled.fetchall():
            found[mark].add(line)
    missing = len(set(marks)) - len(found)
    if missing:
        raise SourceError(
            f"{missing:,} lines of sampled events did not come back: the log changed while it was read",
            do="nothing was filed; capture again when the writer is done with it",
        )
    return {mark: line for mark, (line, *others) in found.items() if not others}


def _parse(file: str, source: int, description: Description, storing: str) -> str:
    structure = json.dumps(dict(description.stored))
    values = ", ".join(f"struct_extract(remiss_values, {literal(name)}) AS {identifier(name)}" for name in description.stored)
    misfits = " ".join(_misfit(name, kind) for name, kind in description.stored.items())
    broken = (
        "CASE WHEN line IS NULL OR trim(line) = '' THEN '' WHEN NOT json_valid(line) THEN 'the line is not JSON' "
        "WHEN json_type(line) <> 'OBJECT' THEN 'the line is not an object' END"
    )
    return (
        f"WITH lines AS (SELECT line, {broken} AS remiss_broken FROM {_lines(file, storing)}), "
        f"objects AS (SELECT {MARK} AS remiss_line, remiss_broken, "
        "CASE WHEN remiss_broken IS NULL THEN line ELSE '{}' END AS remiss_object FROM lines), "
        f"parsed AS (SELECT *, json_transform(remiss_object, {literal(structure)}) AS remiss_values FROM objects) "
        f"SELECT {values}, COALESCE(remiss_broken, CASE {misfits} END) AS remiss_problem, {source} AS remiss_source, "
        "remiss_line FROM parsed"
    )


def _misfit(name: str, kind: str) -> str:
    """Return the rule that finds a value of another type: only a null can hide one, so only there the text is read again."""
    hidden = f"struct_extract(remiss_values, {literal(name)}) IS NULL"
    present = f"json_type(remiss_object, {literal(_path(name))}) <> 'NULL'"
    return f"WHEN {hidden} AND {present} THEN {literal(f'{name} cannot be read as {kind}')}"


def _path(name: str) -> str:
    return f"$.{json.dumps(name, ensure_ascii=False)}"
