"""Jobs: work in the background, its state and its progress, and the form of a suite that posts one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from fastapi import APIRouter, Form, Query
from pydantic import BaseModel
from starlette.responses import RedirectResponse, Response

from remiss import govern, safeguard
from remiss.errors import InputError
from remiss.faces.serving import Asked, Ws, status_of
from remiss.faces.web.pages import suites
from remiss.faces.web.rendering import Refusal, address, render, segment, shell
from remiss.records.job import OF_SOMETHING, JobState

if TYPE_CHECKING:
    from remiss.records.job import Job

router = APIRouter()
PATH = "/jobs"
LIMIT = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class JobsPage:
    """jobs/list.html: jobs, newest first, page by page; `total` is how many there are, in `state` if one was asked for."""

    template: ClassVar[str] = "jobs/list.html"
    lines: tuple[dict[str, Any], ...]
    total: int
    state: str | None
    states: tuple[str, ...]
    first: str | None
    following: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPage:
    """jobs/page.html: one job; `cancels` says whether the viewer may cancel it, `of_something` whose steps are no intervals."""

    template: ClassVar[str] = "jobs/page.html"
    job: Job
    cancels: bool
    of_something: tuple[str, ...] = OF_SOMETHING


class View(Asked):
    """Which jobs, and from where on."""

    state: JobState | None = None
    after: str | None = None


@router.get(PATH)
def jobs(ws: Ws, asked: Annotated[View, Query()]) -> Response:
    """Show a list of jobs."""
    found = govern.list_jobs(ws, state=asked.state, limit=LIMIT, after=asked.after)
    page = JobsPage(
        lines=tuple(found),
        total=found.total or 0,
        state=asked.state,
        states=tuple(JobState),
        first=address(PATH, state=asked.state) if asked.after else None,
        following=None if found.next is None else address(PATH, state=asked.state, after=found.next),
    )
    twin = address("/api/v1/jobs", state=asked.state, limit=LIMIT, after=asked.after)
    return render(page, shell(ws, "Jobs", "runs", (twin, "Jobs"), position=found.position))


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


class RunForm(BaseModel):
    """What a job is to run a suite on, and how."""

    model: str = ""
    repeat: str = ""
    scenarios: str = ""
    anew: bool = False


@router.post(suites.PATH + "/{name}/run", name="job.suite")
def run_suite(ws: Ws, name: str, typed: Annotated[RunForm, Form()]) -> Response:
    """Have a job run a suite, and lead to that; what is refused is said in the form."""
    # What is no number is refused as an even one is.
    repeat = int(typed.repeat) if typed.repeat.isdecimal() else 0
    try:
        scenarios = typed.scenarios or None
        posted = safeguard.suite_job(ws, name, model=typed.model, repeat=repeat, scenarios=scenarios, anew=typed.anew)
    except InputError as error:
        refused = Refusal(form="run", problem=(error.what, error.do), wrong=error.field or "", typed=typed.model_dump())
        return suites.shown(ws, name, refused=refused, status=status_of(error))
    return RedirectResponse(f"{PATH}/{segment(posted.id)}", 303)
