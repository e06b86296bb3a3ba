"""What is needed wherever people say more of a case than a labelling does.

What discussing needs of the world: the store of threads.

What investigating needs of the world: the store of investigations.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from remiss.curate.discussion import InboxPage
from remiss.curate.investigating import CitedPage, Draft
from remiss.govern.ports.actor import Actor, Permits
from remiss.govern.ports.people import People
from remiss.govern.ports.vault import Keys
from remiss.records.discussion import Thread, ThreadStatus
from remiss.records.investigation import CitationKind, Investigation
from remiss.records.person import Governed


class ContributionsWorkspace(Permits, Protocol):
    """What actions take by which people say more of a case than a labelling does."""

    @property
    def keys(self) -> Keys: ...
    @property
    def actor(self) -> Actor: ...

    def governed(self, case_id: str) -> Governed:
        """Return what decides who sees a case, of one that the actor sees.

        Raises
        ------
        NotFound, Ambiguous, InputError
        """
        ...

    def reading(self) -> AbstractContextManager[object]:
        """Return a block in which everything is read from one snapshot of the catalog."""
        ...


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

    def set_status(self, thread_id: str, status: ThreadStatus) -> Thread:
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


class DiscussionWorkspace(ContributionsWorkspace, Protocol):
    """The ports that actions on threads take."""

    @property
    def threads(self) -> Threads: ...
    @property
    def people(self) -> People: ...


class Investigations(Protocol):
    """Investigations of the cases that the actor may see. `position` None is now."""

    def get(self, case_id: str, position: int | None) -> Investigation:
        """Return what was found out about a case.

        Raises
        ------
        NotFound, Ambiguous, InputError : as for the case
        """
        ...

    def write(self, case_id: str, draft: Draft) -> Investigation:
        """Write a new finding, or the next state of one, and return the investigation; raises like `get`, and

        Raises
        ------
        NotFound : no such finding; Precondition : it was written since; InputError : as `following` says
        """
        ...

    def citing(
        self,
        address: str | None,
        kind: CitationKind | None,
        *,
        limit: int,
        after: tuple[int, ...] | None,
        position: int | None,
    ) -> CitedPage:
        """Return the findings that cite an address, and by a kind of citation, the newest first; None is any.

        Parameters
        ----------
        after : the sort values of the last line of the page before
        """
        ...


class InvestigationWorkspace(ContributionsWorkspace, Protocol):
    """The ports that investigating takes."""

    @property
    def investigations(self) -> Investigations: ...
