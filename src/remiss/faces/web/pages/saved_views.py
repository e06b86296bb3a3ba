"""Saved views: lists of cases and questions of Trends under a name, each with a link that stays, and forms that change them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from fastapi import APIRouter, Form, Query
from pydantic import BaseModel
from starlette.responses import RedirectResponse, Response

from remiss.catalog import view_actions as views
from remiss.catalog.saved_views import LISTS, no_view
from remiss.errors import RemissError
from remiss.faces.serving import Asked, Ws, status_of
from remiss.faces.web.pages.list_address import ListLink
from remiss.faces.web.rendering import Refusal, address, render, segment, shell

if TYPE_CHECKING:
    from remiss.workspace import Workspace

router = APIRouter()
PATH = "/views"


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedLine:
    """A saved view: its link, what it shows in words, whose it is, and whether the reader may change it."""

    id: str
    name: str
    href: str
    of: str
    query: str
    person: str
    team: str | None
    saved_at: datetime
    changes: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedViewsPage:
    """views/page.html: saved views, and the form that saves one; `address` is that of the page to be saved, where one came."""

    template: ClassVar[str] = "views/page.html"
    lines: tuple[SavedLine, ...]
    address: str
    teams: tuple[str, ...]
    refused: Refusal | None = None


class Saving(BaseModel):
    """What is saved, and for whom."""

    name: str = ""
    address: str = ""
    team: str = ""


class Meant(Asked):
    """The address of a page that somebody wants to save."""

    address: str = ""


@router.get(PATH)
def saved(ws: Ws, asked: Annotated[Meant, Query()]) -> Response:
    """Show saved views, and the form that saves another."""
    return _shown(ws, asked.address)


@router.get(PATH + "/{view}")
def follow(ws: Ws, view: str) -> Response:
    """Lead to the page that was saved, by its id or its name: a view of one's own comes before one that others share."""
    listed = tuple(views.list_views(ws))
    found = next((each for key in ("view", "name") for each in listed if each[key] == view), None)
    if found is None:
        raise no_view(view)
    return RedirectResponse(str(found["address"]), 302)


@router.post(PATH)
def save(ws: Ws, typed: Annotated[Saving, Form()]) -> Response:
    """Save a page; what is not taken is shown again with why."""
    refused = Refusal(form="save", problem=("", ""), typed=typed.model_dump())
    return _done(ws, lambda: views.save_view(ws, typed.name, typed.address, team=typed.team or None), refused, typed.address)


@router.post(PATH + "/{view}/rename")
def rename(ws: Ws, view: str, name: Annotated[str, Form()] = "") -> Response:
    """Give a view another name."""
    return _done(ws, lambda: views.rename_view(ws, view, name), Refusal(form=view, problem=("", ""), typed={"name": name}))


@router.post(PATH + "/{view}/remove")
def remove(ws: Ws, view: str) -> Response:
    """Take a view away."""
    return _done(ws, lambda: views.remove_view(ws, view), Refusal(form=view, problem=("", "")))


def kept(ws: Workspace, path: str = "") -> tuple[dict[str, Any], ...]:
    """Return the saved views whose pages begin with a path; none to who may not save any."""
    if not ws.authority.may(ws.actor, views.OWN):
        return ()
    return tuple(each for each in views.list_views(ws) if str(each["address"]).startswith(path))


def links(found: Iterable[dict[str, Any]], current: str = "") -> tuple[ListLink, ...]:
    """Return the links to saved views; that whose page is shown is the current one. Of one name, shared ones say with whom."""
    every = tuple(found)
    named = Counter(str(each["name"]) for each in every)

    def words(each: dict[str, Any]) -> str:
        shared = each["team"] is not None and named[str(each["name"])] > 1
        return f"{each['name']} ({each['team']})" if shared else str(each["name"])

    return tuple(
        ListLink(words=words(each), href=f"{PATH}/{segment(each['view'])}", current=each["address"] == current) for each in every
    )


def saving(current: str) -> str:
    """Return the link to the form that saves a page."""
    return address(PATH, address=current)


def _done(ws: Workspace, act: Callable[[], object], refused: Refusal, meant: str = "") -> Response:
    try:
        act()
    except RemissError as error:
        told = Refusal(form=refused.form, problem=(error.what, error.do), typed=refused.typed, wrong="name")
        return _shown(ws, meant, told, status=status_of(error))
    return RedirectResponse(PATH, 303)


def _shown(ws: Workspace, meant: str, refused: Refusal | None = None, *, status: int = 200) -> Response:
    lines = tuple(_line(ws, each) for each in views.list_views(ws))
    page = SavedViewsPage(lines=lines, address=meant, teams=_teams(ws), refused=refused)
    return render(page, shell(ws, "Saved views", "", ("/api/v1/views", "Saved views")), status=status)


def _teams(ws: Workspace) -> tuple[str, ...]:
    """Return the teams that the reader may share a view with."""
    mine = ws.authority.teams(ws.actor, views.OWN)
    return tuple(sorted({"default", *(each.name for each in ws.people.teams(None))} if mine is None else mine))


def _line(ws: Workspace, each: dict[str, Any]) -> SavedLine:
    parts, team = urlsplit(each["address"]), each["team"]
    given = parse_qs(parts.query)
    return SavedLine(
        id=each["view"],
        name=each["name"],
        href=f"{PATH}/{segment(each['view'])}",
        of="Cases" if parts.path == LISTS else "Trends",
        query=" ".join(given.get("query", ())) or "Everything",
        person=each["person"],
        team=team,
        saved_at=each["saved_at"],
        changes=each["person"] == ws.actor.name or ws.authority.may(ws.actor, views.MANAGE, team),
    )
