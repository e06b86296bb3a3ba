"""What one can do with what safeguards left in the catalog: list suites, scenarios, results and decisions, and show one.

Whoever only looks reads none of what made them: no model is loaded, no rows, no statistics.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Annotated

from remiss.action import action
from remiss.catalog.query.parsing import parse
from remiss.errors import Denied, NotFound
from remiss.parameters import Grade, Help, Limit, PageToken, Position
from remiss.records.catalog import reached
from remiss.records.event import is_text
from remiss.records.gate import SHOWN_EVIDENCE, GateDecision, GateDecisions
from remiss.records.result import RowVerdict, SuiteResult, SuiteResults
from remiss.records.rows import Rows, Turn, list_name, token, turn
from remiss.records.scenario import ScenarioSet, ScenarioSets
from remiss.records.suite import Suite, SuitePart, Suites
from remiss.records.view_entry import listed
from remiss.safeguard.kept_documents import ROW_COLUMNS, decision_of, result_of, row_line, scenario_set_of, suite_from
from remiss.safeguard.ports import SuiteWorkspace
from remiss.safeguard.result_ports import GateWorkspace, ResultRowSearch, ResultWorkspace
from remiss.safeguard.waiving import with_waivers

SUITE_READ, GATE_READ = "suite:read", "gate:read"
KIND = "result"
SuiteName = Annotated[str, Help("The name of a suite, or NAME@DIGEST with at least six digits of it.")]
SetName = Annotated[str, Help("The name of scenarios, or NAME@DIGEST with at least six digits of it.")]
ResultId = Annotated[str, Help("The id of a result, or a prefix of it that no other has.")]
GateId = Annotated[str, Help("The id of a decision, or a prefix of it that no other has.")]


@action("suite.list", permission=SUITE_READ, http="GET /suites", reads=True)
def list_suites(ws: SuiteWorkspace, *, as_of: Position | None = None) -> Suites:
    """List the suites of the catalog, the newest first.

    Example: remiss suite list
    """
    at = reached(as_of, ws.position())
    found = (suite_from(text, "suite") for text in ws.suites.listed(at))
    return Suites(
        position=ws.position() if at is None else at, items=tuple(each for each in found if ws.may(SUITE_READ, each.team))
    )


@action("suite.show", permission=SUITE_READ, http="GET /suites/{name}", reads=True, subject="name")
def show_suite(ws: SuiteWorkspace, name: SuiteName, *, as_of: Position | None = None) -> Suite:
    """Show what a suite is made of, and how often a gate over it passes.

    Example: remiss suite show arrivals

    Raises
    ------
    NotFound
    """
    at = reached(as_of, ws.position())
    return replace(found_suite(ws, name, SUITE_READ, at), read_position=ws.position() if at is None else at)


def found_suite(ws: SuiteWorkspace, name: str, permission: str, position: int | None = None) -> Suite:
    """Return a suite by its name, the newest that there was at a position, or by `NAME@DIGEST`.

    Raises
    ------
    NotFound
    """
    plain_name, _, of = name.partition("@")
    text = None if not is_text(name) else ws.suites.find(plain_name, of or None, position)
    suite = None if text is None else suite_from(text, plain_name)
    if suite is None or not ws.may(permission, suite.team):
        raise NotFound(f"there is no suite {name}", do="see `remiss suite list`", field="name")
    return suite


@action("scenario.list", permission=SUITE_READ, http="GET /scenarios", reads=True)
def list_scenarios(
    ws: SuiteWorkspace,
    suite: SuiteName | None = None,
    *,
    as_of: Position | None = None,
) -> ScenarioSets:
    """List the scenarios that were made, the newest first.

    Example: remiss scenario list arrivals

    Raises
    ------
    NotFound : no such suite
    """
    at = reached(as_of, ws.position())
    of = None if suite is None else found_suite(ws, suite, SUITE_READ, at)
    found = (scenario_set_of(json.loads(text), "scenarios") for text in ws.suites.scenarios.listed(at))
    items = tuple(each for each in found if ws.may(SUITE_READ, each.team) and (of is None or each.suite_digest == of.digest))
    return ScenarioSets(position=ws.position() if at is None else at, items=items)


@action("scenario.show", permission=SUITE_READ, http="GET /scenarios/{name}", reads=True, subject="name")
def show_scenarios(ws: SuiteWorkspace, name: SetName, *, as_of: Position | None = None) -> ScenarioSet:
    """Show how scenarios are made, recipe by recipe, and what gave none.

    Example: remiss scenario show robust

    Raises
    ------
    NotFound
    """
    at = reached(as_of, ws.position())
    return replace(found_set(ws, name, SUITE_READ, at), read_position=ws.position() if at is None else at)


def found_set(ws: SuiteWorkspace, name: str, permission: str, position: int | None = None, *, field: str = "name") -> ScenarioSet:
    """Return scenarios by their name, the newest that there were at a position, or by `NAME@DIGEST`.

    Raises
    ------
    NotFound
    """
    plain_name, _, of = name.partition("@")
    text = None if not is_text(name) else ws.suites.scenarios.find(plain_name, of or None, position)
    found = None if text is None else scenario_set_of(json.loads(text), plain_name)
    if found is None or not ws.may(permission, found.team):
        raise NotFound(f"there are no scenarios {name}", do="see `remiss scenario list`", field=field)
    return found


@action("result.list", permission=SUITE_READ, http="GET /results", reads=True)
def list_results(
    ws: ResultWorkspace,
    *,
    suite: Annotated[str, Help("Of this suite alone.")] | None = None,
    model: Annotated[str, Help("Of this model alone: NAME, or NAME@VERSION.")] | None = None,
    as_of: Position | None = None,
) -> SuiteResults:
    """List the results of suites, the newest first.

    Example: remiss result list --suite arrivals --model arrival-delay
    """
    name, _, version = (model or "").partition("@")
    at = reached(as_of, ws.position())
    texts = ws.results.listed(suite, name or None, version or None, at) if is_text(f"{suite}{model}") else ()
    found = (result_of(text) for text in texts)
    return SuiteResults(
        position=ws.position() if at is None else at, items=tuple(each for each in found if ws.may(SUITE_READ, each.team))
    )


@action("result.show", permission=SUITE_READ, http="GET /results/{result}", reads=True, subject="result")
def show_result(ws: ResultWorkspace, result: ResultId) -> SuiteResult:
    """Show the figures of a result.

    Example: remiss result show result-4f7q2m9x3kbd

    Raises
    ------
    NotFound, Ambiguous
    """
    return found_result(ws, result)


def found_result(ws: ResultWorkspace, result: str) -> SuiteResult:
    """Return a result that the asker sees.

    Raises
    ------
    NotFound, Ambiguous
    """
    found = result_of(ws.results.get(result)) if is_text(result) and result else None
    if found is None or not ws.may(SUITE_READ, found.team):
        raise NotFound("there is no such result", do="see `remiss result list`", field="result")
    return found


@action("result.rows", permission=SUITE_READ, http="GET /results/{result}/rows", reads=True, subject="result", views=listed)
def list_result_rows(
    ws: ResultWorkspace,
    result: ResultId,
    *,
    part: SuitePart | None = None,
    verdict: RowVerdict | None = None,
    mode: Annotated[str, Help("Only cases of this failure mode.")] | None = None,
    severity: Grade | None = None,
    stratum: Annotated[str, Help("Only events of this slice, as the figures name it.")] | None = None,
    limit: Limit = 50,
    after: PageToken | None = None,
) -> Rows:
    """List the events of a result, failures first.

    First come controls and resolved cases, then open cases that still fail, then what is without an answer, then those of which
    it cannot be told, then those of the production sample that meet a criterion.

    Example: remiss result rows result-4f7q2m9x3kbd --verdict failed

    Parameters
    ----------
    part : only cases, controls, or the rest of the production sample
    verdict : only events of which the answers said this
    severity : only cases of this severity

    Raises
    ------
    NotFound, Ambiguous : no such result, or several
    Denied : some of its events are yours to label
    InputError : a token of another list
    """
    found = found_result(ws, result)
    check_unblinded(ws, found)
    wanted = ResultRowSearch(part=part, verdict=verdict, mode=mode, severity=severity, stratum=stratum)
    name = list_name(f"{found.id} {wanted}", "news", None)
    behind = None if after is None else turn(after, name, (int,)).last[0]
    page = ws.results.rows(found.id, wanted, limit, behind)
    following = None if page.last is None else token(Turn(of=name, position=None, total=None, last=(page.last,)))
    lines = tuple(map(row_line, page.found))
    return Rows("result-row", ROW_COLUMNS, lines, ws.position(), total=page.total, next=following)


def check_unblinded(ws: ResultWorkspace, of: SuiteResult | Suite) -> None:
    """Go on only if the asker labels none of the events that the suite's protocol sampled: a result tells how they were drawn.

    Raises
    ------
    Denied
    """
    query = parse(f"protocol:{of.protocol}@{of.protocol_version}", of_sample=True)
    if ws.samples.count(query, None).hidden:
        raise Denied(
            "some of these events are yours to label, and a result would tell how they were drawn",
            do="have somebody look who labels nothing, for example a steward",
        )


@action("gate.list", permission=GATE_READ, http="GET /gates", reads=True)
def list_gates(
    ws: GateWorkspace,
    *,
    model: Annotated[str, Help("Of this model alone: NAME, or NAME@VERSION.")] | None = None,
    as_of: Position | None = None,
) -> GateDecisions:
    """List what gates decided, the newest first.

    Whether a waiver has ended is always told by the time now. Each condition names 20 cases at most; `gate show` has them all.

    Example: remiss gate list --model arrival-delay
    """
    name, _, version = (model or "").partition("@")
    at = reached(as_of, ws.position())
    texts = ws.gates.listed(name or None, version or None, at) if is_text(name + version) else ()
    found = [each for each in map(decision_of, texts) if ws.may(GATE_READ, each.team)]
    waivers = ws.gates.waivers(name or None, version or None, at) if found else ()
    return GateDecisions(
        position=ws.position() if at is None else at, items=tuple(_brief(with_waivers(each, waivers, ws.now)) for each in found)
    )


def _brief(decision: GateDecision) -> GateDecision:
    conditions = tuple(replace(each, evidence=each.evidence[:SHOWN_EVIDENCE]) for each in decision.conditions)
    return replace(decision, conditions=conditions)


@action("gate.show", permission=GATE_READ, http="GET /gates/{gate}", reads=True, subject="gate")
def show_gate(ws: GateWorkspace, gate: GateId) -> GateDecision:
    """Show a decision with all of its conditions, as it stands now.

    Conditions that are waived are shown as they were found, and do not count until the waiver ends.

    Example: remiss gate show gate-4f7q2m9x3kbd

    Raises
    ------
    NotFound, Ambiguous
    """
    return as_it_stands(ws, found_decision(ws, gate))


def found_decision(ws: GateWorkspace, gate: str) -> GateDecision:
    """Return a decision that the asker sees, as it was found: without waivers.

    Raises
    ------
    NotFound, Ambiguous
    """
    found = decision_of(ws.gates.get(gate)) if is_text(gate) and gate else None
    if found is None or not ws.may(GATE_READ, found.team):
        raise NotFound("there is no such decision", do="see `remiss gate list`", field="gate")
    return found


def as_it_stands(ws: GateWorkspace, decision: GateDecision) -> GateDecision:
    """Return a decision with what is waived now."""
    return with_waivers(decision, ws.gates.waivers(decision.model.name, decision.model.version), ws.now)
