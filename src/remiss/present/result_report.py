"""A result as others read it: Markdown for a pull request, JUnit for a build server, annotations for GitHub, figures as CSV.

What became of a case or a scenario that failed under pytest is told in ten lines.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement

from remiss.present.gate_report import annotation, case_link, markdown_text, xml_document, xml_text
from remiss.present.legible import printable
from remiss.present.result_words import (
    GROUPS,
    MEASURES,
    SUCCESS,
    change,
    events_of,
    expected,
    figure_value,
    news,
    of_what,
    success_value,
    success_words,
    synthetic,
    without_answer,
)
from remiss.records.identity import format_time
from remiss.records.model import ModelAnswer
from remiss.records.result import ResultFigure, SuiteResult
from remiss.records.rows import Rows, as_csv
from remiss.records.scenario import ScenarioExpectation, ScenarioExpectationKind
from remiss.records.success import SuccessVerdict
from remiss.records.suite import Suite, SuiteRow

if TYPE_CHECKING:
    from remiss.safeguard.scenarios.stability import ScenarioOutcome
    from remiss.suite_session import CaseOutcome

MOST_SAID, MOST_CHANGES = 160, 3
# Of more failures only how many they are is told.
MOST_FAILURES = 1_000
SHOWN = 20
ANNOTATED = {SuccessVerdict.MET: "notice", SuccessVerdict.NOT_MET: "error", SuccessVerdict.UNTOLD: "warning"}
COLUMNS = ("group", "name", "measure", "value", "low", "high", "events", "families", "effective", "untold", "unanswered")


def markdown(found: SuiteResult, failed: Rows, link: str | None) -> str:
    """Return a result as Markdown.

    Parameters
    ----------
    failed : the events that failed, the gravest first
    link : where the catalog is served, for links to cases
    """
    lines = [f"## {markdown_text(news(found))}", ""]
    if found.success:
        lines += ["| criterion of success | 95 % interval | |", "| --- | --- | --- |"]
        lines += [f"| {markdown_text(each.text)} | {success_value(each)} | {SUCCESS[each.verdict]} |" for each in found.success]
        lines += [""]
    lines += ["| | | 95 % interval | events |", "| --- | --- | --- | --- |"]
    lines += [
        f"| {markdown_text(of_what(each))} | {MEASURES[each.measure]} | {figure_value(each)} | {events_of(each)} |"
        for each in told(found)
    ]
    if failed.rows:
        cases = ", ".join(case_link(str(line[0]), link) for line in failed.rows[:SHOWN])
        lines += ["", f"{failed.total:,} events failed; look first at {cases}."]
    if found.flipped:
        lines += [
            "",
            f"Scenarios that flip, by parent, recipe and copy: {', '.join(f'`{each}`' for each in found.flipped[:SHOWN])}.",
        ]
    model = found.model.digest or "known by its name only"
    lines += ["", f"{synthetic(found)}.", *(f"{markdown_text(note)}." for note in found.notes)]
    lines += ["", f"Result `{found.id}`; model {markdown_text(model)}; suite `{found.suite_digest}`.", ""]
    return "\n".join(lines)


def told(found: SuiteResult) -> Sequence[ResultFigure]:
    """Return the figures that are told first: percentiles of the latency of all events alone, and no slices of them."""
    return [
        each
        for group in GROUPS
        for each in found.figures
        if each.group == group and (group == "all" or not each.measure.startswith("latency"))
    ]


def junit(found: SuiteResult, failed: Rows, unanswered: Rows) -> str:
    """Return a result as JUnit has it: a test for each event that failed, for all that did not, and for each criterion.

    An event without an answer is an error, and no failure.
    """
    name = f"suite {found.suite}: {found.model}"
    asked = sum(count for part in found.verdicts.values() for verdict, count in part.items() if verdict != "none")
    verdicts = [each.verdict for each in found.success]
    failures = (failed.total or 0) + verdicts.count(SuccessVerdict.NOT_MET)
    errors = (unanswered.total or 0) + verdicts.count(SuccessVerdict.UNTOLD)
    counts = {"tests": asked + len(verdicts), "failures": failures, "errors": errors, "skipped": 0}
    suite = Element("testsuite", {"name": xml_text(name), **{key: str(count) for key, count in counts.items()}})
    for each in found.success:
        test = SubElement(suite, "testcase", classname=xml_text(f"suite.{found.suite}.success"), name=xml_text(each.text))
        if each.verdict is not SuccessVerdict.MET:
            kind = "failure" if each.verdict is SuccessVerdict.NOT_MET else "error"
            SubElement(test, kind, message=xml_text(success_words(each)), type=each.verdict.value)
    for kind, row in (*(("failure", each) for each in failed), *(("error", each) for each in unanswered)):
        part = str(row["part"])
        test = SubElement(suite, "testcase", classname=xml_text(f"suite.{found.suite}.{part}"), name=xml_text(str(row["event"])))
        said = row["trouble"] or f"it answered {row['output']}"
        failure = SubElement(test, kind, message=xml_text(str(said)), type=part)
        failure.text = xml_text(f"mode {row['mode']}, severity {row['severity']}, slice {row['slice']}")
    rest = SubElement(suite, "testcase", classname=xml_text(f"suite.{found.suite}"), name="the rest")
    SubElement(rest, "system-out").text = xml_text(f"{news(found)}. {synthetic(found)}")
    return xml_document(suite)


def github(found: SuiteResult, failed: Rows) -> str:
    """Return a result as annotations of GitHub Actions: one for the whole, one for each of the gravest failures."""
    lines = [annotation("notice", f"suite {found.suite}", f"{news(found)}. {synthetic(found)}")]
    lines += [annotation(ANNOTATED[each.verdict], each.text, success_words(each)) for each in found.success]
    lines += [annotation("warning", "answers", without_answer(found))] if found.unanswered else []
    for row in islice(failed, SHOWN):
        said = row["trouble"] or f"it answered {row['output']}"
        level = "error" if row["part"] == "controls" else "warning"
        lines.append(annotation(level, str(row["event"]), f"{row['mode'] or 'a control'}: {said}"))
    return "".join(lines)


def csv(found: SuiteResult) -> str:
    """Return all figures of a result as CSV, behind them once more those that a criterion of success is about."""
    lines = [[*(getattr(each, name) for name in COLUMNS), None, None] for each in found.figures]
    lines.append(["all", None, "synthetic-share", found.synthetic_share, *[None] * (len(COLUMNS) - 2)])
    for each in found.success:
        one = each.criterion
        figure = (one.group, one.name, one.measure, each.value, each.low, each.high)
        lines.append([*figure, *[None] * (len(COLUMNS) - len(figure)), each.text, SUCCESS[each.verdict]])
    return as_csv((*COLUMNS, "criterion_of_success", "is"), lines)


# Of a result, its failures, what is without an answer, and the address of the catalog.
FORMS: Mapping[str, Callable[[SuiteResult, Rows, Rows, str | None], str]] = {
    "markdown": lambda found, failed, _, link: markdown(found, failed, link),
    "junit": lambda found, failed, unanswered, _: junit(found, failed, unanswered),
    "github": lambda found, failed, *_: github(found, failed),
    "csv": lambda found, *_: csv(found),
}


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
