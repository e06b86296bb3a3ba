"""What commands that only read load, and that the bench times every one of them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from bench.commands import CALLS, calls
from remiss.contract.table import entries
from tests.tables import each

# Each takes longer to load than a list takes to read: an engine, arrays, parsers of documents and of expressions, and drawing.
HEAVY = {"duckdb", "numpy", "pandas", "psycopg", "pyarrow", "pydantic", "rich", "scipy", "sqlglot", "yaml"}
ASKED = """
import sys
from remiss.faces.cli.main import run
for words in {words}:
    assert run(["--catalog", {catalog!r}, *words.split()]) == {status}, words
print(sorted({heavy} & set(sys.modules)), file=sys.stderr)
"""
PLAIN = (
    *(
        "case search",
        "case search --facets",
        "run list",
        "run coverage",
        "person list",
        "team list",
        "audit search",
        "catalog info",
    ),
    *("catalog info", "inbox list", "queue list", "job list", "token list", "citation list"),
)


@pytest.fixture(scope="module")
def catalog(tmp_path_factory) -> str:
    address = str(tmp_path_factory.mktemp("read") / "remiss.db")
    subprocess.run([sys.executable, "-m", "remiss", "--catalog", address, "init"], check=True, capture_output=True)
    return address


def test_the_bench_calls_every_command_that_reads():
    assert {name for name, entry in entries().items() if entry.reads} == set(CALLS)
    assert {name for name, _ in calls()} == set(CALLS)


@each(
    "words, status, may",
    [
        (PLAIN, 0, set()),
        # They stand beside what reads documents.
        (["protocol list", "taxonomy show", "taxonomy recodings"], 0, {"pydantic", "yaml"}),
        # Of a catalog without captures there is no figure, but what computes it is loaded.
        (["estimate"], 2, {"numpy", "scipy"}),
    ],
)
def test_a_command_that_reads_loads_what_it_reads_with_and_no_more(catalog, words, status, may):
    code = ASKED.format(words=list(words), catalog=catalog, status=status, heavy=HEAVY - may)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines()[-1] == "[]"
