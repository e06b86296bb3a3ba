"""Filing by hand: a form for a failure that a person saw, where there may be no log at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from remiss.catalog import actions as catalog
from remiss.catalog import similar_actions
from remiss.catalog.attachment import MOST_BYTES
from remiss.catalog.similarity import ASKED, PossibleDuplicate, possible_duplicates
from remiss.catalog.typed_filing import filing_of
from remiss.errors import InputError
from remiss.faces.serving import Ws
from remiss.faces.web import protocol_cache
from remiss.faces.web.pages import attachments
from remiss.faces.web.rendering import render, segment, shell
from remiss.protocol.taxonomy import mode_titles
from remiss.records.case import Sensitivity

if TYPE_CHECKING:
    from remiss.protocol.terms import Protocol
    from remiss.workspace import Workspace

router = APIRouter()

FILING = "case:file"
# As many as the form has, and some more.
FIELDS = 32
DEFAULT = "default"


class TypedFiling(BaseModel):
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
    sensitivity: str = ""
    inputs: str = ""
    context: str = ""
    text: str = ""
    # The ids of the cases that it may be a duplicate of, which the sender of the form has been told of.
    told: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FilingPage:
    """case/file.html: the form, with what was typed when it was not taken and why, or may be a duplicate and of what."""

    template: ClassVar[str] = "case/file.html"
    typed: TypedFiling
    modes: Mapping[str, str]
    models: tuple[str, ...]
    teams: tuple[str, ...]
    levels: tuple[str, ...]
    most_megabytes: int
    problem: tuple[str, str] | None
    wrong: str
    suspects: tuple[PossibleDuplicate, ...]


@router.get("/cases/file")
def form(ws: Ws) -> Response:
    """Show the empty form."""
    return _shown(ws, TypedFiling(), None)


@router.post("/cases/file")
async def file(request: Request, ws: Ws) -> Response:
    """File what was typed, with the file that was chosen, and lead to the case; what is not taken is shown again.

    So is what may be a duplicate of cases that the form did not name yet: nothing is filed before they were seen.
    """
    if request.headers.get("content-type", "").startswith("multipart/"):
        sent = await attachments.uploaded(request, FIELDS)
    else:
        form = await request.form(max_fields=FIELDS)
        sent = attachments.Upload(fields={name: value for name, value in form.items() if isinstance(value, str)})
    return await run_in_threadpool(_filed, ws, sent)


def _filed(ws: Ws, sent: attachments.Upload) -> Response:
    typed = TypedFiling.model_validate(sent.fields)
    try:
        filing = filing_of(values_of(typed))
        suspects = possible_duplicates(similar_actions.duplicates(ws, filing, limit=ASKED))
        if not {each.id for each in suspects} <= {*typed.told.split()}:
            return _shown(ws, typed, None, suspects)
        case = catalog.file(ws, filing)
    except InputError as error:
        if error.code != "input":
            raise
        return _shown(ws, typed, error)
    if sent.content is not None:
        return attachments.added(ws, case.id, sent.name, sent.content)
    return RedirectResponse(f"/cases/{segment(case.id)}", 303)


def _shown(ws: Ws, typed: TypedFiling, error: InputError | None, suspects: tuple[PossibleDuplicate, ...] = ()) -> Response:
    kept = protocol_cache.newest(ws)
    models = tuple(dict.fromkeys(each.model for each in kept))
    teams = teams_of(ws, kept)
    # The sensitivities of cases that would be visible to their author.
    levels = tuple(level.name.lower() for level in Sensitivity if any(ws.scope.sees(team, level) for team in teams))
    page = FilingPage(
        typed=typed,
        modes=mode_titles(kept),
        models=models,
        teams=teams,
        levels=levels,
        most_megabytes=MOST_BYTES >> 20,
        problem=None if error is None else (error.what, error.do),
        wrong="" if error is None else error.field,
        suspects=suspects,
    )
    return render(page, shell(ws, "File a case", "cases"), status=422 if error else 200)


def teams_of(ws: Workspace, kept: Sequence[Protocol]) -> tuple[str, ...]:
    """Return the teams in which the asker may file, those of the protocols first."""
    granted = ws.authority.teams(ws.actor, FILING) or ()
    known = dict.fromkeys((*(each.team for each in kept), DEFAULT, *sorted(granted)))
    return tuple(team for team in known if ws.authority.may(ws.actor, FILING, team))


def values_of(typed: TypedFiling) -> dict[str, str | list[str] | None]:
    """Return what stands in the form by field of a filing: None where nothing does, and one entry a line."""
    texts = typed.model_dump(exclude={"told", "inputs", "context"})
    said = {name: text.replace("\r\n", "\n") or None for name, text in texts.items()}
    lines = {
        name: [line.strip() for line in text.splitlines() if line.strip()]
        for name, text in (("inputs", typed.inputs), ("context", typed.context))
    }
    return {**said, **lines}
