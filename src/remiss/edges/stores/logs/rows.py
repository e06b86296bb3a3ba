"""The rows of the audit's logs as they are verified, whatever somebody has made of them.

Who can write to a database can write what remiss never does: no JSON where there is JSON, bytes that are no text, a text where
there is a number. Such a row is an altered one, and is to be named like any other.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection

from remiss.edges.stores.dialect.conditions import as_bytes, surely_bytes, surely_whole
from remiss.edges.stores.dialect.driving import is_undecodable, streaming, texts_as_bytes
from remiss.edges.stores.logs.journal import content_of
from remiss.govern.audit.integrity import Row
from remiss.govern.audit.log import JOURNAL, text_of

# Few enough to be still in the processor's caches when they are hashed, enough that a server is not asked too often.
BLOCK = 1024
# In the order in which `_row` takes them, as they are stored, for a log is long.
_JOURNAL = (
    "SELECT {number}, action, actor, at, digests, request_id, role, sensitivity, subjects, team_id, {leaf}, {seal} "
    "FROM journal ORDER BY position"
)
_VIEWS = "SELECT {number}, {entry}, {leaf}, {seal} FROM views ORDER BY n"
# Stands for an entry that cannot be read; there is no such entry, so it fits nothing that was sealed.
UNREADABLE = b""
# What reading an entry raises that is not as it was written.
MALFORMED = (ValueError, TypeError, RecursionError)


def rows(connection: Connection, log: str) -> Iterator[Sequence[Row]]:
    """Yield a log from its beginning, in blocks."""
    leaf, seal = (surely_bytes(connection, name) for name in ("leaf", "seal"))
    if log == JOURNAL:
        statement = _JOURNAL.format(number=surely_whole(connection, "position"), leaf=leaf, seal=seal)
    else:
        entry = as_bytes(connection, "entry")
        statement = _VIEWS.format(number=surely_whole(connection, "n"), entry=entry, leaf=leaf, seal=seal)
    read = 0
    try:
        for block in _blocks(connection, log, statement):
            read += len(block)
            yield block
    except Exception as error:
        if not is_undecodable(error):
            raise
        # Of the block with such bytes nothing came: the rest is read again, each text by its bytes.
        with texts_as_bytes(connection):
            yield from _blocks(connection, log, f"{statement} LIMIT -1 OFFSET {read}")


def _blocks(connection: Connection, log: str, statement: str) -> Iterator[Sequence[Row]]:
    cursor = streaming(connection, binary=log != JOURNAL)
    try:
        cursor.execute(statement)
        while block := cursor.fetchmany(BLOCK):
            yield _entries(block) if log == JOURNAL else block
    finally:
        cursor.close()


def _entries(block: Sequence[Any]) -> Sequence[Row]:
    try:
        return [_row(*row) for row in block]
    except MALFORMED:
        return [_whatever(row) for row in block]


def _whatever(row: Sequence[Any]) -> Row:
    number, *fields, leaf, seal = row
    texts = [each.decode("utf-8", "surrogateescape") if isinstance(each, bytes) else each for each in fields]
    whole: Sequence[Any] = (number, *texts, leaf, seal)
    try:
        # Bytes that are no text become what no JSON can hold.
        return _row(*whole)
    except MALFORMED:
        return number, UNREADABLE, leaf, seal


def _row(
    number: int,
    action: str,
    actor: str,
    micros: int,
    digests: str,
    request: str | None,
    role: str | None,
    sensitivity: int,
    subjects: str,
    team: str,
    leaf: bytes | None,
    seal: bytes | None,
) -> Row:
    values = content_of(
        number, action, actor, micros, json.loads(digests), request, role, sensitivity, json.loads(subjects), team
    )
    return number, text_of(values).encode(), leaf, seal
