"""Operators on numbers, categories and times, and what all operators have in common.

An operator is a frozen description with its own bounds. It says for which kinds of inputs it is, refuses an input that it has no
use for, and is a pure function of the value, of what production knows of the input, and of chance that follows from names.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from remiss.protocol.shape import wrong
from remiss.records.event import Scalar
from remiss.records.window import parse_width
from remiss.safeguard.scenarios import changes
from remiss.safeguard.scenarios.changes import Draws
from remiss.safeguard.scenarios.profile import FieldKind, FieldProfile

INPUTS = "inputs."
Share = Annotated[float, Field(gt=0, le=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of an input: over all windows, of the slice in the event's own window, and in another one by its name."""

    field: FieldProfile
    own: Callable[[], FieldProfile]
    other: Callable[[str], FieldProfile]


class BaseOperator(BaseModel, ABC):
    """What all operators say: the input that they work on."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, populate_by_name=True)
    KINDS: ClassVar[frozenset[FieldKind]]

    field: Annotated[str, AfterValidator(lambda name: name.removeprefix(INPUTS)), Field(min_length=1)]

    def refused(self, field: FieldProfile) -> str | None:
        """Return why this cannot be done to an input of production at all; None where it can."""
        if not field.values:
            return "no event of the suite has it"
        if not self.KINDS & field.kinds:
            kinds = " or ".join(sorted(field.kinds)) or "of several types"
            return f"it is {kinds}, and this is for {' or '.join(sorted(self.KINDS))}"
        return None

    @abstractmethod
    def apply(self, value: Scalar, known: Known, draws: Draws) -> Scalar:
        """Return what becomes of a value.

        Raises
        ------
        Unchanged : nothing can be changed of it so
        """


class Missing(BaseOperator):
    """The input is missing."""

    KINDS: ClassVar = frozenset(FieldKind)
    operator: Literal["missing"]

    def refused(self, field: FieldProfile) -> str | None:
        return None if field.values else "no event of the suite has it"

    def apply(self, value: Scalar, known: Known, draws: Draws) -> Scalar:
        return changes.missing(value)


class Jitter(BaseOperator):
    """A number is a little off, by a normal error of so many spreads of production."""

    KINDS: ClassVar = frozenset({FieldKind.NUMBER})
    operator: Literal["jitter"]
    spreads: Annotated[float, Field(gt=0, le=10)] = 0.1

    def refused(self, field: FieldProfile) -> str | None:
        found = super().refused(field)
        return found or ("it is the same in every event" if field.spread == 0 else None)

    def apply(self, value: Scalar, known: Known, draws: Draws) -> Scalar:
        return changes.jittered(value, known.field, self.spreads, draws)


class OutOfRange(BaseOperator):
    """A number lies so many ranges of production beyond the least or the greatest."""

    KINDS: ClassVar = frozenset({FieldKind.NUMBER})
    operator: Literal["out-of-range"]
    ranges: Annotated[float, Field(gt=0, le=1e6)] = 1.0
    side: Literal["above", "below", "either"] = "either"

    def apply(self, value: Scalar, known: Known, draws: Draws) -> Scalar:
        return changes.out_of_range(value, known.field, self.ranges, self.side, draws)


class UnitError(BaseOperator):
    """A number comes in another unit: by two names of units, or by what it is multiplied with."""

    KINDS: ClassVar = frozenset({FieldKind.NUMBER})
    operator: Literal["unit-error"]
    of: str | None = None
    to: str | None = None
    factor: Annotated[float, Field(gt=0)] | None = None

    @model_validator(mode="after")
    def _units(self) -> UnitError:
        if (self.factor is None) != (self.of is not None and self.to is not None):
            raise wrong("needs either `of` and `to`, or `factor`", "write for example of: km and to: m")
        for unit in (self.of, self.to):
            if unit is not None and changes.dimension_of(unit) is None:
                known = ", ".join(name for units in changes.UNITS.values() for name in units)
                raise wrong(f"has the unknown unit {unit}", f"give one of {known}, or factor")
        if self.of and self.to and changes.dimension_of(self.of) != changes.dimension_of(self.to):
            raise wrong(f"has units of two kinds: {self.of} and {self.to}", "give two units of one kind, or factor")
        return self

    def apply(self, value: Scalar, known: Known, draws: Draws) -> Scalar:
        factor, offset = (self.factor or 1.0, 0.0) if self.of is None else changes.conversion(self.of, self.to or "")
        return changes.in_other_unit(value, known.field, factor, offset)


class SwapCategory(BaseOperator):
    """A category is another one of production, as common as it is there."""

    KINDS: ClassVar = frozenset({FieldKind.CATEGORY})
    operator: Literal["swap-category"]

    def refused(self, field: FieldProfile) -> str | None:
        found = super().refused(field)
        return found or ("it is the same in every event" if len(field.values) < 2 else None)

    def apply(self, value: Scalar, known: Known, draws: Draws) -> Scalar:
        return changes.swapped(value, known.field, draws)


class RareCategory(BaseOperator):
    """A category is another one, which at most a share of production has."""

    KINDS: ClassVar = frozenset({FieldKind.CATEGORY})
    operator: Literal["rare-category"]
    share: Share = 0.05

    def refused(self, field: FieldProfile) -> str | None:
        rare = super().refused(field) is None and changes.rare_values(field, self.share)
        return super().refused(field) or (None if rare else f"none of its values is as rare as {self.share:.3g}")

    def apply(self, value: Scalar, known: Known, draws: Draws) -> Scalar:
        return changes.rare(value, known.field, self.share, draws)


class UnseenCategory(BaseOperator):
    """A category is one that no event of the suite has: one of those named, else one of the same form."""

    KINDS: ClassVar = frozenset({FieldKind.CATEGORY})
    operator: Literal["unseen-category"]
    values: tuple[str | int, ...] = ()

    def refused(self, field: FieldProfile) -> str | None:
        known = set(field.values)
        if self.values and known.issuperset(self.values):
            return "every value that is named is known in production"
        if isinstance(next(iter(field.values), None), bool):
            return "yes and no are all that there is"
        return super().refused(field)

    def apply(self, value: Scalar, known: Known, draws: Draws) -> Scalar:
        return changes.unseen(value, known.field, self.values, draws)


class TimeShift(BaseOperator):
    """A time lies earlier or later, for example by `1 day` or `-6 hours`."""

    KINDS: ClassVar = frozenset({FieldKind.TIME})
    operator: Literal["time-shift"]
    by: str

    @model_validator(mode="after")
    def _read(self) -> TimeShift:
        self.width()
        return self

    def width(self) -> timedelta:
        """Return by how much."""
        return parse_width(self.by.removeprefix("-")) * (-1 if self.by.startswith("-") else 1)

    def apply(self, value: Scalar, known: Known, draws: Draws) -> Scalar:
        return changes.shifted(value, self.width())


class Drift(BaseOperator):
    """The parents, as a slice, have the profile that they have in another window: its start, `first`, `last` or `next`."""

    KINDS: ClassVar = frozenset({FieldKind.NUMBER, FieldKind.CATEGORY})
    operator: Literal["drift"]
    window: Annotated[str, BeforeValidator(lambda said: said.isoformat() if isinstance(said, date) else said)]

    def apply(self, value: Scalar, known: Known, draws: Draws) -> Scalar:
        other = known.other(self.window)
        return changes.drifted(value, known.own(), other, draws)
