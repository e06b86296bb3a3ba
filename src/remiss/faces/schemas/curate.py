"""What curating prints: the queue, sheets, agreement, recodings, investigations and threads."""

from __future__ import annotations

from remiss.faces.schemas.parts import EVENT, LABELLING
from remiss.faces.schemas.shapes import COUNT, FLAG, TEXT, TIME, Schema, kind, many, nullable, one_of, record

FIGURE = record(value=nullable({"type": "number"}), low=nullable({"type": "number"}), high=nullable({"type": "number"}))
WRITTEN = record(revision=COUNT, person=TEXT, at=TIME, position=COUNT)
CITATIONS = many(
    record(
        kind=one_of("mlflow-run", "wandb-run", "ab-test", "counterfactual", "notebook", "ticket", "pull-request"), address=TEXT
    )
)
LEFT = record(annotation=COUNT, verification=COUNT, adjudication=COUNT, mine=COUNT)

SCHEMAS: dict[str, Schema] = {
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
}
