"""What is one's own: where others mentioned who is signed in, alerts of what they own, and the tokens that stand for them.

A person is told on these pages and on the overview which links somebody else made for them, and whether they were used: they
alone know whether it was they who used one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from fastapi import APIRouter, Form, Query
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, RedirectResponse, Response

from remiss.curate import discussion_actions as curate
from remiss.curate.queue_actions import queue_state
from remiss.errors import InputError
from remiss.faces.serving import AsOf, Cached, Ws, status_of
from remiss.faces.web.markdown import markdown
from remiss.faces.web.pages.alerts import AlertLine, owned
from remiss.faces.web.rendering import Refusal, address, render, segment, shell
from remiss.govern import access_actions
from remiss.govern.authority import OPERATOR
from remiss.understand.alert_actions import waiting_alerts

if TYPE_CHECKING:
    from remiss.records.person import IssuedToken
    from remiss.workspace import Workspace

router = APIRouter()
LINES = 30
# At one position what others have in hand still changes what waits.
WAITING_SECONDS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MentionsPage:
    """inbox/page.html: mentions, the newest first; `total` is how many there are, `told` what others made for the person.

    `alerts` are of what the person owns: those that wait, or all.
    """

    template: ClassVar[str] = "inbox/page.html"
    person: str
    everything: bool
    as_of: int | None
    lines: tuple[dict[str, Any], ...]
    total: int
    older: str | None
    told: tuple[dict[str, Any], ...]
    alerts: tuple[AlertLine, ...] = ()


class MentionFilter(AsOf):
    """Which mentions to show."""

    all: bool = Field(False, description="Also what was answered and what is resolved.")
    after: str | None = None


@router.get("/inbox")
def show(ws: Ws, asked: Annotated[MentionFilter, Query()]) -> Response:
    """Show what waits, or all."""
    found = curate.list_inbox(ws, everything=asked.all, limit=LINES, after=asked.after, as_of=asked.as_of)
    every = "true" if asked.all else None
    page = MentionsPage(
        person=ws.actor.name,
        everything=asked.all,
        as_of=asked.as_of,
        lines=tuple(line(each, asked.as_of) for each in found),
        total=found.total or 0,
        older=address("/inbox", all=every, as_of=asked.as_of, after=found.next) if found.next else None,
        told=told(ws),
        alerts=owned(ws, everything=asked.all, as_of=asked.as_of) if ws.may("estimate:read", None) else (),
    )
    twin = address("/api/v1/inbox", everything=every, as_of=asked.as_of)
    return render(page, shell(ws, "Inbox", "inbox", (twin, "Inbox"), position=asked.as_of))


@router.get("/parts/waiting")
def waiting(ws: Ws, answers: Cached) -> Response:
    """Return how much waits for who is signed in, by section of the bar; what they may not open is not among it."""
    return JSONResponse(answers.ask(ws, waits, ws.position(), seconds=WAITING_SECONDS, person=ws.actor.name))


def waits(ws: Workspace, *, person: str) -> dict[str, int]:
    """Return how many cases wait for a person to label, what is in their inbox, and how many alerts they may act on."""
    found: dict[str, int] = {}
    if ws.may("queue:work", None):
        found["queue"] = queue_state(ws, brief=True).left.total
    if ws.may("inbox:read", None):
        found["inbox"] = curate.waiting(ws)
    if ws.may("estimate:read", None):
        alerts = waiting_alerts(ws)
        found["alerts"], found["inbox"] = alerts.handled, found.get("inbox", 0) + alerts.owned
    return {name: count for name, count in found.items() if count}


def line(mention: dict[str, Any], as_of: int | None) -> dict[str, Any]:
    """Return a mention with where it leads, and with its text as it is shown; without a text it was erased."""
    href = address(f"/cases/{segment(mention['case'])}", as_of=as_of) + f"#{mention['thread']}-{mention['number']}"
    return mention | {"href": href, "html": None if mention["text"] is None else markdown(mention["text"])}


PATH = "/account"
# For how long somebody is told of what others made for them.
TOLD_DAYS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPage:
    """account/page.html: the tokens of who is signed in; `issued` is one that was just made, which this answer alone shows."""

    template: ClassVar[str] = "account/page.html"
    person: str
    tokens: tuple[dict[str, Any], ...]
    told: tuple[dict[str, Any], ...]
    issued: IssuedToken | None = None
    refused: Refusal | None = None


class OwnToken(BaseModel):
    """What a token is for, and for how long it works."""

    about: str = ""
    days: int = access_actions.DAYS


def told(ws: Workspace) -> tuple[dict[str, Any], ...]:
    """Return what others made lately for who is signed in, tokens and links, the newest first; for the operator there is none."""
    if ws.actor.role == OPERATOR or not ws.may("token:own", None):
        return ()
    since = ws.now - timedelta(days=TOLD_DAYS)
    own = access_actions.list_tokens(ws, person=ws.actor.name)
    lately = [each for each in own if isinstance(each["since_at"], datetime) and each["since_at"] >= since]
    return tuple(each for each in reversed(lately) if each["made_by"] != ws.actor.name)


@router.get(PATH)
def account(ws: Ws) -> Response:
    """Show one's own tokens."""
    return _page(ws)


@router.post("/account/token", name="token.create")
def create(ws: Ws, typed: Annotated[OwnToken, Form()]) -> Response:
    """Make a token of one's own, and show it this once."""
    try:
        made = access_actions.create_token(ws, ws.actor.name, about=typed.about, days=typed.days)
    except InputError as error:
        refused = Refusal(form="create", problem=(error.what, error.do), wrong=error.field or "about", typed=typed.model_dump())
        return _page(ws, refused=refused, status=status_of(error))
    return _page(ws, issued=made)


@router.post("/account/token/{token}/revoke", name="token.revoke")
def revoke(ws: Ws, token: str) -> Response:
    """Revoke a token of one's own."""
    try:
        access_actions.revoke_token(ws, token)
    except InputError as error:
        return _page(ws, refused=Refusal(form="revoke", problem=(error.what, error.do)), status=status_of(error))
    return RedirectResponse(PATH, 303)


def _page(ws: Workspace, *, issued: IssuedToken | None = None, refused: Refusal | None = None, status: int = 200) -> Response:
    name = ws.actor.name
    tokens = tuple(access_actions.list_tokens(ws, person=name))
    page = AccountPage(person=name, tokens=tokens, told=told(ws), issued=issued, refused=refused)
    return render(page, shell(ws, "Your account", "account", (address("/api/v1/tokens", person=name), "Tokens")), status=status)
