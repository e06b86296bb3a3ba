"""What one can do about access: give people tokens, take them back, and ask who may do what and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import Annotated, Any

from remiss.action import action
from remiss.contract.table import permission_of
from remiss.errors import Denied, InputError
from remiss.govern import roles
from remiss.govern.authority import OPERATOR, Access, access
from remiss.govern.people_actions import RolesHeld, added, lasting, said_of
from remiss.govern.ports.people import AccessWorkspace, PeopleWorkspace
from remiss.govern.roles import PERMISSIONS
from remiss.govern.tokens import SESSION_SECONDS
from remiss.parameters import Help, InTeam, Position, Range, Username
from remiss.records.case import Sensitivity
from remiss.records.catalog import reached
from remiss.records.person import EVERY_TEAM, IssuedToken, Person, Token
from remiss.records.rows import Rows
from remiss.records.view_entry import ViewEntry, ViewKind, listed

TOKENS = (
    *("token", "person", "about", "expires", "position_from", "position_to", "once"),
    *("used", "since_at", "until_at", "used_at", "made_by"),
)
DAYS = 90
MOST_DAYS = 3660
MINUTES = 60
MOST_MINUTES = 24 * 60
Minutes = Annotated[int, Range(1, MOST_MINUTES)]


@action("token.create", permission="token:own", http="POST /tokens", created="token.list", subject="person")
def create_token(
    ws: PeopleWorkspace, person: Username, *, about: str | None = None, days: Annotated[int, Range(1, MOST_DAYS)] = DAYS
) -> IssuedToken:
    """Make a token by which a server knows you, shown this once.

    With it a browser signs in at SERVER/sign-in, and programs name it as REMISS_TOKEN or --token-file. PERSON is your own name:
    others are invited by `token link`, and make their own. The operator, who opens the database itself, makes one for anybody.

    Example: remiss token create ana --about laptop --days 30

    Parameters
    ----------
    about : what it is for, for example the machine that holds it
    days : after how many days it expires

    Raises
    ------
    NotFound : there is no person of that name
    Denied : somebody else's
    InputError
    """
    if person != ws.actor.name and ws.actor.role != OPERATOR:
        ws.allow("token:create", EVERY_TEAM)
        raise Denied(
            f"a token stands for the person who makes it, and {person} is somebody else",
            do=f"invite them; they make their own once they are signed in: remiss token link {person}",
        )
    expires = ws.now + timedelta(days=days)
    return ws.people.issue(ws.people.person(person).name, said_of(ws, about), expires)


@action("token.link", permission="token:create", http="POST /tokens/links", created="token.list", subject="person")
def link_token(ws: PeopleWorkspace, person: Username, *, about: str | None = None, minutes: Minutes = MINUTES) -> IssuedToken:
    """Invite PERSON by a link that signs one browser in.

    It works once and is shown this once: send it by a way that only PERSON reads. Their session lasts as any other; the link
    works no second time. Who invites holds no less than PERSON in any team, when they make the link and when it is used; PERSON
    is told who made it. Over HTTP the link is `/sign-in?token=` and the text of the answer.

    Example: remiss token link ana --minutes 30

    Parameters
    ----------
    about : what it is for
    minutes : after how many minutes it expires when nobody has used it; the session that it opens lasts as any other

    Raises
    ------
    NotFound : there is no person of that name
    Denied : they hold more than you do
    InputError
    """
    return _invitation(ws, ws.people.person(person), about, minutes)


def _invitation(ws: PeopleWorkspace, person: Person, about: str | None, minutes: int) -> IssuedToken:
    if ws.actor.role != OPERATOR:
        lacked = roles.lacking(ws.people.person(ws.actor.name), person)
        if lacked is not None:
            raise Denied(f"nobody invites somebody who holds more: {lacked}", do="ask somebody who holds as much")
    return ws.people.issue(person.name, said_of(ws, about), ws.now + timedelta(minutes=minutes), once=True)


@action(
    "person.invite",
    permission="token:create",
    http="POST /people/invitations",
    within="person.add --invite",
    created="token.list",
    subject="person",
)
def invite_person(
    ws: PeopleWorkspace,
    person: Username,
    *,
    about: str | None = None,
    roles: RolesHeld = (),
    team: InTeam = "default",
    clearance: Sensitivity = Sensitivity.INTERNAL,
    minutes: Minutes = MINUTES,
) -> IssuedToken:
    """Add PERSON with roles in a team, and make the link that signs them in.

    All of it or nothing is done. The link works once and is shown this once, as that of `token link`; over HTTP it is
    `/sign-in?token=` and the text of the answer.

    Example: remiss person add ana --about "Ana Lima" --role annotator --team arrivals --invite

    Parameters
    ----------
    person : what they are called in the catalog and its journal
    about : for example their whole name; seen by those who may list people
    clearance : up to which sensitivity they see things of the team, in whatever role there; at most your own
    minutes : after how many minutes the link expires when nobody has used it; the session that it opens lasts as any other

    Raises
    ------
    Conflict : they are there already
    NotFound : no such team
    Denied : they would hold more than you do
    InputError : no role
    """
    ws.allow("person:add", EVERY_TEAM)
    came = added(ws, person, about, roles, team, clearance)
    if not came.grants:
        raise InputError("an invitation without a role opens nothing", do="name at least one role", field="roles")
    return _invitation(ws, came, None, minutes)


@action("token.list", permission="token:own", http="GET /tokens", reads=True, views=listed)
def list_tokens(ws: PeopleWorkspace, *, person: Username | None = None, as_of: Position | None = None) -> Rows:
    """List your own tokens, without their secrets.

    Those of others too, where you have token:list. It says whose they are, what for, when they expire, since and until when they
    work, and who made them; of those of links, which work once, when somebody signed in. `position_from`, `position_to` and
    `used` are positions of the catalog, `since_at`, `until_at` and `used_at` when it came to them.

    Example: remiss token list --person ana

    Parameters
    ----------
    person : only the tokens of this person

    Raises
    ------
    Denied : somebody else's, without token:list
    """
    if person not in {None, ws.actor.name}:
        ws.allow("token:list", EVERY_TEAM)
    elif not ws.may("token:list", EVERY_TEAM):
        person = ws.actor.name
    head = ws.position()
    found = [each for each in ws.people.tokens(reached(as_of, head)) if person in {None, each.person}]
    at = ws.people.moments({each.used for each in found if each.used is not None})
    lines = tuple(
        (
            each.id,
            each.person,
            each.about,
            each.expires,
            *ends[:2],
            each.once,
            each.used,
            *ends[2:],
            at.get(each.used or -1),
            each.made_by,
        )
        for each, ends in lasting(ws, found)
    )
    return Rows("token", TOKENS, lines, head if as_of is None else as_of, total=len(lines))


@action("token.revoke", permission="token:own", http="POST /tokens/{token}/revoke", subject="token")
def revoke_token(ws: PeopleWorkspace, token: Annotated[str, Help("The id of a token, as `token list` shows it.")]) -> Token:
    """Revoke TOKEN: it and the sessions that it opened end at once.

    It is your own, or anybody's where you have token:revoke.

    Example: remiss token revoke 3f9k2m7qx4tb

    Raises
    ------
    NotFound : no such token, or it is revoked already
    Denied : somebody else's, without token:revoke
    """
    if not any((each.id, each.person) == (token, ws.actor.name) for each in ws.people.tokens(None)):
        ws.allow("token:revoke", EVERY_TEAM)
    return ws.people.revoke(token)


def _checked(ws: AccessWorkspace, given: Mapping[str, Any], found: Access) -> Sequence[ViewEntry]:
    # The rule tells the team and sensitivity of a case, and what a person holds.
    position, told = given.get("as_of"), (found.person, found.permission)
    if found.case is None:
        return (ViewEntry(kind=ViewKind.LIST, subject=found.person, position=position, ids=told, count=1),)
    return (ViewEntry(kind=ViewKind.CASE, subject=found.case, team=ws.governed(found.case).team, position=position, ids=told),)


@action("access.check", permission="access:check", http="GET /access", reads=True, subject="case", views=_checked)
def check_access(
    ws: AccessWorkspace, person: Username, action: str, case: str | None = None, *, as_of: Position | None = None
) -> Access:
    """Say whether PERSON may do ACTION, and by which rule.

    That is in any team, or on CASE. Exit status 1 when they may not.

    Example: remiss access check ana case.revise k7m4-qp2x

    Parameters
    ----------
    action : the name of an action, for example `case.verify`, or a permission, for example `case:verify`
    case : the id of one that the asker sees, or a beginning of it; of a case, its team and sensitivity are those of now
    as_of : a position of the catalog, for what the person held; default: now

    Raises
    ------
    NotFound, Ambiguous : no such case
    InputError : what is no permission
    """
    position = reached(as_of, ws.position())
    permission = permission_of(action)
    if permission not in PERMISSIONS:
        near = get_close_matches(permission, sorted(PERMISSIONS), n=3)
        do = f"did you mean {' or '.join(near)}?" if near else "write it like case:verify"
        raise InputError(f"there is no permission {permission[:80]!r}", do=do)
    governed = None if case is None else ws.governed(case)
    return access(ws.people.find(person, position), person, permission, governed)


def ways_in(people: Iterable[Mapping[str, Any]], tokens: Iterable[Mapping[str, Any]], now: datetime) -> tuple[set[str], set[str]]:
    """Return who holds a role, and who of them has neither a token that works nor a session.

    Whoever made the catalog, the first who was in it, is in neither: they open it themselves.

    Parameters
    ----------
    people, tokens : as `person.list` and `token.list` have them
    """
    everybody = list(people)
    first = min((each["position_from"] for each in everybody), default=0)
    holding = {
        each["person"]
        for each in everybody
        if each["role"] is not None and each["position_to"] is None and each["position_from"] > first
    }
    return holding, holding - {each["person"] for each in tokens if _lets_in(each, now)}


def _lets_in(token: Mapping[str, Any], now: datetime) -> bool:
    """Return whether somebody can come in by a token, or is there by a link that they used."""
    if token["position_to"] is not None:
        return False
    if token["used"] is not None:
        return bool(now - token["used_at"] < timedelta(seconds=SESSION_SECONDS))
    return token["expires"] is None or bool(now < token["expires"])
