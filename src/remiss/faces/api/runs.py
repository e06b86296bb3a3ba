"""Routes on capture runs."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Header, Query
from pydantic import AwareDatetime, Field
from starlette.requests import Request
from starlette.responses import Response

from remiss.faces import answers
from remiss.faces.api.answering import answers as documented
from remiss.faces.api.answering import as_json
from remiss.faces.api.cases import AsOf
from remiss.faces.api.listing import Listed
from remiss.faces.api.serving import Asked, Ws, opened
from remiss.records.identity import format_time

if TYPE_CHECKING:
    from remiss.workspace import Workspace

router = APIRouter(tags=["runs"])
ASYNC = "respond-async"
POSTED: dict[int | str, dict[str, Any]] = {202: documented("job", status=202)[202]}


class Documented(Asked):
    """A protocol that comes with the request; its sources are relative to the folder that the server reads."""

    protocol: str = Field("protocol.yaml", max_length=1000, description="The document's name, for messages.")
    documents: dict[str, str] = Field(description="Texts by name: the protocol, and the taxonomy and rubric that it names.")


class Interval(Documented):
    """A protocol and the bounds of windows; without bounds what is due."""

    since: AwareDatetime | None = None
    until: AwareDatetime | None = None


class NewRun(Interval):
    """What to capture."""

    strict: bool = Field(False, description="File nothing when any row is refused.")


class Runs(AsOf):
    """Which runs."""

    protocol: str | None = Field(None, description="Only runs of this protocol.")
    limit: int = Field(50, ge=1, le=10_000)
    after: str | None = Field(None, description="`next` of the page before.")


@router.post("/runs", operation_id="run.capture", status_code=201, responses={**documented("run", 409, status=201), **POSTED})
def capture(request: Request, body: NewRun, prefer: Annotated[str | None, Header()] = None) -> Response:
    """Capture failures of whole windows of a log; with `Prefer: respond-async` as a job, whose address is the answer."""
    from remiss.capture import actions

    ws = opened(request, body.documents)
    if prefers_not_to_wait(prefer):
        return posted(ws, body, {"Preference-Applied": ASYNC})
    run = actions.apply(ws, body.protocol, since=body.since, until=body.until, strict=body.strict)
    return as_json(answers.run(run), status=201, headers={"Location": f"/api/v1/runs/{run.id}"})


def posted(ws: Workspace, body: NewRun, headers: Mapping[str, str] = MappingProxyType({})) -> Response:
    """Answer with the job that was posted, and where it can be looked at."""
    from remiss.capture import job_actions

    found = job_actions.capture(ws, body.protocol, since=body.since, until=body.until, strict=body.strict)
    return as_json(answers.job(found), status=202, headers={"Location": f"/api/v1/jobs/{found.id}", **headers})


def prefers_not_to_wait(prefer: str | None) -> bool:
    """Return whether a caller who prefers this would rather not wait. Source: RFC 7240, section 4.1.

    >>> prefers_not_to_wait("respond-async, wait=10"), prefers_not_to_wait("return=minimal"), prefers_not_to_wait(None)
    (True, False, False)
    """
    return ASYNC in {each.partition(";")[0].strip().lower() for each in (prefer or "").split(",")}


@router.post("/runs/plan", operation_id="run.plan", responses=documented("plan"))
def plan(request: Request, body: Interval) -> Response:
    """Say how many events and cases a capture would bring; files nothing."""
    from remiss.capture import actions

    return as_json(actions.plan(opened(request, body.documents), body.protocol, since=body.since, until=body.until).to_json())


@router.post("/runs/due", operation_id="run.due", responses=documented("due"))
def due(request: Request, body: Documented) -> Response:
    """List the intervals that are due."""
    from remiss.capture import actions

    spans = actions.due(opened(request, body.documents), body.protocol)
    items = [{"since": format_time(since), "until": format_time(until)} for since, until in spans]
    return as_json({"schema": answers.schema_name("due"), "items": items})


@router.get("/runs", operation_id="run.list", responses=documented("list", csv=True))
def list_(ws: Ws, listed: Listed, asked: Annotated[Runs, Query()]) -> Response:
    """List runs, newest first."""
    from remiss.capture import run_actions

    return listed(run_actions.runs(ws, asked.protocol, asked.limit, after=asked.after, as_of=asked.as_of))


@router.get("/coverage", operation_id="run.coverage", responses=documented("list", csv=True))
def coverage(ws: Ws, listed: Listed, asked: Annotated[AsOf, Query()]) -> Response:
    """List what is captured, for each source and protocol version."""
    from remiss.capture import run_actions

    return listed(run_actions.coverage(ws, as_of=asked.as_of))


@router.get("/runs/{run}", operation_id="run.show", responses=documented("run", 404, 409))
def show(ws: Ws, run: str, asked: Annotated[AsOf, Query()]) -> Response:
    """Show a run: what it read, what it drew, and how much of each group."""
    from remiss.capture import run_actions

    return as_json(answers.run(run_actions.show(ws, run, as_of=asked.as_of)))


@router.get("/runs/{run}/windows", operation_id="run.windows", responses=documented("list", 404, 409, csv=True))
def windows(ws: Ws, listed: Listed, run: str, asked: Annotated[AsOf, Query()]) -> Response:
    """List the windows of a run: their events, whether labels may still change, and from when they settle."""
    from remiss.capture import run_actions

    return listed(run_actions.windows(ws, run, as_of=asked.as_of))


@router.get("/runs/{run}/cells", operation_id="run.cells", responses=documented("list", 404, 409, csv=True))
def cells(ws: Ws, listed: Listed, run: str, asked: Annotated[AsOf, Query()]) -> Response:
    """List the cells of a run: exact counts of events that met, and were undecided on, the same criteria."""
    from remiss.capture import run_actions

    return listed(run_actions.cells(ws, run, as_of=asked.as_of))


@router.get("/runs/{run}/changes", operation_id="run.diff", responses=documented("list", 404, 409, csv=True))
def changes(ws: Ws, listed: Listed, run: str, asked: Annotated[AsOf, Query()]) -> Response:
    """List what a run changed against the runs in force before it."""
    from remiss.capture import run_actions

    return listed(run_actions.diff(ws, run, as_of=asked.as_of))


@router.get("/runs/{run}/refused", operation_id="run.refused", responses=documented("list", 404, 409, csv=True))
def refused(ws: Ws, listed: Listed, run: str, asked: Annotated[AsOf, Query()]) -> Response:
    """List the rows that a run refused, the first 100 of each reason."""
    from remiss.capture import run_actions

    return listed(run_actions.refused(ws, run, as_of=asked.as_of))


@router.post("/runs/{run}/accept", operation_id="run.accept", responses=documented("run", 404, 409))
def accept(ws: Ws, run: str) -> Response:
    """Bring a waiting run in force although events are gone from its source."""
    from remiss.capture import run_actions

    return as_json(answers.run(run_actions.accept(ws, run)))


@router.post("/runs/{run}/reproduce", operation_id="run.reproduce", responses=documented("reproduction", 404, 409))
def reproduce(ws: Ws, run: str) -> Response:
    """Derive a run again from its named inputs and compare digests."""
    from remiss.capture import run_actions

    return as_json(run_actions.reproduce(ws, run).to_json())
