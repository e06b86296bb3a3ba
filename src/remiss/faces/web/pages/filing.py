"""Filing by hand: a form for a failure that a person saw, where there may be no log at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, ClassVar

from fastapi import APIRouter, Form
from pydantic import BaseModel
from starlette.responses import RedirectResponse, Response

from remiss.catalog import actions as catalog
from remiss.catalog import duplicate_actions
from remiss.catalog.suspects import ASKED, Suspect, suspected
from remiss.errors import InputError
from remiss.faces.pairs import parted
from remiss.faces.serving import Ws
from remiss.faces.web import shelf
from remiss.faces.web.pages.shell import shell
from remiss.faces.web.rendering import render, segment
from remiss.records.case import Filing
from remiss.records.identity import parse_time

if TYPE_CHECKING:
    from remiss.protocol.terms import Protocol
    from remiss.workspace import Workspace

router = APIRouter()

FILING = "case:file"
DEFAULT = "default"


class Typed(BaseModel):
    """What stands in the form, as it was typed."""

    team: str = ""
    model: str = ""
    at: str = ""
    title: str = ""
    note: str = ""
    model_version: str = ""
    output: str = ""
    label: str = ""
    mode: str = ""
    severity: str = ""
    inputs: str = ""
    context: str = ""
    text: str = ""
    # The ids of the cases that it may be a duplicate of, which whoever sends the form has been told of.
    told: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FilingPage:
    """case/file.html: the form, with what was typed when it was not taken and why, or may be a duplicate and of what."""

    template: ClassVar[str] = "case/file.html"
    typed: Typed
    modes: Mapping[str, str]
    models: tuple[str, ...]
    teams: tuple[str, ...]
    problem: tuple[str, str] | None
    suspects: tuple[Suspect, ...]


@router.get("/cases/file")
def form(ws: Ws) -> Response:
    """Show the empty form."""
    return _shown(ws, Typed(), None)


@router.post("/cases/file")
def file(ws: Ws, typed: Annotated[Typed, Form()]) -> Response:
    """File what was typed and lead to the case; what is not taken is shown again.

    So is what may be a duplicate of cases that the form did not name yet: nothing is filed before they were seen.
    """
    try:
        filing = filing_of(typed)
        suspects = suspected(duplicate_actions.duplicates(ws, filing, limit=ASKED))
        if not {each.id for each in suspects} <= {*typed.told.split()}:
            return _shown(ws, typed, None, suspects)
        case = catalog.file(ws, filing)
    except InputError as error:
        if error.code != "input":
            raise
        return _shown(ws, typed, (error.what, error.do))
    return RedirectResponse(f"/cases/{segment(case.id)}", 303)


def _shown(ws: Ws, typed: Typed, problem: tuple[str, str] | None, suspects: tuple[Suspect, ...] = ()) -> Response:
    kept = shelf.newest(ws)
    models = tuple(dict.fromkeys(each.model for each in kept))
    teams = teams_of(ws, kept)
    page = FilingPage(typed=typed, modes=shelf.modes(kept), models=models, teams=teams, problem=problem, suspects=suspects)
    return render(page, shell(ws, "File a case", "cases"), status=422 if problem else 200)


def teams_of(ws: Workspace, kept: Sequence[Protocol]) -> tuple[str, ...]:
    """Return the teams in which whoever asks may file, those of the protocols first."""
    granted = ws.authority.teams(ws.actor, FILING) or ()
    known = dict.fromkeys((*(each.team for each in kept), DEFAULT, *sorted(granted)))
    return tuple(team for team in known if ws.authority.may(ws.actor, FILING, team))


def filing_of(typed: Typed) -> Filing:
    """Return the filing that somebody typed. Empty is not said.

    Raises
    ------
    InputError : no time, a line that is not NAME=VALUE
    """
    return Filing(
        model=typed.model,
        at=moment_of(typed.at),
        title=typed.title,
        note=typed.note.replace("\r\n", "\n"),
        model_version=typed.model_version or None,
        output=typed.output or None,
        label=typed.label or None,
        mode=typed.mode.strip() or None,
        severity=int(typed.severity) if typed.severity.isdecimal() else None,
        inputs=pairs_of(typed.inputs, "inputs"),
        context=pairs_of(typed.context, "context"),
        text=typed.text.replace("\r\n", "\n") or None,
        team=typed.team or DEFAULT,
    )


def moment_of(text: str) -> datetime:
    """Return the time that a form's field for times holds: in UTC, unless it names another zone.

    Raises
    ------
    InputError

    >>> moment_of("2013-06-03T06:00")
    datetime.datetime(2013, 6, 3, 6, 0, tzinfo=datetime.timezone.utc)
    """
    for written in (text.strip(), f"{text.strip()}Z"):
        try:
            return parse_time(written)
        except (ValueError, OverflowError):
            continue
    raise InputError(f"{text!r} is no time" if text else "the time is missing", do="write for example 2013-06-03T06:00, in UTC")


def pairs_of(text: str, name: str) -> dict[str, str]:
    """Return lines of NAME=VALUE.

    Raises
    ------
    InputError : another line, or a name twice
    """
    pairs: dict[str, str] = {}
    for line in filter(None, (each.strip() for each in text.splitlines())):
        parts = parted(line)
        key, value = ("", "") if parts is None else (parts[0].strip(), parts[1].strip())
        if not key:
            raise InputError(
                f"{line[:80]!r} under {name} is not NAME=VALUE", do="write one field a line, for example distance=200"
            )
        if key in pairs:
            raise InputError(f"{key!r} stands twice under {name}", do="keep one of the two")
        pairs[key] = value
    return pairs
