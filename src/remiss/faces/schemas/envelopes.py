"""What many answers come in: lists, errors, findings and plain values."""

from __future__ import annotations

from remiss.faces.schemas.shapes import COUNT, TEXT, Schema, kind, many, nullable, one_of, record

FINDING = record(code=TEXT, level=one_of("error", "note"), file=TEXT, line=COUNT, what=TEXT, do=TEXT)

SCHEMAS: dict[str, Schema] = {
    "list": record(
        schema=kind("list"), position=COUNT, total=nullable(COUNT), items=many({"type": "object"}), next=nullable(TEXT)
    ),
    "error": record(
        error=record(
            # Of a labelling: what is wrong with each field of it.
            {"fields": many(record(field=TEXT, what=TEXT, do=TEXT))},
            code=TEXT,
            what=TEXT,
            where=nullable(record(file=TEXT, line=nullable(COUNT))),
            do=TEXT,
        )
    ),
    "diff": record(schema=kind("diff"), lines=many(TEXT), position=COUNT),
    "result": record(schema=kind("result"), result={}),
    "finding": FINDING,
    "findings": record(schema=kind("findings"), items=many(FINDING)),
}
