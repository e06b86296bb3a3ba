"""The cards of the first page: what waits for whoever looks, by what they may do; each leads to where it is worked on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

from remiss.catalog import actions as catalog
from remiss.curate import discussion_actions as discussion
from remiss.curate import queue_actions as queue
from remiss.faces.web.rendering import address
from remiss.govern import audit_actions as audit
from remiss.present.legible import number
from remiss.present.sampling import day_in_words

if TYPE_CHECKING:
    from remiss.workspace import Workspace

MOST = 4
OPEN = "(status:candidate OR status:annotated OR status:disputed OR status:verified OR status:regressed)"
SEVERE = f"severity:<=2 {OPEN}"
DISPUTED = "status:disputed"
LOOKS_DAYS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeCard:
    """One figure with what it is of, a note below it, and where it leads."""

    of: str
    figure: str
    note: str
    href: str


def cards(ws: Workspace) -> tuple[HomeCard, ...]:
    """Return at most four cards: those of one's own work first."""
    return tuple(islice((found for make in CARDS if (found := make(ws)) is not None), MOST))


def _to_label(ws: Workspace) -> HomeCard | None:
    if not ws.authority.may(ws.actor, "queue:work"):
        return None
    left = queue.list_queue(ws, brief=True).left
    parts = ((left.annotation, "to label"), (left.verification, "to verify"), (left.adjudication, "to decide"))
    kinds = ", ".join(f"{number(count)} {words}" for count, words in parts if count)
    note = f"{kinds or 'Nothing waits'} · {number(left.mine)} done in 24 hours"
    return HomeCard(of="Waiting for you", figure=number(left.total), note=note, href="/queue")


def _severe(ws: Workspace) -> HomeCard | None:
    if not ws.authority.may(ws.actor, "case:read"):
        return None
    oldest = catalog.search(ws, SEVERE, sort="occurred", limit=1)
    since = [day_in_words(at) for each in oldest if isinstance(at := each["occurred"], datetime)]
    note = f"Severity 1 and 2, the oldest of {since[0]}" if since else "Severity 1 and 2"
    return HomeCard(
        of="Open critical and severe cases",
        figure=number(oldest.total or 0),
        note=note,
        href=address("/cases", query=SEVERE, sort="severity"),
    )


def _disputes(ws: Workspace) -> HomeCard | None:
    if not ws.authority.may(ws.actor, "case:adjudicate"):
        return None
    found = catalog.search(ws, DISPUTED, limit=1)
    note = "Two people disagree, a third decides" if found.total else "Nobody disagrees"
    return HomeCard(of="Disputes", figure=number(found.total or 0), note=note, href=address("/cases", query=DISPUTED))


def _looks(ws: Workspace) -> HomeCard | None:
    if not ws.authority.may(ws.actor, "audit:read"):
        return None
    since = (ws.now - timedelta(days=LOOKS_DAYS)).replace(hour=0, minute=0, second=0, microsecond=0)
    found = audit.search_audit(ws, log="views", kind="evidence", since=since, limit=50)
    more = "+" if found.next else ""
    href = address("/audit", kind="evidence", since=f"{since:%Y-%m-%d}")
    return HomeCard(of="Looks at raw evidence", figure=f"{len(found)}{more}", note="In the last 7 days", href=href)


def _mentions(ws: Workspace) -> HomeCard | None:
    if not ws.authority.may(ws.actor, "inbox:read"):
        return None
    found = discussion.list_inbox(ws, limit=1)
    note = "Comments that mention you and wait" if found.total else "No comment waits for you"
    return HomeCard(of="Asked of you", figure=number(found.total or 0), note=note, href="/inbox")


CARDS: tuple[Callable[[Workspace], HomeCard | None], ...] = (_to_label, _severe, _disputes, _looks, _mentions)
