"""What a job that captures does: each interval of whole windows is a step, which is one run.

Steps are found once and kept with the job. Whoever goes on with it takes the next one, whatever else is due by then: so a job
comes to an end, also where windows are due again as soon as they are captured.
"""

from __future__ import annotations

from remiss.capture.actions import capture, due
from remiss.capture.ports import CaptureWorkspace
from remiss.govern.ports.jobs import Posted
from remiss.records.job import JobStep
from remiss.records.run import Run


def steps(ws: CaptureWorkspace, posted: Posted) -> tuple[JobStep, ...]:
    """Return the interval that was asked for, or every stretch of windows that is due now."""
    if posted.since is not None or posted.until is not None:
        return (JobStep(since=posted.since, until=posted.until),)
    return tuple(JobStep(since=since, until=until) for since, until in due(ws, posted.path))


def take(ws: CaptureWorkspace, posted: Posted, step: JobStep) -> Run:
    """Capture one interval as it was posted."""
    return capture(ws, posted.path, since=step.since, until=step.until, strict=posted.strict)
