"""Making scenarios of the rows of a suite: each recipe applied to its parents, and what came of it.

Only rows of the suite's files are parents or tell what production is like: nothing of the sealed part is in a scenario.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from remiss.errors import InputError, Location
from remiss.protocol.nearest import nearest
from remiss.records.event import Scalar
from remiss.records.identity import format_time, plain
from remiss.records.scenario import (
    Scenario,
    ScenarioChange,
    ScenarioExpectationKind,
    ScenarioRecipe,
    ScenarioSet,
)
from remiss.records.suite import Suite, SuiteRow
from remiss.safeguard.gate_policy import line_of
from remiss.safeguard.kept_documents import set_digest
from remiss.safeguard.scenarios.changes import Draws, Unchanged
from remiss.safeguard.scenarios.document import Operator, Recipe, operator_words, read
from remiss.safeguard.scenarios.profile import FieldProfile, SuiteSample, is_missing
from remiss.safeguard.scenarios.value_operators import Drift, Known, Missing
from remiss.safeguard.suite_rows import is_apart

# Raised when an operator gives other values than it did.
RULES = 1
MOST_SCENARIOS = 200_000
FEWEST_IN_WINDOW = 10
Where = Callable[..., Location]


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeScenarios:
    """A set with all of its scenarios, in the order of its recipes."""

    made: ScenarioSet
    scenarios: tuple[Scenario, ...]


def make(text: str, file: str, suite: Suite, rows: Sequence[SuiteRow]) -> MadeScenarios:
    """Return the scenarios that a document makes of a suite.

    Parameters
    ----------
    rows : those of the suite's files, in any order

    Raises
    ------
    InputError : the document cannot be understood, or an operator has no use for an input; says where
    """
    rows = [row for row in rows if not is_apart(row)]
    document, sample = read(text, file), SuiteSample(rows)
    recipes: list[ScenarioRecipe] = []
    scenarios: list[Scenario] = []
    for at, recipe in enumerate(document.recipes):
        _check(recipe, sample, partial(_place, text, file, at))
        found = _Applied(recipe, document.seed if recipe.seed is None else recipe.seed, sample)
        scenarios += found.scenarios()
        recipes.append(found.told())
        if len(scenarios) > MOST_SCENARIOS:
            what = f"recipe {recipe.name} makes more than {MOST_SCENARIOS:,} scenarios with those before it"
            raise InputError(what, where=Location(file), do="give `most` parents, or fewer copies")
    made = ScenarioSet(
        name=document.scenarios,
        digest="",
        suite=suite.name,
        suite_digest=suite.digest,
        position=suite.position,
        team=suite.team,
        sensitivity=suite.sensitivity,
        rules=RULES,
        document=text,
        recipes=tuple(recipes),
        scenarios=len(scenarios),
        families=len({each.family for each in scenarios}),
        real=sum(bool(row.expectations) for row in rows),
        content=content_digest(scenarios),
    )
    return MadeScenarios(made=replace(made, digest=set_digest(made)), scenarios=tuple(scenarios))


def content_digest(scenarios: Iterable[Scenario]) -> str:
    """Return the digest of the canonical content of scenarios, whatever their order."""
    encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode
    found = hashlib.sha256()
    for each in sorted(scenarios, key=lambda one: one.id):
        found.update(encode(plain(as_plain(each))).encode("utf-8", "surrogatepass") + b"\n")
    return f"sha256:{found.hexdigest()}"


def as_plain(scenario: Scenario) -> dict[str, object]:
    """Return a scenario as plain values by the names of its fields, as files and digests have it."""
    return {
        "id": scenario.id,
        "parent": scenario.parent,
        "recipe": scenario.recipe,
        "operators": list(scenario.operators),
        "seed": scenario.seed,
        "copy": scenario.copy,
        "family": scenario.family,
        "changed": [{"field": each.field, "before": each.before, "after": each.after} for each in scenario.changed],
    }


def _place(text: str, file: str, recipe: int, *path: str | int) -> Location:
    return Location(file, line_of(text, ("recipes", recipe, *path)))


def _check(recipe: Recipe, sample: SuiteSample, where: Where) -> None:
    """Go on only where each operator of a recipe has a use for its input.

    Raises
    ------
    InputError
    """
    if not any(map(recipe.parents.has, sample.rows)):
        what = f"recipe {recipe.name}: no event in the suite's files is such a parent"
        raise InputError(what, where=where("parents"), do="ask for less, or build a suite that has some")
    for at, step in enumerate(recipe.apply):
        place = partial(where, "apply", at)
        if step.field not in sample.names:
            do = nearest(step.field, sample.names, "the inputs are")
            raise InputError(f"recipe {recipe.name}: no event has the input {step.field}", where=place(), do=do)
        why = step.refused(sample.field(step.field))
        if why is not None:
            what = f"recipe {recipe.name}: {step.operator} cannot be done to {step.field}: {why}"
            raise InputError(what, where=place(), do="name another input, or another operator")
        if isinstance(step, Drift):
            _check_window(recipe, step, sample, place)


def _check_window(recipe: Recipe, step: Drift, sample: SuiteSample, place: Where) -> None:
    if step.window == "next":
        return
    window = sample.window(step.window, sample.windows[0])
    if window is None:
        starts = ", ".join(map(format_time, sample.windows))
        what = f"recipe {recipe.name}: the suite has no window that begins at {step.window}"
        raise InputError(what, where=place(), do=f"give first, last, next, or one of {starts}")
    there = sample.field(step.field, window, recipe.parents.in_slice).events
    if there < FEWEST_IN_WINDOW:
        what = f"recipe {recipe.name}: of the window {format_time(window)} the suite has {there} such events with {step.field}"
        raise InputError(what, where=place(), do=f"name a window or a slice with at least {FEWEST_IN_WINDOW}")


class _Applied:
    """One recipe, applied to all of its parents."""

    def __init__(self, recipe: Recipe, seed: int, sample: SuiteSample) -> None:
        self._recipe, self._seed, self._sample = recipe, seed, sample
        self._left_out: Counter[str] = Counter()
        self._parents = self._count = 0

    def scenarios(self) -> Iterator[Scenario]:
        """Yield the scenarios, by parent."""
        for parent in self._chosen():
            seen: set[str] = set()
            for copy in range(1, self._recipe.copies + 1):
                try:
                    changed = self._changed(parent, copy)
                except Unchanged as why:
                    self._left_out[str(why)] += 1
                    continue
                form = repr([(each.field, each.after) for each in changed])
                if form in seen:
                    self._left_out["a copy that is the same again"] += 1
                    continue
                seen.add(form)
                yield self._scenario(parent, copy, changed)
            self._parents += bool(seen)
            self._count += len(seen)

    def told(self) -> ScenarioRecipe:
        """Return what became of the recipe."""
        recipe = self._recipe
        return ScenarioRecipe(
            name=recipe.name,
            operators=tuple(each.operator for each in recipe.apply),
            steps=tuple(operator_words(each) for each in recipe.apply),
            expects=recipe.expects,
            seed=self._seed,
            parents=self._parents,
            scenarios=self._count,
            left_out=dict(sorted(self._left_out.items())),
        )

    def _chosen(self) -> Sequence[SuiteRow]:
        """Return the parents: of more than there may be, those that chance names, whatever others there are."""
        parents = [row for row in self._sample.rows if self._recipe.parents.has(row)]
        if self._recipe.expects.kind is ScenarioExpectationKind.SAME_AS_PARENT:
            expected = [row for row in parents if row.expectations]
            unexpected = len(parents) - len(expected)
            if unexpected:
                self._left_out["nothing is expected of the parent"] += unexpected
            parents = expected
        most = self._recipe.parents.most
        if most is None or len(parents) <= most:
            return parents
        drawn = sorted(parents, key=lambda row: (Draws(self._seed, "parents", row.id).fraction(), row.id))
        return sorted(drawn[:most], key=lambda row: row.id)

    def _changed(self, parent: SuiteRow, copy: int) -> tuple[ScenarioChange, ...]:
        """Return what a recipe changes of an event.

        Raises
        ------
        Unchanged : one of its operators has nothing to do
        """
        inputs: dict[str, Scalar] = dict(parent.inputs)
        times: Counter[tuple[str, str]] = Counter()
        for step in self._recipe.apply:
            times[step.operator, step.field] += 1
            chance = Draws(self._seed, parent.id, step.operator, step.field, times[step.operator, step.field], copy)
            inputs[step.field] = self._after(step, parent, inputs.get(step.field), chance)
        changed = tuple(
            ScenarioChange(field=name, before=parent.inputs.get(name), after=value)
            for name, value in sorted(inputs.items())
            if repr(value) != repr(parent.inputs.get(name)) or name not in parent.inputs
        )
        if not changed:
            raise Unchanged("nothing is changed in the end")
        return changed

    def _after(self, step: Operator, parent: SuiteRow, value: Scalar, chance: Draws) -> Scalar:
        if is_missing(value) and not isinstance(step, Missing):
            raise Unchanged(f"{step.field} is missing")
        known = Known(
            field=self._sample.field(step.field),
            own=lambda: self._sample.field(step.field, parent.window, self._recipe.parents.in_slice),
            other=lambda named: self._other(step.field, named, parent),
        )
        try:
            return step.apply(value, known, chance)
        except Unchanged as why:
            raise Unchanged(f"{step.operator} of {step.field}: {why}") from None

    def _other(self, name: str, named: str, parent: SuiteRow) -> FieldProfile:
        window = self._sample.window(named, parent.window)
        if window is None or window == parent.window:
            raise Unchanged("the event is of that window" if window else "its window is the last one")
        found = self._sample.field(name, window, self._recipe.parents.in_slice)
        if found.events < FEWEST_IN_WINDOW:
            raise Unchanged(f"that window has fewer than {FEWEST_IN_WINDOW} such events")
        return found

    def _scenario(self, parent: SuiteRow, copy: int, changed: tuple[ScenarioChange, ...]) -> Scenario:
        return Scenario(
            id=f"{parent.id}.{self._recipe.name}.{copy}",
            parent=parent.id,
            recipe=self._recipe.name,
            operators=tuple(each.operator for each in self._recipe.apply),
            seed=self._seed,
            copy=copy,
            family=parent.family,
            changed=changed,
        )
