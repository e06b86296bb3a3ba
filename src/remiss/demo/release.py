"""The release: cases become a suite, both versions are run over it, and a gate says whether the second may be released.

Version 2 learned from January to June, so that it is held against flights from July on, which neither version has seen. What the
gate says is what it finds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import remiss
from remiss import safeguard, suite_folder
from remiss.demo import logs
from remiss.present.gate_report import WORDS, regressed_words, verdict_words
from remiss.records.gate import GateDecision
from remiss.records.result import ResultFigure, SuiteResult
from remiss.records.suite import Suite, SuitePart

SUITE = "arrivals"
UNSEEN = "occurred:>=2013-07-01"
QUERY = f"status:verified {UNSEEN}"
BASELINE, CANDIDATE = "arrival-delay@1", "arrival-delay@2"
SHOWN = ("guard", "target")


def released(ws: remiss.Workspace, folder: Path, show: Callable[[str, float], None]) -> GateDecision:
    """Have the gate decide on version 2, over a suite of the verified cases; what was decided before stands."""
    before = [each for each in safeguard.list_gates(ws, model=CANDIDATE) if str(each.baseline) == BASELINE]
    if before:
        return before[0]
    show("building a suite", 0.0)
    suite = safeguard.build_suite(ws, SUITE, QUERY, within=UNSEEN)
    if not (folder / SUITE).exists():
        suite_folder.write(ws, suite, folder / SUITE)
    with ws.reporting(lambda _, done: show("running both versions", done)):
        for version in (BASELINE, CANDIDATE):
            safeguard.run(ws, SUITE, model=version)
        return safeguard.decide(ws, str(folder / logs.POLICY), model=CANDIDATE, baseline=BASELINE)


def told(ws: remiss.Workspace, decision: GateDecision) -> Iterator[str]:
    """Yield what the suite is, how both versions did on it, and what the gate says and why."""
    suite = safeguard.show_suite(ws, f"{SUITE}@{decision.suites[0].digest}")
    yield ""
    yield "May version 2 take the place of version 1? Both are asked again about flights from July on, of which neither learned."
    yield _suite(suite)
    results = {str(each.model): each for each in reversed(safeguard.list_results(ws, suite=SUITE).items)}
    for version in (BASELINE, CANDIDATE):
        if version in results:
            yield _result(version, results[version])
    yield ""
    yield f"The gate says {verdict_words(decision)}:"
    if decision.regressed:
        yield f"  {regressed_words(decision)}: {', '.join(decision.regressed[:3])}"
    for each in decision.conditions:
        yield f"  {WORDS[each.verdict]:<13} {each.name}: {each.says}"


def _suite(suite: Suite) -> str:
    rows = {each.part: each.rows + suite.sealed.rows.get(each.part.value, 0) for each in suite.files}
    sealed = sum(suite.sealed.rows.values())
    return (
        f"Suite {suite.name}: {rows[SuitePart.CASES]:,} verified cases, {rows[SuitePart.CONTROLS]:,} controls, "
        f"{rows[SuitePart.PRODUCTION]:,} more of the sample; {sealed:,} of them are sealed."
    )


def _result(version: str, result: SuiteResult) -> str:
    said = [_share(each) for each in result.figures if each.group == "question" and each.name in SHOWN]
    return f"  {version}: {'; '.join(filter(None, said))}"


def _share(figure: ResultFigure) -> str:
    if figure.measure != "pass-rate" or figure.value is None:
        return ""
    what = "controls and resolved cases" if figure.name == "guard" else "open cases"
    return f"{100 * figure.value:.1f} % of {figure.events:,} {what} pass, by weight"
