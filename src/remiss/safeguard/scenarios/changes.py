"""What may happen to numbers, categories and times: pure functions of a value, what production knows of it, and chance.

Chance follows from names alone. A generator that is seeded once gives each event what those before it left over; here each number
is a digest of what it is for: neither the order of events nor the version of Python, nor what else is made beside it, changes it.

A function that has nothing to do to a value raises `Unchanged`: such a value makes no scenario.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import accumulate
from statistics import NormalDist
from typing import TypeVar

from remiss.records.event import Scalar
from remiss.safeguard.scenarios.profile import FieldProfile, is_time

T = TypeVar("T")
_NORMAL = NormalDist()
# What a double holds between 0 and 1.
_BITS = 53
_STEPS = float(2**_BITS)
_TRIES = 16

# By dimension and name of a unit, what one of it is in the first of its dimension, and where its zero lies.
UNITS: Mapping[str, Mapping[str, tuple[float, float]]] = {
    "length": {
        "m": (1, 0),
        "km": (1000, 0),
        "cm": (0.01, 0),
        "mm": (0.001, 0),
        "in": (0.0254, 0),
        "ft": (0.3048, 0),
        "yd": (0.9144, 0),
        "mi": (1609.344, 0),
        "nmi": (1852, 0),
    },
    "mass": {"kg": (1, 0), "g": (0.001, 0), "mg": (1e-6, 0), "t": (1000, 0), "lb": (0.45359237, 0), "oz": (0.028349523125, 0)},
    "time": {"s": (1, 0), "ms": (0.001, 0), "us": (1e-6, 0), "min": (60, 0), "h": (3600, 0), "d": (86400, 0)},
    "temperature": {"K": (1, 0), "C": (1, 273.15), "F": (5 / 9, 459.67 * 5 / 9)},
    "speed": {"m/s": (1, 0), "km/h": (1 / 3.6, 0), "mph": (0.44704, 0), "kn": (1852 / 3600, 0)},
    "volume": {"l": (1, 0), "ml": (0.001, 0), "m3": (1000, 0), "gal": (3.785411784, 0)},
    "pressure": {"Pa": (1, 0), "hPa": (100, 0), "bar": (1e5, 0), "inHg": (3386.389, 0), "psi": (6894.757293168, 0)},
    "energy": {"J": (1, 0), "kJ": (1000, 0), "kWh": (3.6e6, 0), "kcal": (4184, 0)},
    "share": {"1": (1, 0), "%": (0.01, 0), "permille": (0.001, 0)},
    "money": {"unit": (1, 0), "cent": (0.01, 0), "thousand": (1000, 0)},
}


class Draws:
    """Random numbers for one purpose, one after the other.

    >>> Draws(7, "k7m4", "jitter").below(100) == Draws(7, "k7m4", "jitter").below(100)
    True
    """

    def __init__(self, *names: str | int) -> None:
        text = json.dumps(names, ensure_ascii=False, separators=(",", ":"))
        self._key = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
        self._count = 0

    def _next(self) -> int:
        """Return the next 64 bits."""
        found = hashlib.sha256(self._key + self._count.to_bytes(8)).digest()
        self._count += 1
        return int.from_bytes(found[:8])

    def fraction(self) -> float:
        """Return a number in [0, 1)."""
        return (self._next() >> (64 - _BITS)) / _STEPS

    def below(self, count: int) -> int:
        """Return a whole number of 0 to `count` - 1."""
        return self._next() * count >> 64

    def normal(self) -> float:
        """Return a number of the standard normal distribution."""
        # The middle of each step: neither 0 nor 1 is ever asked for.
        return _NORMAL.inv_cdf(((self._next() >> (64 - _BITS)) + 0.5) / _STEPS)

    def one_of(self, options: Sequence[T], weights: Sequence[float] | None = None) -> T:
        """Return one of some, each as likely as its weight says; all alike without weights.

        Raises
        ------
        ValueError : there is none
        """
        if not options:
            raise ValueError("none to choose from")
        if weights is None:
            return options[self.below(len(options))]
        sums = [*accumulate(weights)]
        return options[min(bisect_right(sums, self.fraction() * sums[-1]), len(options) - 1)]

    def some(self, options: Sequence[T], count: int) -> list[T]:
        """Return `count` different ones, or all where there are fewer, in their order."""
        places = [*range(len(options))]
        for at in range(min(count, len(places))):
            other = at + self.below(len(places) - at)
            places[at], places[other] = places[other], places[at]
        return [options[at] for at in sorted(places[:count])]


class Unchanged(Exception):
    """Nothing of a value can be changed so; says why."""


def dimension_of(unit: str) -> str | None:
    """Return what a unit measures; None of one that is not known."""
    return next((name for name, units in UNITS.items() if unit in units), None)


def _number(value: Scalar) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unchanged("it is no number")
    return float(value)


def jittered(value: Scalar, field: FieldProfile, spreads: float, draws: Draws) -> Scalar:
    """Return a number that is a little off, by a normal error of so many spreads, within the range that production knows.

    Beyond an end of the range it is reflected.
    """
    number, low, high = _number(value), field.numbers[0], field.numbers[-1]
    for _ in range(_TRIES):
        moved = number + draws.normal() * spreads * field.spread
        if low <= number <= high:
            moved = 2 * low - moved if moved < low else 2 * high - moved if moved > high else moved
            moved = min(max(moved, low), high)
        found = field.rounded(moved)
        if found != value:
            return found
    raise Unchanged("so little is nothing once it is rounded")


def out_of_range(value: Scalar, field: FieldProfile, ranges: float, side: str, draws: Draws) -> Scalar:
    """Return a number that no event of production had: so many ranges below the least or above the greatest."""
    _number(value)
    low, high = field.numbers[0], field.numbers[-1]
    above = side == "above" or (side == "either" and draws.below(2) == 1)
    by = ranges * ((high - low) or abs(high) or 1.0)
    found = field.rounded(high + by if above else low - by)
    if low <= found <= high:
        # Rounded, it came to lie within.
        found = field.rounded(high + 1 if above else low - 1)
    return found


def in_other_unit(value: Scalar, field: FieldProfile, factor: float, offset: float) -> Scalar:
    """Return a number as another unit has it, for a model that does not know."""
    number = _number(value) * factor + offset
    if not math.isfinite(number):
        raise Unchanged("it would be no number any more")
    # A value of whole numbers of miles is one of kilometres: what reads the log may cut decimals off, too.
    found = field.rounded(number) if field.whole else float(f"{number:.12g}")
    if found == value:
        raise Unchanged("it is the same in both units")
    return found


def conversion(of: str, to: str) -> tuple[float, float]:
    """Return by what a number in one unit is multiplied, and what is added, to have it in another.

    >>> [round(each, 9) for each in conversion("C", "F")]
    [1.8, 32.0]
    """
    units = UNITS[dimension_of(of) or ""]
    (scale, zero), (other_scale, other_zero) = units[of], units[to]
    return scale / other_scale, (zero - other_zero) / other_scale


def missing(value: Scalar) -> Scalar:
    """Return nothing."""
    if value is None:
        raise Unchanged("it is missing already")
    return None


def swapped(value: Scalar, field: FieldProfile, draws: Draws) -> Scalar:
    """Return another category that production knows, each as likely as it is common there."""
    return _drawn([each for each in field.values if not _equal(each, value)], field, draws, "production knows no other")


def rare(value: Scalar, field: FieldProfile, most: float, draws: Draws) -> Scalar:
    """Return another category that at most a share of production has."""
    few = [each for each in rare_values(field, most) if not _equal(each, value)]
    return _drawn(few, field, draws, "production knows no other that is as rare")


def rare_values(field: FieldProfile, most: float) -> Sequence[Scalar]:
    """Return the categories that at most a share of production has."""
    return [value for value in field.values if field.share[value] <= most]


def _drawn(options: Sequence[Scalar], field: FieldProfile, draws: Draws, otherwise: str) -> Scalar:
    if not options:
        raise Unchanged(otherwise)
    return draws.one_of(options, [field.share[each] for each in options])


def _equal(one: Scalar, other: Scalar) -> bool:
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def unseen(value: Scalar, field: FieldProfile, values: Sequence[Scalar], draws: Draws) -> Scalar:
    """Return a category that no event of production has: one of `values`, else one of the same form.

    Of the same form: letters for letters, digits for digits.
    """
    known = set(field.values)
    if values:
        return draws.one_of([each for each in values if each not in known])
    if isinstance(value, int):
        return int(field.numbers[-1]) + 1 + draws.below(100)
    if not isinstance(value, str):
        raise Unchanged("it is missing, so there is no form to follow")
    for tried in range(_TRIES):
        made = "".join(_like(letter, draws) for letter in value) + "x" * (tried // 4)
        if made and made not in known:
            return made
    raise Unchanged("every name of that form is known")


def _like(letter: str, draws: Draws) -> str:
    if letter.isdecimal():
        return str(draws.below(10))
    if not letter.isalpha():
        return letter
    made = chr(ord("a") + draws.below(26))
    return made.upper() if letter.isupper() else made


def shifted(value: Scalar, by: timedelta) -> Scalar:
    """Return a time that lies earlier or later; a text that is one in the form that it had.

    >>> shifted("2026-03-02 23:10Z", timedelta(hours=1)), shifted("2026-03-02", timedelta(days=-2))
    ('2026-03-03 00:10Z', '2026-02-28')
    """
    try:
        if isinstance(value, datetime):
            return value + by
        if isinstance(value, str) and is_time(value):
            return _other(_as_it_was(value, datetime.fromisoformat(value) + by), value)
    except OverflowError as error:
        raise Unchanged("it would lie in no year") from error
    raise Unchanged("it is no time")


def _as_it_was(text: str, moment: datetime) -> str:
    """Return a time in the form of a text: with its precision, its zone, and what parts the day from the hour."""
    if len(text) == len("2026-03-02"):
        return moment.date().isoformat()
    digits = re.sub(r"(Z|[+-]\d\d:?\d\d)$", "", text[11:])
    precision = "minutes" if digits.count(":") == 1 else "seconds" if "." not in digits else "microseconds"
    found = moment.isoformat(sep=text[10], timespec=precision)
    return f"{found.removesuffix('+00:00')}Z" if text.endswith("Z") else found


def _other(found: str, text: str) -> str:
    if found == text:
        raise Unchanged("so little is nothing to a date")
    return found


def drifted(value: Scalar, own: FieldProfile, other: FieldProfile, draws: Draws) -> Scalar:
    """Return a value as it would be in another window, which may be the same.

    A number keeps its rank: what was the median becomes the median there. A category stays wherever it can: of those that are
    less common there so many move as have to, to those that are more common. So the profile becomes the other by the least moves.
    """
    if isinstance(value, int | float) and not isinstance(value, bool) and own.numbers and other.numbers:
        found: Scalar = other.at(own.rank(float(value), draws.fraction()))
        found = other.rounded(float(found)) if isinstance(found, float) else found
    else:
        stays = min(1.0, other.share.get(value, 0.0) / own.share.get(value, 1.0))
        rises = {each: share - own.share.get(each, 0.0) for each, share in other.share.items()}
        gains = [each for each in other.values if rises[each] > 0]
        if draws.fraction() < stays or not gains:
            return value
        found = draws.one_of(gains, [rises[each] for each in gains])
    return found
