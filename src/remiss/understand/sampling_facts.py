"""Sampling facts as estimates take them: the runs in force of each frame, and the sampled events, as plain values.

They are read of the catalog before anything is computed (`pipeline.py`), so that the arithmetic knows no port.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from remiss.capture.requirements import Refused, refused_rows
from remiss.records.event import ModelVersion, Scalar, Values
from remiss.records.identity import canonical
from remiss.records.labelling import Verdict
from remiss.records.run import RULES, RunWindow

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

# A window, a stratum (canonical JSON), the criteria met, undecided and outside, and the model version where it is told apart:
# what an event shares with those of its cell.
Pattern: TypeAlias = tuple[datetime, bytes, frozenset[str], frozenset[str], frozenset[str], ModelVersion | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """A run by another document, of the same source, that was in force for some time of a window before the run that is now.

    People could see the cases that it sampled there, and may have changed a criterion because of them. `position` is where
    it came in force.
    """

    window: datetime
    protocol: str
    version: int
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What one estimate is about: one source, one protocol digest, the windows whose runs are in force by the same rules.

    `versions` are those of that digest, which mean the same, and `version` is the newest of them.

    `refusals` are what those runs refused, each by itself, and `admitted` adds up their events. `earlier` lists, for each
    window in force here, every run of the source with another protocol digest that was in force for some of its time before:
    those with a `position_from` below that of the run in force, whatever the protocol is called and however wide its windows are.
    In the windows of `partly_visible` some sampled events are above the asker's clearance: only exact counts are told of them.
    `unit` is the field that the protocol draws by, None where it draws every event by itself (`pipeline.py` fills it in).
    `besides` are other versions of the protocol with windows in the scope of a question, of which nobody chose one.
    """

    source: str
    protocol: str
    version: int
    digest: str
    rules: int = RULES
    windows: tuple[RunWindow, ...]
    refusals: tuple[Refused, ...] = field(default=(), compare=False)
    admitted: int
    earlier: tuple[Earlier, ...] = ()
    versions: tuple[int, ...] = ()
    partly_visible: frozenset[datetime] = frozenset()
    unit: str | None = None
    besides: tuple[int, ...] = ()

    @property
    def refused(self) -> int:
        """How many rows are no events: such as belong to no window once, though each run of their file counts them."""
        return refused_rows(self.refusals)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """One sampled event of a run in force, seen through a query.

    `met`, `undecided`, `outside`, `labelled` and `probability` are as the run in force met the event, and so are the output
    and the label that queries compare. `inside` is whether it matches the query, `of` whether it matches the second one (True
    without one). What a criterion's `among` excludes is in `outside`. A phrase
    is looked for in the event's own text only: titles and notes are people's. `ruled_out` are undecided criteria that no label
    can make met. `key` is its value of the field that the estimate is broken down by; None where it has none, and without a
    breakdown. `unit` is shared by events that were drawn together, of any window: their priority. None where each was drawn by
    itself.
    """

    window: datetime
    stratum: Values
    probability: float
    met: tuple[str, ...]
    undecided: tuple[str, ...]
    outside: tuple[str, ...]
    ruled_out: tuple[str, ...] = ()
    labelled: bool
    inside: bool
    of: bool
    key: Scalar = None
    unit: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged(Sampled):
    """One sampled event of a run in force with what people found of it, as it stood at a position.

    `event` is its id in its source and `at` when it occurred. `agreed` is whether it matches the query that speaks of people's
    decisions too. `annotated` says that somebody labelled it, and `severity` is the annotator's grade, None where they found no
    failure. `final` is the verdict that people came to, None as long as they have not, or the event has changed since;
    `again` says that somebody has looked at it a second time, or that it was begun anew or has changed: that its verdict is
    missing then is not left to chance. `cleared` says that an annotation alone decided. `chooser` is the id by which it was
    chosen to be verified: its own, or that of the event whose verdict it takes; `chance` is the
    fraction that is kept with that one's annotation for it. `mode` and `grade` are what people came to with
    a final verdict. `own_open` says that the asker has labelled it and that it is not decided. `undecidable` says that two people
    could not tell: no verdict is to come; `ungraded` that it counts as annotated because of that, and nobody else has graded it.
    """

    event: str
    at: datetime
    agreed: bool
    annotated: bool
    severity: int | None
    final: Verdict | None
    again: bool
    cleared: bool
    chooser: str
    chance: float | None = None
    mode: str | None = None
    grade: int | None = None
    own_open: bool = False
    undecidable: bool = False
    ungraded: bool = False


class FieldColumn(NamedTuple):
    """A field of sampled events: its distinct values, and which of them each event has; null is a value."""

    name: str
    values: Sequence[Scalar]
    codes: npt.NDArray[np.intp]


class EventStanding(NamedTuple):
    """How events stand to the criteria, as `Sampled` has it, and whether they have a label."""

    met: frozenset[str]
    undecided: frozenset[str]
    outside: frozenset[str]
    ruled_out: frozenset[str]
    labelled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledColumns:
    """Sampled events of the runs in force by columns, one element for each: as `Sampled`, with several fields at once.

    `window` is the place of each event's among `windows`, and `standing` that of how it stands to the criteria among `standings`.
    `undecided` says whether it is undecided on a criterion in question or without the label that a query compares, `outside`
    whether the criterion's `among` excludes it. `uniform` says whether it is of the uniform sample of its window. `unit` numbers
    what was drawn together, None where each event was drawn by itself.
    """

    windows: tuple[datetime, ...]
    window: npt.NDArray[np.intp]
    probability: npt.NDArray[np.float64]
    inside: npt.NDArray[np.bool_]
    of: npt.NDArray[np.bool_]
    undecided: npt.NDArray[np.bool_]
    outside: npt.NDArray[np.bool_]
    uniform: npt.NDArray[np.bool_]
    standing: npt.NDArray[np.intp]
    unit: npt.NDArray[np.intp] | None
    standings: tuple[EventStanding, ...]
    fields: tuple[FieldColumn, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BlindedEvent:
    """A sampled event of which it is blinded for the asker why it was caught, for they may be its second labeller.

    `holds` says of each of some comparisons whether it holds of it, and `key` is its value of a breakdown.
    """

    window: datetime
    holds: tuple[bool, ...]
    key: Scalar = None


def pattern_of(
    window: datetime,
    stratum: Values,
    met: Iterable[str],
    undecided: Iterable[str],
    outside: Iterable[str],
    version: ModelVersion | None = None,
) -> Pattern:
    """Return the cell that an event is in, as something to look up by."""
    return window, canonical(stratum), frozenset(met), frozenset(undecided), frozenset(outside), version
