"""Answers as published JSON: one function for each kind of object of `remiss schema`.

Keys are only ever added; the schema files of the reference say what each means.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import asdict

from remiss.catalog.rendering import event_json, group_json, labelling_json
from remiss.curate.labelling_sheet import Sheet
from remiss.curate.tasks import QueueState, Served
from remiss.govern.access import Access
from remiss.govern.health import Check
from remiss.govern.key_actions import Rotation
from remiss.protocol.ports import StoredProtocol
from remiss.protocol.terms import Finding
from remiss.records.evidence import AttachedFile, Attachment, RawEvent
from remiss.records.identity import format_time, plain
from remiss.records.job import Job
from remiss.records.person import IssuedToken, Person, Team, Token
from remiss.records.rows import Rows
from remiss.records.run import Change, Run

Json = dict[str, object]
# Of the named inputs of a run, those that its other keys do not have: what was read, where, and by what.
MANIFEST = ("engine", "software", "folder", "files", "file_digests", "label_digests", "addresses", "unplaced")

JOB = ("kind", "protocol", "version", "person", "team", "posted_at", "done", "attempts", "reason", "retry_at", "ended_at")


def schema_name(kind: str) -> str:
    """Return the value of `schema` for a kind of object."""
    return f"remiss/{kind}@1"


def listing(rows: Rows) -> Json:
    """Return a `list`: what matched, where it was read, and how to go on."""
    return {
        "schema": schema_name("list"),
        "of": rows.schema,
        "position": rows.position,
        "total": rows.total,
        "items": [plain(row) for row in rows],
        "next": rows.next,
    }


def items(of: str, found: Sequence[Json], position: int) -> Json:
    """Return a `list` of whole objects."""
    return {"schema": schema_name("list"), "of": of, "position": position, "total": len(found), "items": [*found], "next": None}


def sheet(item: Sheet) -> Json:
    """Return the `sheet` by which somebody labels a case."""
    return {
        "schema": schema_name("sheet"),
        "case": item.case,
        "revision": item.revision,
        "event": event_json(item.event),
        "kind": None if item.kind is None else item.kind.value,
        "obstacle": item.obstacle,
        "questions": [asdict(each) for each in item.questions],
        "modes": [asdict(each) for each in item.modes],
        "units": list(item.units),
    }


def served(item: Served) -> Json:
    """Return what the queue gave somebody: a `served`."""
    task = item.task
    return {
        "schema": schema_name("served"),
        "task": None
        if task is None
        else {
            "kind": task.kind.value,
            "until": format_time(task.until),
            "sheet": sheet(task.sheet),
            "labellings": [labelling_json(each) for each in task.labellings],
        },
        "left": asdict(item.left),
    }


def queue(item: QueueState) -> Json:
    """Return how the `queue` stands for somebody."""
    return {
        "schema": schema_name("queue"),
        "in_hand": [{"case": each.case, "kind": each.kind.value, "until": format_time(each.until)} for each in item.in_hand],
        "left": asdict(item.left),
        "batches": [{**asdict(each), "period": format_time(each.period)} for each in item.batches],
    }


def finding(item: Finding) -> Json:
    """Return a `finding` of `protocol check`."""
    return asdict(item)


def findings(items: Iterable[Finding]) -> Json:
    """Return all findings of one document."""
    return {"schema": schema_name("findings"), "items": [finding(item) for item in items]}


def stored_protocol(item: StoredProtocol) -> Json:
    """Return a protocol version as the catalog keeps it."""
    return {
        "schema": schema_name("stored-protocol"),
        "name": item.name,
        "version": item.version,
        "digest": item.digest,
        "text": item.text,
        "team": item.team,
        "at": format_time(item.at),
        "position": item.position,
    }


def diff(lines: Iterable[str]) -> Json:
    """Return what changed between two versions of a protocol, as lines of a unified diff."""
    return {"schema": schema_name("diff"), "lines": list(lines)}


def checks(found: Iterable[Check]) -> Json:
    """Return all `checks` of `doctor`."""
    return {"schema": schema_name("checks"), "items": [item.to_json() for item in found]}


def attached_file(item: AttachedFile) -> Json:
    """Return an `attached-file`: an attachment with its content in base64."""
    content = base64.b64encode(item.content).decode()
    return {"schema": schema_name("attached-file"), "attachment": attachment(item.attachment), "content": content}


def raw_event(item: RawEvent) -> Json:
    """Return the `raw-event` of a case."""
    return {
        "schema": schema_name("raw-event"),
        "case": item.case,
        "run": item.run,
        "sensitivity": item.sensitivity.name.lower(),
        "content": item.content,
    }


def attachment(item: Attachment) -> Json:
    """Return an `attachment` of a case, without its content."""
    return {
        "schema": schema_name("attachment"),
        "attachment": item.id,
        "case": item.case,
        "name": item.name,
        "size": item.size,
        "sensitivity": item.sensitivity.name.lower(),
        "person": item.person,
        "at": format_time(item.at),
        "position": item.position,
        "hidden": item.hidden,
    }


def rotation(item: Rotation) -> Json:
    """Return what a `rotation` of the key of raw evidence did."""
    return {"schema": schema_name("rotation"), "pieces": item.pieces, "resumed": item.resumed}


def run(item: Run) -> Json:
    """Return a `run` (design, section 11)."""
    manifest = item.manifest
    return {
        "schema": schema_name("run"),
        "run": item.id,
        "status": item.status,
        "digest": item.digest,
        "protocol": {
            "name": manifest.protocol,
            "version": manifest.protocol_version,
            "digest": manifest.protocol_digest,
        },
        "source": {
            "name": manifest.source,
            "fingerprint": manifest.fingerprint,
            "files": len(manifest.files),
            "rows": manifest.rows,
        },
        "interval": {"since": format_time(manifest.since), "until": format_time(manifest.until)},
        "as_of": format_time(manifest.as_of),
        "refused": dict(item.refused),
        "groups": [group_json(each) for each in item.groups if each.population],
        "events": {"new": item.events_new, "known": item.events_known},
        "cases": {"new": item.cases_new, "known": item.cases_known},
        "changes": dict(item.changes),
        "notes": list(manifest.notes),
        "actor": item.actor,
        "at": None if item.at is None else format_time(item.at),
        "manifest": {name: plain(getattr(manifest, name)) for name in MANIFEST},
        "position": item.position,
    }


def job(item: Job) -> Json:
    """Return a `job` as it stands."""
    return {
        "schema": schema_name("job"),
        "job": item.id,
        **{name: plain(getattr(item, name)) for name in JOB},
        "state": item.state.value,
        "steps": None if item.steps is None else [plain(asdict(each)) for each in item.steps],
        "log": [plain(asdict(each)) for each in item.log],
    }


def change(item: Change) -> Json:
    """Return one `change` between a run and what was in force before it."""
    return {"event": item.event, "kind": item.kind, "window": format_time(item.window), "detail": item.detail}


def person(item: Person) -> Json:
    """Return a `person` with what they hold."""
    return {
        "schema": schema_name("person"),
        "person": item.name,
        "about": item.about,
        "grants": [{"role": each.role, "team": each.team, "clearance": each.clearance.name.lower()} for each in item.grants],
        "since": item.since,
        "until": item.until,
    }


def team(item: Team) -> Json:
    """Return a `team`."""
    return {"schema": schema_name("team"), "team": item.name, "about": item.about, "since": item.since}


def token(item: Token, text: str | None = None) -> Json:
    """Return a `token`; with its text only when it was just made."""
    return {
        "schema": schema_name("token"),
        "token": item.id,
        "person": item.person,
        "about": item.about,
        "expires": None if item.expires is None else format_time(item.expires),
        "since": item.since,
        "until": item.until,
        "once": item.once,
        "used": item.used,
        **({} if text is None else {"text": text}),
    }


def issued(item: IssuedToken) -> Json:
    """Return a `token` that was just made, with its text."""
    return token(item.token, item.text)


def access(item: Access) -> Json:
    """Return an `access`: whether somebody may, and by which rule."""
    return {"schema": schema_name("access"), **asdict(item)}
