"""Small logs for the stories: three weeks of predictions at two airports, outcomes apart, deterministic."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq

MONDAY = datetime(2013, 6, 3, tzinfo=UTC)
WEEK = timedelta(weeks=1)

PROTOCOL = """\
protocol: arrival-delay
version: 1
about: Missed delays at two airports.
model: arrival-delay
source: {name: arrival-predictions, format: parquet, uri: "predictions/*.parquet"}
labels: {format: parquet, uri: "outcomes/*.parquet", key: flight, time: known_at, lag: 2 days}
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
  - {name: missed-delay, kind: misclassification, when: "output = 'on-time' AND label = 'late'",
     mode: "remiss:model/weak-slice", severity: 2, why: A traveller missed a connection.}
  - {name: slow, kind: latency, when: latency_ms > 250, severity: 3, why: The board times out at 300 ms.}
sampling: {window: 1 week, strata: [context.airport], keep: 5, control: 5, undecided: 5, population: 50, seed: "2026"}
redaction: [email, phone]
"""


@dataclass
class Log:
    """A log on disk with the protocol beside it; change the rows, then `write` again."""

    folder: Path
    predictions: list[dict[str, object]] = field(default_factory=list)
    outcomes: list[dict[str, object]] = field(default_factory=list)

    @property
    def protocol(self) -> str:
        return str(self.folder / "arrival-delay.yaml")

    def write(self, protocol: str = PROTOCOL) -> Log:
        """Write every row and the protocol; what was there before is replaced."""
        for name, rows in (("predictions", self.predictions), ("outcomes", self.outcomes)):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
            pq.write_table(pa.Table.from_pylist(rows), self.folder / name / "all.parquet")
        Path(self.protocol).write_text(protocol)
        return self

    def digest(self) -> str:
        """Return a short word for what lies in the folder now: the same for the same files."""
        files = sorted(path for path in self.folder.rglob("*") if path.is_file())
        content = hashlib.sha256()
        for path in files:
            content.update(f"{path.relative_to(self.folder)} {path.stat().st_size}\n".encode() + path.read_bytes())
        return content.hexdigest()[:12]

    def copy(self, folder: Path) -> Log:
        """Return a copy of the folder as it is now, for a catalog that is kept: the tests write over theirs."""
        if not folder.exists():
            shutil.copytree(self.folder, folder)
        return Log(folder, self.predictions, self.outcomes)


def number(*words: object) -> int:
    """Return the same number below 1000 for the same words, on every machine."""
    return int(hashlib.sha256(repr(words).encode()).hexdigest()[:8], 16) % 1000


def small_log(folder: Path, weeks: int = 3, a_week: int = 400) -> Log:
    """Return a log of `weeks` weeks from Monday 2013-06-03, `a_week` predictions each, written to `folder`."""
    rows, files = made(weeks, a_week)
    log = Log(folder, *([dict(row) for row in some] for some in rows))
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return log


def log_with_a_fault(folder: Path, weeks: int, said: str = "") -> Log:
    """Return a small log in which one carrier's short flights are announced wrong far more often, and then `said` is remarked."""
    log = small_log(folder, weeks=weeks)
    late = {row["flight"] for row in log.outcomes if row["actual"] == "late"}
    for row in log.predictions:
        worse = row["carrier"] == "UA" and row["distance"] < 451
        if row["flight"] in late:
            row["predicted"] = "on-time" if worse or row["flight"][-1] in "05" else "late"
            if said:
                row["remarks"] = said if worse else ""
    return log.write(PROTOCOL.replace("population: 50", "population: 400"))


Rows = tuple[list[dict[str, object]], list[dict[str, object]]]


@cache
def made(weeks: int, a_week: int) -> tuple[Rows, dict[str, bytes]]:
    """Return the rows and the files of a small log: hundreds of tests begin with the same."""
    predictions: list[dict[str, object]] = []
    outcomes: list[dict[str, object]] = []
    for at in range(weeks * a_week):
        moment = MONDAY + at * WEEK / a_week
        flight = f"F{at:05}"
        late = number("late", at) < 250
        predictions.append(
            {
                "prediction_id": f"{flight}@1",
                "flight": flight,
                "scheduled_at": moment,
                "model_version": "1",
                "predicted": "late" if number("said", at) < (500 if late else 100) else "on-time",
                "score": number("score", at) / 1000,
                "latency_ms": 20.0 + number("latency", at) * 0.24,
                "status": "ok",
                "carrier": ("UA", "DL", "B6")[number("carrier", at) % 3],
                "origin": ("EWR", "JFK")[number("origin", at) % 2],
                "distance": 200 + number("distance", at),
                "remarks": f"ask ana{at}@example.com about {flight}" if at % 10 == 0 else "",
            }
        )
        if number("cancelled", at) >= 20:
            outcomes.append({"flight": flight, "actual": "late" if late else "on-time", "known_at": moment + timedelta(hours=3)})
    with TemporaryDirectory() as folder:
        log = Log(Path(folder), predictions, outcomes).write()
        files = {str(path.relative_to(folder)): path.read_bytes() for path in log.folder.rglob("*") if path.is_file()}
    return (predictions, outcomes), files
