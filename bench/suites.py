"""Suites: building one, running a version over it, and its items under pytest, each beside the shortest that does the same.

By hand the same three files are written, cell by cell; that they are the same is checked. What is not in them nobody makes there:
digests, the sealed part, power, and who may do it.

The model takes about a tenth of a millisecond for a row, as a small one does that is asked in batches; one that takes longer
hides what remiss adds.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import sqlite3
import subprocess
import sys
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from bench import capture, capture_log, results
from bench.results import WORK, Figure

ROWS = int(os.environ.get("BENCH_SUITE_ROWS", "100000"))
# Of so many events what is run is, of the same suite.
RUN_ROWS = 10_000
SAMPLING = "{window: 1 week, strata: [context.airport], keep: 3000, control: 3000, undecided: 3000, population: 500, seed: x}"
SMALL = Path("small-suite")
MODULE = """
import hashlib

def predict(rows):
    return [{"output": answered(row)} for row in rows]

def answered(row):
    found = repr(sorted(row.items())).encode()
    for _ in range(150):
        found = hashlib.sha256(found).digest()
    return "late" if found[0] < 3 else "on-time"
"""
CONFTEST = """
import json
from pathlib import Path
import pyarrow.parquet as pq
import pytest
from small_model import predict

class Rows(pytest.File):
    def collect(self):
        rows = pq.read_table(self.path, columns=["id", "inputs", "label"]).to_pylist()
        given = [json.loads(row["inputs"]) for row in rows]
        answers = [each for at in range(0, len(given), 64) for each in predict(given[at:at + 64])]
        for row, answer in zip(rows, answers):
            yield Row.from_parent(self, name=row["id"], sound=json.loads(row["label"]) == answer["output"])

class Row(pytest.Item):
    def __init__(self, *, sound, **given):
        super().__init__(**given)
        self.sound = sound

    def runtest(self):
        assert self.sound

    def repr_failure(self, excinfo, style=None):
        return "another answer"

def pytest_collect_file(file_path, parent):
    if file_path.name == "controls.parquet":
        return Rows.from_parent(parent, path=file_path)
"""
# What a suite has of an event, by somebody who knows the tables.
BY_HAND = """
SELECT e.source_name, e.event_id, e.recurrence, e.occurred_at, o.window_start, o.stratum, o.inclusion_probability, o.criteria_met,
  o.criteria_undecided, e.model, e.model_version, c.inputs, c.context, c.text, o.output, o.label, k.status
FROM observations o JOIN events e ON e.key = o.event_key JOIN event_contents c ON c.event_key = o.event_key
  LEFT JOIN cases k ON k.event_key = o.event_key
WHERE o.inclusion_probability > 0
"""
LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"
PAIRS = [one + other for one in LETTERS for other in LETTERS]
AS_JSON = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode
PARTS = ("cases", "controls", "production")


def build() -> None:
    """Build the suite of all that the catalog sampled, and write its folder."""
    import remiss
    from remiss import safeguard, suite_folder

    with remiss.open() as ws:
        suite = safeguard.build_suite(ws, f"bench-{os.getpid()}", "", sealed=0.0)
        suite_folder.write(ws, suite, f"suite-{os.getpid()}")


def by_hand() -> None:
    """Read the same from the catalog, and write the same rows to the same three files."""
    with sqlite3.connect(os.environ["REMISS_CATALOG"]) as connection:
        rows = sorted(map(_row, connection.execute(BY_HAND)))
    schema = _schema()
    Path("by-hand").mkdir(exist_ok=True)
    for part in PARTS:
        columns = [*zip(*(row for row in rows if row[1] == part), strict=True)] or [()] * len(schema)
        arrays = [pa.array(column, each.type) for column, each in zip(columns, schema, strict=True)]
        table = pa.table(arrays, schema)
        pq.write_table(table, f"by-hand/{part}.parquet", compression="zstd")


def _schema() -> pa.Schema:
    text, time = pa.string(), pa.timestamp("us", tz="UTC")
    kinds = {"occurred": time, "window": time, "weight": pa.float64(), "severity": pa.int64(), "audited": pa.bool_()}
    names = (
        *("id", "part", "event", "occurred", "window", "role", "weight", "family", "stratum", "model", "model_version", "inputs"),
        *(
            "context",
            "text",
            "output",
            "label",
            "status",
            "mode",
            "severity",
            "criteria",
            "audited",
            "met_by_log",
            "expectations",
        ),
    )
    return pa.schema([(name, kinds.get(name, text)) for name in names])


def _row(read: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return what is in the files of one event; what the catalog has as JSON is in them letter by letter."""
    source, event, recurrence, occurred, window, stratum, chance, met, undecided, *models, inputs, context, text = read[:14]
    output, label, status = read[14:]
    named = _base32(AS_JSON([source, event, *([recurrence] if recurrence else [])]))
    role = "candidate" if met != "[]" else "undecided" if undecided != "[]" else "control"
    control = role == "control" and status in {None, "control", "cleared"} and label is not None
    values = {name: f"{value:.2e}" if type(value) is float else value for name, value in json.loads(inputs).items()}
    return (
        *(f"{named[:4]}-{named[4:8]}-{named[8:]}", "controls" if control else "production", event, occurred, window, role),
        *(1 / chance, _base32(f"[{AS_JSON(values)},{_words(text)}]"), stratum or "{}", *models, inputs, context, text),
        *(
            output or "null",
            label or "null",
            status,
            None,
            None,
            met,
            False,
            _met(output, label),
            _expected(label) if control else "[]",
        ),
    )


def _base32(text: str) -> str:
    bits = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) >> 4
    return "".join([PAIRS[bits >> at & 1023] for at in (50, 40, 30, 20, 10, 0)])


@lru_cache(10_000)
def _words(text: str) -> str:
    return AS_JSON(sorted({*re.sub(r"\d+", "0", text.casefold()).split()}))


@lru_cache(10_000)
def _met(output: str, label: str | None) -> str:
    """Return what the criteria are on an answer of the log, of those that a suite can tell of it."""
    told = label is not None
    found = {
        "false-alarm": (output, label) == ('"late"', '"on-time"'),
        "missed-delay": (output, label) == ('"on-time"', '"late"'),
    }
    return AS_JSON({**{name: each if told else None for name, each in found.items()}, "slow": None, "unsure": None})


@lru_cache(10_000)
def _expected(label: str) -> str:
    return f'[{{"kind":"equals","value":{label}}}]'


def copied() -> None:
    """Read the events, and write what was read to one file as it is: nothing of it is computed."""
    with sqlite3.connect(os.environ["REMISS_CATALOG"]) as connection:
        found = connection.execute(BY_HAND).fetchall()
    columns = [pa.array(column) for column in zip(*found, strict=True)]
    pq.write_table(pa.table(columns, [f"c{at}" for at in range(len(columns))]), "copied.parquet", compression="zstd")


def small() -> None:
    """Write a suite of some controls of the large one, nearly all of which the model answers as is expected."""
    from remiss import suite_folder
    from remiss.records.suite import SuiteFile, SuitePart
    from remiss.safeguard.kept_documents import suite_digest
    from remiss.safeguard.suite_content import content_digest

    found = suite_folder.read(next(iter(Path().glob("suite-*"))))
    rows = tuple(row for row in found.rows if row.part is SuitePart.CONTROLS and row.label == "on-time")
    rows = rows[:RUN_ROWS]
    files = [replace(each, rows=0, families=0, weight=0.0, digest=content_digest(())) for each in found.suite.files]
    controls = SuiteFile(
        part=SuitePart.CONTROLS,
        rows=len(rows),
        families=len({row.family for row in rows}),
        weight=sum(row.weight for row in rows),
        digest=content_digest(rows),
    )
    files = [controls if each.part is SuitePart.CONTROLS else each for each in files]
    suite = replace(found.suite, files=tuple(files))
    suite_folder.write_rows(replace(suite, digest=suite_digest(suite)), rows, SMALL)


def loop() -> None:
    """Ask the model all rows of the small suite in batches, and compare its answers."""
    from small_model import predict  # type: ignore[import-not-found]

    rows = pq.read_table(SMALL / "controls.parquet", columns=["inputs", "label"]).to_pylist()
    given = [json.loads(row["inputs"]) for row in rows]
    answers = [each["output"] for at in range(0, len(given), 64) for each in predict(given[at : at + 64])]
    print(sum(json.loads(row["label"]) == answer for row, answer in zip(rows, answers, strict=True)))


def suite() -> None:
    """Run the small suite by the command."""
    _command("remiss", "suite", "run", str(SMALL), "--model", "python:small_model:predict", statuses=(0,))


def plugin() -> None:
    """Run the small suite under pytest."""
    _command("pytest", "-q", "-c", "bare.ini", str(SMALL / "suite.yaml"), "--remiss-model", "python:small_model:predict")


def bare() -> None:
    """Run the same items by the shortest plugin that makes them of the same file."""
    _command("pytest", "-q", "-c", "bare.ini", "-p", "bare_items", str(SMALL / "controls.parquet"))


def _command(*words: str, statuses: tuple[int, ...] = (0, 1)) -> None:
    options = ["--tb=no", "-p", "no:cacheprovider"] if words[0] == "pytest" else []
    done = subprocess.run([sys.executable, "-m", *words, *options], check=False, stdout=subprocess.DEVNULL)
    if done.returncode not in statuses:
        sys.exit(f"{' '.join(words)} ended with {done.returncode}")


def measure() -> list[Figure]:
    """Measure all sides and return the figures."""
    WORK.mkdir(exist_ok=True)
    capture_log.generate(WORK / "suite-log" / "log", ROWS)
    os.chdir(WORK / "suite-log")
    os.environ["PYTHONPATH"] = os.pathsep.join(
        [str(capture.HERE.parent), str(capture.HERE.parent / "src"), str(Path().absolute())]
    )
    text = (capture.HERE / "capture.yaml").read_text()
    Path("capture.yaml").write_text(f"{text[: text.index('sampling:')]}sampling: {SAMPLING}\n")
    Path("small_model.py").write_text(MODULE)
    Path("bare_items.py").write_text(CONFTEST)
    Path("bare.ini").write_text("[pytest]\n")
    for old in (*Path().glob("suite-*/*"), *SMALL.glob("*")):
        old.unlink()
    for folder in (*Path().glob("suite-*"), *Path().glob(SMALL.name)):
        folder.rmdir()
    capture.new_catalog()
    os.environ["REMISS_MEMORY_LIMIT"] = "2GB"
    capture.ROWS = ROWS
    capture.capture()
    built, written, copies = results.alternate(*(partial(_side, name) for name in ("build", "by_hand", "copied")))
    for part in PARTS:
        same = pq.read_table(f"by-hand/{part}.parquet").equals(pq.read_table(next(Path().glob(f"suite-*/{part}.parquet"))))
        if not same:
            sys.exit(f"the two sides wrote other {part}, and are not worth timing")
    small()
    ran, looped = results.alternate(lambda: _side("suite"), lambda: _side("loop"))
    tested, collected = results.alternate(lambda: _side("plugin"), lambda: _side("bare"))
    building = _figure(f"building a suite of {ROWS:,} events, with its folder", built, written, 2.0)
    return [
        replace(
            building, detail=f"{building.detail}; what was read copied to one file as it is {results.processor(copies):.1f} s"
        ),
        _figure(f"suite run over {RUN_ROWS:,} events", ran, looped, 5.0),
        _figure(f"{RUN_ROWS:,} items under pytest", tested, collected, 1.2),
    ]


def _figure(name: str, ours: list[results.Timed], by_hand: list[results.Timed], bound: float) -> Figure:
    ratio = results.ratio(ours, by_hand)
    measured = f"{results.seconds(ours):.1f} s; by hand {results.seconds(by_hand):.1f} s; ratio {ratio:.2f}"
    detail = f"processor time {results.processor(ours):.1f} s, by hand {results.processor(by_hand):.1f} s"
    return Figure(name, measured, f"{bound:g}", ratio <= bound, detail)


def _side(name: str) -> results.Timed:
    return results.child("-m", "bench.suites", name)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    sides = {"build": build, "by_hand": by_hand, "copied": copied, "suite": suite, "loop": loop, "plugin": plugin, "bare": bare}
    parser.add_argument("side", choices=[*sides])
    sides[parser.parse_args().side]()
