"""What the catalog's actions need of the world: the store of cases, the key of redaction, the time."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from remiss.catalog.attachment import PreparedAttachment
from remiss.catalog.filing import Filed
from remiss.catalog.listing import CaseLines, Sort
from remiss.catalog.query.expression import Query
from remiss.catalog.query.guessing import NamedQuery
from remiss.catalog.revision import CaseChange
from remiss.catalog.saved_views import SavedView
from remiss.govern.ports.actor import Permits
from remiss.govern.ports.vault import Keys, Vault
from remiss.protocol.ports import Protocols
from remiss.records.case import Case, Revision
from remiss.records.catalog import CatalogFacts
from remiss.records.comparison import Comparison
from remiss.records.event import Event, Scalar
from remiss.records.evidence import Attachment, Kept, Original
from remiss.records.person import Governed
from remiss.records.rows import SortValues


class Cases(Protocol):
    """Cases in the catalog. `position` None is now; another is the catalog as it stood there."""

    def position(self) -> int:
        """Return the catalog's position."""
        ...

    def page(
        self,
        query: Query,
        *,
        sort: Sort,
        limit: int,
        after: SortValues | None,
        position: int | None,
        fields: Sequence[str] = (),
    ) -> CaseLines:
        """Return the lines of the cases that match, in order, from behind the sort values `after`.

        Parameters
        ----------
        fields : inputs and context fields whose values each line is to have
        """
        ...

    def count(self, query: Query, position: int | None, sort: Sort | None = None) -> int:
        """Return how many cases match, of those that a list in some order has."""
        ...

    def facet(self, query: Query, field: str, limit: int, position: int | None) -> tuple[tuple[Scalar, int], ...]:
        """Return the most frequent values of a field among the cases that match, and how many have each.

        A case that meets several criteria counts for each. Without a value is a value, None, but for criteria and context.
        """
        ...

    def context_names(self) -> tuple[str, ...]:
        """Return the names of all context fields that some case has, without `context.`, sorted."""
        ...

    def named_query(self, kind: str, name: str) -> NamedQuery | None:
        """Return what `slice:NAME`, `cluster:ID` or `pattern:ID` stands for; None where the actor may know none of that name.

        Raises
        ------
        Ambiguous : several patterns have the name
        """
        ...

    def get(self, case_id: str, position: int | None) -> Case:
        """Return a case by id or by a unique prefix of six or more characters.

        Raises
        ------
        NotFound : no such case, or not yet at that position
        Ambiguous : several ids begin so
        InputError : too short
        """
        ...

    def sampled_with(self, case_id: str, position: int | None, considered: int) -> tuple[Comparison, tuple[Event, ...]]:
        """Return how the event of a case was drawn, without controls, and up to `considered` controls of its window and stratum.

        By the latest run in force that met it, else by the latest of all. Raises like `get`, and

        Raises
        ------
        NotFound : no run met its event
        """
        ...

    def peers(self, case_id: str, position: int | None, considered: int) -> tuple[Event, tuple[Event, ...]]:
        """Return the event of a case, and those of up to `considered` other cases of its model, the newest, by the cases' ids.

        Raises like `get`.
        """
        ...

    def of_model(self, model: str, considered: int) -> tuple[Event, ...]:
        """Return the events of up to `considered` cases of a model, the newest, by the cases' ids."""
        ...

    def revisions(self, case_id: str) -> tuple[Revision, ...]:
        """Return every state of a case, oldest first; raises like `get`."""
        ...

    def file(self, filed: Filed) -> Case:
        """File a case by hand and return it; the same again is the case that is there."""
        ...

    def revise(self, case_id: str, revision: int, change: CaseChange) -> Case:
        """Write the next state of a case and return it; raises like `get`, and

        Raises
        ------
        Conflict : the case was written since that revision was read
        """
        ...


class RawEvents(Protocol):
    """The raw events of cases, as far as the actor may see the cases."""

    def of(self, case_id: str, run: str | None) -> Original:
        """Return where the raw event of a case lies, by the run that kept it; None is the latest in force.

        Raises
        ------
        NotFound : no such case, or nothing is kept of it; Ambiguous, InputError
        """
        ...


class Attachments(Protocol):
    """Files that people added to cases, as far as the actor may see both."""

    def add(self, case_id: str, prepared: PreparedAttachment, address: str) -> Attachment:
        """Write that a file, which lies at `address` of the vault, was added to a case.

        Raises
        ------
        NotFound, Ambiguous, InputError
        """
        ...

    def of_case(self, case_id: str, position: int | None, *, removed: bool = False) -> tuple[Attachment, ...]:
        """Return the attachments that a case has, or had at a position, the oldest first; or those that were removed then."""
        ...

    def kept(self, attachment_id: str) -> Kept:
        """Return where the content of an attachment lies, also of one that was removed or erased.

        Raises
        ------
        NotFound; Conflict : it is not visible to those who have not labelled the case
        """
        ...

    def refers(self, address: str) -> bool:
        """Return whether an attachment, erased or not, lies at an address of the vault."""
        ...

    def remove(self, attachment_id: str) -> Attachment:
        """Write that an attachment is not listed any more.

        Raises
        ------
        NotFound : no such attachment, or it was erased; Conflict : it was removed already
        """
        ...

    def restore(self, attachment_id: str) -> Attachment:
        """Write that an attachment is listed again; raises like `remove`, and Conflict where it was not removed."""
        ...

    def erase(self, attachment_id: str) -> Attachment:
        """Write that an attachment, removed or not, is gone for good, and erase its name.

        Raises
        ------
        NotFound : no such attachment, or it was erased already
        """
        ...


class SavedViews(Protocol):
    """Saved views in the catalog, of whomever."""

    def listed(self) -> Sequence[SavedView]:
        """Return all views by name."""
        ...

    def get(self, view: str) -> SavedView:
        """Return a view by its id.

        Raises
        ------
        NotFound
        """
        ...

    def save(self, name: str, address: str, team: str | None) -> SavedView:
        """Write a view of the actor's, in the place of theirs of that name.

        Raises
        ------
        Conflict : somebody else's has that name, which is shared with the same team
        """
        ...

    def rename(self, view: str, name: str) -> SavedView:
        """Give a view another name; raises like `get`, and

        Raises
        ------
        Conflict : another view has that name, of those among which it is given once
        """
        ...

    def remove(self, view: str) -> SavedView:
        """Take a view away; raises like `get`."""
        ...


class CatalogWorkspace(Permits, Protocol):
    """The ports that the catalog's actions take."""

    @property
    def cases(self) -> Cases: ...
    @property
    def saved_views(self) -> SavedViews: ...
    @property
    def protocols(self) -> Protocols: ...
    @property
    def keys(self) -> Keys: ...
    @property
    def now(self) -> datetime: ...

    def governed(self, case_id: str) -> Governed:
        """Return what decides who sees a case, of one that the actor sees; raises like `Cases.get`."""
        ...

    def facts(self, position: int | None) -> CatalogFacts:
        """Return what the catalog is and how much it holds, or held at a position; None is now."""
        ...

    def reading(self) -> AbstractContextManager[object]:
        """Return a block in which everything is read from one snapshot of the catalog."""
        ...


class EvidenceWorkspace(Permits, Protocol):
    """The ports that actions on raw evidence take."""

    @property
    def raw_events(self) -> RawEvents: ...
    @property
    def protocols(self) -> Protocols: ...
    @property
    def vault(self) -> Vault: ...
    @property
    def keys(self) -> Keys: ...


class AttachmentWorkspace(Permits, Protocol):
    """The ports that actions on attachments take."""

    @property
    def attachments(self) -> Attachments: ...
    @property
    def vault(self) -> Vault: ...
    @property
    def keys(self) -> Keys: ...
    @property
    def now(self) -> datetime: ...

    def governed(self, case_id: str) -> Governed:
        """Return what decides who sees a case, of one that the actor sees.

        Raises
        ------
        NotFound, Ambiguous, InputError
        """
        ...
