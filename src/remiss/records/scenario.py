"""Scenarios: synthetic variants of the events of a suite, each with what was changed and what is expected of the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from remiss.records.event import Scalar
from remiss.records.published import LISTED, Amount, Count, Items, published


class ScenarioExpectationKind(StrEnum):
    """What the answer to a scenario is held against."""

    INVARIANCE = "invariance"  # the answer of the same model to the parent
    DIRECTIONAL = "directional"  # is above or below that answer
    SAME_AS_PARENT = "same-as-parent"  # what is expected of the parent


@published("scenario-expectation", part=True)
@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioExpectation:
    """What the answer to a scenario is to be.

    `of` is what of the answer is compared: `output` or `confidence`; `path` is a JSON path to what of the output. `within` is how
    far a number may lie from the parent's (invariance). `goes` is `up` or `down`, by at least `by` (directional).
    """

    kind: ScenarioExpectationKind
    of: str = "output"
    path: str | None = None
    within: Amount | None = None
    goes: str | None = None
    by: Amount = 0.0


@published("scenario-change", part=True)
@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioChange:
    """One input that a scenario changes."""

    field: str
    before: Scalar
    after: Scalar


@published("scenario", part=True)
@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A synthetic variant of an event of a suite.

    `parent` is the event's id in the suite. `recipe` names how it was made: by `operators`, in their order, and `seed`; `copy`
    counts those of one recipe and parent. Everything that is not in `changed` is the parent's.
    """

    id: str
    parent: str
    recipe: str
    operators: tuple[str, ...]
    seed: int
    copy: Count
    family: str
    changed: tuple[ScenarioChange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioFlip:
    """Whether a scenario can show that an answer flips, and whether it does."""

    scenario: str
    recipe: str
    family: str
    compares: bool
    flips: bool


@published("scenario-recipe", part=True)
@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioRecipe:
    """How scenarios of one kind are made, and what became of it.

    `operators` are their names, `steps` the same in words. `left_out` counts, by reason, the parents that gave none, and copies
    that were the same again.
    """

    name: str
    operators: tuple[str, ...]
    steps: tuple[str, ...]
    expects: ScenarioExpectation
    seed: int
    parents: Count
    scenarios: Count
    left_out: Mapping[str, Count] = field(default_factory=dict)


@published("scenario-set", read="read_position")
@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioSet:
    """Scenarios that were made of a suite by a document.

    `digest` is over all that is said here but who made it and when: over suite, document and `content`, the digest of all
    scenarios. `rules` is the number of the rules by which operators work; others give other values. `real` is of how many events
    of the suite's files something is expected; beside these the `scenarios` are synthetic. `position` is what the suite was
    built from.
    """

    name: str
    digest: str
    suite: str
    suite_digest: str
    position: Count
    team: str
    sensitivity: str
    rules: Count
    document: str
    recipes: tuple[ScenarioRecipe, ...]
    scenarios: Count
    families: Count
    real: Count
    content: str
    made_at: datetime | None = None
    made_by: str | None = None
    read_position: Count | None = field(default=None, compare=False)

    @property
    def id(self) -> str:
        """By what it is found again."""
        return self.name

    @property
    def synthetic_share(self) -> float:
        """Which share is synthetic of what pytest asks: cases, controls and scenarios."""
        return self.scenarios / (self.scenarios + self.real) if self.scenarios else 0.0


@published("list", also=LISTED)
@dataclass(frozen=True, slots=True)
class ScenarioSets(Items[ScenarioSet]):
    """The scenarios of a catalog, the newest first."""

    OF: ClassVar = "scenario-set"

    items: tuple[ScenarioSet, ...]


@published("scenario-rows")
@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioRowPage:
    """Some scenarios, sorted by id. `position` is what their suite was built from, `next` asks for those that follow."""

    position: Count
    total: Count
    items: tuple[Scenario, ...]
    next: str | None = None
