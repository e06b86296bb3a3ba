"""Texts that were stored without redaction: redacted where they are, as a capture by their protocol would today.

Before a protocol that says nothing of redaction meant all built-in detectors it meant none. The runs of then are on a list, which
the upgrade of the catalog makes, with a job for each version of a protocol; a step of it is one run. Raw evidence stays as it is,
and so do digests, which are of raw values. Redacting twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from remiss.action import action
from remiss.capture.captured import StoredTexts
from remiss.capture.listing import shown_run
from remiss.capture.ports import CaptureWorkspace
from remiss.capture.redact import redacted_event, redacted_profiles
from remiss.errors import Conflict
from remiss.govern.ports.jobs import Posted
from remiss.govern.redaction.redactor import Redactor, redact, remembering
from remiss.parameters import RunId
from remiss.protocol.versions import restore
from remiss.records.bulk import in_bulk
from remiss.records.job import JobStep
from remiss.records.run import Run

REDACT = "run:redact"


@contextmanager
def _prepare(ws: CaptureWorkspace, run: str) -> Iterator[StoredTexts]:
    # Before the transaction: to read and to redact some thousand events takes longer than to write them.
    found = ws.runs.get(run)
    stored = ws.protocols.find(found.manifest.protocol, found.manifest.protocol_version)
    assert stored is not None
    document = restore(stored.text, f"{stored.name}.yaml")
    policy = document.redaction
    by = Redactor(policy, ws.keys.secret("redaction"), ws.recogniser if policy.modelled else None)
    with in_bulk(), remembering():
        texts = ws.runs.stored_texts(found.id)
        seen = [(key, event, redacted_event(event, document, by)) for key, event, _ in texts.events]
        prepared = StoredTexts(
            events=[(key, before, after) for key, before, after in seen if before != after],
            profiles=redacted_profiles(texts.profiles, document, by),
            refused=[replace(each, detail=redact(each.detail, by)) for each in texts.refused],
            changes=[replace(each, detail=redact(each.detail, by)) for each in texts.changes],
        )
    yield prepared


@action("run.redact", permission=REDACT, http="POST /runs/{run}/redact", subject="run", prepare=_prepare)
def redact_run(ws: CaptureWorkspace, run: RunId, *, prepared: StoredTexts | None = None) -> Run:
    """Redact what RUN stored without redaction.

    It is redacted by its protocol, as a capture would today. Only runs of before a protocol without the key `redaction` meant all
    built-in detectors have such texts; `remiss doctor` counts them. A job that the upgrade of the catalog files does it for all.
    Raw evidence stays as it is.

    Example: remiss run redact run-4f7q2m

    Raises
    ------
    NotFound : no such run
    Conflict : it stored nothing without redaction
    """
    assert prepared is not None
    ws.allow(REDACT, ws.runs.governed(run).team)
    found = ws.runs.get(run)
    if found.id not in {each.run for each in ws.runs.unredacted()}:
        raise Conflict(f"{found.id} has no texts that were stored without redaction", do="nothing is to be done")
    ws.filing.rewrite(found.id, prepared)
    return shown_run(ws.runs.get(found.id), ws.gate)


def steps(ws: CaptureWorkspace, posted: Posted) -> tuple[JobStep, ...]:
    """Return a step for each run of a protocol's version that stored texts without redaction."""
    version = (posted.protocol, posted.version)
    those = (each for each in ws.runs.unredacted() if (each.protocol, each.version) == version)
    return tuple(JobStep(since=each.since, until=each.until, of=each.run) for each in those)


def take(ws: CaptureWorkspace, _posted: Posted, step: JobStep) -> Run:
    """Redact one run."""
    assert step.of is not None
    return redact_run(ws, step.of)
