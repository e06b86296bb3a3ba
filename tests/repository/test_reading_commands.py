"""What commands that only read load, and that the bench times every one of them."""

from __future__ import annotations

import subprocess
import sys

import duckdb
import pytest

from bench.commands import CALLS, calls
from remiss.contract.table import entries
from remiss.faces.cli import main

# Each takes longer to load than a list takes to read: an engine, arrays and quantiles, parsers of documents and of expressions,
# and drawing.
HEAVY = {"duckdb", "numpy", "pandas", "psycopg", "pyarrow", "pydantic", "rich", "scipy.special", "scipy.stats", "sqlglot", "yaml"}
# What may be loaded after some commands were called, one after another in one process. Of a catalog without captures there is no
# figure, but what computes it is loaded.
STEPS = (
    (("init",), 0, set()),
    (("case search", "case search --facets", "run list", "run coverage", "person list", "team list", "audit search"), 0, set()),
    (("catalog info", "inbox list", "queue list", "job list", "model list", "token list", "citation list"), 0, set()),
    (("estimate", "estimate --confirmed --rate"), 2, {"numpy"}),
    (("agreement show",), 0, {"numpy"}),
    (("doctor",), 0, {"numpy", "duckdb", "pyarrow"}),
    (("protocol list", "taxonomy show", "taxonomy recodings"), 0, {"numpy", "duckdb", "pyarrow", "pydantic", "yaml"}),
)
# Of safeguards that were made, each is read by its type, and no more: in a process of its own, for pydantic stays loaded.
KEPT_STEPS = (
    (("init",), 0, set()),
    (("suite list", "scenario list", "result list", "gate list", "flag list", "waiver list"), 0, {"pydantic"}),
)
CALLED = f"""
import sys
from remiss.faces.cli.main import run
for commands, status, may in eval(sys.argv[2]):
    for words in commands:
        assert run(["--catalog", sys.argv[1], *words.split()]) == status, words
        assert not {HEAVY} & sys.modules.keys() - may, (words, {HEAVY} & sys.modules.keys() - may)
"""


def test_the_bench_calls_every_command_that_reads():
    assert {name for name, entry in entries().items() if entry.reads} == set(CALLS)
    assert {name for name, _ in calls()} == set(CALLS)


@pytest.mark.parametrize("steps", [STEPS, KEPT_STEPS], ids=["of a catalog", "of safeguards"])
def test_a_command_that_reads_loads_what_it_reads_with_and_no_more(tmp_path, steps):
    done = subprocess.run([sys.executable, "-c", CALLED, tmp_path / "new.db", repr(steps)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_what_a_command_leaves_is_not_looked_through_unless_an_engine_would_complain_of_it(monkeypatch):
    calls = []
    monkeypatch.setattr(main.gc, "freeze", lambda: calls.append("frozen"))
    monkeypatch.setattr(main.gc, "set_threshold", calls.append)
    for loaded, found in ((False, [main.MANY_OBJECTS, "frozen"]), (True, [main.MANY_OBJECTS])):
        calls.clear()
        with monkeypatch.context() as patched:
            patched.setitem(sys.modules, "duckdb", duckdb) if loaded else patched.delitem(sys.modules, "duckdb", raising=False)
            with pytest.raises(SystemExit):
                main.main(["--version"])
        assert calls == found
