"""The inbox: where others mentioned the person who is signed in, and what of it waits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from remiss.curate import discussion_actions as curate
from remiss.faces.serving import AsOf, Ws
from remiss.faces.web.markdown import markdown
from remiss.faces.web.rendering import address, render, segment, shell

router = APIRouter()
LINES = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class MentionsPage:
    """inbox/page.html: mentions, the newest first; `total` is how many there are."""

    template: ClassVar[str] = "inbox/page.html"
    person: str
    everything: bool
    as_of: int | None
    lines: tuple[dict[str, Any], ...]
    total: int
    older: str | None


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
    )
    twin = address("/api/v1/inbox", all=every, as_of=asked.as_of)
    return render(page, shell(ws, "Inbox", "inbox", (twin, "Inbox"), position=asked.as_of))


def line(mention: dict[str, Any], as_of: int | None) -> dict[str, Any]:
    """Return a mention with where it leads, and with its text as it is shown; without a text it was erased."""
    href = address(f"/cases/{segment(mention['case'])}", as_of=as_of) + f"#{mention['thread']}-{mention['number']}"
    return mention | {"href": href, "html": None if mention["text"] is None else markdown(mention["text"])}
