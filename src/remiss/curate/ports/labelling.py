"""What labelling needs of the world: stores, beside cases, protocols, keys and who acts.

One store has the labellings, one those that two people made of one case, whose agreement is measured; one moves labellings from
mode to mode as a taxonomy is recoded; and one knows the orders of the queue and reserves.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from remiss.catalog.ports import Cases
from remiss.catalog.query.expression import Query
from remiss.curate.labelling_state import LabellingState
from remiss.curate.recoding import Affected
from remiss.curate.steps import CaseStep
from remiss.govern.ports.actor import Permits
from remiss.govern.ports.people import People
from remiss.govern.ports.vault import Keys
from remiss.protocol.ports import Documents, Protocols
from remiss.records.agreement import Double, Looks
from remiss.records.case import Case
from remiss.records.labelling import LabellingKind
from remiss.records.recoding import KeptRecoding, Recoding

if TYPE_CHECKING:
    from remiss.curate.annotation import PreparedLabelling
    from remiss.curate.blinding import Viewer
    from remiss.curate.queueing import Progress
    from remiss.curate.steering import Steering
    from remiss.curate.tally import BatchOrder


class DoubleLabelled(Protocol):
    """Cases that two people labelled independently."""

    def labelled_twice(self, query: Query, position: int, *, person: str | None = None) -> tuple[Double, ...]:
        """Return those that match a query and whose annotation and verification are in force at a position, in no order.

        Parameters
        ----------
        person : only those that this person is one of the two of, without their weights
        """
        ...

    def looks(self, query: Query, position: int) -> Looks:
        """Return how often who annotated or verified cases that match a query, and are decided, could tell what they are."""
        ...


class AgreementWorkspace(Permits, Protocol):
    """The ports that measuring agreement takes."""

    @property
    def double_labelled(self) -> DoubleLabelled: ...
    @property
    def cases(self) -> Cases: ...
    @property
    def protocols(self) -> Protocols: ...

    def position(self) -> int:
        """Return the catalog's position."""
        ...


class Recodings(Protocol):
    """Recodings of failure modes, of every case, no matter who may see it; told is only what the asker may see of cases."""

    def affected(self, recoding: Recoding) -> tuple[Affected, ...]:
        """Return the cases that a recoding touches.

        Raises
        ------
        Conflict : one of that name was written; InputError : it would send back a case that cannot be reopened
        """
        ...

    def write(self, recoding: Recoding) -> tuple[Affected, ...]:
        """Write a recoding and return the cases that it touched; raises like `affected`."""
        ...

    def kept(self, position: int | None) -> tuple[KeptRecoding, ...]:
        """Return the recodings that were written up to a position, oldest first; None is now."""
        ...


class RecodingWorkspace(Permits, Protocol):
    """The ports that recoding takes."""

    @property
    def recodings(self) -> Recodings: ...
    @property
    def protocols(self) -> Protocols: ...
    @property
    def documents(self) -> Documents: ...


class Labellings(Protocol):
    """Labellings of cases. All but `read_state` and `team` happens in the transaction of an action that writes."""

    def read_state(self, case_id: str) -> LabellingState:
        """Return where a case stands, or an event that people are given and that is none yet; raises like `state`."""
        ...

    def team(self, case_id: str) -> str:
        """Return whose a case is, or an event that people are given and that is none yet; raises like `state`."""
        ...

    def state(self, case_id: str, *, files: bool = True) -> LabellingState:
        """Return where a case stands, and keep everybody else from moving it until the transaction ends.

        An event that people are given and that is no case yet becomes one, if this `files` it.

        Raises
        ------
        NotFound, Ambiguous, InputError
        """
        ...

    def both(self, case_id: str, other: str) -> tuple[LabellingState, LabellingState]:
        """Return where two cases stand, and keep everybody else from moving either; raises like `state`.

        The second may be the first. Only the first may be an event that is no case yet.
        """
        ...

    def write(
        self, state: LabellingState, kind: LabellingKind, made: PreparedLabelling, step: CaseStep, chance: float | None = None
    ) -> None:
        """Write a labelling by the actor, and what it does to the case.

        Parameters
        ----------
        chance : of an annotation, by which it is chosen whether a second person labels the case; one that replaces another of
            its round keeps that one's
        """
        ...

    def abstain(self, state: LabellingState, kind: LabellingKind, made: PreparedLabelling, step: CaseStep | None) -> None:
        """Write that the actor cannot tell what a case is, and what that does to it; None is nothing, not even a case."""
        ...

    def told(self, case_id: str) -> Case:
        """Return a case, or an event that is none yet, as the actor is told of it who could not tell what it is."""
        ...

    def link(self, state: LabellingState, other: LabellingState) -> None:
        """Write that a case takes another's verdict."""
        ...

    def unlink(self, state: LabellingState) -> None:
        """Write that a case takes no other's verdict any more."""
        ...

    def reopen(self, state: LabellingState, step: CaseStep, reason: str) -> None:
        """Write that a case is begun anew, and why."""
        ...


class CurateWorkspace(Permits, Protocol):
    """The ports that curating takes."""

    @property
    def cases(self) -> Cases: ...
    @property
    def labellings(self) -> Labellings: ...
    @property
    def protocols(self) -> Protocols: ...
    @property
    def keys(self) -> Keys: ...


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

    def orders(self) -> Sequence[BatchOrder]:
        """Return the batches of every source and protocol with runs in force."""
        ...

    def progress(self) -> Mapping[int, Progress]:
        """Return how far each case has come that is labelled, linked or filed by hand, by its event."""
        ...

    def abstained(self, person: str) -> Mapping[int, Collection[str]]:
        """Return who could not tell what an event is, as names are compared, by the event.

        A person knows of themselves alone, the operator of everybody.
        """
        ...

    def owned(self) -> frozenset[int]:
        """Return the events that await a second labelling and were captured while who looks owned the model."""
        ...

    def declined(self) -> tuple[Mapping[int, Collection[str]], Mapping[int, Collection[str]]]:
        """Return who could not annotate an event, as names are compared, and who passed it, by the event, whoever asks."""
        ...

    def steering(self) -> Mapping[str, Steering]:
        """Return how the queue of each protocol is steered, of those that somebody has steered."""
        ...

    def steering_at(self, protocol: str, revision: int) -> Steering:
        """Return how the queue of a protocol was steered at a revision."""
        ...

    def steer(self, protocol: str, team: str, made: Steering, revision: int) -> Steering:
        """Write how the queue of a team's protocol is steered from now on; return that.

        Parameters
        ----------
        revision : that which the writer read

        Raises
        ------
        Precondition : somebody else has steered it since
        """
        ...

    def passed(self, person: str) -> frozenset[int]:
        """Return the events that a person has passed, and is not given again."""
        ...

    def let_pass(self, events: Iterable[int], person: str, now: datetime) -> None:
        """Write that a person is not given events again, and take these out of their hand."""
        ...

    def reserved(self, now: datetime) -> Sequence[Reserved]:
        """Return what people have in hand."""
        ...

    def reserve(self, event: int, kind: LabellingKind, person: str, now: datetime, until: datetime) -> bool:
        """Reserve an event for a person, if nobody else has it; return whether it is."""
        ...

    def release(self, events: Iterable[int], person: str) -> None:
        """Take events out of a person's hand."""
        ...

    def given(self, person: str, since: datetime) -> int:
        """Return how many labellings a person has given since a time."""
        ...

    def titles(self, events: Iterable[int]) -> Mapping[int, str]:
        """Return what protocols call some events; those that have no title are left out."""
        ...

    def where(self, events: Iterable[int]) -> Mapping[int, Whereabouts]:
        """Return which cases some events are or would be, of those that the actor may see."""
        ...

    def offer(self, event: int, place: Whereabouts) -> str:
        """Return the id under which a person is given an event, case or not yet, from now on."""
        ...


class QueueWorkspace(Permits, Protocol):
    """The ports that actions of the queue take."""

    @property
    def queue(self) -> Queue: ...
    @property
    def people(self) -> People: ...
    @property
    def viewer(self) -> Viewer: ...
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
