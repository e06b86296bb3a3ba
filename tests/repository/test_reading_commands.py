"""What commands that only read load, and that the bench times every one of them."""

from __future__ import annotations

import subprocess
import sys

import duckdb
import pytest

import remiss
from bench.commands import CALLS, calls
from remiss import capture
from remiss.contract.table import entries
from remiss.faces.cli import main
from tests.stories.logs import MONDAY, WEEK, small_log

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
    (("result rows none",), 2, {"pydantic"}),
    (("suite compare none --model arrival-delay@2 --baseline arrival-delay@1",), 2, {"pydantic", "numpy"}),
)
# Of a catalog with runs, protocols are read, and with them what they were written in; a listing of a source opens no file;
# figures are counted in arrays, and what was counted of fields is kept as such.
RUN_STEPS = (
    (("run list", "run cells {run}", "run diff {run}"), 0, set()),
    (("queue list", "run show {run}", "run windows {run}"), 0, {"pydantic", "yaml"}),
    (("status",), 0, {"pydantic", "yaml", "duckdb"}),
    (("slice list", "run compare {run} {other}"), 0, {"pydantic", "yaml", "duckdb", "numpy"}),
    (("slice show none",), 2, {"pydantic", "yaml", "duckdb", "numpy"}),
    (("chart heatmap inputs.carrier month --measure total",), 0, {"pydantic", "yaml", "duckdb", "numpy", "scipy.special"}),
    (("run histograms {run}",), 0, {"pydantic", "yaml", "duckdb", "numpy", "scipy.special", "pyarrow"}),
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
    call(tmp_path / "new.db", steps)


@pytest.fixture
def captured(tmp_path):
    """A catalog of two runs, and what commands call them."""
    log = small_log(tmp_path / "log", weeks=2)
    with remiss.open(tmp_path / "runs.db", create=True) as ws:
        spans = [(MONDAY + at * WEEK, MONDAY + (at + 1) * WEEK) for at in range(2)]
        run, other = (capture.capture(ws, log.protocol, since=since, until=until).id for since, until in spans)
        capture.status(ws)  # what files of labels came when is read once
    return tmp_path / "runs.db", {"run": run, "other": other}


@pytest.mark.slow(reason="it loads the engine to capture, and then calls twelve commands in a process of their own")
def test_a_command_that_lists_or_shows_a_run_loads_no_engine_and_no_arrays_but_what_it_reads_with(captured):
    catalog, names = captured
    call(catalog, [([each.format(**names) for each in words], status, may) for words, status, may in RUN_STEPS])


def call(catalog, steps):
    done = subprocess.run([sys.executable, "-c", CALLED, catalog, repr(steps)], capture_output=True, text=True)
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
