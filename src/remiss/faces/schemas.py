"""JSON Schemas of what remiss prints, as `remiss schema NAME` publishes them."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
COUNT: Schema = {"type": "integer", "minimum": 0}
SHARE: Schema = {"type": "number", "minimum": 0, "maximum": 1}
TIME: Schema = {"type": "string", "format": "date-time"}
FLAG: Schema = {"type": "boolean"}
VALUES: Schema = {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean", "null"]}}


def by_name(schema: Schema) -> Schema:
    """Return the schema of an object whose values are of that, whatever their keys."""
    return {"type": "object", "additionalProperties": schema}


def one_of(*values: str | None) -> Schema:
    """Return the schema of a closed choice."""
    return {"enum": list(values)}


def nullable(schema: Schema) -> Schema:
    """Return the schema of that, or null."""
    return {"anyOf": [schema, {"type": "null"}]}


def many(schema: Schema) -> Schema:
    """Return the schema of a list of that."""
    return {"type": "array", "items": schema}


def record(optional: dict[str, Schema] | None = None, /, **required: Schema) -> Schema:
    """Return the schema of an object with these keys; later versions may add others."""
    return {"type": "object", "properties": {**required, **(optional or {})}, "required": sorted(required)}


def kind(name: str) -> Schema:
    """Return the schema of the `schema` key."""
    return {"const": f"remiss/{name}@1"}


LEVEL = one_of("public", "internal", "restricted", "secret")
COUNTS = by_name(COUNT)
INTERVAL = record(since=TIME, until=TIME)
FINDING = record(code=TEXT, level=one_of("error", "note"), file=TEXT, line=COUNT, what=TEXT, do=TEXT)
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
CAPTURE = record(run=TEXT, protocol=TEXT, window=TIME, stratum=VALUES, probability=SHARE, in_force=FLAG)
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
LABELLED = record(labellings=many(LABELLING), hidden=nullable(TEXT))
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
LOG = one_of("journal", "views")
FIGURE = record(value=nullable({"type": "number"}), low=nullable({"type": "number"}), high=nullable({"type": "number"}))
WRITTEN = record(revision=COUNT, person=TEXT, at=TIME, position=COUNT)
CITATIONS = many(
    record(
        kind=one_of("mlflow-run", "wandb-run", "ab-test", "counterfactual", "notebook", "ticket", "pull-request"), address=TEXT
    )
)
LEFT = record(annotation=COUNT, verification=COUNT, adjudication=COUNT, mine=COUNT)

ATTACHMENT = record(
    schema=kind("attachment"),
    attachment=TEXT,
    case=TEXT,
    name=nullable(TEXT),
    size=COUNT,
    sensitivity=one_of("public", "internal", "restricted", "secret"),
    person=TEXT,
    at=TIME,
    position=COUNT,
)

SCHEMAS: dict[str, Schema] = {
    "list": record(
        schema=kind("list"), position=COUNT, total=nullable(COUNT), items=many({"type": "object"}), next=nullable(TEXT)
    ),
    "error": record(error=record(code=TEXT, what=TEXT, where=nullable(record(file=TEXT, line=nullable(COUNT))), do=TEXT)),
    "finding": FINDING,
    "findings": record(schema=kind("findings"), items=many(FINDING)),
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
    "group": GROUP,
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
        sensitivity=one_of("public", "internal", "restricted", "secret"),
        links=many(record(relation=one_of("alike", "same-event"), case=TEXT, outgoing=FLAG, person=TEXT, at=TIME)),
    ),
    "served": record(
        schema=kind("served"),
        task=nullable(
            record(
                kind=one_of("annotation", "verification", "adjudication"),
                until=TIME,
                sheet={"type": "object"},
                labellings=many(LABELLING),
            )
        ),
        left=LEFT,
    ),
    "queue": record(
        schema=kind("queue"),
        in_hand=many(record(case=TEXT, kind=one_of("annotation", "verification", "adjudication"), until=TIME)),
        left=LEFT,
        batches=many(record(source=TEXT, protocol=TEXT, group=TEXT, period=TIME, size=COUNT, done=COUNT, in_turn=COUNT)),
    ),
    "sheet": record(
        schema=kind("sheet"),
        case=TEXT,
        revision=COUNT,
        event=EVENT,
        kind=nullable(one_of("annotation", "verification", "adjudication")),
        obstacle=nullable(TEXT),
        questions=many(record(id=TEXT, asks=TEXT, answers=many(record(id=TEXT, says=TEXT, points=COUNT)))),
        modes=many(
            record(
                id=TEXT,
                title=TEXT,
                definition=TEXT,
                counts=many(TEXT),
                excludes=many(TEXT),
                parent=nullable(TEXT),
                template=nullable(TEXT),
            )
        ),
        units=many(TEXT),
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
        probability=SHARE,
        controls=many(record(event=EVENT, likeness=SHARE)),
        position=COUNT,
    ),
    "agreement": record(
        schema=kind("agreement"),
        query=TEXT,
        by=nullable(one_of("mode", "pair", "month")),
        position=COUNT,
        cases=COUNT,
        rows=many(
            record(
                key=nullable(TEXT),
                field=one_of("verdict", "mode", "severity", "modes"),
                cases=COUNT,
                agreed=FIGURE,
                alpha=FIGURE,
                ac=FIGURE,
                note=TEXT,
            )
        ),
        notes=many(TEXT),
    ),
    "recoding": record(
        schema=kind("recoding"),
        name=TEXT,
        written=FLAG,
        sent=many(record(mode=TEXT, to=nullable(TEXT), cases=COUNT, weight={"type": "number", "minimum": 0})),
    ),
    "investigation": record(
        schema=kind("investigation"),
        case=TEXT,
        hypotheses=many(
            record(number=COUNT, text=nullable(TEXT), stands=one_of("open", "supported", "refuted"), written=WRITTEN)
        ),
        experiments=many(
            record(
                number=COUNT,
                hypothesis=nullable(COUNT),
                executed=nullable(TEXT),
                result=nullable(TEXT),
                conclusion=one_of("pending", "supports", "refutes", "inconclusive"),
                citations=CITATIONS,
                written=WRITTEN,
            )
        ),
        remediations=many(
            record(
                number=COUNT,
                text=nullable(TEXT),
                result=nullable(TEXT),
                outcome=one_of("pending", "worked", "partly", "failed"),
                model_version=nullable(TEXT),
                citations=CITATIONS,
                written=WRITTEN,
            )
        ),
        write_up=nullable(
            record(
                hypothesis=nullable(TEXT),
                experiments=nullable(TEXT),
                results=nullable(TEXT),
                rationale=nullable(TEXT),
                written=WRITTEN,
            )
        ),
        steps=many(record(name=TEXT, done=FLAG)),
        hidden=nullable(TEXT),
    ),
    "thread": record(
        schema=kind("thread"),
        thread=TEXT,
        case=TEXT,
        status=one_of("open", "resolved"),
        comments=many(record(number=COUNT, person=TEXT, at=TIME, position=COUNT, text=nullable(TEXT), mentions=many(TEXT))),
        turned=many(record(status=one_of("open", "resolved"), person=TEXT, at=TIME, position=COUNT)),
        hidden=nullable(TEXT),
    ),
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
    "diff": record(schema=kind("diff"), lines=many(TEXT)),
    "due": record(schema=kind("due"), items=many(INTERVAL)),
    "status": record(schema=kind("status"), items=many(STANDING)),
    "result": record(schema=kind("result"), result={}),
    "catalog": record(
        schema=kind("catalog"),
        address=TEXT,
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
    "attachment": ATTACHMENT,
    "attached-file": record(schema=kind("attached-file"), attachment=ATTACHMENT, content=TEXT),
    "raw-event": record(
        schema=kind("raw-event"),
        case=TEXT,
        run=TEXT,
        sensitivity=one_of("public", "internal", "restricted", "secret"),
        content=TEXT,
    ),
    "rotation": record(schema=kind("rotation"), pieces=COUNT, resumed=FLAG),
    "checks": record(schema=kind("checks"), items=many(record(name=TEXT, level=one_of("ok", "note", "bad"), says=TEXT, do=TEXT))),
    "plan": record(
        schema=kind("plan"),
        months=many(record(month=TEXT, events=COUNT, sampled=COUNT, cases=COUNT, budget=nullable(COUNT))),
        intervals=many(INTERVAL),
        notes=many(TEXT),
    ),
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
    "reproduction": record(
        schema=kind("reproduction"),
        run=TEXT,
        verdict=one_of("same", "different", "cannot"),
        differences=many(TEXT),
        missing=many(TEXT),
    ),
}


def published(name: str) -> Schema:
    """Return the JSON Schema of that name.

    Raises
    ------
    KeyError : no such schema
    """
    if name == "protocol":
        from remiss.protocol.schema import json_schema

        return json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"remiss/{name}@1", **SCHEMAS[name]}


def names() -> tuple[str, ...]:
    """Return the names of all published schemas."""
    return ("protocol", *sorted(SCHEMAS))
