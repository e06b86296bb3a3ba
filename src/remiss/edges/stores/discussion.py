"""The store of threads: the port `Threads` on a database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Row,
    Select,
    and_,
    bindparam,
    case,
    exists,
    func,
    insert,
    select,
)

from remiss.curate.blinding import why_blinded
from remiss.curate.discussion import InboxPage, Mention, check_status, name_of
from remiss.edges.stores.blinded_case import blinded_people
from remiss.edges.stores.blinding import words_visible
from remiss.edges.stores.case_reading import resolve
from remiss.edges.stores.in_force import come_by
from remiss.edges.stores.logs.journal import Transaction
from remiss.edges.stores.prepared import Position
from remiss.edges.stores.reading import POSITION, SCOPES, Reader, Reading
from remiss.edges.stores.tables import cases, comment_texts, comments, mentions, thread_turns, threads
from remiss.edges.stores.visible import visible_to
from remiss.errors import NotFound
from remiss.govern.ports.actor import Scope
from remiss.records.discussion import Comment, Mentioned, Thread, ThreadStatus, Turned
from remiss.records.identity import kind_id
from remiss.records.states import Status


class ThreadStore:
    """Threads of an open catalog, on the cases that a scope may see, with the comments that a viewer may read."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._store = reader.store
        self._scope = reader.scope

    def of_case(self, case_id: str, position: int | None) -> tuple[Thread, ...]:
        """Return the threads of a case, the oldest first."""
        with self._reader.at(position) as reading:
            row = resolve(reading, case_id)
            found = reading.rows(_of_case(self._scope, past=reading.past), case=row.key)
            return _whole(reading, row, found)

    def get(self, thread_id: str, position: int | None) -> Thread:
        """Return a thread."""
        with self._reader.at(position) as reading:
            found = _row(reading, thread_id)
            row = reading.connection.execute(select(cases).where(cases.c.key == found.case_key)).one()
            return _whole(reading, row, [found])[0]

    def comment(self, case_id: str, thread_id: str | None, text: str, named: tuple[str, ...]) -> Thread:
        """Write a comment in a thread of a case, or in a new one."""
        transaction = self._store.transaction
        connection, reading = transaction.connection, self._reader.writing
        row = resolve(reading, case_id)
        # A second person who comments on the same case waits here, so that numbers follow one another.
        connection.execute(select(cases.c.key).where(cases.c.key == row.key).with_for_update())
        if thread_id is None:
            key, thread_id = _open(transaction, row)
        else:
            found = _row(reading, thread_id)
            if found.case_key != row.key:
                raise NotFound(f"case {row.id} has no thread {thread_id}", do=f"it is of case {found.case_id}: name that one")
            key = found.key
        _write(transaction, key, text, named)
        transaction.subjects.extend([row.id, thread_id])
        return self.get(thread_id, None)

    def set_status(self, thread_id: str, status: ThreadStatus) -> Thread:
        """Resolve a thread or open it again."""
        transaction = self._store.transaction
        connection = transaction.connection
        found = _row(self._reader.writing, thread_id)
        # Of two who resolve it at once, the second waits here and is told.
        connection.execute(select(threads.c.key).where(threads.c.key == found.key).with_for_update())
        thread = self.get(thread_id, None)
        check_status(thread, status)
        turned = {
            "thread_key": found.key,
            "number": len(thread.turned) + 1,
            "status": status.value,
            "person": transaction.actor.name,
            "created_at": transaction.at,
            "position": transaction.position(),
        }
        connection.execute(insert(thread_turns), turned)
        transaction.subjects.extend([thread.case, thread.id])
        return self.get(thread_id, None)

    def inbox(self, name: str, *, everything: bool, limit: int, before: int | None, position: int | None) -> InboxPage:
        """Return the mentions of a name by others, the newest first."""
        status = _mentioned(name, position)
        asked = (
            select(
                comments.c.key,
                threads.c.id.label("thread"),
                cases.c.id.label("case"),
                comments.c.person,
                comments.c.created_at,
                comments.c.number,
                status.label("status"),
                comment_texts.c.text,
            )
            .select_from(mentions)
            .join(comments, comments.c.key == mentions.c.comment_key)
            .join(threads, threads.c.key == comments.c.thread_key)
            .join(cases, cases.c.key == threads.c.case_key)
            .outerjoin(comment_texts, comment_texts.c.comment_key == comments.c.key)
            # Nobody is told of what they said themselves.
            .where(mentions.c.name == name, comments.c.name != name, visible_to(self._scope), come_by(comments, position))
        )
        if not everything:
            asked = asked.where(status == Mentioned.WAITING.value)
        with self._reader.at(position) as reading:
            connection = reading.connection
            asked = asked.where(words_visible(reading, lambda labelled: labelled.c.person == comments.c.person))
            page = asked if before is None else asked.where(mentions.c.comment_key < before)
            total = connection.execute(select(func.count()).select_from(asked.subquery())).scalar_one()
            found = connection.execute(page.order_by(mentions.c.comment_key.desc()).limit(limit + 1)).all()
            at = reading.head
        shown = tuple(Mention(*each[1:]) for each in found[:limit])
        return InboxPage(lines=shown, total=total, last=found[limit - 1].key if len(found) > limit else None, head=at)


def _there(scope: Scope, position: Position | None) -> Select[Any]:
    """Return the threads that there are on cases that a scope may see."""
    named = (threads.c.key, threads.c.id, threads.c.case_key, cases.c.id.label("case_id"))
    return select(*named).join(cases, cases.c.key == threads.c.case_key).where(visible_to(scope), come_by(threads, position))


@lru_cache(2 * SCOPES)
def _of_case(scope: Scope, *, past: bool) -> Select[Any]:
    """Return the statement for the threads of a case that there are on cases that a scope may see."""
    of_case = _there(scope, POSITION if past else None).where(threads.c.case_key == bindparam("case"))
    return of_case.order_by(threads.c.number)


def _row(reading: Reading, thread_id: str) -> Row[Any]:
    found = reading.connection.execute(_there(reading.scope, reading.position).where(threads.c.id == thread_id)).first()
    if found is None:
        raise NotFound(f"there is no thread {thread_id}", do="look at the threads of its case with: remiss thread list")
    return found


def _whole(reading: Reading, row: Row[Any], found: Sequence[Row[Any]]) -> tuple[Thread, ...]:
    """Return threads of a case, of which `row` is, with all that was said in them and may be read."""
    keys = [each.key for each in found]
    said, turned = _comments(reading, keys), _turns(reading, keys)
    blinded, why = blinded_people(reading, row), why_blinded(Status(row.status))
    return tuple(
        Thread(
            id=each.id,
            case=each.case_id,
            status=turned[each.key][-1].status if turned[each.key] else ThreadStatus.OPEN,
            comments=tuple(one for one in said[each.key] if one.person not in blinded),
            turned=tuple(turned[each.key]),
            hidden=why if any(one.person in blinded for one in said[each.key]) else None,
        )
        for each in found
    )


# Those of some threads, as many as there are.
_OF_THREADS: BindParameter[int] = bindparam("threads", expanding=True)
_MENTIONED = (
    select(mentions)
    .join(comments, comments.c.key == mentions.c.comment_key)
    .where(comments.c.thread_key.in_(_OF_THREADS))
    .order_by(mentions.c.name)
)


@cache
def _written(*, past: bool) -> Select[Any]:
    return (
        select(comments, comment_texts.c.text)
        .outerjoin(comment_texts, comment_texts.c.comment_key == comments.c.key)
        .where(comments.c.thread_key.in_(_OF_THREADS), come_by(comments, POSITION if past else None))
        .order_by(comments.c.number)
    )


@cache
def _turned(*, past: bool) -> Select[Any]:
    made = select(thread_turns).where(
        thread_turns.c.thread_key.in_(_OF_THREADS), come_by(thread_turns, POSITION if past else None)
    )
    return made.order_by(thread_turns.c.number)


def _comments(reading: Reading, keys: Sequence[int]) -> dict[int, list[Comment]]:
    named: dict[int, list[str]] = defaultdict(list)
    for each in reading.rows(_MENTIONED, threads=keys):
        named[each.comment_key].append(each.name)
    found: dict[int, list[Comment]] = defaultdict(list)
    for each in reading.rows(_written(past=reading.past), threads=keys):
        said = Comment(
            number=each.number,
            person=each.person,
            at=each.created_at,
            position=each.position,
            text=each.text,
            mentions=tuple(named[each.key]),
        )
        found[each.thread_key].append(said)
    return found


def _turns(reading: Reading, keys: Sequence[int]) -> dict[int, list[Turned]]:
    found: dict[int, list[Turned]] = defaultdict(list)
    for each in reading.rows(_turned(past=reading.past), threads=keys):
        turned = Turned(status=ThreadStatus(each.status), person=each.person, at=each.created_at, position=each.position)
        found[each.thread_key].append(turned)
    return found


def _open(transaction: Transaction, row: Row[Any]) -> tuple[int, str]:
    """Open a thread on a case; return its key and id."""
    connection = transaction.connection
    last = connection.execute(select(func.max(threads.c.number)).where(threads.c.case_key == row.key)).scalar()
    number = (last or 0) + 1
    named = kind_id("thread", [row.id, number])
    opened = {"id": named, "case_key": row.key, "number": number, "position": transaction.position()}
    return connection.execute(insert(threads).returning(threads.c.key), opened).scalar_one(), named


def _write(transaction: Transaction, thread_key: int, text: str, named: tuple[str, ...]) -> None:
    connection = transaction.connection
    last = connection.execute(select(func.max(comments.c.number)).where(comments.c.thread_key == thread_key)).scalar()
    person = transaction.actor.name
    written = {
        "thread_key": thread_key,
        "number": (last or 0) + 1,
        "person": person,
        "name": name_of(person),
        "created_at": transaction.at,
        "position": transaction.position(),
    }
    key = connection.execute(insert(comments).returning(comments.c.key), written).scalar_one()
    connection.execute(insert(comment_texts), {"comment_key": key, "text": text})
    if named:
        connection.execute(insert(mentions), [{"name": each, "comment_key": key} for each in named])


def _mentioned(name: str, position: int | None) -> ColumnElement[str]:
    """Return what became of a mention of a name in the comment at hand."""
    later = comments.alias("later")
    answered = exists().where(
        later.c.thread_key == comments.c.thread_key,
        later.c.number > comments.c.number,
        later.c.name == name,
        come_by(later, position),
    )
    turned = (
        select(thread_turns.c.status)
        .where(and_(thread_turns.c.thread_key == comments.c.thread_key, come_by(thread_turns, position)))
        .order_by(thread_turns.c.number.desc())
        .limit(1)
        .scalar_subquery()
    )
    return case(
        (turned == ThreadStatus.RESOLVED.value, Mentioned.RESOLVED.value),
        (answered, Mentioned.ANSWERED.value),
        else_=Mentioned.WAITING.value,
    )
