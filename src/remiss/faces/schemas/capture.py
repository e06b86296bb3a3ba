"""What capturing prints: runs, their groups, what is due, and plans."""

from __future__ import annotations

from remiss.faces.schemas.parts import GROUP, INTERVAL
from remiss.faces.schemas.shapes import COUNT, SHARE, TEXT, TIME, Schema, by_name, kind, many, nullable, one_of, record

COUNTS = by_name(COUNT)
MANIFEST = record(
    engine=TEXT,
    software=TEXT,
    folder=TEXT,
    files=many(TEXT),
    file_digests=by_name(TEXT),
    label_digests=by_name(TEXT),
    addresses=by_name(by_name(nullable(TEXT))),
    unplaced=by_name(COUNTS),
)
STANDING = record(
    protocol=TEXT,
    version=COUNT,
    source=TEXT,
    windows=COUNT,
    last=nullable(TIME),
    due=nullable(COUNT),
    unseen=TEXT,
    provisional=COUNT,
    mature=COUNT,
    refused_share=SHARE,
    nothing=many(TEXT),
    nearly_all=many(TEXT),
    waiting=many(TEXT),
    intervals=many(INTERVAL),
)

SCHEMAS: dict[str, Schema] = {
    "stored-protocol": record(
        schema=kind("stored-protocol"),
        name=TEXT,
        version=COUNT,
        digest=TEXT,
        text=TEXT,
        team=TEXT,
        at=TIME,
        position=COUNT,
    ),
    "run": record(
        schema=kind("run"),
        run=TEXT,
        status=one_of("complete", "waiting"),
        digest=TEXT,
        protocol=record(name=TEXT, version=COUNT, digest=TEXT),
        source=record(name=TEXT, fingerprint=TEXT, files=COUNT, rows=COUNT),
        interval=INTERVAL,
        as_of=TIME,
        refused=COUNTS,
        groups=many(GROUP),
        events=record(new=COUNT, known=COUNT),
        cases=record(new=COUNT, known=COUNT),
        changes=COUNTS,
        notes=many(TEXT),
        actor=TEXT,
        at=nullable(TIME),
        manifest=MANIFEST,
        position=COUNT,
    ),
    "job": record(
        schema=kind("job"),
        job=TEXT,
        kind=one_of("capture", "due"),
        state=one_of("waiting", "running", "done", "failed", "cancelled"),
        protocol=TEXT,
        version=COUNT,
        person=TEXT,
        team=TEXT,
        posted_at=TIME,
        steps=nullable(many(record(since=nullable(TIME), until=nullable(TIME), run=nullable(TEXT)))),
        done=COUNT,
        attempts=COUNT,
        reason=TEXT,
        retry_at=nullable(TIME),
        ended_at=nullable(TIME),
        log=many(record(at=TIME, text=TEXT)),
    ),
    "group": GROUP,
    "due": record(schema=kind("due"), items=many(INTERVAL)),
    "status": record(schema=kind("status"), items=many(STANDING)),
    "plan": record(
        schema=kind("plan"),
        months=many(record(month=TEXT, events=COUNT, sampled=COUNT, cases=COUNT, budget=nullable(COUNT))),
        intervals=many(INTERVAL),
        notes=many(TEXT),
    ),
    "reproduction": record(
        schema=kind("reproduction"),
        run=TEXT,
        verdict=one_of("same", "different", "cannot"),
        differences=many(TEXT),
        missing=many(TEXT),
    ),
}
