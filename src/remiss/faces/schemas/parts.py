"""Parts that answers of several chapters have: intervals, groups, events and labellings."""

from __future__ import annotations

from remiss.faces.schemas.shapes import COUNT, FLAG, SHARE, TEXT, TIME, VALUES, many, nullable, one_of, record

INTERVAL = record(since=TIME, until=TIME)
GROUP = record(
    criterion=TEXT,
    stratum=VALUES,
    window=TIME,
    population=COUNT,
    labelled=COUNT,
    kept=COUNT,
    threshold=SHARE,
    provisional=FLAG,
)
EVENT = record(
    id=TEXT,
    at=TIME,
    model=TEXT,
    model_version=nullable(TEXT),
    output={},
    label={},
    confidence={},
    latency_ms={},
    status=nullable(TEXT),
    inputs=VALUES,
    context=VALUES,
    text=nullable(TEXT),
    redactions=many(record(field=TEXT, detector=TEXT, start=COUNT, end=COUNT, policy=TEXT)),
)
GRADE = nullable({"type": "integer", "minimum": 1, "maximum": 4})
LABELLING = record(
    kind=one_of("annotation", "verification", "adjudication"),
    person=TEXT,
    at=TIME,
    position=COUNT,
    round=COUNT,
    attempt=COUNT,
    verdict=one_of("failure", "not-a-failure", "wrong-label", "same-event"),
    mode=nullable(TEXT),
    modes=many(TEXT),
    answers={"type": "object", "additionalProperties": TEXT},
    severity=GRADE,
    severity_reason=TEXT,
    impact=nullable(record(low={"type": "number"}, high={"type": "number"}, unit=TEXT)),
    rationale=TEXT,
    quotes=many(record(field=TEXT, text=TEXT)),
    target=nullable(TEXT),
    reproduced=one_of("yes", "no", "not-tried"),
)
