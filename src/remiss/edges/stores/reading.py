"""A reading: what is read of the catalog, from one snapshot, at one position, by one person.

Functions that read cases for somebody take a `Reading` in the place of a connection, a position, a scope and a viewer each, and
ask by `once` what others ask too: which case it is, its labellings, who owns its model.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import BigInteger, Connection, Row, Select, bindparam

from remiss.edges.stores.logs.journal import head
from remiss.edges.stores.store import Memo, Store
from remiss.govern.ports.actor import Scope

if TYPE_CHECKING:
    from remiss.curate.blinding import Viewer

T = TypeVar("T")
# To put a statement together takes ten times as long as to execute it again: those that pages ask each time are made once, by
# `functools.cache`, with what they are asked about as bound parameters. Of those that depend on a scope so many are kept.
SCOPES = 64
# The name of the parameter that is the position read at, in a statement about the past.
POSITION = bindparam("position", type_=BigInteger())


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What is read: a position of None is now, `scope` is what is seen, `viewer` is who looks, for the rules of blinding."""

    connection: Connection
    scope: Scope
    viewer: Viewer
    position: int | None = None
    memo: Memo

    @property
    def now(self) -> Reading:
        """The same reading as the catalog stands now."""
        return self if self.position is None else replace(self, position=None)

    @property
    def past(self) -> bool:
        """Whether it is asked how things stood, rather than how they stand."""
        return self.position is not None

    def rows(self, statement: Select[Any], **parameters: object) -> Sequence[Row[Any]]:
        """Return the rows of a statement that is made once, given its parameters; of one about the past, the position too."""
        at = {"position": self.position} if self.past else {}
        return self.connection.execute(statement, {**at, **parameters}).all()

    @property
    def head(self) -> int:
        """The catalog's own position."""
        return head_of(self.connection, self.memo)

    @property
    def read_at(self) -> int:
        """The position that is read, which an answer carries."""
        return self.head if self.position is None else self.position

    def once(self, question: Hashable, read: Callable[[], T]) -> T:
        """Return the answer to a question about the snapshot, the same for every asker: known already, or read now."""
        return self.memo.once(question, read)

    def once_for_viewer(self, question: Hashable, read: Callable[[], T]) -> T:
        """Return the answer to a question on which it depends who looks."""
        return self.memo.once((question, self.scope, self.viewer.name, self.viewer.operator), read)


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads an open catalog: what they may see, and who they are."""

    store: Store
    scope: Scope
    viewer: Viewer

    @property
    def of_everything(self) -> Reader:
        """Who reads the same as they, and sees all there is: for what is decided of everybody's things alike."""
        return replace(self, scope=Scope.everywhere())

    @contextmanager
    def at(self, position: int | None = None) -> Iterator[Reading]:
        """Give a reading at a position: in the transaction or block under way, or on a snapshot of its own."""
        with self.store.reading() as connection:
            yield Reading(connection=connection, scope=self.scope, viewer=self.viewer, position=position, memo=self.store.memo)

    @contextmanager
    def glance(self) -> Iterator[Reading]:
        """Give a reading for a statement or two, for which no snapshot need be begun."""
        with self.store.glancing() as connection:
            yield Reading(connection=connection, scope=self.scope, viewer=self.viewer, memo=self.store.memo)

    @property
    def writing(self) -> Reading:
        """What a transaction that writes reads: everything as it stands within it."""
        return Reading(connection=self.store.transaction.connection, scope=self.scope, viewer=self.viewer, memo=self.store.memo)


def head_of(connection: Connection, memo: Memo) -> int:
    """Return the catalog's position as a snapshot has it."""
    return memo.once("head", lambda: head(connection))
