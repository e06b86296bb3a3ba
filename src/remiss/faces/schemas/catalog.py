"""What the catalog prints: cases with their events, evidence, and what a case is compared with."""

from __future__ import annotations

from remiss.faces.schemas.parts import EVENT, GRADE, GROUP, INTERVAL, LABELLING
from remiss.faces.schemas.shapes import (
    COUNT,
    FLAG,
    LEVEL,
    SHARE,
    TEXT,
    TIME,
    VALUES,
    Schema,
    kind,
    many,
    nullable,
    one_of,
    record,
)

CAPTURE = record(run=TEXT, protocol=TEXT, window=TIME, stratum=VALUES, probability=SHARE, in_force=FLAG)
LABELLED = record(labellings=many(LABELLING), hidden=nullable(TEXT))
ATTACHMENT = record(
    schema=kind("attachment"),
    attachment=TEXT,
    case=TEXT,
    name=nullable(TEXT),
    size=COUNT,
    sensitivity=LEVEL,
    person=TEXT,
    at=TIME,
    position=COUNT,
    hidden=nullable(TEXT),
)

SCHEMAS: dict[str, Schema] = {
    "case": record(
        schema=kind("case"),
        id=TEXT,
        status=TEXT,
        revision=COUNT,
        event=EVENT,
        criteria=many(TEXT),
        captures=many(CAPTURE),
        labelling=nullable(LABELLED),
        stale=FLAG,
        mode=nullable(TEXT),
        severity=GRADE,
        sensitivity=LEVEL,
        links=many(record(relation=one_of("alike", "same-event"), case=TEXT, outgoing=FLAG, person=TEXT, at=TIME)),
        hidden=nullable(TEXT),
    ),
    "comparison": record(
        schema=kind("comparison"),
        case=TEXT,
        event=EVENT,
        run=TEXT,
        protocol=record(name=TEXT, version=COUNT),
        in_force=FLAG,
        window=INTERVAL,
        stratum=VALUES,
        population=COUNT,
        labelled=COUNT,
        provisional=FLAG,
        groups=many(GROUP),
        kept_in=many(TEXT),
        probability=nullable(SHARE),
        controls=many(record(event=EVENT, likeness=SHARE)),
        position=COUNT,
        hidden=nullable(TEXT),
    ),
    "attachment": ATTACHMENT,
    "attached-file": record(schema=kind("attached-file"), attachment=ATTACHMENT, content=TEXT),
    "raw-event": record(
        schema=kind("raw-event"),
        case=TEXT,
        run=TEXT,
        sensitivity=LEVEL,
        content=TEXT,
    ),
    "catalog": record(
        schema=kind("catalog"),
        address=nullable(TEXT),
        database=TEXT,
        schema_version=COUNT,
        catalog=TEXT,
        created=TIME,
        position=COUNT,
        protocols=COUNT,
        runs=COUNT,
        events=COUNT,
        cases=COUNT,
        bytes=nullable(COUNT),
    ),
}
