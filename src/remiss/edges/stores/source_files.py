"""Files of sources: what runs saw of them, each state from one position to another, and what was read of them besides.

What was read is no change of the catalog: it has no position and no row in the journal, and may be read again at any time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy import ColumnElement, Connection, Update, and_, bindparam, delete, func, null, select, update

from remiss.edges.stores.dialect.conditions import among
from remiss.edges.stores.dialect.types import json_cell
from remiss.edges.stores.dialect.writing import insert_many, lock_name
from remiss.edges.stores.reading import Reading
from remiss.edges.stores.store import Store
from remiss.edges.stores.tables import source_files
from remiss.errors import Conflict, StorageError
from remiss.records.source_file import ReadFile, SourceFile, Tail

# Who keeps what was read writes a few thousand rows, and nothing waits for it.
MOST_IDLE_SECONDS = 60.0
COLUMNS = (
    *("source_name", "protocol_name", "path", "size", "modified_ns", "digest", "read_as", "times", "timeless", "layout"),
    *("last_row", "tail"),
    *("position_from", "position_to"),
)


def lock_source(connection: Connection, source: str) -> None:
    """Have one capture of a source at a time, from the moment it reads what it compares itself with."""
    lock_name(connection, f"source {source}")


def lock_files(connection: Connection, source: str) -> None:
    """Have one at a time keep what the files of a source are."""
    lock_name(connection, f"files of {source}")


def known_files(reading: Reading, source: str, protocol: str, read_as: str) -> tuple[SourceFile, ...]:
    """Return the files of a source as runs of a protocol saw them, and as they were read since.

    Times that were read by something else than `read_as` are as if they had not been.
    """
    found = select(*(source_files.c[name] for name in COLUMNS[2:])).where(_of(source, protocol))
    files = []
    # Thousands of rows are unpacked faster than their columns are asked for by name.
    for row in reading.connection.execute(found):
        path, size, modified_ns, digest, as_, times, timeless, layout, last_row, tail, since, until = row
        now = as_ == read_as
        files.append(
            SourceFile(
                path=path,
                size=size,
                modified_ns=modified_ns,
                digest=digest,
                times=_stretches(times) if now else None,
                timeless=timeless if now else None,
                layout=layout if now else None,
                last_row=last_row if now else None,
                tail=_tail(tail) if now and tail is not None else None,
                since=since,
                until=until,
            )
        )
    return tuple(files)


def remember(store: Store, source: str, protocol: str, read_as: str, files: Sequence[SourceFile]) -> None:
    """Keep what files were read for, with every state of theirs that is known; hindered by nothing, and hindering nobody."""
    with suppress(StorageError, Conflict), store.tending(MOST_IDLE_SECONDS) as connection:
        lock_files(connection, source)
        known = _states(connection, _of(source, protocol))
        held = [file for file in files if _state(file) in known]
        if held:
            connection.execute(_told(source, protocol), [_parameters(read_as, file) for file in held])
        fresh = [file for file in files if _state(file) not in known]
        # What was read before of the same files, and no run has seen, is of no more use.
        unseen = and_(_of(source, protocol), source_files.c.position_from.is_(null()))
        connection.execute(delete(source_files).where(unseen, among(source_files.c.path, [file.path for file in fresh])))
        insert_many(connection, source_files, COLUMNS, (_row(source, protocol, read_as, file) for file in fresh))


def file_listing(connection: Connection, source: str, protocol: str, listing: Sequence[ReadFile], position: int) -> None:
    """Keep what a run of a protocol, which is filed at a position, saw of the files of a source: what is other than before.

    The files of the source are locked (`lock_files`).
    """
    ours = _of(source, protocol)
    rows = connection.execute(select(source_files).where(ours, source_files.c.position_to.is_(null()))).all()
    held = {row.path: row for row in rows if row.position_from is not None}
    read = {_state(row): row for row in rows if row.position_from is None}
    digested, begun, fresh = [], [], []
    for file in listing:
        before = held.get(file.path)
        if before is not None and _state(before) == _state(file) and _agrees(before.digest, file.digest):
            del held[file.path]
            if before.digest is None and file.digest is not None:
                digested.append({"its_key": before.key, "its_digest": file.digest})
            continue
        known = read.get(_state(file))
        if known is not None and _agrees(known.digest, file.digest):
            begun.append({"its_key": known.key, "its_digest": file.digest or known.digest})
        else:
            fresh.append(file)
    this = source_files.c.key == bindparam("its_key")
    if digested:
        connection.execute(update(source_files).where(this).values(digest=bindparam("its_digest")), digested)
    if begun:
        began = update(source_files).where(this).values(digest=bindparam("its_digest"), position_from=position)
        connection.execute(began, begun)
    if held:
        ended = among(source_files.c.key, [row.key for row in held.values()])
        connection.execute(update(source_files).where(ended).values(position_to=position))
    seen = (SourceFile(**{name: getattr(file, name) for name in (*STATE, "digest")}, since=position) for file in fresh)
    insert_many(connection, source_files, COLUMNS, (_row(source, protocol, None, file) for file in seen))


STATE = ("path", "size", "modified_ns")
READ = ("times", "timeless", "layout", "last_row", "tail")


def _of(source: str, protocol: str) -> ColumnElement[bool]:
    return and_(source_files.c.source_name == source, source_files.c.protocol_name == protocol)


def _state(file: Any) -> tuple[str, int, int]:
    return (file.path, file.size, file.modified_ns)


def _states(connection: Connection, ours: ColumnElement[bool]) -> set[tuple[str, int, int]]:
    return {_state(row) for row in connection.execute(select(*(source_files.c[name] for name in STATE)).where(ours))}


def _agrees(known: str | None, found: str | None) -> bool:
    return known is None or found is None or known == found


def _row(source: str, protocol: str, read_as: str | None, file: SourceFile) -> tuple[Any, ...]:
    times = None if file.times is None else json_cell(file.times)
    tail = None if file.tail is None else json_cell(_tail_cell(file.tail))
    read = (read_as, times, file.timeless, file.layout, file.last_row, tail)
    return (source, protocol, file.path, file.size, file.modified_ns, file.digest, *read, file.since, None)


def _told(source: str, protocol: str) -> Update:
    """Return the statement that keeps what a state that is known was read for; the digest of one that was not digested stays."""
    these = and_(_of(source, protocol), *(source_files.c[name] == bindparam(f"its_{name}") for name in STATE))
    values: dict[str, Any] = {name: bindparam(f"its_{name}") for name in ("read_as", *READ)}
    digest = func.coalesce(bindparam("its_digest", type_=source_files.c.digest.type), source_files.c.digest)
    return update(source_files).where(these).values(**values, digest=digest)


def _parameters(read_as: str, file: SourceFile) -> dict[str, object]:
    read = {name: getattr(file, name) for name in (*STATE, "digest", "times", "timeless", "layout", "last_row")}
    return {f"its_{name}": value for name, value in (read | {"read_as": read_as, "tail": _tail_cell(file.tail)}).items()}


def _stretches(found: Any) -> tuple[tuple[int, ...], ...] | None:
    return None if found is None else tuple(map(tuple, found))


def _tail(found: Mapping[str, Any]) -> Tail:
    return Tail(digest=found["digest"], times=_stretches(found["times"]) or ())


def _tail_cell(tail: Tail | None) -> dict[str, object] | None:
    return None if tail is None else {"digest": tail.digest, "times": tail.times}
