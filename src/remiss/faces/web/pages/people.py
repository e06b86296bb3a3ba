"""People, teams and tokens: who may what, and the forms in which it is given and taken.

Everybody with what they hold, and the tokens that stand for them, as the page of people shows them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from fastapi import APIRouter, Form
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from remiss.errors import InputError
from remiss.faces.serving import Ws, status_of
from remiss.faces.web.rendering import Refusal, render, shell
from remiss.govern import access_actions, people_actions
from remiss.govern.authority import OPERATOR
from remiss.govern.roles import ROLES, team_words
from remiss.records.case import Sensitivity
from remiss.records.person import EVERY_TEAM

if TYPE_CHECKING:
    from remiss.records.person import IssuedToken
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


def people_of(ws: Workspace, rows: Iterable[dict[str, Any]]) -> tuple[PersonLine, ...]:
    """Return everybody by name, those who are disabled last.

    Parameters
    ----------
    rows : a line for each role that somebody holds, as people are listed
    """
    lines: dict[str, PersonLine] = {}
    for row in rows:
        name, team = row["person"], row["team"]
        held = lines[name].held if name in lines else ()
        if team is not None:
            taken = ws.authority.may(ws.actor, "person:revoke", team)
            held = (*held, HeldRole(role=row["role"], team=team, words=team_words(team), clearance=row["clearance"], taken=taken))
        gone = row["position_to"] is not None
        times = {"about": row["about"], "since": row["since_at"], "until": row["until_at"], "disabled": gone}
        lines[name] = PersonLine(name=name, held=held, **times)
    return tuple(sorted(lines.values(), key=lambda line: (line.disabled, line.name)))


router = APIRouter()
PATH = "/people"


@dataclass(frozen=True, slots=True, kw_only=True)
class PeoplePage:
    """people/page.html: everybody with what they hold, tokens for whom may list them, and the forms that the reader may send.

    `issued` is a token that was just made, which this answer alone shows, and `link` its link, if it is one's; `refused` what
    was not taken.
    """

    template: ClassVar[str] = "people/page.html"
    people: tuple[PersonLine, ...]
    teams: tuple[str, ...]
    tokens: tuple[dict[str, Any], ...] | None
    roles: tuple[str, ...] = tuple(ROLES)
    levels: tuple[str, ...] = tuple(level.name.lower() for level in Sensitivity)
    every_team: str = EVERY_TEAM
    adds: bool
    grants: bool
    disables: bool
    adds_teams: bool
    issues: bool
    invites: bool
    issued: IssuedToken | None = None
    link: str | None = None
    refused: Refusal | None = None


class NameForm(BaseModel):
    """A name and a few words on it."""

    name: str = ""
    about: str = ""


class NewPerson(NameForm):
    """Somebody new: their roles in a team, and whether a link is to sign them in."""

    roles: tuple[str, ...] = ()
    team: str = "default"
    clearance: str = "internal"
    invited: bool = False
    minutes: int = access_actions.MINUTES


class Role(BaseModel):
    """A role in a team."""

    role: str = ""
    team: str = "default"


class GrantedRole(Role):
    """The same, to whom and up to which sensitivity."""

    name: str = ""
    clearance: str = "internal"


class NewLink(BaseModel):
    """Whom a link is to sign in, and for how long it may be used."""

    person: str = ""
    minutes: int = access_actions.MINUTES


class NewToken(BaseModel):
    """Whose token is to be made, and for how long."""

    person: str = ""
    about: str = ""
    days: int = access_actions.DAYS


@router.get(PATH)
def show(ws: Ws) -> Response:
    """Show everybody."""
    return _page(ws)


@router.post("/person/add")
def add(request: Request, ws: Ws, typed: Annotated[NewPerson, Form()]) -> Response:
    """Add a person with their roles; where they are invited at once, show the link this once."""
    name, about, roles, team, level = typed.name.strip(), typed.about, typed.roles, typed.team, _level(typed.clearance)
    try:
        if not typed.invited:
            people_actions.add_person(ws, name, about=about, roles=roles, team=team, clearance=level)
            return RedirectResponse(PATH, 303)
        made = access_actions.invite_person(ws, name, about=about, roles=roles, team=team, clearance=level, minutes=typed.minutes)
    except InputError as error:
        return _refused(ws, error, "add", "name", typed)
    return _page(ws, issued=made, link=_link_of(request, made))


@router.post("/person/grant")
def grant(ws: Ws, typed: Annotated[GrantedRole, Form()]) -> Response:
    """Grant a person a role."""
    name, level = typed.name.strip(), _level(typed.clearance)
    return _done(ws, lambda: people_actions.grant(ws, name, typed.role, team=typed.team, clearance=level), "grant", "name", typed)


def _level(words: str) -> Sensitivity:
    return next((each for each in Sensitivity if each.name.lower() == words), Sensitivity.INTERNAL)


@router.post("/person/{person}/revoke")
def revoke(ws: Ws, person: str, typed: Annotated[Role, Form()]) -> Response:
    """Take a role from a person."""
    return _done(ws, lambda: people_actions.revoke_person(ws, person, typed.role, team=typed.team))


@router.post("/person/{person}/disable")
def disable(ws: Ws, person: str) -> Response:
    """Disable a person."""
    return _done(ws, lambda: people_actions.disable(ws, person))


@router.post("/team/add", name="add")
def add_team(ws: Ws, typed: Annotated[NameForm, Form()]) -> Response:
    """Add a team."""
    return _done(ws, lambda: people_actions.add_team(ws, typed.name.strip(), about=typed.about), "team", "name", typed)


@router.post("/token/create")
def create(ws: Ws, typed: Annotated[NewToken, Form()]) -> Response:
    """Make somebody's token, as the operator may, and show it this once."""
    try:
        made = access_actions.create_token(ws, typed.person.strip(), about=typed.about, days=typed.days)
    except InputError as error:
        return _refused(ws, error, "token", "person", typed)
    return _page(ws, issued=made)


@router.post("/token/link")
def link(request: Request, ws: Ws, typed: Annotated[NewLink, Form()]) -> Response:
    """Invite somebody by a link that signs them in, and show it this once."""
    try:
        made = access_actions.link_token(ws, typed.person.strip(), minutes=typed.minutes)
    except InputError as error:
        return _refused(ws, error, "link", "person", typed)
    return _page(ws, issued=made, link=_link_of(request, made))


def _link_of(request: Request, made: IssuedToken) -> str:
    # Browsers say with every form under which address they see this server, and the guard has held it against the known ones.
    server = request.headers.get("origin") or str(request.base_url).rstrip("/")
    return f"{server}/sign-in?token={made.text}"


@router.post("/token/{token}/revoke", name="revoke")
def revoke_token(ws: Ws, token: str) -> Response:
    """Revoke a token."""
    return _done(ws, lambda: access_actions.revoke_token(ws, token))


def _done(
    ws: Workspace, act: Callable[[], object], form: str = "line", wrong: str = "", typed: BaseModel | None = None
) -> Response:
    """Do something and show everybody anew; what is refused is said in its form, or above the lines of the table."""
    try:
        act()
    except InputError as error:
        return _refused(ws, error, form, wrong, typed)
    return RedirectResponse(PATH, 303)


def _refused(ws: Workspace, error: InputError, form: str, wrong: str, typed: BaseModel | None) -> Response:
    given = {} if typed is None else typed.model_dump()
    # What an action calls the person or the team is the name in the form that adds one.
    named = error.field if error.field in given else wrong
    refused = Refusal(form=form, problem=(error.what, error.do), wrong=named, typed=given)
    return _page(ws, refused=refused, status=status_of(error))


def _page(
    ws: Workspace,
    *,
    issued: IssuedToken | None = None,
    link: str | None = None,
    refused: Refusal | None = None,
    status: int = 200,
) -> Response:
    def may(permission: str, team: str | None = None) -> bool:
        return ws.authority.may(ws.actor, permission, team)

    position = ws.position()
    teams = people_actions.list_teams(ws, as_of=position).column("team") if may("team:read") else ()
    page = PeoplePage(
        people=people_of(ws, people_actions.list_people(ws, as_of=position)),
        teams=tuple(str(team) for team in teams),
        tokens=tuple(access_actions.list_tokens(ws, as_of=position)) if may("token:list") else None,
        adds=may("person:add"),
        grants=may("person:grant"),
        disables=may("person:disable"),
        adds_teams=may("team:add"),
        issues=ws.actor.role == OPERATOR,
        invites=may("token:create"),
        issued=issued,
        link=link,
        refused=refused,
    )
    twins = (("/api/v1/people", "People"), ("/api/v1/teams", "Teams"))
    return render(page, shell(ws, "People", "people", *twins, position=position), status=status)
