"""Cases and their history as published JSON (`remiss schema case`): keys are only ever added."""

from __future__ import annotations

from remiss.records.case import Capture, Case, CaseHistory
from remiss.records.comparison import Comparison
from remiss.records.event import Event
from remiss.records.identity import format_time, plain
from remiss.records.labelling import Labelled, Labelling, Link
from remiss.records.rows import Rows
from remiss.records.run import Group

Json = dict[str, object]


def case_json(case: Case) -> Json:
    """Return the `case` object. `labelling` is null until somebody labels the case."""
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
        "labelling": None if case.labelling is None else labelled_json(case.labelling),
        "stale": case.stale,
        "mode": case.mode,
        "severity": case.severity,
        "suggested_mode": case.suggested_mode,
        "title": case.title,
        "note": case.note,
        "team": case.team,
        "sensitivity": case.sensitivity.name.lower(),
        "links": [link_json(each) for each in case.links],
        "hidden": case.hidden,
    }


def labelled_json(labelled: Labelled) -> Json:
    """Return the `labelling` of a case: what of it may be seen, and why the rest is hidden."""
    return {"labellings": [labelling_json(each) for each in labelled.labellings], "hidden": labelled.hidden}


def link_json(link: Link) -> Json:
    """Return one of a case's `links`."""
    return {
        "relation": link.relation.value,
        "case": link.case,
        "outgoing": link.outgoing,
        "person": link.person,
        "at": format_time(link.at),
    }


def labelling_json(labelling: Labelling) -> Json:
    """Return one labelling."""
    impact = labelling.impact
    return {
        "kind": labelling.kind.value,
        "person": labelling.person,
        "at": format_time(labelling.at),
        "position": labelling.position,
        "round": labelling.round,
        "attempt": labelling.attempt,
        "verdict": labelling.verdict.value,
        "mode": labelling.mode,
        "modes": list(labelling.modes),
        "answers": dict(labelling.answers),
        "severity": labelling.severity,
        "severity_reason": labelling.severity_reason,
        "impact": None if impact is None else {"low": impact.low, "high": impact.high, "unit": impact.unit},
        "rationale": labelling.rationale,
        "quotes": [{"field": each.field, "text": each.text} for each in labelling.quotes],
        "target": labelling.target,
        "reproduced": labelling.reproduced.value,
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
        "redactions": [
            {"field": each.field, "detector": each.detector, "start": each.start, "end": each.end, "policy": each.policy}
            for each in event.redactions
        ],
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


def comparison_json(comparison: Comparison) -> Json:
    """Return the `comparison` object: how a case was drawn, and the controls that are most like it."""
    return {
        "schema": "remiss/comparison@1",
        "case": comparison.case,
        "event": event_json(comparison.event),
        "run": comparison.run,
        "protocol": {"name": comparison.protocol, "version": comparison.protocol_version},
        "in_force": comparison.in_force,
        "window": {"since": format_time(comparison.window), "until": format_time(comparison.until)},
        "stratum": plain(comparison.stratum),
        "population": comparison.population,
        "labelled": comparison.labelled,
        "provisional": comparison.provisional,
        "groups": [group_json(group) for group in comparison.groups],
        "kept_in": list(comparison.kept_in),
        "probability": comparison.probability,
        "controls": [{"event": event_json(each.event), "likeness": each.likeness} for each in comparison.controls],
        "position": comparison.position,
        "hidden": comparison.hidden,
    }


def group_json(group: Group) -> Json:
    """Return a `group` of a run."""
    return {
        "criterion": group.criterion,
        "stratum": plain(group.stratum),
        "window": format_time(group.window),
        "population": group.population,
        "labelled": group.labelled,
        "kept": group.kept,
        "threshold": group.threshold,
        "provisional": group.provisional,
    }


HISTORY = ("revision", "position", "at", "actor", "action", "status", "mode", "severity", "title", "note", "reason", "hidden")


def history_rows(found: CaseHistory) -> Rows:
    """Return the states of a case as rows of HISTORY, oldest first."""
    lines = tuple(
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
            each.reason,
            each.hidden,
        )
        for each in found
    )
    return Rows("revision", HISTORY, lines, found.position, total=len(lines))
