"""Ctrl-C ends a long statement at once.

In the main thread the engine looks for signals between its tasks alone, and one task of a join may take half a minute. So what
runs statements runs in a thread of its own, while the caller waits and tells the engine to stop.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Any, TypeVar

import duckdb

T = TypeVar("T")
# A signal that only sets a flag, as on Windows, is seen between two looks.
LOOK_SECONDS = 0.1


def interruptible(connection: duckdb.DuckDBPyConnection, work: Callable[[], T]) -> T:
    """Return what `work` returns, or raise what it raises; all that it asks of the engine it asks by this connection.

    Raises
    ------
    KeyboardInterrupt, or whatever else a signal raises here : while waiting; by then the work has ended
    """
    outcome: Future[T] = Future()
    threading.Thread(target=_settle, args=(outcome, work), name="remiss-statements").start()
    try:
        # Not by joining the thread: Python 3.11 takes one for ended whose join was interrupted.
        while not outcome.done():
            wait([outcome], LOOK_SECONDS)
    except BaseException:
        _stop(connection, outcome)
        raise
    return outcome.result()


def _settle(outcome: Future[T], work: Callable[[], T]) -> None:
    try:
        outcome.set_result(work())
    except BaseException as problem:  # noqa: BLE001 - it is raised again where the caller waits
        outcome.set_exception(problem)


def _stop(connection: duckdb.DuckDBPyConnection, outcome: Future[Any]) -> None:
    """Interrupt until the work has ended: one interruption is lost where it comes between two statements."""
    while not outcome.done():
        try:
            connection.interrupt()
            wait([outcome], LOOK_SECONDS)
        except KeyboardInterrupt:
            # An impatient second one: a connection that still works must not be closed.
            continue
