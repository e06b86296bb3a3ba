"""Plan: all that decides the text of a run's statements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from remiss.protocol.check_result import Checked, CheckedCriterion
from remiss.records.identity import FIRST, LAST, to_micros
from remiss.records.window import ClockChange, clock_changes

EVENTS = "events"


LABELS = "labels"


KNOWN = "remiss_labels"


REPEATS = "remiss_repeats"


BOUNDS = "remiss_bounds"


SAMPLE = "remiss_sample"


REFERENCE = "remiss_reference"


VERSIONS = "remiss_versions"

# What sums of hashes are counted by.
MARKS = 2**64


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


class VersionsTold(StrEnum):
    """Which model versions a census tells apart: none, every one, or the commonest, which are kept."""

    NONE = "none"
    EVERY = "every"
    COMMONEST = "commonest"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanPlan:
    """All that decides the text of the statements of one run.

    Windows are numbered from one that lies `reach` before `since`: that next to the run's, of which rows may repeat an event of
    it, and before it one more where anomalies are measured by the window before. `columns` are the source's own, for the raw row;
    `of_lines` says that it is a line, which is asked for by itself. The rest is filled in while the run learns about its rows, so
    that later statements ask only what may still have an answer: `repeated` says that rows were dropped as duplicates, `reasons`
    are those for which some row is refused (None: not known yet) and `guarded` the fields of numbers of which some value may be
    NaN (None: all). `floats` are the columns of floating-point numbers by which expressions over the log decide. `versions` are
    the model versions that the census tells apart. `anytime`: read rows of every window, not the run's. `beside`: read also the
    windows next to those of the run and of its references. `label_changes` are the changes of clocks that times of labels, of
    `label_shape`, may fall into, `labels_refused` counts labels that are not used for it, by reason, and `labels_twice` those of
    which the protocol says which time is meant.
    """

    checked: Checked
    columns: tuple[str, ...]
    since: datetime
    until: datetime
    as_of: datetime
    of_lines: bool = False
    shapes: Mapping[str, Shape] = field(default_factory=dict)
    history: LabelHistory = LabelHistory.NONE
    labels_disagree: bool = False
    repeated: bool = False
    reasons: frozenset[str] | None = None
    guarded: frozenset[str] | None = None
    floats: frozenset[str] = frozenset()
    versions: VersionsTold = VersionsTold.NONE
    anytime: bool = False
    beside: bool = False
    label_shape: Shape = Shape.INSTANT
    label_changes: tuple[ClockChange, ...] = ()
    labels_refused: Mapping[str, int] = field(default_factory=dict)
    labels_twice: int = 0
    reach: int = field(init=False)

    def __post_init__(self) -> None:
        previous = any(one.criterion.reference == "previous" for one in self.anomalies)
        object.__setattr__(self, "reach", 2 if previous else 1)

    @property
    def width(self) -> timedelta:
        return self.checked.protocol.sampling.window

    @property
    def anomalies(self) -> tuple[CheckedCriterion, ...]:
        return tuple(one for one in self.checked.criteria if one.criterion.of is not None)

    @property
    def base(self) -> int:
        """The start of window 0 of the plan, in microseconds."""
        return to_micros(self.since) - self.reach * (self.width // timedelta(microseconds=1))

    @property
    def ends(self) -> int:
        """The number of the window after the run's last."""
        return self.reach + (self.until - self.since) // self.width

    @property
    def bounds(self) -> tuple[int, int]:
        """The first and the last microsecond that is read."""
        width = self.width // timedelta(microseconds=1)
        first, last = self.base + (0 if self.beside else width), to_micros(self.until) + (width if self.beside else 0) - 1
        return max(first, FIRST), min(last, LAST)

    @property
    def clock_changes(self) -> tuple[ClockChange, ...]:
        """The changes of the source's clocks in what is read, where times may lack a zone."""
        zone = self.checked.protocol.source.time_zone
        naive = self.shapes.get("time") in (Shape.NAIVE, Shape.DATE, Shape.TEXT)
        return clock_changes(zone, *self.bounds) if zone is not None and naive else ()
