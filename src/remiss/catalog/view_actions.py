"""What one can do with saved views: save, list, rename and remove them."""

from __future__ import annotations

from typing import Annotated

from remiss.action import action
from remiss.catalog.ports import CatalogWorkspace
from remiss.catalog.saved_views import SavedView, no_view, view_address, view_name
from remiss.errors import Denied
from remiss.govern.redaction.written import gate
from remiss.govern.roles import checked_name, team_words
from remiss.parameters import Help
from remiss.records.rows import Rows

OWN, MANAGE = "view:own", "view:manage"
VIEW = ("view", "name", "address", "person", "team", "saved_at")
ViewId = Annotated[str, Help("The id of a saved view; see `view list`.")]


@action("view.save", permission=OWN, http="POST /views")
def save_view(ws: CatalogWorkspace, name: str, address: str, *, team: str | None = None) -> SavedView:
    """Save the page at ADDRESS as NAME.

    It is a list of cases or a question of Trends. Whoever opens the view asks the same anew. A view of yours that has the name
    already is replaced. What others call views that they have for themselves does not matter.

    Example: remiss view save "Severe at Newark" "/cases?query=severity:<=2 context.airport:EWR&sort=severity"

    Parameters
    ----------
    name : what it is called, at most 80 characters
    address : that of the page, with or without its server; a position and a page of the list are left out
    team : share it with this team; default: it is yours alone

    Raises
    ------
    InputError : no name, or no address of such a page; Denied : not in that team
    Conflict : somebody else has shared a view of that name with the team
    """
    if team is not None:
        ws.allow(OWN, checked_name(team, "team"))
    return ws.saved_views.save(view_name(name, gate(ws)), view_address(address), team)


@action("view.list", permission=OWN, http="GET /views", reads=True)
def list_views(ws: CatalogWorkspace) -> Rows:
    """List your saved views, then those shared with your teams.

    Where a name is asked for, the first has it.

    Example: remiss view list
    """
    found = sorted((each for each in ws.saved_views.listed() if _sees(ws, each)), key=lambda each: _resolves(ws, each))
    lines = tuple((each.id, each.name, each.address, each.person, each.team, each.saved_at) for each in found)
    return Rows("saved-view", VIEW, lines, ws.position(), total=len(lines))


@action("view.rename", permission=OWN, http="PATCH /views/{view}", subject="view")
def rename_view(ws: CatalogWorkspace, view: ViewId, name: str) -> SavedView:
    """Give the saved view VIEW another name; its link stays.

    Example: remiss view rename view-4f7q2m9x3kbd "Severe at EWR"

    Parameters
    ----------
    name : what it is called from now on, at most 80 characters

    Raises
    ------
    NotFound, InputError
    Conflict : another view has that name, among those of the team, or of whose it is alone
    Denied : somebody else's, without view:manage in its team
    """
    _allow(ws, ws.saved_views.get(view))
    return ws.saved_views.rename(view, view_name(name, gate(ws)))


@action("view.remove", permission=OWN, http="DELETE /views/{view}", subject="view")
def remove_view(ws: CatalogWorkspace, view: ViewId) -> SavedView:
    """Remove the saved view VIEW; its link leads nowhere from now on.

    Example: remiss view remove view-4f7q2m9x3kbd

    Raises
    ------
    NotFound
    Denied : somebody else's, without view:manage in its team
    """
    _allow(ws, ws.saved_views.get(view))
    return ws.saved_views.remove(view)


def _sees(ws: CatalogWorkspace, view: SavedView) -> bool:
    return view.person == ws.actor.name or (view.team is not None and ws.may(OWN, view.team))


def _resolves(ws: CatalogWorkspace, view: SavedView) -> int:
    """Return in which order views of one name are meant: what is the actor's alone, what they share, what others do."""
    return 2 if view.person != ws.actor.name else 0 if view.team is None else 1


def _allow(ws: CatalogWorkspace, view: SavedView) -> None:
    """Go on only for whose view it is, or who may manage those of its team; to who does not see it, it is not there."""
    if view.person == ws.actor.name:
        return
    if not _sees(ws, view):
        raise no_view(view.id)
    if view.team is None or not ws.may(MANAGE, view.team):
        shared = "" if view.team is None else f", or a curator of {team_words(view.team)}"
        raise Denied(
            f"{view.id} was saved by somebody else: {ws.actor.name} may not do this without {MANAGE}",
            do=f"ask {view.person}{shared}",
        )
    ws.allow(MANAGE, view.team)
