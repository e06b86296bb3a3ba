"""What estimating prints."""

from __future__ import annotations

from remiss.faces.schemas.shapes import COUNT, FLAG, SHARE, TEXT, Schema, kind, many, nullable, one_of, record

ESTIMATE_ROW = record(
    key={},
    value=nullable({"type": "number"}),
    low=nullable({"type": "number"}),
    high=nullable({"type": "number"}),
    level={"const": 0.95},
    method=one_of("counted", "weighted"),
    basis=one_of("log", "process"),
    sampled=COUNT,
    effective=nullable({"type": "number"}),
    few=FLAG,
    provisional=FLAG,
    preliminary=FLAG,
    judged=nullable(SHARE),
    bounds=nullable({"type": "array", "items": SHARE, "minItems": 2, "maxItems": 2}),
    flagged=nullable({"type": "number", "minimum": 0}),
    precision=nullable({"type": "array", "items": SHARE, "minItems": 3, "maxItems": 3}),
    notes=many(TEXT),
)

SCHEMAS: dict[str, Schema] = {
    "estimate": record(
        schema=kind("estimate"),
        query=TEXT,
        of=nullable(TEXT),
        by=nullable(TEXT),
        position=COUNT,
        kind=one_of("flagged", "confirmed"),
        verdict=one_of("failure", "wrong-label", None),
        rate=FLAG,
        denominator=nullable(TEXT),
        source=TEXT,
        protocol=TEXT,
        rows=many(ESTIMATE_ROW),
        notes=many(TEXT),
    ),
}
