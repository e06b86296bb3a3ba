"""Suites: what each is made of, what versions of models made of it, event by event, and how two of them differ."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from fastapi import APIRouter, Query
from markupsafe import Markup
from starlette.responses import Response

from remiss import safeguard
from remiss.errors import Denied, ModelError
from remiss.faces.serving import Asked, Ws
from remiss.faces.web.rendering import Refusal, address, render, segment, shell
from remiss.present import forest
from remiss.present.forest import named
from remiss.present.legible import counted
from remiss.present.result_report import told
from remiss.present.result_words import (
    MEASURES,
    SUCCESS,
    comparison_news,
    expected,
    figure_value,
    latency_words,
    news,
    not_asked,
    p_value,
    points,
    power_words,
    success_value,
    synthetic,
    synthetic_words,
)
from remiss.records.event import Scalar
from remiss.records.model import RowKind
from remiss.records.result import PairedDifference, ResultFigure, RowVerdict, SuiteComparison, SuiteResult
from remiss.records.success import SuccessOutcome
from remiss.records.suite import SuitePart

if TYPE_CHECKING:
    from remiss.records.scenario import ScenarioRecipe, ScenarioSet
    from remiss.records.suite import Suite
    from remiss.workspace import Workspace

router = APIRouter()
PATH, RESULTS = "/suites", "/results"
PASSING, RUN = "pass-rate", "suite:run"
LIMIT = 50
VERDICTS = {
    "passed": "that pass",
    "failed": "that fail",
    "unanswered": "without an answer",
    "untold": "that cannot be told",
    "none": "of which nothing is expected",
    "inputs-redacted": "not asked, as redaction touched an input",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SuitesPage:
    """suites/list.html: the newest suite of each name, with its last result."""

    template: ClassVar[str] = "suites/list.html"
    lines: tuple[tuple[Suite, SuiteResult | None, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SuitePage:
    """suites/page.html: one suite, and the results on it, of which two may be ticked; `powers` says what a gate over it sees.

    `models` are those that the reader may have run on it by a job; None where they may not.
    """

    template: ClassVar[str] = "suites/page.html"
    suite: Suite
    results: tuple[tuple[SuiteResult, str], ...]
    powers: tuple[str, ...]
    not_asked: tuple[str, ...]
    scenarios: tuple[tuple[ScenarioSet, str, Sequence[tuple[ScenarioRecipe, str]]], ...]
    models: tuple[str, ...] | None
    problem: tuple[str, str] | None = None
    refused: Refusal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultPage:
    """suites/result.html: one result: its cards, its figures, and a page of its events, or why they are not shown."""

    template: ClassVar[str] = "suites/result.html"
    result: SuiteResult
    news: str
    synthetic: str
    cards: tuple[ResultFigure, ...]
    success: tuple[tuple[SuccessOutcome, str, str], ...]
    figures: tuple[tuple[str, str, str, ResultFigure], ...]
    rows: tuple[dict[str, Any], ...]
    total: int
    hidden: str
    chips: tuple[tuple[str, str, bool], ...]
    first: str | None
    following: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonPage:
    """suites/compare.html: two results of one suite, and what differs."""

    template: ClassVar[str] = "suites/compare.html"
    found: SuiteComparison
    news: str
    title: str
    svg: Markup
    lines: tuple[tuple[str, str, str, PairedDifference], ...]
    latency: str
    synthetic: str


class RowFilter(Asked):
    """Which events of a result, and from where on."""

    part: SuitePart | None = None
    verdict: RowVerdict | None = RowVerdict.FAILED
    after: str | None = None


class Ticked(Asked):
    """Which two results are compared, the newer one first in the list."""

    result: tuple[str, ...] = ()


@router.get(PATH)
def suites(ws: Ws) -> Response:
    """Show the suites."""
    found, results = safeguard.list_suites(ws), safeguard.list_results(ws)
    newest = {suite.name: suite for suite in reversed(found)}
    last = {result.suite: result for result in reversed(results)}
    lines = tuple((suite, last.get(name), _news(last.get(name))) for name, suite in sorted(newest.items()))
    twins = (("/api/v1/suites", "Suites"), ("/api/v1/results", "Results"))
    return render(SuitesPage(lines=lines), shell(ws, "Suites", "suites", *twins, position=found.position))


@router.get(PATH + "/{name}")
def suite(ws: Ws, name: str) -> Response:
    """Show one suite and the results on it."""
    return shown(ws, name)


def _models(ws: Workspace, team: str) -> tuple[tuple[str, ...] | None, tuple[str, str] | None]:
    """Return the models that somebody may have run on a suite, or why they cannot be told; none to whom that is not allowed."""
    if not ws.authority.may(ws.actor, RUN, team):
        return None, None
    try:
        return tuple(str(each) for each in safeguard.list_models(ws).items if each.gets is RowKind.INPUTS), None
    except ModelError as error:
        return (), (error.what, error.do)


def shown(
    ws: Workspace, name: str, problem: tuple[str, str] | None = None, refused: Refusal | None = None, status: int = 422
) -> Response:
    """Return the page of a suite; with what was wrong, or what was refused of the form that runs it, where there is such."""
    found = safeguard.show_suite(ws, name)
    models, wrong = _models(ws, found.team)
    results = [each for each in safeguard.list_results(ws, suite=found.name) if each.suite_digest == found.digest]
    page = SuitePage(
        suite=found,
        results=tuple((each, _news(each)) for each in results),
        powers=tuple(power_words(each) for each in found.power),
        not_asked=tuple(not_asked(found)),
        scenarios=tuple(map(_recipes, safeguard.list_scenarios(ws, f"{found.name}@{found.digest}"))),
        models=models,
        problem=problem or wrong,
        refused=refused,
    )
    twins = ((f"/api/v1/suites/{segment(name)}", "Suite"), (address("/api/v1/results", suite=found.name), "Results"))
    return render(page, shell(ws, found.name, "suites", *twins), status=200 if problem is None and refused is None else status)


def _recipes(made: ScenarioSet) -> tuple[ScenarioSet, str, Sequence[tuple[ScenarioRecipe, str]]]:
    """Return scenarios with how much they make synthetic, and what each recipe expects, in words."""
    told = synthetic_words(made.scenarios, made.synthetic_share, "what pytest asks")
    return made, told, [(each, expected(each.expects)) for each in made.recipes]


def _news(result: SuiteResult | None) -> str:
    return "" if result is None else news(result).partition(": ")[2]


@router.get(PATH + "/{name}/compare")
def compare(ws: Ws, name: str, asked: Annotated[Ticked, Query()]) -> Response:
    """Show how two results of a suite differ."""
    ticked = tuple(dict.fromkeys(asked.result))
    if len(ticked) != 2:
        return shown(ws, name, (f"{counted(len(ticked), 'result')} ticked", "Tick two results of this suite."))
    candidate, baseline = ticked
    found = safeguard.compare(ws, name, model=candidate, baseline=baseline)
    title, svg = forest.compared(found.differences)
    page = ComparisonPage(
        found=found,
        news=comparison_news(found),
        title=title,
        svg=Markup(svg),  # noqa: S704 - it escapes what it writes
        lines=tuple((named(each), points(each), p_value(each), each) for each in found.differences),
        latency="" if found.latency is None else latency_words(found.latency),
        synthetic=synthetic(found),
    )
    twin = (address(f"/api/v1/suites/{segment(name)}/comparison", model=candidate, baseline=baseline), "Comparison")
    return render(page, shell(ws, f"Compare versions on {found.suite}", "suites", twin, position=found.position))


@router.get(RESULTS + "/{result}")
def result(ws: Ws, result: str, asked: Annotated[RowFilter, Query()]) -> Response:
    """Show one result with its events, failures first."""
    found = safeguard.show_result(ws, result)
    path, own = f"{RESULTS}/{segment(found.id)}", {"part": asked.part, "verdict": asked.verdict}
    rows, hidden = None, ""
    try:
        rows = safeguard.list_result_rows(ws, found.id, part=asked.part, verdict=asked.verdict, limit=LIMIT, after=asked.after)
    except Denied as error:
        hidden = error.what
    page = ResultPage(
        result=found,
        news=news(found),
        synthetic=synthetic(found),
        cards=tuple(_cards(found)),
        success=tuple((each, success_value(each), SUCCESS[each.verdict]) for each in found.success),
        figures=tuple((named(each), MEASURES[each.measure], figure_value(each), each) for each in told(found)),
        rows=() if rows is None else tuple({**row, "output": _answer(row["output"])} for row in rows),
        total=0 if rows is None else rows.total or 0,
        hidden=hidden,
        chips=tuple(_chips(found, path, asked)),
        first=address(path, **own) if asked.after else None,
        following=None if rows is None or rows.next is None else address(path, **own, after=rows.next),
    )
    api = f"/api/v1/results/{segment(found.id)}"
    twins = ((api, "Result"), (address(f"{api}/rows", **own, limit=LIMIT, after=asked.after), "Events"))
    return render(page, shell(ws, f"{found.model} on {found.suite}", "suites", *twins))


def _cards(found: SuiteResult) -> Iterator[ResultFigure]:
    """Yield how much of the guard passes, how many open cases do, and the rule that most of production meets."""
    yield from (each for each in found.figures if (each.group, each.measure) == ("question", PASSING) and each.value is not None)
    rules = [each for each in found.figures if each.group == "criterion" and each.value]
    yield from sorted(rules, key=lambda each: -(each.value or 0.0))[:1]


def _answer(text: Scalar) -> object:
    return None if text is None else json.loads(str(text))


def _chips(found: SuiteResult, path: str, asked: RowFilter) -> Sequence[tuple[str, str, bool]]:
    """Return which events may be looked at: words with their number, the address, and whether it is the one that is open."""
    counts = {(part, verdict): count for part, of in found.verdicts.items() for verdict, count in of.items()}
    own = (asked.part, asked.verdict)
    return [
        (f"{part.capitalize()} {VERDICTS[verdict]}: {count:,}", address(path, part=part, verdict=verdict), own == (part, verdict))
        for (part, verdict), count in sorted(counts.items())
    ]
