"""A suite that is run without a catalog: its folder, and the model that is asked, in pieces, as answers are needed.

Whoever asks for the outcome of one event has its neighbours asked with it: a model takes batches, and who runs a part of a suite
(a second process, the last failures alone) does not pay for the rest.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice
from math import isnan
from pathlib import Path
from typing import Any, Self

from remiss.errors import RemissError
from remiss.offline import Offline
from remiss.opening import without_catalog
from remiss.present.legible import printable
from remiss.present.result_words import change, expected
from remiss.records.bulk import in_bulk
from remiss.records.event import Values
from remiss.records.identity import format_time
from remiss.records.model import ModelAnswer, ModelSpecification
from remiss.records.result import RowVerdict, SuiteResult
from remiss.records.scenario import Scenario, ScenarioExpectation, ScenarioExpectationKind
from remiss.records.success import SuccessOutcome
from remiss.records.suite import Suite, SuitePart, SuiteRow
from remiss.safeguard.asking import Answers, Questions, answers_of, asked_times, check_gets, checked_repeats, majority
from remiss.safeguard.judging import UNKNOWN, YES, CriterionJudge
from remiss.safeguard.ports import Runner
from remiss.safeguard.result_figures import judged_answers
from remiss.safeguard.scenarios.stability import ScenarioOutcome, flip_rates, outcomes
from remiss.safeguard.suite_assembly import TARGET, asked_in
from remiss.safeguard.suite_rows import is_apart
from remiss.safeguard.suite_running import VERDICTS, SuiteRun, run_suite, split_apart
from remiss.scenario_folder import read as read_scenarios
from remiss.suite_folder import read

__all__ = ["CaseOutcome", "RemissError", "SuiteSession", "flip_rates", "run"]

AT_ONCE, MOST_AT_ONCE = 256, 8_192
QUICK_SECONDS = 2.0
# A verdict, how often the expectations held of how often it can be told, and the latency of each answer.
HeardAnswers = tuple[str, int, int, Sequence[float | None]]
MOST_SAID = 160
MOST_CHANGES = 3


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


@dataclass(slots=True)
class SuiteSession:
    """A suite of a folder, with its scenarios, and the model that it is run on."""

    suite: Suite
    rows: tuple[SuiteRow, ...]
    model: ModelSpecification
    repeats: int
    seed: int
    _offline: Offline
    _parents: Mapping[str, SuiteRow]
    _raw: Mapping[str, Values] = field(default_factory=dict, repr=False)
    scenarios: tuple[Scenario, ...] = ()
    _expects: Mapping[str, ScenarioExpectation] = field(default_factory=dict)
    _of_scenarios: dict[str, ScenarioOutcome] = field(default_factory=dict)
    _outcomes: dict[str, CaseOutcome] = field(default_factory=dict, repr=False)
    _runner: Runner | None = None
    _at_once: int = AT_ONCE

    @classmethod
    def opened(cls, folder: str | os.PathLike[str], model: str, *, repeats: int = 1, seed: int = 0) -> Self:
        """Read a suite and find its model.

        Raises
        ------
        InputError : the folder is not what it was when it was built; NotFound, Ambiguous, ModelError : no such model
        """
        found, offline = read(Path(folder)), without_catalog()
        rows = sorted(
            (row for row in found.rows if row.expectations and (row.id in found.raw or not is_apart(row))),
            key=lambda row: (row.part is not SuitePart.CASES, row.id),
        )
        specification = offline.models.find(model)
        check_gets(specification)
        session = cls(
            found.suite, tuple(rows), specification, repeats, seed, offline, {row.id: row for row in found.rows}, found.raw
        )
        made = read_scenarios(folder, found)
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
            behind = (each for each in following() if each.id != row.id and each.id not in self._outcomes)
            with self._timed():
                self._ask([row, *islice(behind, self._at_once - 1)])
        return self._outcomes[row.id]

    @contextmanager
    def _timed(self) -> Iterator[None]:
        """Ask more at once from here on where the block was quick.

        What judges answers costs the same for one as for thousands; but nobody is to wait long for the first of them.
        """
        begun = time.monotonic()
        yield
        if time.monotonic() - begun < QUICK_SECONDS:
            self._at_once = min(4 * self._at_once, MOST_AT_ONCE)

    @in_bulk()
    def _ask(self, rows: Sequence[SuiteRow]) -> None:
        rows = [replace(row, inputs=self._raw[row.id]) if row.id in self._raw else row for row in rows]
        judge = CriterionJudge(self._offline.engine, self.suite.criteria, rows)
        questions = Questions(rows=rows, repeats=[self.repeats] * len(rows), judge=judge, seed=self.seed)
        [answers] = answers_of([self.model], [self._running()], questions, self._offline.progress)
        told, asked, heard = majority(answers.passed), asked_times(answers.passed), _heard(answers)
        for at, row in enumerate(rows):
            self._outcomes[row.id] = CaseOutcome(
                passes=int((answers.passed[at] == YES).sum()),
                asked=int(asked[at]),
                passed=bool(told[at] == YES),
                told=bool(told[at] != UNKNOWN),
                answer=answers.first[at],
                heard=heard[at],
            )

    def _running(self) -> Runner:
        if self._runner is None:
            self._runner = self._offline.models.open(self.model, seed=self.seed)
        return self._runner

    def scenario_outcome(self, scenario: Scenario, following: Callable[[], Iterable[Scenario]] = tuple) -> ScenarioOutcome:
        """Return what the model makes of a scenario, asked beside its parent. Takes and raises like `outcome`."""
        if scenario.id not in self._of_scenarios:
            behind = (each for each in following() if each.id != scenario.id and each.id not in self._of_scenarios)
            with self._timed():
                found = outcomes(
                    [scenario, *islice(behind, self._at_once - 1)],
                    self._expects,
                    self._parents,
                    engine=self._offline.engine,
                    criteria=self.suite.criteria,
                    runner=self._running(),
                    repeats=self.repeats,
                )
            self._of_scenarios.update((each.scenario.id, each) for each in found)
        return self._of_scenarios[scenario.id]

    def success(self, heard: Mapping[str, Any]) -> Sequence[SuccessOutcome]:
        """Return what answers say of the criteria of success: `CaseOutcome.heard` of events, of scenarios as in `flip_rates`."""
        answers = [(row, *heard[row.id]) for row in self.rows]
        return judged_answers(self.suite, answers, [heard[each.id] for each in self.scenarios])

    def parent_of(self, scenario: Scenario) -> SuiteRow:
        """Return the event that a scenario is a variant of."""
        return self._parents[scenario.parent]

    def is_open(self, row: SuiteRow) -> bool:
        """Return whether a row is an open failure, which is not expected to be fixed yet."""
        return asked_in(TARGET, row)

    def may_fail(self, scenario: Scenario) -> bool:
        """Return whether of a scenario no more is expected than of a parent that is an open failure."""
        as_parent = self._expects[scenario.recipe].kind is ScenarioExpectationKind.SAME_AS_PARENT
        return as_parent and self.is_open(self.parent_of(scenario))

    def expires(self, days: int) -> datetime | None:
        """Return until when open cases may fail; None where that is over."""
        if self.suite.made_at is None:
            return None
        until = self.suite.made_at + timedelta(days=days)
        return until if self._offline.now < until else None

    def story(self, row: SuiteRow, outcome: CaseOutcome, link: str | None = None) -> str:
        """Return a case that failed in at most ten lines, and where to read on."""
        share = f"; expected in {outcome.passes} of {outcome.asked} answers" if outcome.asked > 1 else ""
        lines = [
            f"{row.part.value.removesuffix('s')} {row.id}: {row.mode or 'a control'}, severity {row.severity or 'not graded'}",
            f"event    {row.event} at {format_time(row.occurred)}",
            f"inputs   {_short(', '.join(f'{name}={_plain(value)}' for name, value in sorted(row.inputs.items())))}",
            *([] if not row.text else [f"text     {_short(row.text)}"]),
            f"expected {_short(' and '.join(str(each) for each in row.expectations))}",
            f"answered {self._answered(row, outcome.answer)}{share}",
            *([] if outcome.told else ["         and nothing that the model says can tell whether that is so"]),
            f"logged   {_short(_plain(row.output))} by {row.model} {row.model_version or ''}".rstrip()
            + f"; label {_plain(row.label)}",
            *([] if not row.criteria else [f"met      {', '.join(row.criteria)}: {_short(self._why(row))}"]),
            *([] if link is None else [f"case     {link.rstrip('/')}/cases/{row.id}"]),
        ]
        return "\n".join(printable(line) for line in lines)

    def scenario_story(self, scenario: Scenario, outcome: ScenarioOutcome, link: str | None = None) -> str:
        """Return a scenario that failed: what it is of, what was changed, what was expected, and what was answered."""
        row, expects = self.parent_of(scenario), self._expects[scenario.recipe]
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

    def _answered(self, row: SuiteRow, answer: ModelAnswer) -> str:
        """Return what a model said; of what it made of raw inputs nothing but what stands in the suite anyway."""
        if row.id not in self._raw or (answer.trouble is None and answer.output in (None, row.output, row.label)):
            return _said(answer)
        return "something else" if answer.trouble is None else answer.trouble.kind.value

    def _why(self, row: SuiteRow) -> str:
        return next((each.why for each in self.suite.criteria if each.name in row.criteria), "")

    def close(self) -> None:
        """Stop the model, and let go of what was opened."""
        if self._runner is not None:
            self._runner.close()
        self._offline.close()


def run(ws: Offline, folder: str | os.PathLike[str], model: str, *, repeat: int = 1, seed: int = 0) -> SuiteResult:
    """Run the suite of a folder on a version of a model; nothing is kept. Raises like `read` and `suite.run`."""
    found = read(folder)
    rows, apart = split_apart(found.asked)
    asks = SuiteRun(
        suite=found.suite,
        rows=rows,
        apart=apart,
        model=ws.models.find(model),
        repeats=checked_repeats(repeat),
        seed=seed,
        scenarios=read_scenarios(folder, found),
    )
    return run_suite(asks, engine=ws.engine, models=ws.models, progress=ws.progress).result


def _heard(answers: Answers) -> Sequence[HeardAnswers]:
    """Return what figures are made of, as a result has it and as it goes from one process to another."""
    without, answered = answers.unanswered, answers.answered()
    told = majority(answered.passed)
    return [
        (
            (RowVerdict.UNANSWERED if at in without else VERDICTS[int(told[at])]).value,
            int((passed == YES).sum()),
            int((passed != UNKNOWN).sum()),
            [None if isnan(each) else each for each in latency.tolist()],
        )
        for at, (passed, latency) in enumerate(zip(answered.passed, answers.latency_ms, strict=True))
    ]


def _said(answer: ModelAnswer) -> str:
    if answer.trouble is not None:
        return _short(f"{answer.trouble.kind.value}: {answer.trouble.message}")
    return _short(_plain(answer.output)) + ("" if answer.confidence is None else f", confidence {answer.confidence:.3g}")


def _plain(value: object) -> str:
    return format_time(value) if isinstance(value, datetime) else "nothing" if value is None else str(value)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= MOST_SAID else f"{line[: MOST_SAID - 3]}..."
