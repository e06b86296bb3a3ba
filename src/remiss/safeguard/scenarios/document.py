"""The document of scenarios: recipes of a team, each with its parents, its operators and what is expected of the answers.

It is YAML, read where it lies. What it says is kept with the scenarios that were made by it, so that they can be made again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator

from remiss.errors import InputError, Location
from remiss.protocol.shape import first_complaint, wrong
from remiss.records.event import Scalar
from remiss.records.scenario import ScenarioExpectation, ScenarioExpectationKind
from remiss.records.states import Status
from remiss.records.suite import SuitePart, SuiteRow
from remiss.safeguard.expectations import check_path
from remiss.safeguard.gate_policy import line_of
from remiss.safeguard.scenarios.texts import Casing, DroppedSentence, LookAlikes, RepeatedSentence, Truncation, Typos, ZeroWidth
from remiss.safeguard.scenarios.value_operators import (
    BaseOperator,
    Drift,
    Jitter,
    Missing,
    OutOfRange,
    RareCategory,
    SwapCategory,
    TimeShift,
    UnitError,
    UnseenCategory,
)

FORM = "remiss-scenarios/1"
MOST_RECIPES, MOST_OPERATORS = 200, 20
NAME = r"^[a-z0-9][a-z0-9._-]{0,62}$"
CONTEXT, INPUTS = "context.", "inputs."


Operator = (
    Missing
    | Jitter
    | OutOfRange
    | UnitError
    | SwapCategory
    | RareCategory
    | UnseenCategory
    | TimeShift
    | Drift
    | Typos
    | Casing
    | LookAlikes
    | ZeroWidth
    | Truncation
    | RepeatedSentence
    | DroppedSentence
)

# By the name that a document gives it.
OPERATORS: Mapping[str, type[BaseOperator]] = {
    get_args(each.model_fields["operator"].annotation)[0]: each for each in get_args(Operator)
}


_Grade = Annotated[int, Field(ge=1, le=4)]
_Logged = str | bool | int | float | None


def _one_or(kind: Any) -> BeforeValidator:
    """Return what takes one value for a list of it."""
    return BeforeValidator(
        lambda value: value if isinstance(value, list) else [value], json_schema_input_type=kind | tuple[kind, ...]
    )


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Parents(_Section):
    """Of which events scenarios are made: those of which all hold that is said here."""

    part: Annotated[tuple[SuitePart, ...], _one_or(SuitePart)] = (SuitePart.CASES, SuitePart.CONTROLS)
    mode: Annotated[tuple[str, ...], _one_or(str)] = ()
    severity: Annotated[tuple[_Grade, ...], _one_or(_Grade)] = ()
    status: Annotated[tuple[Status, ...], _one_or(Status)] = ()
    criterion: Annotated[tuple[str, ...], _one_or(str)] = ()
    slice: dict[str, Annotated[tuple[_Logged, ...], _one_or(_Logged)]] = {}
    most: Annotated[int, Field(ge=1)] | None = None

    @field_validator("slice")
    @classmethod
    def _named(cls, value: dict[str, tuple[Scalar, ...]]) -> dict[str, tuple[Scalar, ...]]:
        for name in value:
            if not name.startswith((INPUTS, CONTEXT)):
                raise wrong(
                    f"has {name}, which is neither inputs.NAME nor context.NAME", f"write {INPUTS}{name} or {CONTEXT}{name}"
                )
        return value

    def has(self, row: SuiteRow) -> bool:
        """Whether an event is one of them."""
        wanted = ((self.mode, row.mode), (self.severity, row.severity), (self.status, row.status))
        return (
            row.part in self.part
            and all(not those or value in those for those, value in wanted)
            and (not self.criterion or not set(self.criterion).isdisjoint(row.criteria))
            and self.in_slice(row)
        )

    def in_slice(self, row: SuiteRow) -> bool:
        """Whether an event is of the slice, whatever else it is."""
        return all(any(_same(each, _value(row, name)) for each in those) for name, those in self.slice.items())


def _value(row: SuiteRow, name: str) -> Scalar:
    return row.inputs.get(name.removeprefix(INPUTS)) if name.startswith(INPUTS) else row.context.get(name.removeprefix(CONTEXT))


def _same(one: Scalar, other: Scalar) -> bool:
    return one == other and isinstance(one, bool) == isinstance(other, bool)


class Invariance(_Section):
    """The answer is the one to the parent; a number may lie `within` so far of it."""

    kind: Literal["invariance"]
    of: Literal["output", "confidence"] = "output"
    path: str | None = None
    within: Annotated[float, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def _scale(self) -> Invariance:
        if self.of == "confidence" and self.within is None:
            raise wrong("of confidence needs `within`", "add within: how far it may lie from the parent's")
        return self


class Directional(_Section):
    """The answer is a number that lies above or below the one to the parent, by at least `by`."""

    kind: Literal["directional"]
    of: Literal["output", "confidence"] = "output"
    path: str | None = None
    goes: Literal["up", "down"]
    by: Annotated[float, Field(ge=0)] = 0.0


class SameAsParent(_Section):
    """What is expected of the parent is expected of it."""

    kind: Literal["same-as-parent"]


class Recipe(_Section):
    """How scenarios of one kind are made."""

    name: Annotated[str, Field(pattern=NAME)]
    parents: Parents = Parents()
    apply: Annotated[
        tuple[Annotated[Operator, Field(discriminator="operator")], ...], Field(min_length=1, max_length=MOST_OPERATORS)
    ]
    expect: Annotated[
        Annotated[Invariance | Directional | SameAsParent, Field(discriminator="kind")],
        BeforeValidator(
            lambda said: {"kind": said} if isinstance(said, str) else said,
            json_schema_input_type=Literal["invariance", "same-as-parent"] | Invariance | Directional | SameAsParent,
        ),
    ]
    copies: Annotated[int, Field(ge=1, le=100)] = 1
    seed: Annotated[int, Field(ge=0, lt=2**32)] | None = None

    @property
    def expects(self) -> ScenarioExpectation:
        """What is expected of the answers."""
        said = self.expect.model_dump(exclude={"kind"})
        return ScenarioExpectation(kind=ScenarioExpectationKind(self.expect.kind), **said)

    @model_validator(mode="after")
    def _path(self) -> Recipe:
        path = self.expects.path
        if path is not None:
            check_path(path)
        return self


class ScenarioDocument(_Section):
    """All recipes of a document; `seed` is theirs where they have none of their own."""

    scenarios: Annotated[str, Field(pattern=NAME)]
    recipes: Annotated[tuple[Recipe, ...], Field(min_length=1, max_length=MOST_RECIPES)]
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
    form: Literal["remiss-scenarios/1"] = "remiss-scenarios/1"

    @field_validator("recipes")
    @classmethod
    def _apart(cls, value: tuple[Recipe, ...]) -> tuple[Recipe, ...]:
        names = [each.name for each in value]
        for at, name in enumerate(names):
            if name in names[:at]:
                raise wrong(f"has two recipes called {name}", "give each a name of its own")
        return value


def read(text: str, file: str) -> ScenarioDocument:
    """Return what a document says.

    Raises
    ------
    InputError : it is none; says what, where and what to write instead
    """
    try:
        said = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        where = Location(file, None if mark is None else mark.line + 1)
        raise InputError(f"it is no YAML that can be read: {error}".partition("\n")[0], where=where) from error
    if not isinstance(said, dict):
        raise InputError("it is no mapping", where=Location(file), do="begin with scenarios: NAME and recipes:")
    try:
        return ScenarioDocument.model_validate(said)
    except ValidationError as error:
        what, do, path = first_complaint(ScenarioDocument, error)
        raise InputError(what, where=Location(file, line_of(text, path)), do=do) from error


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a document of recipes."""
    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "remiss scenarios"}
    return ScenarioDocument.model_json_schema(mode="validation") | dialect


def operator_words(operator: Operator) -> str:
    """Return an operator in words, as reports have it.

    >>> operator_words(Jitter(operator="jitter", field="inputs.distance", spreads=0.2))
    'jitter of distance (spreads 0.2)'
    """
    said: dict[str, Any] = operator.model_dump(mode="json", exclude={"operator", "field"}, exclude_none=True)
    more = ", ".join(
        f"{name} {', '.join(map(str, value)) if isinstance(value, list) else value}"
        for name, value in said.items()
        if value != []
    )
    return f"{operator.operator} of {operator.field}" + (f" ({more})" if more else "")
