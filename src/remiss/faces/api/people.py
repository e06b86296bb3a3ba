"""Routes on people, teams, tokens, and who may do what."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from remiss.codec import to_json
from remiss.faces.actions import permission_of
from remiss.faces.api.answering import answers as documented
from remiss.faces.api.answering import as_json
from remiss.faces.api.cases import AsOf
from remiss.faces.api.listing import Listed
from remiss.faces.api.serving import Asked, Ws
from remiss.records.case import Sensitivity

router = APIRouter(tags=["people"])


class NewPerson(Asked):
    """Somebody to add."""

    name: str
    about: str | None = Field(None, description="For example their whole name.")


class Held(Asked):
    """A role in a team."""

    role: str = Field(description="reader, annotator, verifier, curator, steward or admin.")
    team: str = Field("default", description="A team, or * for every team.")


class Granted(Held):
    """A role in a team, and up to which sensitivity."""

    clearance: Literal["public", "internal", "restricted", "secret"] = "internal"


class NewTeam(Asked):
    """A team to add."""

    name: str
    about: str | None = None


class NewToken(Asked):
    """A token to make."""

    person: str
    about: str | None = Field(None, description="What it is for.")
    days: int = Field(90, description="After how many it expires.")


class NewLink(Asked):
    """A link to make."""

    person: str
    about: str | None = Field(None, description="What it is for.")
    minutes: int = Field(60, description="After how many it expires when nobody has used it.")


class Tokens(AsOf):
    """Whose tokens."""

    person: str | None = Field(None, description="Only theirs.")


class Wondered(AsOf):
    """Who wants to do what."""

    person: str
    action: str = Field(description="An action, or a permission.")
    case: str | None = Field(None, description="On which case; default: in any team.")


@router.get("/people", operation_id="person.list", responses=documented("list", csv=True))
def people(ws: Ws, listed: Listed, asked: Annotated[AsOf, Query()]) -> Response:
    """List people, a line for each role that they hold."""
    from remiss.govern import people_actions as actions

    return listed(actions.people(ws, as_of=asked.as_of))


@router.post("/people", operation_id="person.add", status_code=201, responses=documented("person", 409, status=201))
def add(ws: Ws, body: NewPerson) -> Response:
    """Add a person, who may do nothing until they are granted a role."""
    from remiss.govern import people_actions as actions

    return as_json(to_json(actions.add(ws, body.name, body.about)), status=201)


@router.post("/people/{person}/disable", operation_id="person.disable", responses=documented("person", 404))
def disable(ws: Ws, person: str) -> Response:
    """Disable a person: their roles, tokens and sessions end at once."""
    from remiss.govern import people_actions as actions

    return as_json(to_json(actions.disable(ws, person)))


@router.post("/people/{person}/grant", operation_id="person.grant", responses=documented("person", 404))
def grant(ws: Ws, person: str, body: Granted) -> Response:
    """Grant a person a role in a team."""
    from remiss.govern import people_actions as actions

    clearance = Sensitivity[body.clearance.upper()]
    return as_json(to_json(actions.grant(ws, person, body.role, team=body.team, clearance=clearance)))


@router.post("/people/{person}/revoke", operation_id="person.revoke", responses=documented("person", 404))
def revoke(ws: Ws, person: str, body: Held) -> Response:
    """Take a role in a team from a person."""
    from remiss.govern import people_actions as actions

    return as_json(to_json(actions.revoke(ws, person, body.role, team=body.team)))


@router.get("/teams", operation_id="team.list", responses=documented("list", csv=True))
def teams(ws: Ws, listed: Listed, asked: Annotated[AsOf, Query()]) -> Response:
    """List the teams."""
    from remiss.govern import people_actions as actions

    return listed(actions.teams(ws, as_of=asked.as_of))


@router.post("/teams", operation_id="team.add", status_code=201, responses=documented("team", 409, status=201))
def add_team(ws: Ws, body: NewTeam) -> Response:
    """Add a team."""
    from remiss.govern import people_actions as actions

    return as_json(to_json(actions.add_team(ws, body.name, body.about)), status=201)


@router.get("/tokens", operation_id="token.list", responses=documented("list", csv=True))
def tokens(ws: Ws, listed: Listed, asked: Annotated[Tokens, Query()]) -> Response:
    """List tokens, without their secrets."""
    from remiss.govern import access_actions as actions

    return listed(actions.tokens(ws, asked.person, as_of=asked.as_of))


@router.post("/tokens", operation_id="token.create", status_code=201, responses=documented("token", 404, status=201))
def create(ws: Ws, body: NewToken) -> Response:
    """Make a token for a person; its text is in this answer and in no other."""
    from remiss.govern import access_actions as actions

    return as_json(to_json(actions.create(ws, body.person, about=body.about, days=body.days)), status=201)


@router.post("/tokens/links", operation_id="token.link", status_code=201, responses=documented("token", 404, status=201))
def link(ws: Ws, body: NewLink) -> Response:
    """Make a token that signs one browser of a person in, once: the link is `/sign-in?token=` and the text in this answer."""
    from remiss.govern import access_actions as actions

    return as_json(to_json(actions.link(ws, body.person, about=body.about, minutes=body.minutes)), status=201)


@router.post("/tokens/{token}/revoke", operation_id="token.revoke", responses=documented("token", 404))
def revoke_token(ws: Ws, token: str) -> Response:
    """Revoke a token: it and the sessions that it opened end at once."""
    from remiss.govern import access_actions as actions

    return as_json(to_json(actions.revoke(ws, token)))


@router.get("/access", operation_id="access.check", responses=documented("access", 404, 409))
def check(ws: Ws, asked: Annotated[Wondered, Query()]) -> Response:
    """Say whether a person may do something, and by which rule."""
    from remiss.govern import access_actions as actions

    found = actions.check(ws, asked.person, permission_of(asked.action), asked.case, as_of=asked.as_of)
    return as_json(to_json(found))
