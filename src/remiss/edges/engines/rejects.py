"""Rejects: rows that a reader of text could not take apart, and the view that numbers the others.

A text file is parsed once into a table. DuckDB's readers know no row numbers, but the table keeps the order of the file,
so that the number of a row follows from its place in the table, the place where its file begins, and the rejected rows
before it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import duckdb

from remiss.edges.engines.quoting import identifier, literal
from remiss.protocol.ports import Description, UnreadableRow, UnreadableRows

LISTED = 100
# Numbering looks through the rejected rows of a file for each row that is listed. A file with more than these is so
# broken that its rows are better shown without a number than slowly.
NUMBERED = 5_000


@dataclass(slots=True)
class Loading:
    """What is known of the files of one relation while they are parsed one after the other."""

    table: str
    files: Sequence[str]
    starts: list[int] = field(default_factory=list)
    rejected: list[list[int]] = field(default_factory=list)
    unreadable: dict[str, UnreadableRows] = field(default_factory=dict)

    def begin(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Note where the next file begins in the table."""
        found = connection.execute(f"SELECT COUNT(*) FROM {identifier(self.table)}").fetchone()
        self.starts.append(int(found[0]) if found else 0)
        self.rejected.append([])

    def reject(self, file: str, found: Sequence[tuple[int, str]]) -> None:
        """Note rejected rows, in order: their numbers in the file and why. They are not in the table."""
        self.rejected[-1] = [row for row, _ in found[: NUMBERED + 1]]
        self._note(file, len(found), found)

    def _note(self, file: str, count: int, found: Sequence[tuple[int | None, str]]) -> None:
        """Count rejected rows of a file and list the first 100 of it."""
        if not count:
            return
        before = self.unreadable.get(file, UnreadableRows())
        more = [UnreadableRow(file=file, row=row, detail=detail) for row, detail in found[:LISTED]]
        rows = sorted([*before.rows, *more], key=lambda one: one.row or 0)
        self.unreadable[file] = UnreadableRows(count=before.count + count, rows=tuple(rows[:LISTED]))

    def set_aside(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Count and list the rows of the table that have a `remiss_problem`; once all files are in it."""
        broken = f"FROM (SELECT *, {self.number()} AS remiss_row FROM {identifier(self.table)}) WHERE remiss_problem <> ''"
        counts = connection.execute(f"SELECT remiss_source, COUNT(*) {broken} GROUP BY remiss_source").fetchall()
        if not counts:
            return
        found: dict[int, list[tuple[int | None, str]]] = {source: [] for source, _ in counts}
        listed = connection.execute(
            f"SELECT remiss_source, remiss_row, remiss_problem {broken} "
            f"QUALIFY ROW_NUMBER() OVER (PARTITION BY remiss_source ORDER BY remiss_row) <= {LISTED} "
            "ORDER BY remiss_source, remiss_row"
        ).fetchall()
        for source, row, problem in listed:
            found[source].append((row, problem))
        for source, count in counts:
            self._note(self.files[source - 1], int(count), found[source])

    def rejects(self) -> Mapping[str, UnreadableRows]:
        """Return what was rejected, by file in order."""
        return {file: self.unreadable[file] for file in self.files if file in self.unreadable}

    def number(self) -> str:
        """Return SQL that gives a row of the table its number in its file, from 1."""
        starts = ", ".join(str(start) for start in self.starts)
        own = f"rowid - ([{starts}])[remiss_source] + 1"
        if not any(self.rejected):
            return own
        # The n-th readable row comes after as many rejected ones as have numbers that leave fewer than n rows before them.
        shifted = ", ".join("[" + ", ".join(str(row - at) for at, row in enumerate(rows)) + "]" for rows in self.rejected)
        shift = f"len(list_filter(([{shifted}]::BIGINT[][])[remiss_source], lambda remiss_gap: remiss_gap <= {own}))"
        broken = ", ".join(str(at + 1) for at, rows in enumerate(self.rejected) if len(rows) > NUMBERED)
        numbered = f"{own} + {shift}"
        return f"CASE WHEN remiss_source NOT IN ({broken}) THEN {numbered} END" if broken else numbered

    def view(self, connection: duckdb.DuckDBPyConnection, name: str, description: Description, *also: str) -> None:
        """Bind the relation: its columns, the file and the number of each row, and `also` of the table's own columns."""
        values = ", ".join(identifier(one) for one in (*description.stored, *also))
        folders = "".join(f", {sql} AS {identifier(one)}" for one, sql in description.in_folders.items())
        listed = ", ".join(literal(file) for file in self.files)
        connection.execute(
            f"CREATE TEMP VIEW {identifier(name)} AS SELECT *{folders} FROM (SELECT {values}, "
            f"([{listed}])[remiss_source] AS remiss_file, {self.number()} AS remiss_row "
            f"FROM {identifier(self.table)} WHERE remiss_problem IS NULL)"
        )


def storing(errors: str) -> str:
    """Return options of DuckDB's CSV reader that put rejected rows into the table `errors`, however many there are."""
    tables = f"rejects_table = {literal(errors)}, rejects_scan = {literal(errors + '_scan')}"
    return f"store_rejects = true, rejects_limit = 0, {tables}"


def rejected(connection: duckdb.DuckDBPyConnection, errors: str) -> Sequence[tuple[int, str, str | None, str]]:
    """Return the first problem of each rejected record and forget them: line, kind, column, message.

    A problem of the whole line has no column and comes first. Lines are counted in records, so that a line break within
    quotes moves nothing.
    """
    first = ", ".join(
        f"MIN_BY({one}, COALESCE(column_idx, 0))" for one in ("error_type::VARCHAR", "column_name", "error_message")
    )
    found = connection.execute(f"SELECT line, {first} FROM {identifier(errors)} GROUP BY line ORDER BY line").fetchall()
    connection.execute(f"DROP TABLE {identifier(errors)}; DROP TABLE {identifier(errors + '_scan')}")
    return [(int(line), str(kind), column, str(message)) for line, kind, column, message in found]
