"""Running a suite on a version of a model, and keeping what came of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import Annotated, TypedDict, Unpack

from remiss.action import action
from remiss.parameters import Help, Range
from remiss.protocol.versions import restore
from remiss.records.identity import kind_id, plain
from remiss.records.result import SuiteResult
from remiss.records.suite import Suite
from remiss.safeguard.asking import check_gets, checked_repeats
from remiss.safeguard.exposing import broken, exposures_in, keep_exposures
from remiss.safeguard.kept_actions import KIND, SuiteName, found_suite
from remiss.safeguard.model_actions import AskedModel, Seed
from remiss.safeguard.replay_outcomes import Redact, redacting
from remiss.safeguard.result_ports import ResultWorkspace
from remiss.safeguard.scenario_actions import asked_besides
from remiss.safeguard.suite_actions import read_suite
from remiss.safeguard.suite_running import RanSuite, SuiteRun, run_suite, split_apart

RUN = "suite:run"
Scenarios = Annotated[str, Help("Which scenarios of the suite are asked as well, or `none`: default, those made last.")]
Anew = Annotated[bool, Help("Ask everything again that was answered before the run was broken off.")]
Repeat = Annotated[int, Range(1, 99), Help("How often each event is asked, an odd number: most of the answers decide.")]


class RunParameters(TypedDict):
    """How a suite is run: on which model, how often each event is asked, by which seed, and which scenarios as well."""

    model: str
    repeat: int
    seed: int
    scenarios: str | None


def checked_run(ws: ResultWorkspace, name: str, *, as_begun: bool = False, **given: Unpack[RunParameters]) -> SuiteRun:
    """Return what a run asks.

    Parameters
    ----------
    as_begun : whether the rows are those that the calls before it read, where it follows others

    Raises
    ------
    NotFound, Ambiguous : no such suite, model or scenarios, or several
    InputError : an even number of repeats; a model that gets raw events
    Conflict : the catalog no longer has what the suite was built of
    """
    repeats, model, asked = checked_repeats(given["repeat"]), ws.models.find(given["model"]), given["scenarios"]
    check_gets(model)
    suite = found_suite(ws, name, RUN)
    read = read_suite(ws, suite, as_begun=as_begun)
    if asked not in read.asked:
        rows, apart = split_apart(read.rows.open)
        read.asked[asked] = rows, apart, *asked_besides(ws, suite, rows, asked)
    rows, apart, made, notes = read.asked[asked]
    return SuiteRun(
        suite=suite,
        rows=rows,
        apart=apart,
        model=model,
        repeats=repeats,
        seed=given["seed"],
        redact=redacting_of(ws, suite),
        scenarios=made,
        notes=notes,
    )


@contextmanager
def _prepare(ws: ResultWorkspace, name: str, *, anew: bool, **given: Unpack[RunParameters]) -> Iterator[RanSuite]:
    # Before the transaction: a model may run for hours.
    asks = checked_run(ws, name, **given)
    of = run_name(ws, asks)
    pieces = () if anew else ws.results.pieces(of)
    ran = run_suite(asks, engine=ws.engine, models=ws.models, progress=ws.progress, pieces=pieces)
    yield replace(ran, run=of)


def run_name(ws: ResultWorkspace, run: SuiteRun) -> str:
    """Return what the pieces of a run are kept by: who runs what how, or has a job run it."""
    model = run.model
    known = (str(model), model.runner, model.target, model.digest)
    made = None if run.scenarios is None else run.scenarios.made.digest
    return kind_id("answers", [ws.actor.name, run.suite.digest, *known, made, run.repeats, run.seed])


def redacting_of(ws: ResultWorkspace, suite: Suite) -> Redact | None:
    """Return what an answer passes before it is kept: what the suite's events passed when they were captured."""
    stored = ws.protocols.find(suite.protocol, suite.protocol_version)
    return None if stored is None else redacting(ws, restore(stored.text, f"{suite.protocol}.yaml"))


@action("suite.run", permission=RUN, http="POST /suites/{name}/results", created="result.show", subject="name", prepare=_prepare)
def run(
    ws: ResultWorkspace,
    name: SuiteName,
    *,
    model: AskedModel,
    repeat: Repeat = 1,
    seed: Seed = 0,
    scenarios: Scenarios | None = None,
    anew: Anew = False,
    prepared: RanSuite | None = None,
) -> SuiteResult:
    """Run the suite NAME on MODEL, and keep what came of it.

    All of the suite but its sealed part is asked: cases and controls are held against what is expected of them, and of the rest
    of the sample it is told which criteria its answers meet. A model that breaks leaves a result, too, which says of each event
    what happened: what is without an answer is counted apart from what failed, and is in no figure. The figures are by mode,
    severity and slice, each with an interval in which near-duplicates count as one. `result rows` shows the events, failures
    first. Scenarios of the suite are asked as well, beside their parents: how often an answer flips is told apart, and how much
    is synthetic. A resolved case that a later version fails is regressed from then on: one of a larger number, where versions are
    dotted numbers; of others a gate tells which is the later. What `suite.ask` kept of your own for the same run is not asked
    again.

    Example: remiss suite run arrivals --model arrival-delay@2 --repeat 3

    Raises
    ------
    NotFound, Ambiguous : no such suite, model or scenarios, or several
    InputError : an even number of repeats; a model that gets raw events, or that is not registered, through a server
    Conflict : the catalog no longer has what the suite was built of
    ModelError : how the model is registered is wrong
    """
    assert prepared is not None
    ws.allow(RUN, prepared.result.team)
    exposures = exposures_in(prepared.result, prepared.rows)
    held = ws.resolutions.held([case for case, _ in exposures])
    made = replace(prepared.result, regressed=tuple(sorted(broken(held, exposures))))
    made = replace(made, position=ws.position(), made_at=ws.now, made_by=ws.actor.name)
    made = replace(made, id=kind_id(KIND, plain(asdict(made))))
    ws.results.save(made, json.dumps(plain(asdict(made)), ensure_ascii=False), prepared.rows, prepared.flips)
    ws.results.drop_pieces(prepared.run)
    keep_exposures(ws, held, exposures, made.id)
    return made
