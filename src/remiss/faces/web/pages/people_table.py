"""Everybody with what they hold, and the tokens that stand for them, as the page of people shows them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from remiss.govern import access_actions, people_actions
from remiss.govern.granting import team_words

if TYPE_CHECKING:
    from remiss.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldRole:
    """A role that somebody holds; `taken` whether the reader may take it away."""

    role: str
    team: str
    words: str
    clearance: str
    taken: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonLine:
    """A person as the table shows them, with the times since and until when they are there."""

    name: str
    about: str | None
    held: tuple[HeldRole, ...]
    disabled: bool
    since: datetime | None
    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenLine:
    """A token as the table shows it, with the times since and until when it works."""

    id: str
    person: str
    about: str | None
    expires: datetime | None
    revoked: bool
    once: bool
    used: bool
    used_at: datetime | None
    since: datetime | None
    until: datetime | None


def people_of(ws: Workspace, position: int) -> tuple[PersonLine, ...]:
    """Return everybody by name, those who are disabled last."""
    lines: dict[str, PersonLine] = {}
    for row in people_actions.list_people(ws, as_of=position):
        name, team = str(row["person"]), row["team"]
        held = lines[name].held if name in lines else ()
        if isinstance(team, str):
            taken = ws.authority.may(ws.actor, "person:revoke", team)
            role = HeldRole(
                role=str(row["role"]), team=team, words=team_words(team), clearance=str(row["clearance"]), taken=taken
            )
            held = (*held, role)
        about = row["about"]
        lines[name] = PersonLine(
            name=name,
            about=None if about is None else str(about),
            held=held,
            disabled=row["until"] is not None,
            since=_time(row["since_at"]),
            until=_time(row["until_at"]),
        )
    return tuple(sorted(lines.values(), key=lambda line: (line.disabled, line.name)))


def tokens_of(ws: Workspace, position: int) -> tuple[TokenLine, ...]:
    """Return all tokens that ever were, by person and age."""
    found = access_actions.list_tokens(ws, as_of=position)
    return tuple(
        TokenLine(
            id=str(row["token"]),
            person=str(row["person"]),
            about=None if row["about"] is None else str(row["about"]),
            expires=_time(row["expires"]),
            revoked=row["until"] is not None,
            once=bool(row["once"]),
            used=row["used"] is not None,
            used_at=_time(row["used_at"]),
            since=_time(row["since_at"]),
            until=_time(row["until_at"]),
        )
        for row in found
    )


def _time(value: object) -> datetime | None:
    return value if isinstance(value, datetime) else None
