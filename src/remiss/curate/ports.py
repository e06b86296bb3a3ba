"""What curating needs of the world: the stores of labellings and threads, beside cases, protocols, keys and who acts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from remiss.action import Performs
from remiss.catalog.ports import Cases
from remiss.catalog.query import Query
from remiss.curate.annotation import Made
from remiss.curate.discussion import InboxPage
from remiss.curate.investigating import CitedPage, Draft
from remiss.curate.recoding import Affected
from remiss.curate.standing import Standing
from remiss.curate.steps import Step
from remiss.govern.ports import Actor, Keys, Permits
from remiss.protocol.ports import Documents, Protocols
from remiss.records.agreement import Double
from remiss.records.discussion import Thread, ThreadStatus
from remiss.records.investigation import CitationKind, Investigation
from remiss.records.labelling import LabellingKind
from remiss.records.person import Governed
from remiss.records.recoding import KeptRecoding, Recoding

if TYPE_CHECKING:
    # It weighs with numpy, which discussions and the start of a server do without.
    from remiss.curate.queueing import Order, Progress


class Labellings(Protocol):
    """Labellings of cases. All but `look` happens in the transaction of an action that writes."""

    def look(self, case_id: str) -> Standing:
        """Return where a case stands, or an event that people are given and that is none yet; raises like `standing`."""
        ...

    def standing(self, case_id: str) -> Standing:
        """Return where a case stands, and keep everybody else from moving it until the transaction ends.

        An event that people are given and that is no case yet becomes one.

        Raises
        ------
        NotFound, Ambiguous, InputError
        """
        ...

    def both(self, case_id: str, other: str) -> tuple[Standing, Standing]:
        """Return where two cases stand, and keep everybody else from moving either; raises like `standing`.

        The second may be the first. Only the first may be an event that is no case yet.
        """
        ...

    def write(self, standing: Standing, kind: LabellingKind, made: Made, step: Step) -> None:
        """Write a labelling by the actor, and what it does to the case."""
        ...

    def link(self, standing: Standing, other: Standing) -> None:
        """Write that a case takes another's verdict."""
        ...

    def unlink(self, standing: Standing) -> None:
        """Write that a case takes no other's verdict any more."""
        ...

    def reopen(self, standing: Standing, step: Step, reason: str) -> None:
        """Write that a case is begun anew, and why."""
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
        NotFound : no such finding; Conflict : it was written since; InputError : as `following` says
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserved:
    """An event, by its key, that a person has in hand to give a labelling of a kind, until when nobody else is given it."""

    event: int
    kind: LabellingKind
    person: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """Which case an event is, or would be; of which source and by which id there; whose it is."""

    case: str
    source: str
    id: str
    team: str


class Queue(Protocol):
    """What waits to be labelled and what people have in hand. Events are known by their keys."""

    def orders(self) -> Sequence[Order]:
        """Return the batches of every source and protocol with runs in force."""
        ...

    def progress(self) -> Mapping[int, Progress]:
        """Return how far each case has come that is labelled, linked or filed by hand, by its event."""
        ...

    def reserved(self, now: datetime) -> Sequence[Reserved]:
        """Return what people have in hand."""
        ...

    def reserve(self, event: int, kind: LabellingKind, person: str, now: datetime, until: datetime) -> bool:
        """Give an event into a person's hand, if nobody else has it there; return whether it is."""
        ...

    def release(self, events: Iterable[int], person: str) -> None:
        """Take events out of a person's hand."""
        ...

    def given(self, person: str, since: datetime) -> int:
        """Return how many labellings a person has given since a time."""
        ...

    def where(self, events: Iterable[int]) -> Mapping[int, Whereabouts]:
        """Return which cases some events are or would be, of those that the actor may see."""
        ...

    def offer(self, event: int, place: Whereabouts) -> str:
        """Return the id under which a person is given an event, case or not yet, from now on."""
        ...


class Doubles(Protocol):
    """Cases that two people labelled by themselves."""

    def labelled_twice(self, query: Query, position: int) -> tuple[Double, ...]:
        """Return those that match a query and whose annotation and verification are in force at a position, in no order."""
        ...


class Recodings(Protocol):
    """Recodings of failure modes, of every case whoever may see it."""

    def affected(self, recoding: Recoding) -> tuple[Affected, ...]:
        """Return the cases that a recoding touches.

        Raises
        ------
        Conflict : one of that name was written; InputError : it would send back what nobody can begin anew
        """
        ...

    def write(self, recoding: Recoding) -> tuple[Affected, ...]:
        """Write a recoding and return the cases that it touched; raises like `affected`."""
        ...

    def kept(self, position: int | None) -> tuple[KeptRecoding, ...]:
        """Return the recodings that were written up to a position, oldest first; None is now."""
        ...


class CurateWorkspace(Performs, Protocol):
    """The ports that curating takes."""

    @property
    def actor(self) -> Actor: ...
    @property
    def cases(self) -> Cases: ...
    @property
    def labellings(self) -> Labellings: ...
    @property
    def protocols(self) -> Protocols: ...
    @property
    def keys(self) -> Keys: ...

    def allow(self, permission: str, team: str) -> None:
        """Go on only if the actor holds a permission in a team.

        Raises
        ------
        Denied
        """
        ...


class SayingWorkspace(Permits, Protocol):
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

    def position(self) -> int:
        """Return the catalog's position."""
        ...

    def reading(self) -> AbstractContextManager[object]:
        """Return a block in which everything is read from one snapshot of the catalog."""
        ...


class DiscussionWorkspace(SayingWorkspace, Protocol):
    """The ports that actions on threads take."""

    @property
    def threads(self) -> Threads: ...


class InvestigationWorkspace(SayingWorkspace, Protocol):
    """The ports that investigating takes."""

    @property
    def investigations(self) -> Investigations: ...


class QueueWorkspace(Permits, Protocol):
    """The ports that actions of the queue take."""

    @property
    def queue(self) -> Queue: ...
    @property
    def labellings(self) -> Labellings: ...
    @property
    def protocols(self) -> Protocols: ...
    @property
    def keys(self) -> Keys: ...
    @property
    def now(self) -> datetime: ...

    def may(self, permission: str, team: str | None) -> bool:
        """Return whether the actor holds a permission in a team; None is in any."""
        ...


class AgreementWorkspace(Performs, Protocol):
    """The ports that measuring agreement takes."""

    @property
    def doubles(self) -> Doubles: ...

    def position(self) -> int:
        """Return the catalog's position."""
        ...


class RecodingWorkspace(Permits, Protocol):
    """The ports that recoding takes."""

    @property
    def recodings(self) -> Recodings: ...
    @property
    def protocols(self) -> Protocols: ...
    @property
    def documents(self) -> Documents: ...

    def position(self) -> int:
        """Return the catalog's position."""
        ...
