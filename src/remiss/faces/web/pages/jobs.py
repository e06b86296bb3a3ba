"""Jobs: work that nobody waits for, how it stands, and how far it has come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from remiss import govern
from remiss.faces.serving import Ws
from remiss.faces.web.pages.shell import shell
from remiss.faces.web.rendering import render, segment

if TYPE_CHECKING:
    from remiss.records.job import Job

router = APIRouter()
PATH = "/jobs"
LIMIT = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class JobsPage:
    """jobs/list.html: jobs, newest first; `total` is how many there are."""

    template: ClassVar[str] = "jobs/list.html"
    lines: tuple[dict[str, Any], ...]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPage:
    """jobs/page.html: one job; `cancels` says whether whoever looks may cancel it."""

    template: ClassVar[str] = "jobs/page.html"
    job: Job
    cancels: bool


@router.get(PATH)
def jobs(ws: Ws) -> Response:
    """Show a list of jobs."""
    found = govern.list_jobs(ws, limit=LIMIT)
    page = JobsPage(lines=tuple(found), total=found.total or 0)
    return render(page, shell(ws, "Jobs", "runs", ("/api/v1/jobs", "Jobs"), position=found.position))


@router.get(PATH + "/{job}")
def job(ws: Ws, job: str) -> Response:
    """Show one job as it stands."""
    found = govern.show_job(ws, job)
    page = JobPage(job=found, cancels=found.open and ws.may("job:cancel", found.team))
    return render(page, shell(ws, found.id, "runs", (f"/api/v1/jobs/{segment(found.id)}", "Job")))


@router.post(PATH + "/{job}/cancel")
def cancel(ws: Ws, job: str) -> Response:
    """Cancel a job."""
    return RedirectResponse(f"{PATH}/{segment(govern.cancel(ws, job).id)}", 303)
