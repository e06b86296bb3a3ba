"""What one can do about access: give people tokens, take them back, and ask who may do what and why."""

from __future__ import annotations

from datetime import timedelta
from difflib import get_close_matches

from remiss.action import action
from remiss.errors import InputError
from remiss.govern import granting
from remiss.govern.access import Access, access
from remiss.govern.people_actions import lasting
from remiss.govern.ports.people import AccessWorkspace, PeopleWorkspace
from remiss.govern.roles import PERMISSIONS
from remiss.records.look import listed
from remiss.records.person import IssuedToken, Token
from remiss.records.position import reached
from remiss.records.rows import Rows

TOKENS = ("token", "person", "about", "expires", "since", "until", "once", "used", "since_at", "until_at", "used_at")
DAYS = 90
MOST_DAYS = 3660
MINUTES = 60
MOST_MINUTES = 24 * 60


@action(name="token.create", permission="token:create", subject="person")
def create(ws: PeopleWorkspace, person: str, *, about: str | None = None, days: int = DAYS) -> IssuedToken:
    """Make a token by which a server knows a person, and return it with its secret, which is never shown again.

    Parameters
    ----------
    about : what it is for, for example the machine that holds it
    days : after how many it expires, 1 to 3,660

    Raises
    ------
    NotFound : nobody of that name is there
    InputError
    """
    if not 1 <= days <= MOST_DAYS:
        raise InputError(f"a token cannot last {days} days", do=f"give 1 to {MOST_DAYS}")
    expires = ws.now + timedelta(days=days)
    return ws.people.issue(ws.people.person(person).name, granting.checked_about(about), expires)


@action(name="token.link", permission="token:create", subject="person")
def link(ws: PeopleWorkspace, person: str, *, about: str | None = None, minutes: int = MINUTES) -> IssuedToken:
    """Make a token that signs one browser of a person in, once, by a link; return it with its secret, which is never shown again.

    Parameters
    ----------
    about : what it is for
    minutes : after how many it expires when nobody has used it, 1 to 1,440; the session that it opens lasts as any other

    Raises
    ------
    NotFound : nobody of that name is there
    InputError
    """
    if not 1 <= minutes <= MOST_MINUTES:
        raise InputError(f"a link cannot last {minutes} minutes", do=f"give 1 to {MOST_MINUTES}")
    expires = ws.now + timedelta(minutes=minutes)
    return ws.people.issue(ws.people.person(person).name, granting.checked_about(about), expires, once=True)


@action(name="token.list", permission="token:list", reads=True, views=listed)
def tokens(ws: PeopleWorkspace, person: str | None = None, *, as_of: int | None = None) -> Rows:
    """List tokens without their secrets: whose they are, what for, when they expire, since and until when they work; and of
    those of links, which work once, when somebody signed in.

    `since`, `until` and `used` are positions of the catalog, `since_at`, `until_at` and `used_at` when it came to them.

    Parameters
    ----------
    person : only theirs
    as_of : a position of the catalog; default: now
    """
    head = ws.position()
    found = [each for each in ws.people.tokens(reached(as_of, head)) if person in {None, each.person}]
    at = ws.people.moments({each.used for each in found if each.used is not None})
    lines = tuple(
        (each.id, each.person, each.about, each.expires, *ends[:2], each.once, each.used, *ends[2:], at.get(each.used or -1))
        for each, ends in lasting(ws, found)
    )
    return Rows("token", TOKENS, lines, head if as_of is None else as_of, total=len(lines))


@action(name="token.revoke", permission="token:revoke", subject="token")
def revoke(ws: PeopleWorkspace, token: str) -> Token:
    """Revoke a token by its id: neither it nor a session that it opened works from now on.

    Raises
    ------
    NotFound : no such token, or it is revoked already
    """
    return ws.people.revoke(token)


@action(name="access.check", permission="access:check", reads=True, subject="case")
def check(ws: AccessWorkspace, person: str, permission: str, case: str | None = None, *, as_of: int | None = None) -> Access:
    """Say whether a person may do what needs a permission, in any team or on one case, and by which rule.

    Parameters
    ----------
    permission : for example `case:verify`; each action names the one that it needs
    case : the id of one that the asker sees, or a beginning of it; of a case, its team and sensitivity are those of now
    as_of : a position of the catalog, for what the person held; default: now

    Raises
    ------
    NotFound, Ambiguous : no such case
    InputError : what is no permission
    """
    position = reached(as_of, ws.position())
    if permission not in PERMISSIONS:
        near = get_close_matches(permission, sorted(PERMISSIONS), n=3)
        do = f"did you mean {' or '.join(near)}?" if near else "write it like case:verify"
        raise InputError(f"there is no permission {permission[:80]!r}", do=do)
    governed = None if case is None else ws.governed(case)
    return access(ws.people.find(person, position), person, permission, governed)
