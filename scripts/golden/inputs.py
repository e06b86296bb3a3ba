"""What the record's catalogs are made of: two logs that are the same each time, and the documents that read them.

`flights` is the small demo log: real flights, real models. What its answers took was measured on this machine, so those times are
replaced by numbers made of the ids. `predictions` is made up, and its protocol uses what the demo's does not.
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

MONDAY = datetime(2013, 6, 3, tzinfo=UTC)
WEEK = timedelta(weeks=1)
FLIGHTS, PREDICTIONS = "flights/arrival-delay.yaml", "predictions/gate-change.yaml"
NEXT = "predictions/gate-change-2.yaml"
RECODING = "recoding.yaml"
BROKEN = "predictions/broken.yaml"
ATTACHED = "screenshot.txt"
RENAMED = "remiss:model/weak-slice", "remiss:data/label-noise"

GATES = """\
protocol: gate-change
version: 1
about: Gates that were announced wrongly.
model: gate-change
source: {name: gate-predictions, format: parquet, uri: "predictions.parquet"}
labels: {format: parquet, uri: "outcomes.parquet", key: flight, time: known_at, lag: 2 days}
fields:
  id: prediction_id
  time: scheduled_at
  model_version: model_version
  output: predicted
  label: labels.actual
  confidence: score
  latency_ms: latency_ms
  status: status
  inputs: [carrier, distance]
  context: {airport: origin}
  text: remarks
require: [id, time, model_version, output, inputs.carrier, context.airport]
criteria:
  - {name: wrong-gate, kind: misclassification, when: "output = 'same' AND label = 'changed'",
     among: "output = 'same'", mode: "remiss:model/weak-slice", severity: 2, why: Somebody ran.}
  - {name: slow, kind: latency, when: latency_ms > 250, severity: 3, why: The board times out at 300 ms.}
  - {name: no-answer, kind: error, when: status <> 'ok', severity: 1, why: The board shows nothing.}
  - {name: odd-distance, kind: anomaly, of: inputs.distance, beyond: 3, severity: 4, why: A unit was mixed up.}
sampling: {window: 1 week, strata: [context.airport], keep: 5, control: 5, undecided: 5, population: 50, seed: "2026"}
sensitivity: {text: internal}
redaction: [email, phone]
labelling: {every: 4 weeks, budget: 40, controls: 0.2, units: [minutes], verify: {1: 1.0, 2: 1.0, 3: 0.5, 4: 0.3, rejected: 0.5}}
"""


def write(folder: Path) -> None:
    """Write logs, protocols and other documents under `folder`."""
    write_flights(folder / "flights")
    write_predictions(folder / "predictions")
    (folder / PREDICTIONS).write_text(GATES)
    changed = GATES.replace("version: 1", "version: 2").replace("latency_ms > 250", "latency_ms > 200")
    (folder / NEXT).write_text(changed)
    (folder / BROKEN).write_text(GATES.replace("latency_ms > 250", "latency_sec > 250").replace("keep: 5", "keep: many"))
    old, new = RENAMED
    (folder / RECODING).write_text(f'recode: words\nabout: better words\nmoves:\n  - {{rename: "{old}", to: "{new}"}}\n')
    (folder / ATTACHED).write_text("what the board showed\n")


def write_flights(folder: Path) -> None:
    """Write the demo's small log, with times taken that are the same on every machine."""
    from remiss.demo import logs

    logs.write_small(folder)
    for path in sorted((folder / "predictions").glob("*.parquet")):
        rows = pq.read_table(path)
        taken = [round(0.5 + number("took", key) * 0.0026, 4) for key in rows["prediction_id"].to_pylist()]
        at = rows.schema.get_field_index("latency_ms")
        pq.write_table(rows.set_column(at, "latency_ms", pa.array(taken, rows.schema.field(at).type)), path)
    protocol = folder / "arrival-delay.yaml"
    protocol.write_text(re.sub(r"latency_ms > [\d.]+", "latency_ms > 3", protocol.read_text("utf-8")), "utf-8")


def write_predictions(folder: Path, weeks: int = 4, a_week: int = 300) -> None:
    """Write predictions of gates and what came of them; some are refused, and some still wait for their outcome."""
    predictions, outcomes = [], []
    for at in range(weeks * a_week):
        moment, flight = MONDAY + at * WEEK / a_week, f"G{at:05}"
        changed = number("changed", at) < 200
        predictions.append(
            {
                "prediction_id": f"{flight}@{1 + at // 700}",
                "flight": flight,
                "scheduled_at": moment,
                "model_version": str(1 + at // 700),
                "predicted": "changed" if number("said", at) < (500 if changed else 80) else "same",
                "score": number("score", at) / 1000,
                "latency_ms": 20.0 + number("latency", at) * 0.24,
                "status": "ok" if number("status", at) > 8 else "timeout",
                "carrier": None if number("gone", at) < 4 else ("UA", "DL", "B6")[number("carrier", at) % 3],
                "origin": ("EWR", "JFK")[number("origin", at) % 2],
                "distance": 200 + number("distance", at) if number("unit", at) > 5 else 90_000,
                "remarks": f"ask ana{at}@example.com or +1 212 555-0{100 + at % 90} about {flight}" if at % 7 == 0 else "",
            }
        )
        if number("cancelled", at) >= 20:
            actual = "changed" if changed else "same"
            outcomes.append({"flight": flight, "actual": actual, "known_at": moment + timedelta(hours=3)})
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(predictions), folder / "predictions.parquet")
    pq.write_table(pa.Table.from_pylist(outcomes), folder / "outcomes.parquet")


def number(*words: object) -> int:
    """Return the same number below 1000 for the same words, on every machine."""
    return int(hashlib.sha256(repr(words).encode()).hexdigest()[:8], 16) % 1000
