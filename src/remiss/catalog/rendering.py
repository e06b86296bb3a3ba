"""Cases and their history as published JSON (`remiss schema case`): keys are only ever added."""

from __future__ import annotations

from collections.abc import Sequence

from remiss.records.case import Capture, Case, Revision
from remiss.records.event import Event, Scalar
from remiss.records.identity import format_time, plain

Json = dict[str, object]


def case_json(case: Case) -> Json:
    """Return the `case` object. `labelling` is null until people label cases."""
    return {
        "schema": "remiss/case@1",
        "id": case.id,
        "status": case.status.value,
        "revision": case.revision,
        "origin": case.origin,
        "source": case.source,
        "event": event_json(case.event),
        "criteria": list(case.criteria),
        "captures": [capture_json(capture) for capture in case.captures],
        "labelling": None,
        "mode": case.mode,
        "severity": case.severity,
        "suggested_mode": case.suggested_mode,
        "title": case.title,
        "note": case.note,
        "team": case.team,
        "sensitivity": case.sensitivity.name.lower(),
        "links": list(case.links),
    }


def event_json(event: Event) -> Json:
    """Return the `event` of a case: redacted, as the catalog holds it."""
    return {
        "id": event.id,
        "at": format_time(event.at),
        "model": event.model,
        "model_version": event.model_version,
        "model_digest": event.model_digest,
        "features": event.features,
        "output": plain(event.output),
        "label": plain(event.label),
        "confidence": plain(event.confidence),
        "latency_ms": plain(event.latency_ms),
        "status": event.status,
        "trace_id": event.trace_id,
        "inputs": plain(event.inputs),
        "context": plain(event.context),
        "text": event.text,
    }


def capture_json(capture: Capture) -> Json:
    """Return one of a case's `captures`."""
    return {
        "run": capture.run,
        "protocol": capture.protocol,
        "window": format_time(capture.window),
        "stratum": plain(capture.stratum),
        "probability": capture.probability,
        "in_force": capture.in_force,
        "criteria": list(capture.criteria),
    }


HISTORY = ("revision", "position", "at", "actor", "action", "status", "mode", "severity", "title", "note")


def history_rows(revisions: Sequence[Revision]) -> tuple[tuple[Scalar, ...], ...]:
    """Return the states of a case as values of HISTORY, oldest first."""
    return tuple(
        (
            each.revision,
            each.position_from,
            each.at,
            each.actor,
            each.action,
            each.status.value,
            each.mode,
            each.severity,
            each.title,
            each.note,
        )
        for each in revisions
    )
