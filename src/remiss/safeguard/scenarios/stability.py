"""How stable a model is: whether its answers to scenarios are what their parents let expect, and how often they are not.

A scenario is synthetic: it has no part in what a gate asks, stands for no event of production, and is counted by itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from remiss.protocol.ports import Engine
from remiss.records.model import JsonValue, ModelAnswer
from remiss.records.replay import ReplayGrade
from remiss.records.scenario import FlipRate, Scenario, ScenarioExpectation, ScenarioExpectationKind
from remiss.records.suite import SuiteCriterion, SuiteRow
from remiss.safeguard.asking import Progress, asked_times, majority
from remiss.safeguard.expectations import all_hold, values_at
from remiss.safeguard.judging import NO, UNKNOWN, YES, CriterionJudge
from remiss.safeguard.model_actions import row_of
from remiss.safeguard.ports import Runner
from remiss.safeguard.replaying import compared
from remiss.understand.intervals import rate_interval

# What arithmetic makes of a difference that is just large enough.
_SLACK = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioOutcome:
    """What became of one scenario: how often its expectation held of how often it was asked, and the first answers.

    `told` is False where nothing that the model says can tell, for example because it did not answer the parent; then it neither
    flips nor passes.
    """

    scenario: Scenario
    passes: int
    asked: int
    passed: bool
    told: bool
    answer: ModelAnswer
    parent: ModelAnswer

    @property
    def flips(self) -> bool:
        """Whether the answer is not what the parent lets expect."""
        return self.told and not self.passed


def outcomes(
    scenarios: Sequence[Scenario],
    expects: Mapping[str, ScenarioExpectation],
    parents: Mapping[str, SuiteRow],
    *,
    engine: Engine,
    criteria: Sequence[SuiteCriterion],
    runner: Runner,
    repeats: int = 1,
    progress: Progress = lambda _, __: None,
) -> list[ScenarioOutcome]:
    """Return what a model makes of scenarios, each of which is asked beside its parent.

    Parameters
    ----------
    expects : by name of recipe, what is expected
    parents : by id, the events of the suite; what their criteria say of an answer is judged by their own values, for that is what
        was true
    """
    beside = [expects[each.recipe].kind is not ScenarioExpectationKind.SAME_AS_PARENT for each in scenarios]
    wanted = list(dict.fromkeys(each.parent for each, needed in zip(scenarios, beside, strict=True) if needed))
    place = {parent: at for at, parent in enumerate(wanted)}
    given = [row_of(parents[each].inputs) for each in wanted] + [_given(each, parents[each.parent]) for each in scenarios]
    judge = CriterionJudge(engine, criteria, [parents[each.parent] for each in scenarios])
    states = np.full((len(scenarios), repeats), UNKNOWN, dtype=np.int8)
    first: list[tuple[ModelAnswer, ModelAnswer]] = []
    for repeat in range(repeats):
        progress("asking scenarios", repeat / repeats)
        answers = [*runner.answers(given, repeat=repeat)]
        of_parents, own = answers[: len(wanted)], answers[len(wanted) :]
        pairs = [
            (of_parents[place[each.parent]] if each.parent in place else ModelAnswer(), answer)
            for each, answer in zip(scenarios, own, strict=True)
        ]
        first = first or pairs
        met = judge.judged(
            [None if each.trouble else each.output for each in own],
            [each.confidence for each in own],
            [each.latency_ms for each in own],
        )
        for at, (each, (before, answer)) in enumerate(zip(scenarios, pairs, strict=True)):
            if beside[at]:
                found = holds_beside(expects[each.recipe], before, answer)
            else:
                told = {name: None if of[at] == UNKNOWN else bool(of[at] == YES) for name, of in met.items()}
                found = all_hold(parents[each.parent].expectations, answer, told)
            states[at, repeat] = UNKNOWN if found is None else YES if found else NO
    told_, asked = majority(states), asked_times(states)
    return [
        ScenarioOutcome(
            scenario=each,
            passes=int((states[at] == YES).sum()),
            asked=int(asked[at]),
            passed=bool(told_[at] == YES),
            told=bool(told_[at] != UNKNOWN),
            answer=first[at][1],
            parent=first[at][0],
        )
        for at, each in enumerate(scenarios)
    ]


def _given(scenario: Scenario, parent: SuiteRow) -> Mapping[str, JsonValue]:
    """Return what the model gets: the parent's inputs, and in them what was changed."""
    return row_of({**parent.inputs, **{each.field: each.after for each in scenario.changed}})


def holds_beside(expects: ScenarioExpectation, parent: ModelAnswer, answer: ModelAnswer) -> bool | None:
    """Return whether an answer is what the one to the parent lets expect; None where that cannot be told.

    >>> kind = ScenarioExpectationKind.DIRECTIONAL
    >>> up = ScenarioExpectation(kind=kind, goes="up", by=0.5)
    >>> [holds_beside(up, ModelAnswer(output=1.0), ModelAnswer(output=other)) for other in (1.5, 1.2, "late")]
    [True, False, False]
    """
    if parent.trouble is not None:
        return None
    if answer.trouble is not None:
        return False
    before, after = _parts(expects, parent), _parts(expects, answer)
    if expects.kind is ScenarioExpectationKind.INVARIANCE and expects.within is None:
        return compared(before, after) is not ReplayGrade.NOT_REPRODUCED
    numbers, others = [*map(_number, before)], [*map(_number, after)]
    if not numbers or None in numbers:
        return None
    if len(others) != len(numbers) or None in others:
        return False
    moves = [other - number for number, other in zip(numbers, others, strict=True) if number is not None and other is not None]
    if expects.kind is ScenarioExpectationKind.INVARIANCE:
        return all(abs(move) <= (expects.within or 0.0) + _SLACK for move in moves)
    sign = 1 if expects.goes == "up" else -1
    return all(sign * move >= expects.by - _SLACK for move in moves)


def _parts(expects: ScenarioExpectation, answer: ModelAnswer) -> list[JsonValue]:
    return [answer.confidence] if expects.of == "confidence" else [*values_at(expects.path, answer.output)]


def _number(value: JsonValue) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def flip_rate(found: Iterable[tuple[str, bool, bool]]) -> FlipRate:
    """Return the share of scenarios that flip.

    Parameters
    ----------
    found : of each scenario its family, whether it can be told, and whether it flips

    Source of the size: Kish, Survey Sampling, 1965, as if scenarios of one family always flipped together.

    >>> flip_rate([("a", True, True), ("a", True, True), ("b", True, False), ("b", False, False)]).effective
    1.8
    """
    every = [*found]
    known = [(family, flips) for family, told, flips in every if told]
    families = Counter(family for family, _ in known)
    effective = len(known) ** 2 / sum(count**2 for count in families.values()) if known else 0.0
    flips = sum(flips for _, flips in known)
    value = flips / len(known) if known else None
    low, high = (None, None) if value is None else rate_interval(value, effective)
    return FlipRate(
        value=value,
        low=low,
        high=high,
        scenarios=len(known),
        flips=flips,
        families=len(families),
        effective=round(effective, 6),
        untold=len(every) - len(known),
    )
