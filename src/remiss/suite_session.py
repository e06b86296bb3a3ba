"""A suite that is run without a catalog: its folder, and the model that is asked, in pieces, as answers are needed.

Whoever asks for the outcome of one event has its neighbours asked with it: a model takes batches, and who runs a part of a suite
(a second process, the last failures alone) does not pay for the rest.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib import import_module
from itertools import islice
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

from remiss import adapters
from remiss import settings as settings_table
from remiss.errors import RemissError
from remiss.records.bulk import in_bulk
from remiss.records.event import Values
from remiss.records.model import ModelAnswer, ModelSpecification
from remiss.records.result import RowVerdict
from remiss.records.scenario import Scenario, ScenarioExpectation, ScenarioExpectationKind
from remiss.records.success import SuccessOutcome
from remiss.records.suite import Suite, SuiteCriterion, SuitePart, SuiteRow
from remiss.safeguard.asking import Answers, Questions, RepeatAnswers, asked_of, check_gets, told_of
from remiss.safeguard.judging import UNKNOWN, VERDICTS, YES, CriterionJudge, asked_times, majority
from remiss.safeguard.suite_rows import is_apart, is_open
from remiss.settings import Settings
from remiss.suite_folder import read, scenarios_of

if TYPE_CHECKING:
    from remiss.protocol.ports import Engine
    from remiss.safeguard.ports import Models, Runner
    from remiss.safeguard.scenarios.stability import ScenarioOutcome

__all__ = ["CaseOutcome", "RemissError", "SuiteSession"]

T = TypeVar("T")
AT_ONCE, MOST_AT_ONCE = 256, 8_192
QUICK_SECONDS = 2.0
# A verdict, how often the expectations held of how often it can be told, and the latency of each answer.
HeardAnswers = tuple[str, int, int, Sequence[float | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseOutcome:
    """What became of one event: how often its expectations held of how often it was asked, and the first answer.

    `told` is False where nothing that the model says can tell; then it does not pass. `heard` is what figures are made of.
    """

    passes: int
    asked: int
    passed: bool
    told: bool
    answer: ModelAnswer
    heard: HeardAnswers


@dataclass(frozen=True, slots=True)
class _Ahead:
    """What the model is asked, or was, and has not been heard yet: the rows' ids, and what it says with the seconds it took."""

    questions: Questions
    ids: frozenset[str]
    found: Future[tuple[Sequence[Sequence[RepeatAnswers]], float]]


@dataclass(slots=True)
class SuiteSession:
    """A suite of a folder, with its scenarios, and the model that it is run on."""

    suite: Suite
    rows: tuple[SuiteRow, ...]
    model: ModelSpecification
    repeats: int
    seed: int
    _settings: Settings
    _models: Models
    _parents: Mapping[str, SuiteRow]
    _raw: Mapping[str, Values] = field(default_factory=dict, repr=False)
    scenarios: tuple[Scenario, ...] = ()
    _expects: Mapping[str, ScenarioExpectation] = field(default_factory=dict)
    _of_scenarios: dict[str, ScenarioOutcome] = field(default_factory=dict)
    _outcomes: dict[str, CaseOutcome] = field(default_factory=dict, repr=False)
    _runner: Runner | None = None
    _at_once: int = AT_ONCE
    _asking: ThreadPoolExecutor | None = None
    _ahead: _Ahead | None = None

    @classmethod
    def opened(cls, folder: str | os.PathLike[str], model: str, *, repeats: int = 1, seed: int = 0) -> Self:
        """Read a suite and find its model.

        Raises
        ------
        InputError : the folder is not what it was when it was built; NotFound, Ambiguous, ModelError : no such model
        """
        found, settings = read(Path(folder)), settings_table.read(os.environ)
        rows = sorted(
            (row for row in found.rows if row.expectations and (row.id in found.raw or not is_apart(row))),
            key=lambda row: (row.part is not SuitePart.CASES, row.id),
        )
        models = adapters.ModelRegistry(settings, None, registered_only=False)
        specification = models.find(model)
        check_gets(specification)
        parents = {row.id: row for row in found.rows}
        session = cls(found.suite, tuple(rows), specification, repeats, seed, settings, models, parents, found.raw)
        made = scenarios_of(folder, found)
        if made is not None:
            session.scenarios = made.scenarios
            session._expects = {each.name: each.expects for each in made.made.recipes}
        return session

    def outcome(self, row: SuiteRow, following: Callable[[], Iterable[SuiteRow]] = tuple) -> CaseOutcome:
        """Return what the model makes of a row.

        Parameters
        ----------
        following : gives the rows that will be asked for next, of which some are asked with it

        Raises
        ------
        ModelError : the model does not start
        """
        if row.id not in self._outcomes:
            behind = (each for each in following() if each.id not in self._outcomes)
            if self._ahead is None or row.id not in self._ahead.ids:
                self._let_ask([row, *islice((each for each in behind if each.id != row.id), self._at_once - 1)])
            self._hear()
            # While these are reported the next are asked.
            self._let_ask([*islice((each for each in behind if each.id not in self._outcomes), self._at_once)])
        return self._outcomes[row.id]

    def _let_ask(self, rows: Sequence[SuiteRow]) -> None:
        """Have the model asked about rows, in another thread; what was asked before is heard first."""
        self._hear()
        if not rows:
            return
        if self._asking is None:
            self._asking = ThreadPoolExecutor(1, "asking")
        rows = [replace(row, inputs=self._raw[row.id]) if row.id in self._raw else row for row in rows]
        criteria = self._criteria()
        judge = CriterionJudge(self._engine if criteria else None, criteria, rows)
        questions = Questions(rows=rows, repeats=[self.repeats] * len(rows), judge=judge, seed=self.seed)
        found = self._asking.submit(_timed, partial(asked_of, [self._running()], questions, _silently))
        self._ahead = _Ahead(questions, frozenset(row.id for row in rows), found)

    @in_bulk()
    def _hear(self) -> None:
        """Take what the model said to what it was asked last."""
        if self._ahead is None:
            return
        ahead, self._ahead = self._ahead, None
        said, seconds = ahead.found.result()
        self._grow(seconds)
        [answers] = told_of([self.model], ahead.questions, said)
        states = answers.passed
        columns = ((states == YES).sum(axis=1), asked_times(states), majority(states))
        whole = zip(ahead.questions.rows, answers.first, _heard(answers), *(each.tolist() for each in columns), strict=True)
        for row, answer, heard, passes, asked, state in whole:
            self._outcomes[row.id] = CaseOutcome(
                passes=passes, asked=asked, passed=state == YES, told=state != UNKNOWN, answer=answer, heard=heard
            )

    def _grow(self, seconds: float) -> None:
        """Ask more at once from here on where the model was quick.

        What judges answers costs the same for one as for thousands; but nobody is to wait long for the first of them.
        """
        if seconds < QUICK_SECONDS:
            self._at_once = min(4 * self._at_once, MOST_AT_ONCE)

    @property
    def _engine(self) -> Engine:
        return adapters.DuckDB(self._settings)

    def _criteria(self) -> Sequence[SuiteCriterion]:
        """Return the criteria that expectations name; what others say of an answer decides nothing here."""
        named = {expected.criterion for row in self.rows for expected in row.expectations}
        return [each for each in self.suite.criteria if each.name in named and each.unjudged is None]

    def _running(self) -> Runner:
        if self._runner is None:
            self._runner = self._models.open(self.model, seed=self.seed)
        return self._runner

    def scenario_outcome(self, scenario: Scenario, following: Callable[[], Iterable[Scenario]] = tuple) -> ScenarioOutcome:
        """Return what the model makes of a scenario, asked beside its parent. Takes and raises like `outcome`."""
        if scenario.id not in self._of_scenarios:
            behind = (each for each in following() if each.id != scenario.id and each.id not in self._of_scenarios)
            self._hear()
            asked = partial(
                import_module("remiss.safeguard.scenarios.stability").outcomes,
                [scenario, *islice(behind, self._at_once - 1)],
                self._expects,
                self._parents,
                engine=self._engine,
                criteria=self.suite.criteria,
                runner=self._running(),
                repeats=self.repeats,
            )
            found, seconds = _timed(asked)
            self._grow(seconds)
            self._of_scenarios.update((each.scenario.id, each) for each in found)
        return self._of_scenarios[scenario.id]

    def success(self, heard: Mapping[str, Any]) -> Sequence[SuccessOutcome]:
        """Return what answers say of the criteria of success: `CaseOutcome.heard` of events, of scenarios as in `flip_rates`."""
        answers = [(row, *heard[row.id]) for row in self.rows]
        found: Sequence[SuccessOutcome] = import_module("remiss.safeguard.result_figures").judged_answers(
            self.suite, answers, [heard[each.id] for each in self.scenarios]
        )
        return found

    def parent_of(self, scenario: Scenario) -> SuiteRow:
        """Return the event that a scenario is a variant of."""
        return self._parents[scenario.parent]

    def is_open(self, row: SuiteRow) -> bool:
        """Return whether a row is an open failure, which is not expected to be fixed yet."""
        return is_open(row)

    def may_fail(self, scenario: Scenario) -> bool:
        """Return whether of a scenario no more is expected than of a parent that is an open failure."""
        as_parent = self._expects[scenario.recipe].kind is ScenarioExpectationKind.SAME_AS_PARENT
        return as_parent and self.is_open(self.parent_of(scenario))

    def expires(self, days: int) -> datetime | None:
        """Return until when open cases may fail; None where that is over."""
        if self.suite.made_at is None:
            return None
        until = self.suite.made_at + timedelta(days=days)
        return until if datetime.now(UTC) < until else None

    def story(self, row: SuiteRow, outcome: CaseOutcome, link: str | None = None) -> str:
        """Return a case that failed in at most ten lines, and where to read on."""
        told: str = _stories().case_story(self.suite, row, outcome, of_raw=row.id in self._raw, link=link)
        return told

    def scenario_story(self, scenario: Scenario, outcome: ScenarioOutcome, link: str | None = None) -> str:
        """Return a scenario that failed: what it is of, what was changed, what was expected, and what was answered."""
        told: str = _stories().scenario_story(self.parent_of(scenario), self._expects[scenario.recipe], outcome, link)
        return told

    def close(self) -> None:
        """Stop the model, and let go of what was opened."""
        if self._runner is not None:
            self._runner.close()
        if self._asking is not None:
            # What is asked still came to an end with the model.
            self._asking.shutdown(cancel_futures=True)


def _timed(call: Callable[[], T]) -> tuple[T, float]:
    """Return what is called, and how many seconds it took."""
    begun = time.monotonic()
    return call(), time.monotonic() - begun


def _silently(stage: str, done: float) -> None:
    """Report no progress."""


def _stories() -> Any:
    """Return what tells of failures; it is loaded with the first."""
    return import_module("remiss.present.result_report")


def _heard(answers: Answers) -> Sequence[HeardAnswers]:
    """Return what figures are made of, as a result has it and as it goes from one process to another."""
    without, answered = answers.unanswered, answers.answered()
    verdicts = [VERDICTS[state].value for state in majority(answered.passed).tolist()]
    for at in without:
        verdicts[at] = RowVerdict.UNANSWERED.value
    passes, asked = ((answered.passed == YES).sum(axis=1), (answered.passed != UNKNOWN).sum(axis=1))
    latencies = [[None if isnan(each) else each for each in one] for one in answers.latency_ms.tolist()]
    return [*zip(verdicts, passes.tolist(), asked.tolist(), latencies, strict=True)]
