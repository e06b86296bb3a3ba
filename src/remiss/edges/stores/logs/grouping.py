"""Committing in groups what many wait for at once.

So that many need not wait for the disk one after the other, one of them commits what all have by then: while it waits, the next
group forms, and is as old as one commit takes, which is milliseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Generic, TypeVar

T = TypeVar("T")

# With the time of a commit it stays under the 20 ms that a group may take.
GATHER_SECONDS = 0.01


@dataclass(slots=True, kw_only=True)
class _Waiting(Generic[T]):
    """What one thread brought, while it waits for that to be on the disk."""

    brought: Sequence[T]
    alone: bool
    done: Event = field(default_factory=Event)
    leads: bool = False
    error: BaseException | None = None


class Groups(Generic[T]):
    """Groups of what several threads bring; one group is committed at a time.

    Parameters
    ----------
    commit : puts the things of a group on the disk, in their order
    """

    def __init__(self, commit: Callable[[Sequence[T]], None]) -> None:
        self._commit = commit
        self._lock = Lock()
        self._waiting: list[_Waiting[T]] = []
        self._led = False
        # How many were in the last group, and that as many wait again.
        self._expected = 1
        self._full = Event()

    def bring(self, things: Sequence[T], *, alone: bool) -> None:
        """Return when the things are on the disk: with those of others, or `alone`. What the commit raises is raised here."""
        mine = _Waiting(brought=things, alone=alone)
        with self._lock:
            self._waiting.append(mine)
            leads, self._led = not self._led, True
            if len(self._waiting) >= self._expected:
                self._full.set()
        if not leads:
            mine.done.wait()
            leads = mine.leads
        if leads:
            self._lead()
        if mine.error is not None:
            raise mine.error

    def _lead(self) -> None:
        """Commit what waits by now, and have the first of those who came meanwhile go on."""
        # Where several wait at once, a commit is dearer than a little patience, until as many wait as last time; who comes
        # alone never waits for others.
        self._full.wait(GATHER_SECONDS)
        with self._lock:
            group, self._waiting = self._waiting, []
            self._expected = len(group)
            self._full.clear()
        try:
            self._settle([each for each in group if not each.alone])
            for each in group:
                if each.alone:
                    self._settle([each])
        finally:
            with self._lock:
                following = self._waiting[0] if self._waiting else None
                self._led = following is not None
            if following is not None:
                following.leads = True
                following.done.set()

    def _settle(self, group: Sequence[_Waiting[T]]) -> None:
        try:
            if group:
                self._commit([thing for each in group for thing in each.brought])
        except BaseException as error:  # noqa: BLE001 - whatever it was, those who wait must be told
            for each in group:
                each.error = error
        finally:
            for each in group:
                each.done.set()
