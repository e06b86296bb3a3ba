"""How stable a model is: whether its answers to scenarios are what their parents let expect, and how often they are not.

A scenario is synthetic: it has no part in what a gate asks, stands for no event of production, and is counted by itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter

import numpy as np

from remiss.protocol.ports import Engine
from remiss.records.model import AWAY, JsonValue, ModelAnswer, TroubleKind, row_of
from remiss.records.replay import ReplayGrade
from remiss.records.result import ResultFigure
from remiss.records.scenario import Scenario, ScenarioExpectation, ScenarioExpectationKind, ScenarioFlip
from remiss.records.suite import Suite, SuiteCriterion, SuiteRow
from remiss.safeguard.asking import Progress
from remiss.safeguard.expectations import all_hold, values_at
from remiss.safeguard.judging import NO, UNKNOWN, YES, CriterionJudge, asked_times, majority
from remiss.safeguard.ports import Runner
from remiss.safeguard.replaying import compared
from remiss.safeguard.scenarios.making import MadeScenarios
from remiss.understand.intervals import rate_interval

# What arithmetic makes of a difference that is just large enough.
_SLACK = 1e-9
_NOT_ASKED = AWAY | {TroubleKind.NOT_ASKED}
_STATES = {None: UNKNOWN, True: YES, False: NO}


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioOutcome:
    """What became of one scenario: how often its expectation held of how often it was asked, and the first answers.

    `told` is False where nothing that the model says can tell, for example because it did not answer the parent. `compares` says
    whether the scenario can show that an answer flips: where no more is expected than of the parent, only if that holds there.
    """

    scenario: Scenario
    passes: int
    asked: int
    passed: bool
    told: bool
    compares: bool
    answer: ModelAnswer
    parent: ModelAnswer

    @property
    def flips(self) -> bool:
        """Whether the answer is not what the parent lets expect."""
        return self.compares and not self.passed

    @property
    def flip(self) -> ScenarioFlip:
        """What figures are made of."""
        one = self.scenario
        return ScenarioFlip(scenario=one.id, recipe=one.recipe, family=one.family, compares=self.compares, flips=self.flips)


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
    wanted = list(dict.fromkeys(each.parent for each in scenarios))
    place = {parent: at for at, parent in enumerate(wanted)}
    rows = [parents[each] for each in (*wanted, *(each.parent for each in scenarios))]
    given = [row_of(parents[each].inputs) for each in wanted] + [_given(each, parents[each.parent]) for each in scenarios]
    kinds = {expects[each.recipe].kind for each in scenarios}
    # Two answers are compared without the engine.
    judge = (
        CriterionJudge(engine, criteria, rows, [*parents.values()]) if ScenarioExpectationKind.SAME_AS_PARENT in kinds else None
    )
    # Of all that is asked whether the parent's expectations hold, and of scenarios whether their own does.
    as_parent, own = (np.full((size, repeats), UNKNOWN, dtype=np.int8) for size in (len(given), len(scenarios)))
    first: list[ModelAnswer] = []
    for repeat in range(repeats):
        progress("asking scenarios", repeat / repeats)
        answers = [*runner.answers(given, repeat=repeat)]
        first = first or answers
        if judge is not None:
            as_parent[:, repeat] = _held(rows, answers, judge)
        for at, each in enumerate(scenarios):
            if expects[each.recipe].kind is ScenarioExpectationKind.SAME_AS_PARENT:
                own[at, repeat] = as_parent[len(wanted) + at, repeat]
            else:
                before, answer = answers[place[each.parent]], answers[len(wanted) + at]
                own[at, repeat] = _STATES[holds_beside(expects[each.recipe], before, answer)]
    holds, told, asked = majority(as_parent[: len(wanted)]), majority(own), asked_times(own)
    return [
        ScenarioOutcome(
            scenario=each,
            passes=int((own[at] == YES).sum()),
            asked=int(asked[at]),
            passed=bool(told[at] == YES),
            told=bool(told[at] != UNKNOWN),
            compares=bool(
                told[at] != UNKNOWN
                and (expects[each.recipe].kind is not ScenarioExpectationKind.SAME_AS_PARENT or holds[place[each.parent]] == YES)
            ),
            answer=first[len(wanted) + at],
            parent=first[place[each.parent]],
        )
        for at, each in enumerate(scenarios)
    ]


def in_order(scenarios: MadeScenarios) -> list[Scenario]:
    """Return scenarios in the order in which they are asked: those of one parent follow one another."""
    return sorted(scenarios.scenarios, key=attrgetter("parent"))


def flips_of(
    those: Sequence[Scenario],
    scenarios: MadeScenarios,
    suite: Suite,
    rows: Sequence[SuiteRow],
    *,
    engine: Engine,
    runner: Runner,
    repeats: int,
    progress: Progress,
) -> list[ScenarioFlip]:
    """Return what a version makes of some scenarios of a suite."""
    found = outcomes(
        those,
        {each.name: each.expects for each in scenarios.made.recipes},
        {row.id: row for row in rows},
        engine=engine,
        criteria=suite.criteria,
        runner=runner,
        repeats=repeats,
        progress=progress,
    )
    return [each.flip for each in found]


def _held(rows: Sequence[SuiteRow], answers: Sequence[ModelAnswer], judge: CriterionJudge) -> list[int]:
    """Return whether what is expected of each row holds for an answer."""
    met = judge.judged(
        [None if each.trouble else each.output for each in answers],
        [each.confidence for each in answers],
        [each.latency_ms for each in answers],
    )
    told = ({name: None if of[at] == UNKNOWN else bool(of[at] == YES) for name, of in met.items()} for at in range(len(rows)))
    return [
        UNKNOWN if _unheard(answer) else _STATES[all_hold(row.expectations, answer, each)]
        for row, answer, each in zip(rows, answers, told, strict=True)
    ]


def _unheard(answer: ModelAnswer) -> bool:
    """Whether the model was not asked, which says nothing of it; one that breaks at what was changed answers otherwise."""
    return answer.trouble is not None and answer.trouble.kind in _NOT_ASKED


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
    if parent.trouble is not None or _unheard(answer):
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


def flip_figures(found: Iterable[ScenarioFlip]) -> Iterator[ResultFigure]:
    """Yield how often scenarios flip, by recipe, and all of them where there are several."""
    return flip_rates((each.recipe, each.family, each.compares, each.flips) for each in found)


def flip_rates(found: Iterable[tuple[str, str, bool, bool]]) -> Iterator[ResultFigure]:
    """Yield the share of scenarios that flip, by recipe, and of all of them where there are several.

    Parameters
    ----------
    found : of each scenario its recipe, its family, whether it can show a flip, and whether it flips

    Source of the size: Kish, Survey Sampling, 1965, as if scenarios of one family always flipped together.

    >>> [rate] = flip_rates([("r", "a", True, True), ("r", "a", True, True), ("r", "b", True, False), ("r", "b", False, False)])
    >>> rate.events, rate.effective, rate.untold
    (3, 1.8, 1)
    """
    by_recipe: dict[str, list[tuple[str, bool, bool]]] = {}
    for recipe, family, compares, flips in found:
        by_recipe.setdefault(recipe, []).append((family, compares, flips))
    groups = [(recipe, by_recipe[recipe]) for recipe in sorted(by_recipe)]
    if len(groups) > 1:
        groups.append(("", [each for _, those in groups for each in those]))
    yield from (_flip_rate(recipe, those) for recipe, those in groups)


def _flip_rate(recipe: str, found: Sequence[tuple[str, bool, bool]]) -> ResultFigure:
    known = [(family, flips) for family, compares, flips in found if compares]
    families = Counter(family for family, _ in known)
    effective = len(known) ** 2 / sum(count**2 for count in families.values()) if known else 0.0
    value = sum(flips for _, flips in known) / len(known) if known else None
    low, high = (None, None) if value is None else rate_interval(value, effective)
    return ResultFigure(
        group="scenario",
        name=recipe,
        measure="flip-rate",
        value=value,
        low=low,
        high=high,
        events=len(known),
        families=len(families),
        effective=round(effective, 6),
        untold=len(found) - len(known),
    )
