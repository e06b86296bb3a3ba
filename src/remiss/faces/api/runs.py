"""Routes on capture runs."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, Field
from starlette.requests import Request
from starlette.responses import Response

from remiss.codec import to_json
from remiss.faces.api.answering import answers as documented
from remiss.faces.api.answering import as_json
from remiss.faces.api.cases import AsOf
from remiss.faces.api.listing import Listed
from remiss.faces.api.serving import Asked, Ws, opened

router = APIRouter(tags=["runs"])


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


@router.post("/runs", operation_id="run.capture", status_code=201, responses=documented("run", 409, status=201))
def capture(request: Request, body: NewRun) -> Response:
    """Capture failures of whole windows of a log."""
    from remiss.capture import actions

    ws = opened(request, body.documents)
    run = actions.apply(ws, body.protocol, since=body.since, until=body.until, strict=body.strict)
    return as_json(to_json(run), status=201, headers={"Location": f"/api/v1/runs/{run.id}"})


@router.post("/runs/plan", operation_id="run.plan", responses=documented("plan"))
def plan(request: Request, body: Interval) -> Response:
    """Say how many events and cases a capture would bring; files nothing."""
    from remiss.capture import actions

    found = actions.plan(opened(request, body.documents), body.protocol, since=body.since, until=body.until)
    return as_json(to_json(found))


@router.post("/runs/due", operation_id="run.due", responses=documented("due"))
def due(request: Request, body: Documented) -> Response:
    """List the intervals that are due."""
    from remiss.capture import actions
    from remiss.capture.schedule import Due

    return as_json(to_json(actions.due(opened(request, body.documents), body.protocol), Due))


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

    return as_json(to_json(run_actions.show(ws, run, as_of=asked.as_of)))


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

    return as_json(to_json(run_actions.accept(ws, run)))


@router.post("/runs/{run}/reproduce", operation_id="run.reproduce", responses=documented("reproduction", 404, 409))
def reproduce(ws: Ws, run: str) -> Response:
    """Derive a run again from its named inputs and compare digests."""
    from remiss.capture import run_actions

    return as_json(to_json(run_actions.reproduce(ws, run)))
