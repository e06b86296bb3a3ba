"""What governance needs of the world: keys, a vault for raw evidence, and a say in who may do what."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol, Self, TypeAlias

from remiss.action import Performs
from remiss.govern.health import Check
from remiss.records.case import Sensitivity
from remiss.records.person import Governed, Grant, IssuedToken, Person, Team, Token

if TYPE_CHECKING:
    # What signs and hashes takes a while to load, and few commands need it.
    from remiss.govern.auditing import Wanted, Written
    from remiss.govern.entries import Head
    from remiss.govern.verification import Row

# Called with the name of a stage and the share of the work that is done, in [0, 1].
Progress: TypeAlias = Callable[[str, float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts: for a direct connection the operating system's user, never claimed; through a server the person who signed in.

    `role` is what the journal has beside the name.
    """

    name: str
    team: str = "default"
    role: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What an actor may see, as the store turns it into a condition.

    `teams` has for each of some teams up to which sensitivity, and `elsewhere` the same for all others; None is nothing there.
    Made by `of` or `everywhere`; as it stands, nothing is seen at all.
    """

    teams: tuple[tuple[str, Sensitivity], ...] = ()
    elsewhere: Sensitivity | None = None

    @classmethod
    def of(cls, teams: Mapping[str, Sensitivity], *, elsewhere: Sensitivity | None = None) -> Self:
        """Return a scope that sees each team up to its clearance, or what is seen elsewhere where that is more."""
        more = ((team, level) for team, level in teams.items() if elsewhere is None or level > elsewhere)
        return cls(teams=tuple(sorted(more)), elsewhere=elsewhere)

    @classmethod
    def everywhere(cls, clearance: Sensitivity = Sensitivity.SECRET) -> Self:
        """Return a scope that sees every team up to a clearance."""
        return cls(elsewhere=clearance)

    @property
    def everything(self) -> bool:
        return self.elsewhere is Sensitivity.SECRET

    def sees(self, team: str, sensitivity: Sensitivity) -> bool:
        """Return whether something of a team and of that sensitivity is seen.

        >>> Scope.of({"arrivals": Sensitivity.INTERNAL}).sees("arrivals", Sensitivity.RESTRICTED)
        False
        """
        clearance = dict(self.teams).get(team, self.elsewhere)
        return clearance is not None and sensitivity <= clearance


class Authority(Protocol):
    """Who may do what and see what."""

    def may(self, actor: Actor, permission: str, team: str | None = None) -> bool:
        """Return whether the actor holds the permission in a team; None asks whether in any."""
        ...

    def scope(self, actor: Actor) -> Scope:
        """Return what the actor may see."""
        ...

    def teams(self, actor: Actor, permission: str) -> frozenset[str] | None:
        """Return the teams in which the actor holds a permission; None is all of them."""
        ...


class People(Protocol):
    """People, teams, grants and tokens. Readers read at a position; None is now."""

    def find(self, name: str, position: int | None = None) -> Person | None:
        """Return a person with what they hold; None when nobody of that name is there, or they are disabled."""
        ...

    def person(self, name: str) -> Person:
        """Return a person who is there now.

        Raises
        ------
        NotFound
        """
        ...

    def everybody(self, position: int | None) -> tuple[Person, ...]:
        """Return everybody who ever was there, by name."""
        ...

    def add(self, name: str, about: str | None) -> Person:
        """Add a person without grants.

        Raises
        ------
        Conflict : they are there
        """
        ...

    def disable(self, name: str) -> Person:
        """End a person's time here, their grants and tokens.

        Raises
        ------
        NotFound
        """
        ...

    def hold(self, name: str, grants: Sequence[Grant]) -> Person:
        """Have a person hold these grants and no others.

        Raises
        ------
        NotFound
        """
        ...

    def team(self, name: str) -> Team:
        """Return a team.

        Raises
        ------
        NotFound
        """
        ...

    def teams(self, position: int | None) -> tuple[Team, ...]:
        """Return all teams, by name."""
        ...

    def add_team(self, name: str, about: str | None) -> Team:
        """Add a team.

        Raises
        ------
        Conflict : it is there
        """
        ...

    def tokens(self, position: int | None) -> tuple[Token, ...]:
        """Return all tokens that ever were, by person and age."""
        ...

    def issue(self, person: str, about: str | None, expires: datetime) -> IssuedToken:
        """Make a token with a random secret."""
        ...

    def revoke(self, token: str) -> Token:
        """End a token by its id.

        Raises
        ------
        NotFound
        """
        ...

    def known_by(self, text: str, now: datetime) -> tuple[Person, Token] | None:
        """Return whom a token stands for, if it is one that works."""
        ...

    def still(self, token: str, now: datetime) -> Person | None:
        """Return whom a token stands for by its id alone, if it still works."""
        ...


class Permits(Performs, Protocol):
    """A workspace whose actions ask of a certain team: what the decorator asks is only whether it is allowed in any."""

    @property
    def actor(self) -> Actor: ...
    @property
    def scope(self) -> Scope: ...

    def allow(self, permission: str, team: str) -> None:
        """Go on only if the actor holds the permission in that team.

        Raises
        ------
        Denied
        """
        ...


class Keys(Protocol):
    """The catalog's secret key, and the keys that wrap those of raw evidence: they live outside the database."""

    def secret(self, purpose: str) -> bytes:
        """Return 32 bytes derived from the catalog's key for one purpose; always the same for the same purpose."""
        ...

    def new_wrapping_key(self) -> str:
        """Make a key that wraps the keys of evidence, and return its name: 16 hex digits.

        Raises
        ------
        StorageError : it cannot be kept
        """
        ...

    def wrapping_key(self, name: str) -> bytes:
        """Return the 32 bytes of a wrapping key.

        Raises
        ------
        StorageError : it is missing or damaged
        """
        ...

    def destroy_wrapping_key(self, name: str) -> None:
        """Remove a wrapping key for ever; one that is gone already is no error."""
        ...

    def mark(self, name: str) -> None:
        """Remember something beside the key, where nobody gets who has the database alone; `name` is that of a file."""
        ...

    def marked(self, name: str) -> bool:
        """Return whether that was remembered."""
        ...


class Recogniser(Protocol):
    """A model that knows names of people and places when it sees them in a sentence."""

    @property
    def version(self) -> str:
        """What names the model and its weights."""
        ...

    def names(self, text: str) -> Iterator[tuple[int, int, str, str]]:
        """Yield start, end, `person` or `place`, and the name in one spelling, from left to right, not overlapping."""
        ...


class Bundle(Protocol):
    """Raw evidence that a capture puts together, staged until the run is filed (docs/adr/0009)."""

    def add(self, content: bytes) -> str:
        """Store with the bundle and return the address.

        Raises
        ------
        StorageError : disk full, or the place cannot be written
        """
        ...

    def seal(self) -> None:
        """Wait until everything that was added is on the disk; nothing can be added any more."""
        ...

    def belong(self, run: str) -> None:
        """Say whose evidence this is. Called last in the transaction that files the run: a run keeps what belongs to it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class VaultState:
    """How a vault is: bundles `left` by captures that died, bundles that are still `plain`, and a rotation not finished."""

    left: int
    plain: int
    rotating: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """That everything is wrapped under `key`: how many contents were written anew, and whether one cut short was finished."""

    key: str
    pieces: int
    resumed: bool


class Vault(Protocol):
    """Where raw evidence lies, encrypted, addressed by HMAC under the catalog's key."""

    def put(self, content: bytes) -> str:
        """Store alone and return the address; putting the same content again is no change.

        Raises
        ------
        StorageError : disk full, or the place cannot be written
        """
        ...

    def putting(self, content: bytes, referred: Callable[[str], bool]) -> AbstractContextManager[str]:
        """Put alone in a block around the transaction that refers to it, and give the address.

        When the block fails the content is removed unless `referred` says that the catalog refers to the address. After a block
        that ended well, what processes left that died in such a block is removed or kept likewise.

        Raises
        ------
        StorageError : disk full, or the place cannot be written
        """
        ...

    def bundle(self, filed: Callable[[str], bool]) -> AbstractContextManager[Bundle]:
        """Give a bundle in a block around the transaction that files its addresses.

        When the block ends well the bundle is final; when it fails the bundle is removed unless it belongs to a run by then:
        whether that was filed is for the next to find out. For, after a block that ended well, bundles that were left by
        processes that died are made final if `filed` says that their run is filed, and removed if not.
        """
        ...

    def state(self) -> VaultState:
        """Return what captures that died left, what is not encrypted, and whether a rotation was cut short."""
        ...

    def get(self, address: str) -> bytes:
        """Return the content, put alone or in a bundle, checked against its address.

        Raises
        ------
        NotFound : no such evidence; StorageError : it was altered
        """
        ...

    def discard(self, address: str) -> None:
        """Destroy the content's key and remove the content, wherever it is."""
        ...

    def renew(self, progress: Progress) -> Renewal:
        """Wrap the key of every content under a new wrapping key, and encrypt what is not.

        The former key stays until `retire`. When a rotation was cut short, that one is finished and no new key is made. Waits
        for captures that are under way.

        Raises
        ------
        StorageError : something was altered or a key is missing; what was done stays, and doing it again goes on from there
        """
        ...

    def retire(self, renewal: Renewal) -> None:
        """Destroy the wrapping keys before the one of a renewal, unless another was begun since, which does it then."""
        ...


class Health(Protocol):
    """What is looked at of a machine and, where there is one, of the catalog that is open."""

    def checks(self) -> Iterator[Check]:
        """Yield what was found, each thing as soon as it is known."""
        ...


class Audit(Protocol):
    """The logs of what was done and what was looked at: `journal` and `views` (`govern/entries.py`)."""

    @property
    def catalog(self) -> str:
        """The id of the catalog that they are of."""
        ...

    def rows(self, log: str) -> Iterator[Sequence[Row]]:
        """Yield a log from its beginning, in blocks."""
        ...

    def head(self, log: str) -> Head | None:
        """Return where a log ends, as it is kept; None when it was never sealed.

        Raises
        ------
        Tampered : what is kept is no head
        """
        ...

    def begun(self, log: str) -> bool:
        """Return whether a log is known to have been sealed, by what lies beside the key."""
        ...

    def lost(self, log: str) -> bool:
        """Return whether a log had to be begun again, because what was there before is gone."""
        ...

    def size(self, log: str) -> int:
        """Return how many entries there are."""
        ...

    def entry(self, log: str, number: int) -> Written | None:
        """Return one entry as it is kept."""
        ...

    def search(self, log: str, wanted: Wanted, before: int | None, limit: int) -> Sequence[Written]:
        """Return entries, newest first.

        Parameters
        ----------
        before : only those with a smaller number
        """
        ...


class GovernWorkspace(Performs, Protocol):
    """The ports that governance's actions take."""

    @property
    def health(self) -> Health: ...


class PeopleWorkspace(Permits, Protocol):
    """The ports that actions on people and their tokens take."""

    @property
    def people(self) -> People: ...
    @property
    def now(self) -> datetime: ...

    def position(self) -> int:
        """Return the catalog's position."""
        ...


class AuditWorkspace(Performs, Protocol):
    """The ports that the actions on the audit take."""

    @property
    def actor(self) -> Actor: ...

    @property
    def authority(self) -> Authority: ...

    @property
    def audit(self) -> Audit: ...

    @property
    def keys(self) -> Keys: ...

    def position(self) -> int:
        """Return the catalog's position."""
        ...


class AccessWorkspace(PeopleWorkspace, Protocol):
    """The same, and what decides who sees a case."""

    def governed(self, case_id: str) -> Governed:
        """Return a case that the actor sees.

        Raises
        ------
        NotFound, Ambiguous, InputError
        """
        ...


class KeyWorkspace(Performs, Protocol):
    """The ports that actions on keys take."""

    @property
    def vault(self) -> Vault: ...
    @property
    def progress(self) -> Progress: ...
