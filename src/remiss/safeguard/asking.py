"""Asking models the rows of a suite: each row an odd number of times, and what came of it as arrays.

Two versions are asked side by side, in the same place, in an order that alternates by row: what a busy machine does to one it
does to the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from remiss.errors import Conflict, InputError, ModelError
from remiss.records.model import (
    ModelAnswer,
    ModelEnvironment,
    ModelSpecification,
    ModelTrouble,
    RowKind,
    TroubleKind,
    row_of,
    trouble_in,
)
from remiss.records.suite import SuiteRow
from remiss.safeguard.expectations import all_hold
from remiss.safeguard.judging import NO, UNKNOWN, YES, CriterionJudge, States, asked_times

if TYPE_CHECKING:
    from remiss.safeguard.ports import Models, Runner

Progress = Callable[[str, float], None]
KINDS = tuple(TroubleKind)


@dataclass(slots=True, kw_only=True)
class Answers:
    """What one version answered to the rows of a suite.

    Arrays have the shape (rows, repeats); where a row was asked fewer times than another, UNKNOWN and nan stand. `passed` says
    whether all expectations held, `met` by criterion whether it was met; a row without an answer passes nothing and meets all.
    `first` is the first answer to each row. `lacking` says of each asking whether an answer came: 0, or which kind of trouble
    instead, from 1 on; -1 where nothing was asked. `trouble` is what kept the model from running at all; then nothing was asked.
    """

    model: ModelSpecification
    passed: States
    met: Mapping[str, States]
    latency_ms: npt.NDArray[np.float64]
    first: list[ModelAnswer]
    environment: ModelEnvironment | None = None
    trouble: ModelTrouble | None = None
    lacking: States | None = None

    @property
    def ran(self) -> bool:
        """Whether the model ran."""
        return self.trouble is None

    @property
    def times(self) -> npt.NDArray[np.intp]:
        """How often each row was asked."""
        return asked_times(self.passed) if self.lacking is None else np.maximum((self.lacking >= 0).sum(axis=1), 1)

    @property
    def unanswered(self) -> Mapping[int, TroubleKind]:
        """The rows, by their places, that have no answer to half of their askings or more, each with its first trouble."""
        if self.lacking is None:
            return {}
        there = np.flatnonzero(2 * (self.lacking > 0).sum(axis=1) >= self.times)
        return {int(at): KINDS[int(self.lacking[at][self.lacking[at] > 0][0]) - 1] for at in there}

    @property
    def median_latency_ms(self) -> Sequence[float | None]:
        """The median latency of the answers to each row; None where none says it."""
        there = np.flatnonzero(~np.isnan(self.latency_ms).all(axis=1))
        found: list[float | None] = [None] * len(self.latency_ms)
        for at, value in zip(there, np.nanmedian(self.latency_ms[there], axis=1), strict=True):
            found[at] = float(value)
        return found

    def answered(self) -> Answers:
        """Return what was answered alone: where no answer came nothing can be told, nor of rows that are unanswered."""
        if self.lacking is None:
            return self
        gone = self.lacking > 0
        gone[[*self.unanswered]] = True
        met = {name: np.where(gone, UNKNOWN, states).astype(np.int8) for name, states in self.met.items()}
        return replace(self, passed=np.where(gone, UNKNOWN, self.passed).astype(np.int8), met=met)


@dataclass(slots=True)
class RepeatAnswers:
    """Answers of one repeat, by row."""

    answers: list[ModelAnswer | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """What is asked: rows, how often each (all odd), and what judges the answers."""

    rows: Sequence[SuiteRow]
    repeats: Sequence[int]
    judge: CriterionJudge
    seed: int = 0
    given: Sequence[Mapping[str, object]] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "given", [row_of(row.inputs) for row in self.rows])

    @classmethod
    def alike(cls, rows: Sequence[SuiteRow], repeats: int, judge: CriterionJudge, seed: int) -> Questions:
        """Return questions that ask each row equally often."""
        return cls(rows=rows, repeats=[repeats] * len(rows), judge=judge, seed=seed)

    @property
    def most(self) -> int:
        """How often a row is asked at most."""
        return max(self.repeats, default=0)


def check_gets(model: ModelSpecification) -> None:
    """Go on only with a model that gets what a suite holds.

    Raises
    ------
    InputError
    """
    if model.gets is RowKind.RAW:
        raise InputError(
            f"{model} gets the raw event, which a suite does not hold",
            do="register a version that gets the inputs that the protocol names (`gets: inputs`)",
            field="model",
        )


def checked_repeats(repeat: int) -> int:
    """Return how often each event is asked.

    Raises
    ------
    InputError : an even number, of which there need be no majority
    """
    if repeat % 2 == 0:
        raise InputError(f"{repeat} repeats have no majority", do="give an odd number", field="repeat")
    return repeat


def ask_all(models: Models, asked: Sequence[ModelSpecification], questions: Questions, progress: Progress) -> list[Answers]:
    """Return what each of one or two versions answers.

    Raises
    ------
    InputError : a version gets the raw event, which suites do not hold
    ModelError : it is registered wrongly
    """
    for model in asked:
        check_gets(model)
    with ExitStack() as stack:
        runners: list[Runner | ModelTrouble] = []
        environments: list[ModelEnvironment] = []
        for at, model in enumerate(asked):
            try:
                runners.append(runner := stack.enter_context(models.open(model, seed=questions.seed)))
                # Before anything is asked: one that dies of that would not say it any more.
                environments.append(runner.environment())
            except ModelError as error:
                runners[at:] = [trouble_in(error)]
        running = [each for each in runners if not isinstance(each, ModelTrouble)]
        if len(running) < len(asked):
            return [_nothing(model, each, questions) for model, each in zip(asked, runners, strict=True)]
        found = answers_of(asked, running, questions, progress)
        for answers, environment in zip(found, environments, strict=True):
            answers.environment = environment
        return found


def answers_of(
    asked: Sequence[ModelSpecification], running: Sequence[Runner], questions: Questions, progress: Progress
) -> list[Answers]:
    """Return what one or two versions answer that run already, without where they run."""
    return told_of(asked, questions, asked_of(running, questions, progress))


def asked_of(running: Sequence[Runner], questions: Questions, progress: Progress) -> Sequence[Sequence[RepeatAnswers]]:
    """Return by repeat what each of one or two versions says, which `told_of` makes answers of."""
    return [_repeat(running, questions, repeat, progress) for repeat in range(questions.most)]


def told_of(
    asked: Sequence[ModelSpecification], questions: Questions, repeats: Sequence[Sequence[RepeatAnswers]]
) -> list[Answers]:
    """Return answers, judged."""
    with questions.judge.together():
        return [_answers(model, questions, [each[at] for each in repeats]) for at, model in enumerate(asked)]


def joined(parts: Sequence[Answers]) -> Answers:
    """Return the answers to events that follow one another as those to all of them.

    Raises
    ------
    Conflict : a model with other files gave the later ones
    """
    last, ran = parts[-1], [each.environment for each in parts if each.environment is not None]
    if len({each.digest for each in ran}) > 1:
        what = "the files of the model are not those by which the run began"
        raise Conflict(what, do="have it begin anew, or put the files back")
    nothing = ModelAnswer(trouble=last.trouble)
    lacking = [each.lacking for each in parts if each.lacking is not None]
    return replace(
        last,
        passed=np.concatenate([each.passed for each in parts]),
        met={name: np.concatenate([each.met[name] for each in parts]) for name in last.met},
        latency_ms=np.concatenate([each.latency_ms for each in parts]),
        first=[one for each in parts for one in (each.first or [nothing] * len(each.passed))],
        environment=last.environment or (ran[0] if ran and last.ran else None),
        lacking=np.concatenate(lacking) if len(lacking) == len(parts) else None,
    )


def _nothing(model: ModelSpecification, runner: Runner | ModelTrouble, questions: Questions) -> Answers:
    shape = (len(questions.rows), max(questions.most, 1))
    trouble = runner if isinstance(runner, ModelTrouble) else None
    return Answers(
        model=model,
        passed=np.full(shape, UNKNOWN, dtype=np.int8),
        met={name: np.full(shape, UNKNOWN, dtype=np.int8) for name in questions.judge.names},
        latency_ms=np.full(shape, np.nan),
        first=[],
        trouble=trouble,
        lacking=np.full(shape, -1 if trouble is None else 1 + KINDS.index(trouble.kind), dtype=np.int8),
    )


def _repeat(runners: Sequence[Runner], questions: Questions, repeat: int, progress: Progress) -> list[RepeatAnswers]:
    """Ask every row once more that is to be asked so often: half of them the one version first, half the other."""
    those = [at for at, times in enumerate(questions.repeats) if times > repeat]
    halves = [those[0::2], those[1::2]] if len(runners) > 1 else [those]
    found = [RepeatAnswers([None] * len(questions.rows)) for _ in runners]
    done, every = 0, max(1, len(those) * len(runners))
    for half, places in enumerate(halves):
        order = range(len(runners)) if half % 2 == 0 else reversed(range(len(runners)))
        for which in order:
            answers = runners[which].answers((questions.given[at] for at in places), repeat=repeat)
            for at, answer in zip(places, answers, strict=True):
                found[which].answers[at] = answer
                done += 1
                if done % 64 == 0:
                    progress("asking", (repeat + done / every) / questions.most)
    return found


def _answers(model: ModelSpecification, questions: Questions, repeats: Sequence[RepeatAnswers]) -> Answers:
    shape = (len(questions.rows), len(repeats))
    passed = np.full(shape, UNKNOWN, dtype=np.int8)
    latency = np.full(shape, np.nan)
    met = {name: np.full(shape, UNKNOWN, dtype=np.int8) for name in questions.judge.names}
    lacking = np.full(shape, -1, dtype=np.int8)
    for repeat, asked in enumerate(repeats):
        states = _judged(questions, asked.answers)
        for name, of in states.items():
            met[name][:, repeat] = of
        for at, answer in enumerate(asked.answers):
            if answer is None:
                continue
            lacking[at, repeat] = 0 if answer.trouble is None else 1 + KINDS.index(answer.trouble.kind)
            passed[at, repeat] = _passed(questions.rows[at], answer, {name: int(of[at]) for name, of in states.items()})
            if answer.latency_ms is not None:
                latency[at, repeat] = answer.latency_ms
    first = [answer or ModelAnswer() for answer in repeats[0].answers] if repeats else []
    return Answers(model=model, passed=passed, met=met, latency_ms=latency, first=first, lacking=lacking)


def _passed(row: SuiteRow, answer: ModelAnswer, states: Mapping[str, int]) -> int:
    if not row.expectations:
        return UNKNOWN
    told = {name: None if state == UNKNOWN else state == YES for name, state in states.items()}
    found = all_hold(row.expectations, answer, told)
    return UNKNOWN if found is None else YES if found else NO


def _judged(questions: Questions, answers: Sequence[ModelAnswer | None]) -> Mapping[str, States]:
    """Return what each criterion is on answers; who does not answer meets them all, and who was not asked none."""
    outputs = [None if each is None or each.trouble is not None else each.output for each in answers]
    confidences = [None if each is None else each.confidence for each in answers]
    latencies = [None if each is None else each.latency_ms for each in answers]
    states = questions.judge.judged(outputs, confidences, latencies)
    troubled = np.array([each is not None and each.trouble is not None for each in answers], dtype=bool)
    absent = np.array([each is None for each in answers], dtype=bool)
    for of in states.values():
        of[troubled] = YES
        of[absent] = UNKNOWN
    return states
