"""Plan: all that decides the text of a run's statements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from remiss.protocol.check_result import Checked, CheckedCriterion
from remiss.records.identity import to_micros

EVENTS = "events"


LABELS = "labels"


KNOWN = "remiss_labels"


REPEATS = "remiss_repeats"


BOUNDS = "remiss_bounds"


SAMPLE = "remiss_sample"


REFERENCE = "remiss_reference"


class Shape(StrEnum):
    """What a field's values are in the engine, as far as reading them differs."""

    TEXT = "text"
    INTEGER = "integer"
    WIDE = "wide"  # integers beyond 64 bits
    NUMBER = "number"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    INSTANT = "instant"
    NAIVE = "naive"
    DATE = "date"
    NULL = "null"
    NESTED = "nested"


class LabelHistory(StrEnum):
    """How labels lie: none, one row a key, or several of which the newest known counts."""

    NONE = "none"
    ONE = "one"
    MANY = "many"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanPlan:
    """All that decides the text of the statements of one run.

    `reach` is how many windows before `since` are read for the references of anomalies (0 or 1). `columns` are the
    source's own, for the raw row. The rest is filled in while the run learns about its rows, so that later statements
    ask only what may still have an answer: `reasons` are those for which some row is refused (None: not known yet) and
    `guarded` the numbers of which some value may be NaN (None: all). `anytime`: read rows of every window, not the run's.
    """

    checked: Checked
    columns: tuple[str, ...]
    since: datetime
    until: datetime
    as_of: datetime
    shapes: Mapping[str, Shape] = field(default_factory=dict)
    history: LabelHistory = LabelHistory.NONE
    labels_disagree: bool = False
    repeated: bool = False
    reasons: frozenset[str] | None = None
    guarded: frozenset[str] | None = None
    anytime: bool = False
    reach: int = field(init=False)

    def __post_init__(self) -> None:
        previous = any(one.criterion.reference == "previous" for one in self.anomalies)
        object.__setattr__(self, "reach", 1 if previous else 0)

    @property
    def width(self) -> timedelta:
        return self.checked.protocol.sampling.window

    @property
    def anomalies(self) -> tuple[CheckedCriterion, ...]:
        return tuple(one for one in self.checked.criteria if one.criterion.of is not None)

    @property
    def base(self) -> int:
        """The first microsecond that is read: the start of window 0 of the plan."""
        return to_micros(self.since - self.reach * self.width)
