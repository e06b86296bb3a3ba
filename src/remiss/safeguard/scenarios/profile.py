"""What the inputs of production are like: spread, range and categories, of the sample that a suite holds, by its weights.

A perturbation is judged by what production knows: one tenth of a spread, another carrier that flies, a value that no event had.
The sample is drawn more often where something failed; without its weights a category of failures would seem common.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from itertools import accumulate

from remiss.records.event import Scalar
from remiss.records.identity import parse_time
from remiss.records.suite import SuiteRow

# The interquartile range of a normal distribution, in standard deviations.
_IQR = 1.349
# More different values than this, and more than half of all, are no categories.
MOST_CATEGORIES = 50
Slice = Callable[[SuiteRow], bool]
# A text whose middle event has fewer words is a name.
FEWEST_WORDS = 3


class FieldKind(StrEnum):
    """What an input can be taken for; a name of few values is a category and can be mistyped, too."""

    NUMBER = "number"
    CATEGORY = "category"
    TEXT = "text"
    TIME = "time"


@dataclass(frozen=True)
class FieldProfile:
    """The values of one input, each with how many events of production it stands for, in their order; those missing apart."""

    name: str
    values: Sequence[Scalar]
    weights: Sequence[float]
    events: int
    missing: float

    @cached_property
    def kinds(self) -> frozenset[FieldKind]:
        """What the input can be taken for; nothing where no event has it, or values are of several types."""
        types = {_type(value) for value in self.values}
        few = len(self.values) <= MOST_CATEGORIES or 2 * len(self.values) <= self.events
        match types:
            case _ if types == {datetime}:
                return frozenset({FieldKind.TIME})
            case _ if types == {bool}:
                return frozenset({FieldKind.CATEGORY})
            case _ if types == {float}:
                codes = few and len(self.values) <= MOST_CATEGORIES and all(isinstance(value, int) for value in self.values)
                return frozenset({FieldKind.NUMBER, *([FieldKind.CATEGORY] if codes else [])})
            case _ if types == {str}:
                words = self._weighted([(len(str(value).split()), weight) for value, weight in self._pairs], 0.5)
                time = [FieldKind.TIME] if all(is_time(str(value)) for value in self.values) else []
                return frozenset({FieldKind.TEXT, *([FieldKind.CATEGORY] if few and words < FEWEST_WORDS else []), *time})
            case _:
                return frozenset()

    @property
    def _pairs(self) -> Iterable[tuple[Scalar, float]]:
        return zip(self.values, self.weights, strict=True)

    @cached_property
    def numbers(self) -> Sequence[float]:
        """The values as numbers, from least to greatest."""
        return [float(value) for value in self.values if isinstance(value, int | float)]

    @cached_property
    def whole(self) -> bool:
        """Whether all are whole numbers."""
        return all(isinstance(value, int) for value in self.values)

    @cached_property
    def decimals(self) -> int:
        """How many decimals the values have at most."""
        return max((_decimals(number) for number in self.numbers), default=0)

    @cached_property
    def total(self) -> float:
        """How many events have a value."""
        return math.fsum(self.weights)

    @cached_property
    def share(self) -> Mapping[Scalar, float]:
        """By value, its share of the events that have one."""
        return {value: weight / self.total for value, weight in self._pairs}

    @cached_property
    def _below(self) -> Sequence[float]:
        """By value, which share of events lies at it or below."""
        return [min(1.0, each / self.total) for each in accumulate(self.weights)]

    def at(self, share: float) -> float:
        """Return the quantile of a number: the least value with at least this share of events at it or below."""
        return self.numbers[min(bisect_left(self._below, share - 1e-12), len(self.numbers) - 1)]

    def rank(self, value: float, within: float) -> float:
        """Return where a value lies among all, in [0, 1].

        Parameters
        ----------
        within : in [0, 1], where among those of the same value
        """
        place = bisect_left(self.numbers, value)
        below = self._below[place - 1] if place else 0.0
        there = place < len(self.numbers) and self.numbers[place] == value
        return below + (within * (self._below[place] - below) if there else 0.0)

    @cached_property
    def spread(self) -> float:
        """A robust standard deviation; where more than half are alike the plain one; 0 where all are."""
        robust = (self.at(0.75) - self.at(0.25)) / _IQR
        if robust > 0:
            return robust
        mean = math.fsum(value * weight for value, weight in zip(self.numbers, self.weights, strict=True)) / self.total
        squares = math.fsum(weight * (value - mean) ** 2 for value, weight in zip(self.numbers, self.weights, strict=True))
        return math.sqrt(squares / self.total)

    def rounded(self, value: float) -> int | float:
        """Return a number as the log would have it: whole where all are, and with no more decimals."""
        # Twelve digits, for the last ones are another machine's.
        return round(value) if self.whole else float(f"{round(value, self.decimals):.12g}")

    @staticmethod
    def _weighted(pairs: Iterable[tuple[int, float]], share: float) -> int:
        ordered = sorted(pairs)
        sums = [*accumulate(weight for _, weight in ordered)]
        return ordered[bisect_left(sums, share * sums[-1])][0]


def is_time(text: str) -> bool:
    """Return whether a text is a date or a time of ISO 8601, as logs of JSON have it.

    >>> is_time("2026-03-02T09:10:00Z"), is_time("2026-03-02"), is_time("20260302"), is_time("noon")
    (True, True, False, False)
    """
    try:
        # A number may be read as a date, too.
        return "-" in text and datetime.fromisoformat(text) is not None
    except ValueError:
        return False


def _decimals(number: float) -> int:
    exponent = Decimal(repr(number)).as_tuple().exponent
    return 0 if number.is_integer() or not isinstance(exponent, int) else -exponent


def _type(value: Scalar) -> type:
    match value:
        case bool():
            return bool
        case int() | float():
            return float
        case _:
            return type(value)


def is_missing(value: Scalar) -> bool:
    """Return whether a value is none: null, or a number that is none."""
    return value is None or (isinstance(value, float) and not math.isfinite(value))


def profile_of(name: str, rows: Iterable[SuiteRow]) -> FieldProfile:
    """Return what one input of some events is like.

    Parameters
    ----------
    rows : in any order
    """
    found: defaultdict[tuple[str, Scalar], list[float]] = defaultdict(list)
    missing: list[float] = []
    for row in rows:
        value = row.inputs.get(name)
        if is_missing(value):
            missing.append(row.weight)
        else:
            # True is 1 to a dict, and 1.0 as well: the type is part of the value, but of numbers.
            found[_type(value).__name__, value].append(row.weight)
    ordered = sorted(found, key=lambda each: (each[0], each[1]))
    return FieldProfile(
        name=name,
        values=[value for _, value in ordered],
        weights=[math.fsum(found[each]) or 1e-9 for each in ordered],
        events=sum(map(len, found.values())),
        missing=math.fsum(missing),
    )


class SuiteSample:
    """The rows of a suite, and what each input of them is like, of all or of one window and slice."""

    def __init__(self, rows: Iterable[SuiteRow]) -> None:
        self.rows = sorted(rows, key=lambda row: row.id)
        self._found: dict[tuple[str, datetime | None, Slice | None], FieldProfile] = {}

    @cached_property
    def names(self) -> Sequence[str]:
        return sorted({name for row in self.rows for name in row.inputs})

    @cached_property
    def windows(self) -> Sequence[datetime]:
        return sorted({row.window for row in self.rows})

    def field(self, name: str, window: datetime | None = None, of: Slice | None = None) -> FieldProfile:
        key = (name, window, of)
        if key not in self._found:
            those = (row for row in self.rows if (window is None or row.window == window) and (of is None or of(row)))
            self._found[key] = profile_of(name, those)
        return self._found[key]

    def window(self, named: str, own: datetime) -> datetime | None:
        """Return the window that an operator names, for an event of a window; None where there is none."""
        match named:
            case "first":
                return self.windows[0]
            case "last":
                return self.windows[-1]
            case "next":
                return next((each for each in self.windows if each > own), None)
            case _:
                try:
                    start = parse_time(named)
                except ValueError:
                    return None
                return start if start in self.windows else None
