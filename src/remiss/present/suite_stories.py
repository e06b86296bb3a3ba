"""What became of a case or a scenario that failed, in ten lines: what it is, what was expected, and what was answered."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from remiss.present.legible import printable
from remiss.present.result_words import change, expected
from remiss.records.identity import format_time
from remiss.records.model import ModelAnswer
from remiss.records.scenario import ScenarioExpectation, ScenarioExpectationKind
from remiss.records.suite import Suite, SuiteRow

if TYPE_CHECKING:
    from remiss.safeguard.scenarios.stability import ScenarioOutcome
    from remiss.suite_session import CaseOutcome

MOST_SAID = 160
MOST_CHANGES = 3


def case_story(suite: Suite, row: SuiteRow, outcome: CaseOutcome, *, of_raw: bool, link: str | None) -> str:
    """Return a case that failed in at most ten lines, and where to read on.

    Parameters
    ----------
    of_raw : whether the model was asked raw inputs: of its answer nothing is told but what stands in the suite anyway
    link : where the catalog is served
    """
    share = f"; expected in {outcome.passes} of {outcome.asked} answers" if outcome.asked > 1 else ""
    lines = [
        f"{row.part.value.removesuffix('s')} {row.id}: {row.mode or 'a control'}, severity {row.severity or 'not graded'}",
        f"event    {row.event} at {format_time(row.occurred)}",
        f"inputs   {_short(', '.join(f'{name}={_plain(value)}' for name, value in sorted(row.inputs.items())))}",
        *([] if not row.text else [f"text     {_short(row.text)}"]),
        f"expected {_short(' and '.join(str(each) for each in row.expectations))}",
        f"answered {_answered(row, outcome.answer, of_raw=of_raw)}{share}",
        *([] if outcome.told else ["         and nothing that the model says can tell whether that is so"]),
        f"logged   {_short(_plain(row.output))} by {row.model} {row.model_version or ''}".rstrip()
        + f"; label {_plain(row.label)}",
        *([] if not row.criteria else [f"met      {', '.join(row.criteria)}: {_short(_why(suite, row))}"]),
        *([] if link is None else [f"case     {link.rstrip('/')}/cases/{row.id}"]),
    ]
    return "\n".join(printable(line) for line in lines)


def scenario_story(row: SuiteRow, expects: ScenarioExpectation, outcome: ScenarioOutcome, link: str | None) -> str:
    """Return a scenario of an event that failed: what was changed, what was expected, and what was answered."""
    scenario = outcome.scenario
    as_parent = expects.kind is ScenarioExpectationKind.SAME_AS_PARENT
    share = f"; expected in {outcome.passes} of {outcome.asked} answers" if outcome.asked > 1 else ""
    wanted = f"{expected(expects)}: {' and '.join(map(str, row.expectations))}" if as_parent else expected(expects)
    lines = [
        f"scenario {scenario.recipe}, {' then '.join(scenario.operators)}, seed {scenario.seed}, copy {scenario.copy}",
        f"parent   {row.part.value.removesuffix('s')} {row.id}, event {row.event} at {format_time(row.occurred)}",
        f"inputs   {_short(', '.join(f'{name}={_plain(value)}' for name, value in sorted(row.inputs.items())))}",
        *(f"changed  {change(each)}" for each in scenario.changed[:MOST_CHANGES]),
        f"expected {_short(wanted)}",
        *([] if as_parent else [f"parent's {_said(outcome.parent)}"]),
        f"answered {_said(outcome.answer)}{share}",
        *([] if outcome.told else ["         and nothing that the model says can tell whether that is so"]),
        *([] if link is None else [f"case     {link.rstrip('/')}/cases/{row.id}"]),
    ]
    return "\n".join(printable(line) for line in lines)


def _answered(row: SuiteRow, answer: ModelAnswer, *, of_raw: bool) -> str:
    """Return what a model said; of what it made of raw inputs nothing but what stands in the suite anyway."""
    if not of_raw or (answer.trouble is None and answer.output in (None, row.output, row.label)):
        return _said(answer)
    return "something else" if answer.trouble is None else answer.trouble.kind.value


def _why(suite: Suite, row: SuiteRow) -> str:
    return next((each.why for each in suite.criteria if each.name in row.criteria), "")


def _said(answer: ModelAnswer) -> str:
    if answer.trouble is not None:
        return _short(f"{answer.trouble.kind.value}: {answer.trouble.message}")
    return _short(_plain(answer.output)) + ("" if answer.confidence is None else f", confidence {answer.confidence:.3g}")


def _plain(value: object) -> str:
    return format_time(value) if isinstance(value, datetime) else "nothing" if value is None else str(value)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= MOST_SAID else f"{line[: MOST_SAID - 3]}..."
