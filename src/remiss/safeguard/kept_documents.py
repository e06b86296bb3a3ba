"""What the catalog and folders keep of safeguards, read again: suites, scenarios, results and decisions.

A folder may come from anywhere: nothing of a suite or of scenarios is believed before it is checked, by types and by its digest.
Results and decisions come from the catalog alone, and are read by their types.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from remiss.errors import InputError, Location
from remiss.records.event import Scalar
from remiss.records.gate import GateDecision
from remiss.records.identity import digest, plain
from remiss.records.result import ResultRow, SuiteResult
from remiss.records.scenario import ScenarioSet
from remiss.records.suite import Suite, SuiteInputs

FORM, SCENARIO_FORM = "remiss-suite/1", "remiss-scenario-set/1"
# What a list of the rows of a result has of each.
ROW_COLUMNS = (
    *("event", "part", "mode", "severity", "slice", "verdict", "passes", "asked", "met", "trouble", "output", "latency_ms"),
    *("weight", "family"),
)
# What the first suites did not have.
ADDED = ("success", "apart", "raw", "inputs")


def document(suite: Suite) -> dict[str, Any]:
    """Return a suite as JSON has it, without what is said of one reading."""
    said = asdict(suite)
    del said["read_position"]
    # Of words of enumerations only the text is written.
    found: dict[str, Any] = json.loads(json.dumps(plain({"form": FORM, **said})))
    return found


def suite_from(text: str, file: str) -> Suite:
    """Return the suite that the catalog holds. Raises like `suite_of`."""
    return suite_of(json.loads(text), file)


def suite_of(said: object, file: str) -> Suite:
    """Return the suite that plain values say.

    Raises
    ------
    InputError : they say no such thing, or have another digest than they say
    """
    if not isinstance(said, dict) or said.get("form") != FORM:
        form = said.get("form") if isinstance(said, dict) else None
        raise refused_suite(f"is no suite of the form {FORM}" + (f" but {form!r}"[:60] if form else ""), file)
    try:
        suite = _suites().validate_python({name: value for name, value in said.items() if name != "form"})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise refused_suite(f"{'.'.join(map(str, first['loc'])) or 'it'}: {first['msg']}", file) from error
    if not all(each.sound for each in suite.success):
        raise refused_suite("has a criterion of success that no result can be held against", file)
    if suite_digest(suite) != suite.digest:
        raise refused_suite("has another digest than it says: it was changed after it was built", file)
    return suite


def refused_suite(what: str, file: str) -> InputError:
    """Return why a suite is not taken."""
    return InputError(f"{file} {what}", where=Location(file), do="build the suite anew: remiss suite build")


@cache
def _suites() -> TypeAdapter[Suite]:
    return TypeAdapter(Suite)


def suite_digest(suite: Suite) -> str:
    """Return the digest of a suite: of all that it says but who built it, when, and where it was read."""
    said = asdict(suite)
    for name in ("digest", "made_at", "made_by", "read_position"):
        del said[name]
    for name in ADDED:
        # Suites that were built before there was such a thing keep their digest.
        if not said[name] or said[name] is SuiteInputs.REDACTED:
            del said[name]
    return f"sha256:{digest(said)}"


def scenario_document(made: ScenarioSet) -> dict[str, Any]:
    """Return scenarios as JSON has them, without what is said of one reading."""
    said = asdict(made)
    del said["read_position"]
    found: dict[str, Any] = json.loads(json.dumps(plain({"form": SCENARIO_FORM, **said})))
    return found


def scenario_set_of(said: object, file: str) -> ScenarioSet:
    """Return what plain values say of scenarios.

    Raises
    ------
    InputError : they say no such thing, or have another digest than they say
    """
    if not isinstance(said, dict) or said.get("form") != SCENARIO_FORM:
        raise refused_set(f"are no scenarios of the form {SCENARIO_FORM}", file)
    try:
        made = _sets().validate_python({name: value for name, value in said.items() if name != "form"})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise refused_set(f"say something wrong: {'.'.join(map(str, first['loc']))}: {first['msg']}", file) from error
    if set_digest(made) != made.digest:
        raise refused_set("have another digest than they say: they were changed after they were made", file)
    return made


def refused_set(what: str, file: str) -> InputError:
    """Return why scenarios are not taken."""
    return InputError(f"the scenarios of {file} {what}", where=Location(file), do="make them anew: remiss scenario make")


@cache
def _sets() -> TypeAdapter[ScenarioSet]:
    return TypeAdapter(ScenarioSet)


def set_digest(made: ScenarioSet) -> str:
    """Return the digest of scenarios: of all that is said of them but who made them, when, and where that was read."""
    said = asdict(made)
    for name in ("digest", "made_at", "made_by", "read_position"):
        del said[name]
    return f"sha256:{digest(said)}"


def result_of(text: str) -> SuiteResult:
    """Return the result that the catalog keeps as text."""
    return _results().validate_json(text)


@cache
def _results() -> TypeAdapter[SuiteResult]:
    return TypeAdapter(SuiteResult)


def decision_of(text: str) -> GateDecision:
    """Return the decision that the catalog keeps as text."""
    return _decisions().validate_json(text)


@cache
def _decisions() -> TypeAdapter[GateDecision]:
    return TypeAdapter(GateDecision)


def row_line(row: ResultRow) -> tuple[Scalar, ...]:
    """Return a row of a result as a list has it, in the order of `ROW_COLUMNS`."""
    trouble = row.trouble
    return (
        *(row.id, row.part.value, row.mode, row.severity, row.stratum, row.verdict.value, row.passes, row.asked),
        ", ".join(row.met) or None,
        None if trouble is None else f"{trouble.kind.value}: {trouble.message}".removesuffix(": "),
        None if row.output is None else json.dumps(row.output, ensure_ascii=False),
        *(row.latency_ms, row.weight, row.family),
    )
