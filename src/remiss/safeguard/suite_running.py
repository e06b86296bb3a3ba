"""Running a version over the rows of a suite: what it answers, whether that is what is expected, and all that follows.

A catalog and a folder are run alike. A model that breaks leaves a result as well, which says of each event what happened.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from remiss.errors import InputError
from remiss.protocol.ports import Engine
from remiss.records.model import ModelAnswer, ModelSpecification, ModelTrouble
from remiss.records.result import ResultRow, RowVerdict, SuiteResult
from remiss.records.suite import Suite, SuiteRow
from remiss.safeguard.asking import Answers, Progress, Questions, ask_all, majority
from remiss.safeguard.judging import NO, UNKNOWN, YES, CriterionJudge
from remiss.safeguard.ports import Models
from remiss.safeguard.replay_outcomes import Redact, kept
from remiss.safeguard.result_figures import figures, judged
from remiss.safeguard.scenarios.making import MadeScenarios
from remiss.safeguard.scenarios.stability import ScenarioOutcome, flip_figures, outcomes
from remiss.safeguard.suite_assembly import TARGET, asked_in

_VERDICTS: Mapping[int, RowVerdict] = {YES: RowVerdict.PASSED, NO: RowVerdict.FAILED, UNKNOWN: RowVerdict.UNTOLD}


# Of more scenarios that flip only how many they are is told.
MOST_FLIPPED = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class RanSuite:
    """A result with its rows, what matters most first: what worked and does not, then open failures, then what cannot be told."""

    result: SuiteResult
    rows: tuple[ResultRow, ...]


def checked_repeats(repeat: int) -> int:
    """Return how often each event is asked.

    Raises
    ------
    InputError : an even number, of which there need be no majority
    """
    if repeat % 2 == 0:
        raise InputError(f"{repeat} repeats have no majority", do="give an odd number", field="repeat")
    return repeat


def run_suite(
    suite: Suite,
    rows: Sequence[SuiteRow],
    model: ModelSpecification,
    *,
    engine: Engine,
    models: Models,
    progress: Progress,
    repeats: int,
    seed: int,
    redact: Redact | None,
    scenarios: MadeScenarios | None = None,
    notes: tuple[str, ...] = (),
) -> RanSuite:
    """Return what a version makes of the rows of a suite, and of scenarios of it.

    Parameters
    ----------
    redact : what an answer passes before it is in the result; None where none may be

    Raises
    ------
    InputError : it gets the raw event, which suites do not hold
    ModelError : it is registered wrongly
    """
    questions = Questions(rows=rows, repeats=[repeats] * len(rows), judge=CriterionJudge(engine, suite.criteria, rows), seed=seed)
    begun = time.perf_counter()
    [answers] = ask_all(models, [model], questions, progress)
    seconds = time.perf_counter() - begun
    flips = _flips(scenarios, answers, questions, suite, engine, models, progress)
    made = [*_rows(rows, answers, redact)]
    verdicts: dict[str, Counter[str]] = {}
    for row in made:
        verdicts.setdefault(row.part.value, Counter())[row.verdict.value] += 1
    troubles = Counter(row.trouble.kind.value for row in made if row.trouble is not None)
    environment = answers.environment
    every = figures(made, answers.latency_ms, suite.production) + tuple(flip_figures(flips))
    result = SuiteResult(
        id="",
        suite=suite.name,
        suite_digest=suite.digest,
        protocol=suite.protocol,
        protocol_version=suite.protocol_version,
        model=model if environment is None else replace(model, digest=environment.digest),
        environment=environment,
        repeats=repeats,
        seed=seed,
        verdicts={part: dict(sorted(found.items())) for part, found in sorted(verdicts.items())},
        figures=every,
        success=tuple(judged(suite.success, every)),
        troubles=dict(sorted(troubles.items())),
        trouble=None if answers.trouble is None else _shown(answers.trouble, redact),
        notes=notes,
        scenario_set=None if scenarios is None else f"{scenarios.made.name}@{scenarios.made.digest}",
        scenarios=len(flips),
        synthetic_share=len(flips) / max(1, len(flips) + len(rows)),
        flipped=tuple(each.scenario.id for each in flips if each.flips)[:MOST_FLIPPED],
        sealed=sum(suite.sealed.rows.values()),
        production=suite.production,
        seconds=round(seconds, 3),
        team=suite.team,
        sensitivity=suite.sensitivity,
    )
    return RanSuite(result=result, rows=tuple(sorted(made, key=_weight_of_news)))


def _flips(
    scenarios: MadeScenarios | None,
    answers: Answers,
    questions: Questions,
    suite: Suite,
    engine: Engine,
    models: Models,
    progress: Progress,
) -> list[ScenarioOutcome]:
    """Return what a version makes of the scenarios of a suite; nothing where there are none, or it does not run."""
    if scenarios is None or not answers.ran:
        return []
    with models.open(answers.model, seed=questions.seed) as runner:
        return outcomes(
            scenarios.scenarios,
            {each.name: each.expects for each in scenarios.made.recipes},
            {row.id: row for row in questions.rows},
            engine=engine,
            criteria=suite.criteria,
            runner=runner,
            repeats=questions.most,
            progress=progress,
        )


def _shown(trouble: ModelTrouble, redact: Redact | None) -> ModelTrouble | None:
    return kept(ModelAnswer(trouble=trouble), redact).trouble


def _rows(rows: Sequence[SuiteRow], answers: Answers, redact: Redact | None) -> Iterator[ResultRow]:
    told, passes = majority(answers.passed), (answers.passed == YES).sum(axis=1)
    asked = (answers.passed != UNKNOWN).sum(axis=1)
    met = {name: majority(states) for name, states in answers.met.items()}
    latency = _medians(answers)
    nothing = ModelAnswer(trouble=answers.trouble)
    for at, row in enumerate(rows):
        answer = kept(answers.first[at] if answers.first else nothing, redact)
        yield ResultRow(
            id=row.id,
            part=row.part,
            open=asked_in(TARGET, row),
            role=row.role,
            weight=row.weight,
            family=row.family,
            stratum=row.stratum,
            mode=row.mode,
            severity=row.severity,
            verdict=_VERDICTS[int(told[at])] if row.expectations else RowVerdict.NONE,
            passes=int(passes[at]),
            asked=int(asked[at]),
            met=tuple(name for name, states in met.items() if states[at] == YES),
            unmet=tuple(name for name, states in met.items() if states[at] == NO),
            latency_ms=latency[at],
            output=answer.output,
            trouble=answer.trouble,
        )


def _medians(answers: Answers) -> Sequence[float | None]:
    """Return the median latency of the answers to each row; None where none says it."""
    there = np.flatnonzero(~np.isnan(answers.latency_ms).all(axis=1))
    found: list[float | None] = [None] * len(answers.latency_ms)
    for at, value in zip(there, np.nanmedian(answers.latency_ms[there], axis=1), strict=True):
        found[at] = float(value)
    return found


def _weight_of_news(row: ResultRow) -> tuple[int, int, float, str]:
    match row.verdict:
        case RowVerdict.FAILED:
            rank = 1 if row.open else 0
        case RowVerdict.UNTOLD:
            rank = 2
        case RowVerdict.NONE:
            rank = 3 if row.met else 5
        case RowVerdict.PASSED:
            rank = 4
    return rank, row.severity or 9, -row.weight, row.id
