"""What one can have captured without waiting for it: a job by a document that comes along, and jobs for all that is due.

What is posted is kept with the job. Who runs it (`runner.py`) does each interval of windows by `capture`, as who posted it.

Each interval of whole windows is a step, which is one run. Steps are found once and kept with the job. Whoever goes on with it
takes the next one, whatever else is due by then: so a job comes to an end, also where windows are due again as soon as they are
captured.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from remiss.action import action
from remiss.capture.actions import Since, Until, allow_capture, capture, due, due_now, meant
from remiss.capture.capture_status import MOST_RUNS
from remiss.capture.listed_files import filed_document
from remiss.capture.ports import CAPTURE, CaptureJobWorkspace, CaptureWorkspace
from remiss.capture.schedule import whole_windows
from remiss.errors import InputError, NotFound
from remiss.govern.ports.jobs import Posted
from remiss.parameters import Document, ProtocolName
from remiss.protocol.actions import parsed
from remiss.protocol.versions import restore
from remiss.records import job as records
from remiss.records.job import Job, JobStep, PostedJobs
from remiss.records.run import Run


@contextmanager
def _prepare(
    ws: CaptureJobWorkspace, protocol: str, since: datetime | None, until: datetime | None, *, strict: bool
) -> Iterator[Posted]:
    # What can be told at once is told at once, not by a job that fails.
    document = meant(ws, parsed(ws, protocol))[0].protocol
    if since is not None and until is not None:
        whole_windows(since, until, document.sampling.window)
    yield Posted(
        kind=records.CAPTURE,
        protocol=document.name,
        version=document.version,
        team=document.team,
        path=protocol,
        text=document.text,
        since=since,
        until=until,
        strict=strict,
    )


@action(
    "job.capture",
    permission=CAPTURE,
    http="POST /jobs",
    created="job.show",
    subject="protocol",
    document="protocol",
    prepare=_prepare,
)
def capture_job(
    ws: CaptureJobWorkspace,
    protocol: Document,
    *,
    since: Since | None = None,
    until: Until | None = None,
    strict: bool = False,
    prepared: Posted | None = None,
) -> Job:
    """Post a job that captures failures, as PROTOCOL says.

    Its sources are read where the job is run, in the folder of the setting `sources` there and nowhere else. Without an interval
    each stretch of windows that is due is committed by itself.

    Example: remiss job capture arrival-delay.yaml

    Parameters
    ----------
    strict : file nothing of an interval when any of its rows is refused

    Raises
    ------
    ProtocolError, SourceError, IntervalError : the input cannot be used
    """
    assert prepared is not None
    allow_capture(ws, restore(prepared.text, prepared.path))
    return ws.jobs.post(prepared)


@contextmanager
def _find_due(ws: CaptureJobWorkspace, protocol: str | None) -> Iterator[tuple[Posted, ...]]:
    # The logs are read before the transaction, and what others posted meanwhile is seen in it.
    yield tuple(_posted(ws, each) for each in _newest(ws, protocol) if _is_due(ws, each, named=protocol is not None))


@action("job.due", permission=CAPTURE, http="POST /jobs/due", created="job.list", subject="protocol", prepare=_find_due)
def due_jobs(ws: CaptureJobWorkspace, protocol: ProtocolName | None = None, *, prepared: tuple[Posted, ...] = ()) -> PostedJobs:
    """Post a job for each protocol by which windows are due.

    With PROTOCOL, which the catalog keeps, only for that one. The newest version that captured is what a job captures by. One
    that has an open job gets no other, and neither does one with a run that waits to be accepted.

    Example: remiss job due

    Raises
    ------
    NotFound : nothing was captured by a protocol of that name
    ProtocolError, SourceError : the source of the protocol that was named cannot be read
    """
    posted = []
    for each in prepared:
        if not ws.jobs.awaited(each.protocol):
            allow_capture(ws, restore(each.text, each.path))
            posted.append(ws.jobs.post(each))
    return PostedJobs(position=ws.position(), items=tuple(posted))


def _newest(ws: CaptureJobWorkspace, protocol: str | None) -> list[Run]:
    """Return of each protocol on each source the run of its newest version, of those where none waits to be accepted."""
    found: dict[tuple[str, str], Run] = {}
    waiting = set()
    for run in ws.runs.latest(MOST_RUNS, protocol):
        pair = (run.manifest.source, run.manifest.protocol)
        best = found.setdefault(pair, run)
        if (run.manifest.protocol_version, run.position) > (best.manifest.protocol_version, best.position):
            found[pair] = run
        if run.status == "waiting":
            waiting.add(pair)
    if protocol is not None and not found:
        raise NotFound(f"nothing was captured by a protocol {protocol}", do="capture with it first: remiss capture FILE")
    return [found[pair] for pair in sorted(found.keys() - waiting)]


def _is_due(ws: CaptureJobWorkspace, run: Run, *, named: bool) -> bool:
    """Return whether windows are due of a run's protocol and source; not where it cannot be read, which `status` tells."""
    try:
        document = filed_document(ws, run.manifest)
        allow_capture(ws, document)
        return bool(due_now(ws, document, ws.now).windows)
    except InputError:
        if named:
            raise
        return False


def _posted(ws: CaptureJobWorkspace, run: Run) -> Posted:
    manifest = run.manifest
    stored = ws.protocols.find(manifest.protocol, manifest.protocol_version)
    assert stored is not None
    return Posted(
        kind=records.DUE,
        protocol=stored.name,
        version=stored.version,
        team=stored.team,
        path=f"{stored.name}.yaml",
        text=stored.text,
        folder=manifest.folder,
    )


def steps(ws: CaptureWorkspace, posted: Posted) -> tuple[JobStep, ...]:
    """Return the interval that was asked for, or every stretch of windows that is due now."""
    if posted.since is not None or posted.until is not None:
        return (JobStep(since=posted.since, until=posted.until),)
    return tuple(JobStep(since=since, until=until) for since, until in due(ws, posted.path))


def take(ws: CaptureWorkspace, posted: Posted, step: JobStep) -> Run:
    """Capture one interval as it was posted."""
    return capture(ws, posted.path, since=step.since, until=step.until, strict=posted.strict)
