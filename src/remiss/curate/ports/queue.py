"""What the queue needs of the world: the store that knows the orders and reserves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from remiss.curate.ports.labelling import Labellings
from remiss.govern.ports.actor import Permits
from remiss.govern.ports.vault import Keys
from remiss.protocol.ports import Protocols
from remiss.records.labelling import LabellingKind

if TYPE_CHECKING:
    # It weighs with numpy, which discussions and the start of a server do without.
    from remiss.curate.queueing import BatchOrder, Progress


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
