"""What a version has to come to on a suite, figure by figure, and whether it does: by the interval, not by the value."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar, Self

from remiss.errors import InputError
from remiss.records.published import Count, published

# What is measured, and of which events where nobody says.
MEASURED: Mapping[str, tuple[str, str] | None] = MappingProxyType(
    {
        "pass-rate": ("question", "guard"),
        "false-alarm-rate": ("question", "guard"),
        "flagged-rate": None,
        "flip-rate": ("scenario", ""),
        "latency-p50-ms": ("all", ""),
        "latency-p95-ms": ("all", ""),
        "latency-p99-ms": ("all", ""),
    }
)
GROUPED = ("question", "mode", "severity", "slice", "criterion", "scenario")
QUESTIONS = ("guard", "target")
_TYPED = re.compile(
    r"(?P<measure>\S+)(?:\s+of\s+(?P<of>.+?))?\s+at\s+(?P<side>least|most)\s+(?P<number>[\d.]+)\s*(?P<unit>%|ms)?", re.DOTALL
)


class SuccessVerdict(StrEnum):
    """Whether a version does what was asked of it."""

    MET = "met"  # all of the interval is on the right side
    NOT_MET = "not-met"  # all of it is on the wrong one
    UNTOLD = "cannot-tell"


@published("success-criterion", part=True)
@dataclass(frozen=True, slots=True, kw_only=True)
class SuccessCriterion:
    """One figure of a result, and what it has to come to: `at_least` or `at_most` so much.

    `measure`, `group` and `name` say which figure, as a result has them: shares are of 1, latencies in milliseconds.
    """

    TEXT: ClassVar[str] = "MEASURE [of EVENTS] at least|most NUMBER"

    measure: str
    group: str
    name: str
    at_least: float | None = None
    at_most: float | None = None

    @property
    def sound(self) -> bool:
        """Whether it is one that a person could have typed: a suite may come from anywhere."""
        figure = self.measure in MEASURED and self.group in _groups(self.measure)
        name = self.group != "slice" or isinstance(_json(self.name), dict)
        return figure and name and (self.at_least is None) is not (self.at_most is None)

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Return the criterion that a person typed.

        Raises
        ------
        InputError

        >>> found = SuccessCriterion.from_text("pass-rate of severity 1 at least 95 %")
        >>> found.group, found.name, found.at_least
        ('severity', '1', 0.95)
        >>> SuccessCriterion.from_text("pass-rate of slice context.airport=EWR at least 0.9").name
        '{"context.airport":"EWR"}'
        >>> str(SuccessCriterion.from_text("latency-p95-ms at most 250"))
        'latency-p95-ms at most 250 ms'
        """
        found = _TYPED.fullmatch(text.strip())
        number = None if found is None else _number(found["number"])
        if found is None or number is None or found["measure"] not in MEASURED:
            raise _invalid(text, f"write {cls.TEXT}, where MEASURE is one of {', '.join(MEASURED)}")
        measure, unit = found["measure"], found["unit"]
        latency = measure.endswith("-ms")
        value = number / 100 if unit == "%" else number
        if unit is not None and (unit == "ms") is not latency:
            raise _invalid(text, "give a latency in ms, a share in % or of 1")
        if not latency and value > 1:
            raise _invalid(text, "give a share as 95 % or as 0.95")
        of = MEASURED[measure] if found["of"] is None else _events(measure, found["of"])
        if of is None:
            do = "say of which events: guard, target, mode NAME, severity 1, slice NAME=VALUE, criterion NAME or scenario NAME"
            raise _invalid(text, do)
        side = {f"at_{found['side']}": value}
        return cls(measure=measure, group=of[0], name=of[1], **side)

    @property
    def threshold(self) -> float:
        """The number that the figure is held against."""
        found = self.at_most if self.at_least is None else self.at_least
        assert found is not None
        return found

    def __str__(self) -> str:
        side = "most" if self.at_least is None else "least"
        latency = self.measure.endswith("-ms")
        number = f"{self.threshold:g} ms" if latency else f"{100 * self.threshold:g} %"
        return f"{self.measure}{self._of()} at {side} {number}"

    def _of(self) -> str:
        if (self.group, self.name) == MEASURED[self.measure] and self.group != "question":
            return ""
        match self.group:
            case "question":
                return f" of {self.name}"
            case "slice":
                return " of slice " + ", ".join(f"{name}={_plain(value)}" for name, value in json.loads(self.name).items())
            case _:
                return f" of {self.group} {self.name}"

    def judged(self, low: float | None, high: float | None) -> SuccessVerdict:
        """Return whether a figure with this interval is what is asked for; an end that is None may be anything.

        >>> few = SuccessCriterion.from_text("false-alarm-rate at most 5 %")
        >>> [few.judged(*ends).value for ends in ((0.0, 0.04), (0.06, 0.2), (0.01, 0.1), (0.06, None))]
        ['met', 'not-met', 'cannot-tell', 'not-met']
        """
        below, above = -math.inf if low is None else low, math.inf if high is None else high
        if self.at_least is not None:
            met, missed = below >= self.at_least, above < self.at_least
        else:
            met, missed = above <= self.threshold, below > self.threshold
        return SuccessVerdict.MET if met else SuccessVerdict.NOT_MET if missed else SuccessVerdict.UNTOLD


@published("success-outcome", part=True)
@dataclass(frozen=True, slots=True, kw_only=True)
class SuccessOutcome:
    """A criterion of success with the figure that it is held against, its 95 % interval, and the verdict by that interval.

    `text` is the criterion as a person reads it. Without a `value` there is no such figure, or nothing could be told of it. It is
    not met as long as `unanswered` of its events are without an answer, which are not in the figure.
    """

    criterion: SuccessCriterion
    text: str
    verdict: SuccessVerdict
    value: float | None
    low: float | None
    high: float | None
    unanswered: Count = 0


def _events(measure: str, of: str) -> tuple[str, str] | None:
    """Return the group and the name of the figure that `of` says; None where there is no such figure of this measure."""
    word, _, rest = of.strip().partition(" ")
    rest = rest.strip()
    if not rest:
        found = ("question", word) if word in QUESTIONS else ("all", "") if word == "all" else None
        found = ("scenario", "") if word == "scenarios" else found
    elif word == "slice":
        pairs = [each.partition("=") for each in rest.split(",")]
        values = {name.strip(): _json(value.strip()) for name, equals, value in pairs if equals}
        found = ("slice", json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(",", ":")))
        found = found if len(values) == len(pairs) else None
    else:
        found = (word, rest) if word in GROUPED and word != "question" else None
    return found if found is not None and found[0] in _groups(measure) else None


def _groups(measure: str) -> tuple[str, ...]:
    """Return of which groups a result has a measure."""
    match measure:
        case "pass-rate":
            return ("question", "mode", "severity", "slice")
        case "false-alarm-rate":
            return ("question", "slice")
        case "flagged-rate":
            return ("criterion",)
        case "flip-rate":
            return ("scenario", "all", "question", "mode", "severity", "slice")
        case _:
            return ("all", "question", "mode", "severity", "slice")


def _plain(value: object) -> str:
    return value if isinstance(value, str) and _json(value) == value else json.dumps(value, ensure_ascii=False)


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _invalid(text: str, do: str) -> InputError:
    example = "for example 'pass-rate of severity 1 at least 95 %'"
    return InputError(f"invalid criterion of success: {text[:80]!r}", do=f"{do}, {example}", field="success")
