"""What governance prints: people and tokens, access, keys, and the audit."""

from __future__ import annotations

from remiss.faces.schemas.shapes import COUNT, FLAG, LEVEL, TEXT, TIME, Schema, kind, many, nullable, one_of, record

LOG = one_of("journal", "views")

SCHEMAS: dict[str, Schema] = {
    "person": record(
        schema=kind("person"),
        person=TEXT,
        about=nullable(TEXT),
        grants=many(record(role=TEXT, team=TEXT, clearance=LEVEL)),
        since=COUNT,
        until=nullable(COUNT),
    ),
    "team": record(schema=kind("team"), team=TEXT, about=nullable(TEXT), since=COUNT),
    "token": record(
        {"text": TEXT},
        schema=kind("token"),
        token=TEXT,
        person=TEXT,
        about=nullable(TEXT),
        expires=nullable(TIME),
        since=COUNT,
        until=nullable(COUNT),
        once=FLAG,
        used=nullable(COUNT),
    ),
    "access": record(schema=kind("access"), person=TEXT, permission=TEXT, case=nullable(TEXT), allowed=FLAG, rule=TEXT),
    "verification": record(
        schema=kind("verification"),
        sound=FLAG,
        logs=many(
            record(
                log=LOG,
                entries=COUNT,
                root=TEXT,
                sound=FLAG,
                first=nullable({"type": "integer", "minimum": 1}),
                what=TEXT,
                against=many(TEXT),
            )
        ),
    ),
    "checkpoint": record(schema=kind("checkpoint"), notes=many(TEXT), key=TEXT),
    "proof": record(
        schema=kind("proof"),
        id=TEXT,
        entry=TEXT,
        link=TEXT,
        index=COUNT,
        size=COUNT,
        path=many(TEXT),
        checkpoint=TEXT,
        key=TEXT,
    ),
    "rotation": record(schema=kind("rotation"), pieces=COUNT, resumed=FLAG),
    "checks": record(schema=kind("checks"), items=many(record(name=TEXT, level=one_of("ok", "note", "bad"), says=TEXT, do=TEXT))),
}
