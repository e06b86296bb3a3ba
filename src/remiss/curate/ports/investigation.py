"""What investigating needs of the world: the store of investigations."""

from __future__ import annotations

from typing import Protocol

from remiss.curate.investigating import CitedPage, Draft
from remiss.curate.ports.saying import SayingWorkspace
from remiss.records.investigation import CitationKind, Investigation


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


class InvestigationWorkspace(SayingWorkspace, Protocol):
    """The ports that investigating takes."""

    @property
    def investigations(self) -> Investigations: ...
