"""Logs of very many files or columns: what a check takes of memory and processor time has a bound."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from remiss.edges.engines.structures import MOST_COLUMNS
from tests.stories.logs import MONDAY

pytestmark = pytest.mark.soak
ROOT = Path(__file__).resolve().parents[2]
PROTOCOL = """\
protocol: large
version: 1
about: A large log.
model: large
source: {name: large, format: parquet, uri: "*.parquet"}
fields: {id: prediction_id, time: scheduled_at, output: predicted, latency_ms: latency_ms, inputs: [f0]}
criteria:
  - {name: slow, kind: latency, when: latency_ms > 40, severity: 3, why: Slow.}
sampling: {window: 1 week, keep: 5, control: 5, seed: "2026"}
"""
# Started by a small process: what the one that starts it holds counts as the peak of a new one, and a worker holds much.
MEASURED = """
import json, os, subprocess, sys
process = subprocess.Popen(sys.argv[1:], stdout=sys.stderr)
_, status, took = os.wait4(process.pid, 0)
print(json.dumps([os.waitstatus_to_exitcode(status), took.ru_utime + took.ru_stime, took.ru_maxrss / 1024]))
"""


def write(path, rows, columns, at):
    table = {
        "prediction_id": [f"{path.stem}-{row}" for row in range(rows)],
        "scheduled_at": [at] * rows,
        "predicted": ["a"] * rows,
        "latency_ms": [float(row) for row in range(rows)],
    }
    ones = pa.array([1.0] * rows)
    pq.write_table(pa.table(table | {f"f{number}": ones for number in range(columns - len(table))}), path)


def checked(folder):
    """Check the protocol in a process of its own; return its status, what it said, and what it took in seconds and megabytes."""
    (folder / "large.yaml").write_text(PROTOCOL)
    command = [sys.executable, "-c", MEASURED, sys.executable, "-m", "remiss", "protocol", "check", str(folder / "large.yaml")]
    with (folder / "said").open("w+") as said:
        told = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=said, check=True).stdout
        said.seek(0)
        status, seconds, megabytes = json.loads(told)
        return status, said.read(), seconds, megabytes


def test_ten_thousand_files_are_checked_within_a_gigabyte(tmp_path, counted):
    for number in range(10_000):
        write(tmp_path / f"{number:05}.parquet", 3, 5, MONDAY + timedelta(minutes=number))
    status, said, seconds, megabytes = checked(tmp_path)
    counted(f"10,000 files: {seconds:.1f} s of processor time, {megabytes:.0f} MB")
    assert status == 0, said
    assert seconds < 60
    assert megabytes < 1_200


@pytest.mark.parametrize(("columns", "status"), [(MOST_COLUMNS, 0), (100_000, 1)])
def test_so_many_columns_are_checked_or_refused_within_a_gigabyte(tmp_path, counted, columns, status):
    write(tmp_path / "wide.parquet", 3, columns, MONDAY)
    found, said, seconds, megabytes = checked(tmp_path)
    counted(f"{columns:,} columns: {seconds:.1f} s of processor time, {megabytes:.0f} MB")
    assert found == status, said
    assert (f"there are {columns:,} columns" in said) == bool(status)
    assert seconds < 60
    assert megabytes < 1_200
