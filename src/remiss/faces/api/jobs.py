"""Routes on jobs."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from remiss.faces import answers
from remiss.faces.api.answering import answers as documented
from remiss.faces.api.answering import as_json
from remiss.faces.api.listing import Listed
from remiss.faces.api.runs import NewRun, posted
from remiss.faces.api.serving import Asked, Ws, opened
from remiss.records.job import JobState

router = APIRouter(tags=["jobs"])


class WhichJobs(Asked):
    """Which jobs."""

    state: JobState | None = Field(None, description="Only those in this state.")
    limit: int = Field(50, ge=1, le=10_000)


class WhatIsDue(Asked):
    """What is due of what."""

    protocol: str | None = Field(None, max_length=1000, description="Only of this protocol; default: of all.")


@router.post("/jobs", operation_id="job.capture", status_code=202, responses=documented("job", status=202))
def capture(request: Request, body: NewRun) -> Response:
    """Post a job that captures failures of whole windows of a log."""
    return posted(opened(request, body.documents), body)


@router.post("/jobs/due", operation_id="job.due", status_code=202, responses=documented("list", 404, status=202))
def due(ws: Ws, body: WhatIsDue) -> Response:
    """Post a job for each protocol by which windows are due."""
    from remiss.capture import job_actions

    found = job_actions.due(ws, body.protocol)
    return as_json(answers.items("job", [answers.job(each) for each in found], ws.position()), status=202)


@router.get("/jobs", operation_id="job.list", responses=documented("list", csv=True))
def list_(ws: Ws, listed: Listed, asked: Annotated[WhichJobs, Query()]) -> Response:
    """List jobs as they stand, newest first."""
    from remiss.govern import job_actions

    return listed(job_actions.jobs(ws, asked.state, asked.limit))


@router.get("/jobs/{job}", operation_id="job.show", responses=documented("job", 404, 409))
def show(ws: Ws, job: str) -> Response:
    """Show a job as it stands: its committed steps, what is to come, and its log."""
    from remiss.govern import job_actions

    return as_json(answers.job(job_actions.show(ws, job)))


@router.post("/jobs/{job}/cancel", operation_id="job.cancel", responses=documented("job", 404, 409))
def cancel(ws: Ws, job: str) -> Response:
    """Cancel a job that is waiting or running; committed steps stay."""
    from remiss.govern import job_actions

    return as_json(answers.job(job_actions.cancel(ws, job)))
