"""What governance needs of the world: keys, a vault for raw evidence, and a say in who may do what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from remiss.action import Performs
from remiss.govern.health import Check
from remiss.records.case import Sensitivity


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts: for a direct connection the operating system's user, never claimed."""

    name: str
    team: str = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What an actor may see, as the store turns it into a condition. `teams` None is every team."""

    teams: frozenset[str] | None = None
    clearance: Sensitivity = Sensitivity.SECRET

    @property
    def everything(self) -> bool:
        return self.teams is None and self.clearance is Sensitivity.SECRET


class Authority(Protocol):
    """Who may do what and see what."""

    def may(self, actor: Actor, permission: str) -> bool:
        """Return whether the actor holds the permission."""
        ...

    def scope(self, actor: Actor) -> Scope:
        """Return what the actor may see."""
        ...


class Keys(Protocol):
    """The catalog's secret key, which lives outside the database."""

    def secret(self, purpose: str) -> bytes:
        """Return 32 bytes derived from the catalog's key for one purpose; always the same for the same purpose."""
        ...


class Vault(Protocol):
    """Where raw evidence lies, addressed by HMAC under the catalog's key."""

    def put(self, content: bytes) -> str:
        """Store and return the address; putting the same content again is no change."""
        ...

    def put_many(self, contents: Iterable[bytes]) -> tuple[str, ...]:
        """Store many at once, far faster than one by one, and return their addresses in the same order.

        Raises
        ------
        StorageError : disk full, or the place cannot be written; some of them may be stored then, none of them in part
        """
        ...

    def get(self, address: str) -> bytes:
        """Return the content, checked against its address.

        Raises
        ------
        NotFound : no such evidence; StorageError : it was altered
        """
        ...

    def discard(self, address: str) -> None:
        """Remove the content if it is there."""
        ...


class Health(Protocol):
    """What is looked at of a machine and, where there is one, of the catalog that is open."""

    def checks(self) -> Iterator[Check]:
        """Yield what was found, each thing as soon as it is known."""
        ...


class GovernWorkspace(Performs, Protocol):
    """The ports that governance's actions take."""

    @property
    def health(self) -> Health: ...
