"""A whole protocol and what an engine would say of its sources, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Mapping

from remiss.errors import ProtocolError
from remiss.protocol.check_result import Finding
from remiss.protocol.document import parse
from remiss.protocol.ports import Description
from remiss.protocol.structure import Nesting, Structure
from remiss.protocol.terms import Protocol, Type

FILE = "arrival-delay.yaml"
WHOLE = """\
protocol: arrival-delay
version: 3
about: Missed delays.
team: arrivals
model: arrival-delay
owners: [ana]
source: {name: arrival-predictions, format: parquet, uri: "predictions/*.parquet", time_zone: America/New_York}
labels: {uri: "outcomes/*.parquet", key: flight_key, time: known_at, lag: 2 days}
fields:
  id: prediction_id
  time: scheduled_at
  model_version: model_version
  output: predicted
  label: labels.actual
  confidence: score
  latency_ms: latency_ms
  status: status
  inputs: [carrier, distance, wind_speed]
  context: {airport: origin, data_source: feed}
  text: remarks
require: [id, time, model_version, output, inputs.carrier]
criteria:
  - name: missed-delay
    kind: misclassification
    when: output = 'on-time' AND label = 'late'
    mode: remiss:model/weak-slice
    severity: 2
    why: A traveller was told on time and missed a connection.
  - {name: no-answer, kind: error, when: status <> 'ok', severity: 1, why: The board shows nothing.}
  - {name: slow, kind: latency, when: latency_ms > 250, severity: 3, why: The board times out at 300 ms.}
  - {name: odd-wind, kind: anomaly, of: inputs.wind_speed, beyond: 6, reference: previous, severity: 3, why: Sensor fault.}
sampling: {window: 1 week, strata: [context.airport], keep: 10, control: 20, undecided: 10, population: 500, seed: "2026"}
sensitivity: {text: internal, context.data_source: public}
redaction: [email, phone, card, ip]
labelling: {every: week, budget: 150, controls: 0.2, verify: {1: 1.0, 2: 0.5, 3: 0.25, 4: 0.1, rejected: 0.25}}
retention: {raw: 90 days, redacted: 5 years}
review: {every: week, owners: [ana, bo, chen], quorum: 2}
"""


def flat(columns: Mapping[str, Type], *zoned: str) -> dict[str, Structure]:
    """Return columns that hold no other values by name; the times of those named carry a zone."""
    return {name: Structure(type=kind, zoned=name in zoned) for name, kind in columns.items()}


SOURCE = Description(
    columns=flat(
        {
            "prediction_id": Type.TEXT,
            "flight_key": Type.TEXT,
            "scheduled_at": Type.TIME,
            "model_version": Type.INTEGER,
            "predicted": Type.TEXT,
            "score": Type.NUMBER,
            "latency_ms": Type.INTEGER,
            "status": Type.TEXT,
            "carrier": Type.TEXT,
            "distance": Type.INTEGER,
            "wind_speed": Type.NUMBER,
            "origin": Type.TEXT,
            "feed": Type.TEXT,
            "remarks": Type.TEXT,
            "day": Type.DATE,
        }
    )
    | {"tags": Structure(type=Type.NESTED, form=Nesting.LIST, item=Structure(type=Type.TEXT))},
    types={"scheduled_at": "TIMESTAMP", "tags": "VARCHAR[]", "score": "DOUBLE"},
    files=(),
)
LABELS = Description(
    columns={
        **flat({"flight_key": Type.TEXT, "known_at": Type.TIME, "actual": Type.TEXT}, "known_at"),
        "told": Structure(type=Type.NESTED, form=Nesting.STRUCT, fields=flat({"at": Type.TIME, "by": Type.INTEGER}, "at")),
    },
    types={"known_at": "TIMESTAMP WITH TIME ZONE"},
    files=(),
)


def line_of(text: str, part: str) -> int:
    """Return the first line that holds `part`."""
    return next(number for number, line in enumerate(text.splitlines(), 1) if part in line)


def changed(old: str, new: str) -> str:
    """Return the whole protocol with one part changed."""
    assert old in WHOLE
    return WHOLE.replace(old, new, 1)


def no_files(name: str) -> str:
    raise ProtocolError(f"there is no file {name}", do="name one")


def findings_of(text: str) -> tuple[Finding, ...]:
    return parse(text, FILE, no_files)[1]


def protocol_of(text: str = WHOLE) -> Protocol:
    protocol, findings = parse(text, FILE, no_files)
    assert protocol is not None, findings
    return protocol
