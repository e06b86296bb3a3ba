"""What discussing needs of the world: the store of threads."""

from __future__ import annotations

from typing import Protocol

from remiss.curate.discussion import InboxPage
from remiss.curate.ports.saying import SayingWorkspace
from remiss.records.discussion import Thread, ThreadStatus


class Threads(Protocol):
    """Threads on the cases that the actor may see. `position` None is now; another is the catalog as it stood there."""

    def of_case(self, case_id: str, position: int | None) -> tuple[Thread, ...]:
        """Return the threads of a case, the oldest first.

        Raises
        ------
        NotFound, Ambiguous, InputError : as for the case
        """
        ...

    def get(self, thread_id: str, position: int | None) -> Thread:
        """Return a thread.

        Raises
        ------
        NotFound : there is none, or not yet, or its case may not be seen
        """
        ...

    def comment(self, case_id: str, thread_id: str | None, text: str, named: tuple[str, ...]) -> Thread:
        """Write a comment in a thread of a case, or in a new one; return the thread. Raises like `of_case` and `get`."""
        ...

    def turn(self, thread_id: str, status: ThreadStatus) -> Thread:
        """Resolve a thread or open it again, and return it.

        Raises
        ------
        NotFound : as for `get`; Conflict : it stands so already
        """
        ...

    def inbox(self, name: str, *, everything: bool, limit: int, before: int | None, position: int | None) -> InboxPage:
        """Return where others mention a name, the newest first, and what waits alone unless `everything` is asked for.

        Parameters
        ----------
        before : the key of the last line of the page before
        """
        ...


class DiscussionWorkspace(SayingWorkspace, Protocol):
    """The ports that actions on threads take."""

    @property
    def threads(self) -> Threads: ...
