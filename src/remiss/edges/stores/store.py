"""An open catalog: its connections and its transactions.

The modules of statements (`runs.py`, `cases.py`, ...) read through `reading()`, which is the transaction under way, the snapshot
of the block around it, or a snapshot of its own, and write through `transaction`, which exists only inside an action.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, select

from remiss.edges.stores.crashing import crash_point
from remiss.edges.stores.dialect.driving import begin_nothing, end_if_idle, is_aborted
from remiss.edges.stores.dialect.explaining import hidden
from remiss.edges.stores.dialect.on_disk import FOLD_BYTES, file_of, fold, identity_of, take_away
from remiss.edges.stores.logs.journal import Transaction, acted
from remiss.edges.stores.logs.sealing import Sealing
from remiss.edges.stores.logs.views import ViewLog
from remiss.edges.stores.tables import catalog_head
from remiss.errors import Conflict
from remiss.govern.audit.log import JOURNAL
from remiss.govern.ports.actor import Actor

T = TypeVar("T")


class Memo:
    """What was read of one snapshot, by the question, so that nothing is read twice; nothing unless it `keeps`.

    A snapshot never changes, and a page of a case asks ten times which case it is of. Of a transaction that writes nothing is
    kept: what it reads may be other a moment later.
    """

    def __init__(self, *, keeps: bool = False) -> None:
        self.keeps = keeps
        self._found: dict[Hashable, Any] = {}

    def once(self, question: Hashable, read: Callable[[], T]) -> T:
        """Return the answer to a question: the one that is known, or what is read now. What it raises is not kept."""
        if not self.keeps:
            return read()
        if question not in self._found:
            self._found[question] = read()
        found: T = self._found[question]
        return found


class Store(threading.local):
    """An open catalog. Each thread has its own transaction."""

    def __init__(
        self,
        engine: Engine,
        catalog_id: str,
        *,
        sealing: Sealing,
        views: ViewLog,
        created: bool = False,
        identity: tuple[int, int] | None = None,
    ) -> None:
        self.engine = engine
        self.catalog_id = catalog_id
        self.sealing = sealing
        self.views = views
        self.created = created
        self.where = hidden(engine.url)
        self.file = file_of(engine.url)
        self._identity = identity
        self._writer = engine.execution_options(writes=True)
        self._connection: Connection | None = None
        self._transaction: Transaction | None = None
        # What the block under way has begun, how many read within it at this moment, and what of its snapshot is known already.
        self._block: ExitStack | None = None
        self._readers = 0
        self._memo = Memo()

    @property
    def transaction(self) -> Transaction:
        """The writing transaction under way. To write outside an action is a mistake in this program."""
        if self._transaction is None:
            raise RuntimeError("something writes to the catalog outside an action")
        return self._transaction

    @property
    def writes(self) -> bool:
        """Whether a writing transaction is under way."""
        return self._transaction is not None

    @property
    def memo(self) -> Memo:
        """What was read of the snapshot under way; of a transaction that writes nothing is remembered."""
        return Memo() if self._connection is None or self.writes else self._memo

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection on one snapshot: the one under way, or one that ends with the block around this, if there is one."""
        if self.writes:
            assert self._connection is not None
            yield self._connection
            return
        with ExitStack() as alone:
            if self._connection is None:
                self._begin(alone if self._block is None else self._block)
            connection = self._connection
            assert connection is not None
            self._readers += 1
            try:
                yield connection
            finally:
                self._readers -= 1
                if self._block is not None and not self._readers and is_aborted(connection):
                    # Nothing more can be read from it, and the caller who met the error may go on without what they asked for.
                    self._block.__exit__(*sys.exc_info())

    @contextmanager
    def sharing(self) -> Iterator[None]:
        """Have all that is read in this block read from one snapshot, which begins with the first of it."""
        if self._connection is not None or self._block is not None:
            yield
            return
        with ExitStack() as block:
            self._block = block
            try:
                yield
            finally:
                self._block = None

    @contextmanager
    def apart(self) -> Iterator[None]:
        """Have what is read here begin no snapshot that lasts as long as the block around it; one that is there is used."""
        if self._connection is not None:
            yield
            return
        block, self._block = self._block, None
        try:
            yield
        finally:
            self._block = block

    def let_go(self) -> None:
        """End the snapshot of the block under way, since what follows takes long or writes; what is read later begins another."""
        if self._block is not None and not self._readers:
            self._block.close()

    def _begin(self, block: ExitStack) -> None:
        """Begin a snapshot that ends with a block."""
        connection = block.enter_context(self.engine.connect())
        block.enter_context(connection.begin())
        self._connection, self._memo = connection, Memo(keeps=True)
        block.callback(self._forget)

    def _forget(self) -> None:
        self._connection, self._memo = None, Memo()

    @contextmanager
    def glancing(self) -> Iterator[Connection]:
        """Give a connection for a single statement, which is a snapshot by itself: the one under way, or one without a beginning.

        In a block that has begun none yet it begins none either: a list alone needs none.
        To begin and to end takes a server two more answers, which is as long as a page.
        """
        if self._connection is not None:
            yield self._connection
            return
        with self.engine.connect() as connection:
            begin_nothing(connection)
            yield connection

    @contextmanager
    def writing(self, actor: Actor, action: str, at: datetime, request_id: str | None = None) -> Iterator[Transaction]:
        """Begin, give the transaction, write its row of the journal and commit; on any error nothing is left.

        Raises
        ------
        StorageError, Conflict : as the database says
        """
        self.let_go()
        if self._connection is not None:
            raise RuntimeError("a transaction is under way already")
        crash_point("before-begin")
        self._check_there()
        with self._writer.connect() as connection, connection.begin():
            self._check_there(connection)
            self._connection = connection
            transaction = Transaction(
                connection=connection, actor=actor, action=action, at=at, request_id=request_id, sealing=self.sealing
            )
            self._transaction = transaction
            try:
                yield transaction
                transaction.write_journal()
                crash_point("before-commit")
            finally:
                self._connection = self._transaction = None
        crash_point("after-commit")
        if transaction.sealed:
            self.sealing.went_on(self.catalog_id, JOURNAL, transaction.position())
        fold(self.engine, at_least=FOLD_BYTES)

    @contextmanager
    def tending(self, most_idle: float) -> Iterator[Connection]:
        """Begin, give a connection and commit, for what is no change of the catalog: who works on a job, and how far it is.

        It takes no position and leaves no row in the journal.

        Parameters
        ----------
        most_idle : seconds for which this process may stand still in the middle of it; then a server ends it

        Raises
        ------
        StorageError, Conflict : as the database says
        """
        self._check_there()
        with self._writer.connect() as connection, connection.begin():
            end_if_idle(connection, most_idle)
            self._check_there(connection)
            yield connection

    def _check_there(self, connection: Connection | None = None) -> None:
        """Refuse to write to a file that is not in its place any more, or to another one that is there now."""
        there = self.file is None or identity_of(self.file) == self._identity
        if there and connection is not None:
            # The number of a file that was removed may come again.
            there = connection.execute(select(catalog_head.c.catalog_id)).scalar_one_or_none() == self.catalog_id
        if not there:
            raise Conflict(
                f"the catalog {self.where} was removed or replaced since it was opened",
                do="do it again: nothing was written, and what is there now will be opened",
            )

    def take_away(self) -> bool:
        """Remove the catalog if opening it made it, nobody else has it open, and nothing was done with it since."""
        beside = self.views.file
        removed = self.created and take_away(self.engine, lambda connection: not acted(connection))
        if removed and beside is not None:
            self.views.close()
            for each in ("", "-wal", "-shm", "-fold"):
                beside.with_name(beside.name + each).unlink(missing_ok=True)
        return removed

    def close(self) -> None:
        """Fold the log back if nobody else does, and let go of all connections."""
        fold(self.engine)
        self.engine.dispose()
        self.views.close()
