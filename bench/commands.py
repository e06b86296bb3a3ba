"""What every command that only reads computes for, as a whole process, on the catalog that the demo makes.

Which commands these are is read from the table of actions: an action that reads and is not called here ends the bench, and a
test (`tests/repository/test_reading_commands.py`) names it before.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.results import REPEATS, WORK, Figure
from remiss.contract.table import entries

FOLDER = WORK / "commands"
CATALOG = FOLDER / "demo" / "remiss.db"
PLAIN_SECONDS, CONFIRMED_SECONDS = 0.8, 1.5
PLAIN, CONFIRMED, EXCEPTION = "plain", "confirmed", "exception"
MISSED = "criterion:missed-delay"

# How each action is called whose command only reads; `{...}` is what `prepared` makes.
CALLS: Mapping[str, tuple[str, ...]] = {
    "access.check": ("access check bo case.verify {case}",),
    "agreement.own": ("agreement own",),
    "agreement.show": ("agreement show", "agreement show --by pair"),
    "attachment.get": ("attachment get {attachment} --output -",),
    "attachment.list": ("attachment list {case}",),
    "audit.checkpoint": ("audit checkpoint",),
    "audit.prove": ("audit prove journal-7",),
    "audit.search": ("audit search", "audit search --log views"),
    "audit.verify": ("audit verify",),
    "capture.due": ("capture {protocol} --dry-run",),
    "capture.plan": ("capture {protocol} --dry-run --since 2013-06-03 --until 2013-06-10",),
    "case.compare": ("case compare {case}",),
    "case.duplicates": ("case file --dry-run --model arrival-delay --at 2013-06-03T06:00Z --title late",),
    "case.facets": ("case search --facets", f"case search {MISSED} --facets"),
    "case.form": ("case form {case}",),
    "case.history": ("case history {case}",),
    "case.investigation": ("case investigation {case}",),
    "case.notebook": ("case notebook {case} --model python:operator:countOf --out {folder}/notebook-{number}.ipynb",),
    "case.replays": ("case replays {case}",),
    "case.search": ("case search", f"case search '{MISSED} inputs.carrier:EV' --limit 5", "case search status:disputed"),
    "case.show": ("case show {case}",),
    "case.similar": ("case similar {case}",),
    "catalog.info": ("catalog info",),
    "citation.list": ("citation list",),
    "doctor": ("doctor",),
    "estimate": (
        "estimate",
        "estimate --by criterion",
        f"estimate {MISSED} --by inputs.carrier",
        f"estimate {MISSED} --by month",
        f"estimate {MISSED} --rate --by model_version",
        f"estimate '{MISSED} inputs.carrier:EV' --rate",
        "estimate --confirmed --by criterion",
        f"estimate {MISSED} --confirmed",
        f"estimate {MISSED} --confirmed --rate --by inputs.carrier",
        "estimate --confirmed --by mode",
    ),
    "estimate.exact": (f"estimate {MISSED} --exact",),
    "evidence.show": ("evidence show {case} --purpose 'how long it takes'",),
    "flag.evaluate": ("flag evaluate {flag}",),
    "flag.list": ("flag list",),
    "gate.attest": ("gate attest {gate} --format json",),
    "gate.checklist": ("gate checklist {gate}",),
    "gate.list": ("gate list",),
    "gate.show": ("gate show {gate}",),
    "inbox.list": ("inbox list",),
    "job.list": ("job list",),
    "job.show": ("job show {job}",),
    "model.check": ("model check python:operator:countOf --row at:=1",),
    "model.list": ("model list",),
    "person.list": ("person list",),
    "protocol.check": ("protocol check {protocol}",),
    "protocol.diff": ("protocol diff arrival-delay 1 1",),
    "protocol.list": ("protocol list",),
    "protocol.show": ("protocol show arrival-delay",),
    "queue.list": ("queue list",),
    "replay.list": ("replay list",),
    "reproduce": ("reproduce {run}",),
    "result.list": ("result list",),
    "result.rows": ("result rows {result}",),
    "result.show": ("result show {result}",),
    "run.cells": ("run cells {run}",),
    "run.compare": ("run compare {run} {other}",),
    "run.coverage": ("run coverage",),
    "run.diff": ("run diff {run}",),
    "run.histograms": ("run histograms {run}",),
    "run.list": ("run list",),
    "run.refused": ("run refused {run}",),
    "run.show": ("run show {run}",),
    "run.windows": ("run windows {run}",),
    "sample.export": ("sample export --out {folder}/sample-{number}.csv",),
    "sample.list": ("sample list", "sample list group:control"),
    "scenario.list": ("scenario list",),
    "scenario.show": ("scenario show {scenarios}",),
    "scenario.rows": ("scenario rows {scenarios}",),
    "chart.change": (f"chart change {MISSED} --by inputs.carrier",),
    "chart.drift": ("chart drift",),
    "chart.heatmap": (f"chart heatmap inputs.carrier context.airport {MISSED}",),
    "alert.list": ("alert list",),
    "cluster.list": ("cluster list",),
    "cluster.show": ("cluster show {cluster}",),
    "pattern.list": ("pattern list",),
    "pattern.show": ("pattern show {pattern}",),
    "slice.find": (f"slice find {MISSED}",),
    "slice.list": ("slice list",),
    "slice.show": ("slice show {slice}",),
    "status": ("status",),
    "suite.compare": ("suite compare {suite} --model {result} --baseline {result}",),
    "suite.logged": ("suite compare {suite} --logged --model arrival-delay@2 --baseline arrival-delay@1",),
    "suite.list": ("suite list",),
    "suite.rows": ("suite rows {suite}",),
    "suite.show": ("suite show {suite}",),
    "taxonomy.recodings": ("taxonomy recodings",),
    "taxonomy.rehearse": ("taxonomy recode {recoding} --dry-run",),
    "taxonomy.show": ("taxonomy show",),
    "team.list": ("team list",),
    "thread.list": ("thread list {case}",),
    "thread.show": ("thread show {thread}",),
    "token.list": ("token list",),
    "view.list": ("view list",),
    "waiver.list": ("waiver list",),
}
# What reads the log itself, or writes out all that is kept: it takes what that takes.
READ_ALL = {
    "audit.verify",
    "capture.due",
    "capture.plan",
    "estimate.exact",
    "reproduce",
    "sample.export",
    "scenario.rows",
    "suite.logged",
    "suite.rows",
}
# What computes for longer than its bound, each with a bound of its own: intervals whose quantiles scipy.special has, which takes
# a tenth of the command to load; charts of all events that were sampled, with an interval for every cell, or with every field by
# several measures; a search that tests every slice; and a window of the log, which the engine reads.
SLOWER: Mapping[str, float] = {
    f"estimate {MISSED} --by inputs.carrier": 1.1,
    f"estimate {MISSED} --by month": 1.1,
    f"estimate {MISSED} --rate --by model_version": 1.1,
    f"estimate '{MISSED} inputs.carrier:EV' --rate": 1.1,
    "protocol check {protocol}": 1.1,
    f"chart change {MISSED} --by inputs.carrier": 1.2,
    f"chart heatmap inputs.carrier context.airport {MISSED}": 1.2,
    "chart drift": 1.6,
    f"slice find {MISSED}": 1.9,
}
SCENARIOS = """\
scenarios: bench
recipes:
  - name: gone
    parents: {part: [cases, controls, production]}
    apply: [{operator: missing, field: carrier}]
    expect: invariance
"""
RECODING = """\
recode: feeder
about: What the bench rehearses.
moves:
  - {merge: ["remiss:data/drift", "remiss:data/concept-drift"], to: "remiss:data/leakage"}
"""


@dataclass(frozen=True)
class Called:
    """A command, under which bound it is, and the processor seconds of its runs."""

    words: str
    kind: str
    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


def measure() -> list[Figure]:
    """Measure all commands that only read, and return the figures."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    _run("demo", str(FOLDER / "demo"))
    names = prepared()
    called = [called_of(name, words, names) for name, words in calls()]
    shutil.rmtree(FOLDER)
    for each in called:
        print(f"{each.median:6.2f}  {each.kind:<9}  remiss {each.words}", file=sys.stderr)
    return [
        figure("commands that only read", called, PLAIN, PLAIN_SECONDS),
        figure("confirmed figures and agreement", called, CONFIRMED, CONFIRMED_SECONDS),
        figure("commands that read the log, or all of the audit", called, EXCEPTION, None),
    ]


def calls() -> list[tuple[str, str]]:
    """Return each action that only reads with a way in which its command is called."""
    reading = [name for name, entry in entries().items() if entry.reads]
    if missing := set(reading) - set(CALLS):
        sys.exit(f"bench/commands.py does not say how to call {', '.join(sorted(missing))}")
    return [(name, words) for name in reading for words in CALLS[name]]


def kind_of(name: str, words: str) -> str:
    """Return under which bound a command is."""
    if name in READ_ALL:
        return EXCEPTION
    return CONFIRMED if name == "agreement.show" or "--confirmed" in words else PLAIN


def called_of(name: str, words: str, names: Mapping[str, str]) -> Called:
    """Call a command once to have its files in memory, and then as often as is measured."""

    def spent(number: int) -> float:
        return _spent(["-m", "remiss", "--catalog", str(CATALOG), *shlex.split(words.format(**names, number=number))])

    return Called(words, kind_of(name, words), tuple(map(spent, range(REPEATS + 1)))[1:])


def figure(name: str, called: Sequence[Called], kind: str, bound: float | None) -> Figure:
    """Return what the slowest of some commands takes, with all of them beside it, slowest first; and which have another bound."""
    mine = sorted((each for each in called if each.kind == kind), key=lambda each: -each.median)
    slowest = mine[0]
    others = "".join(f"; `{each.words}` {SLOWER[each.words]:g} s" for each in mine if each.words in SLOWER)
    return Figure(
        name,
        f"{len(mine)}, {mine[-1].median:.2f} to {slowest.median:.2f} processor seconds; slowest `remiss {slowest.words}`",
        "" if bound is None else f"{bound:g} s each{others}",
        None if bound is None else all(each.median <= SLOWER.get(each.words, bound) for each in mine),
        ", ".join(f"`{each.words}` {each.median:.2f}" for each in mine),
    )


def prepared() -> dict[str, str]:
    """Add to the demo's catalog what it has none of, and return by name what commands are called with."""
    protocol, recoding, note = FOLDER / "demo" / "arrival-delay.yaml", FOLDER / "feeder.yaml", FOLDER / "note.txt"
    recoding.write_text(RECODING)
    note.write_text("What the passenger wrote.\n")
    policy = FOLDER / "release.yaml"
    policy.write_text("gate: release\nsuites: [bench]\nrepeats: 1\n")
    document = FOLDER / "scenarios.yaml"
    document.write_text(SCENARIOS)
    # A model that says nothing of use, asked little: how a decision is shown does not hang on it.
    models = [f"--{which}=python:operator:countOf" for which in ("model", "baseline")]
    case = _answer("case", "search", "status:verified criterion:missed-delay", "--limit", "1")["items"][0]["id"]
    suite = _answer("suite", "build", "bench", "status:verified", "--within", "inputs.carrier:EV")["name"]
    return {
        "folder": str(FOLDER),
        "cluster": _answer("cluster", "find", MISSED)["clusters"][0]["id"],
        "pattern": _answer("pattern", "name", "Missed", MISSED)["id"],
        "slice": _answer("slice", "keep", MISSED)["items"][0]["name"],
        "suite": suite,
        "scenarios": _answer("scenario", "make", suite, str(document))["name"],
        "gate": _answer("gate", "decide", str(policy), *models)["id"],
        "flag": "release.operator:countOf",
        "result": _answer("suite", "run", "bench", *models[:1])["id"],
        "protocol": str(protocol),
        "recoding": str(recoding),
        "case": case,
        "run": _answer("run", "list")["items"][0]["run"],
        "other": _answer("capture", str(protocol), "--since", "2013-06-03", "--until", "2013-06-10")["run"],
        "attachment": _answer("attachment", "add", case, str(note))["attachment"],
        "thread": _answer("case", "comment", case, "Is this the feed again?")["thread"],
        "job": _answer("job", "capture", str(protocol), "--since", "2013-06-03", "--until", "2013-06-10")["job"],
    }


def _answer(*words: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_run("--catalog", str(CATALOG), *words, "--format", "json"))
    return found


def _run(*words: str) -> bytes:
    done = subprocess.run([sys.executable, "-m", "remiss", *words], check=False, stdout=subprocess.PIPE)
    # A gate that cannot tell has answered, too.
    if done.returncode not in {0, 3}:
        sys.exit(f"remiss {' '.join(words)} ended with {done.returncode}")
    return done.stdout


def _spent(arguments: Sequence[str]) -> float:
    """Return what a process computed for; status 1 is an answer that is no, as of `access check`."""
    process = subprocess.Popen([sys.executable, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr is not None
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    # The demo's protocol does not say which answers of two versions belong together; that is told, too.
    if process.returncode not in {0, 1} and "--logged" not in arguments:
        sys.exit(f"{' '.join(arguments)} ended with {process.returncode}\n{said.decode()}")
    return usage.ru_utime + usage.ru_stime
