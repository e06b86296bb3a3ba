"""What the actions on people, teams, tokens and access need: the store of all of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from remiss.govern.ports.actor import Permits
from remiss.govern.ports.vault import Keys
from remiss.records.person import Governed, Grant, IssuedToken, Person, Team, Token


class People(Protocol):
    """People, teams, grants and tokens. Readers read at a position; None is now."""

    def find(self, name: str, position: int | None = None) -> Person | None:
        """Return a person with what they hold; None when there is no person of that name, or they are disabled."""
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

    def moments(self, positions: Collection[int]) -> Mapping[int, datetime]:
        """Return when the catalog came to some positions."""
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

    def issue(self, person: str, about: str | None, expires: datetime, *, once: bool = False) -> IssuedToken:
        """Make a token with a random secret; one that works once is a link's."""
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

    def linked_by(self, text: str, now: datetime) -> tuple[Person, Token] | None:
        """Return whom a link would sign in, if it can still be used."""
        ...

    def use(self, text: str, now: datetime) -> tuple[Person, Token]:
        """Use a link up and return whom it signs in.

        Raises
        ------
        NotFound : it does not work, or not any more
        """
        ...

    def still(self, token: str, now: datetime) -> Person | None:
        """Return for whom a session goes on that a token opened, which is named by its id alone."""
        ...


class PeopleWorkspace(Permits, Protocol):
    """The ports that actions on people and their tokens take."""

    @property
    def people(self) -> People: ...
    @property
    def keys(self) -> Keys: ...
    @property
    def now(self) -> datetime: ...


class AccessWorkspace(PeopleWorkspace, Protocol):
    """The same, and what decides who sees a case."""

    def governed(self, case_id: str) -> Governed:
        """Return a case that the actor sees.

        Raises
        ------
        NotFound, Ambiguous, InputError
        """
        ...
