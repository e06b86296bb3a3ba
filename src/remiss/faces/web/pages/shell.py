"""What every page needs besides its own context: the workspace of the request, and its shell.

Errors as pages: the same what and do as everywhere, in the shell of the pages.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from remiss.faces.web.rendering import Shell, Twin
from remiss.govern.authority import OPERATOR

if TYPE_CHECKING:
    from remiss.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemPage:
    """problem.html: what went wrong, and what to do."""

    template: ClassVar[str] = "problem.html"
    heading: str
    what: str
    do: str


def shell(ws: Workspace, title: str, section: str, *twins: tuple[str, str], position: int | None = None) -> Shell:
    """Return the shell of a page.

    Parameters
    ----------
    section : the entry of the bar that is current, or empty
    twins : address and title of the API routes that answer the same
    position : the one that was read; default: the catalog's
    """
    return Shell(
        title=title,
        section=section,
        catalog=ws.address.rpartition("/")[2] or ws.address,
        position=ws.position() if position is None else position,
        twins=tuple(Twin(href=href, title=name) for href, name in twins),
        who="" if ws.actor.role == OPERATOR else ws.actor.name,
        people=ws.authority.may(ws.actor, "person:read"),
        audit=ws.authority.may(ws.actor, "audit:read"),
    )
