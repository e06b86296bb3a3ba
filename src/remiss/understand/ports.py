"""What estimates need of the catalog: which runs are in force, their exact counts, and their sampled events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from remiss.action import Performs
from remiss.capture.ports import CaptureWorkspace
from remiss.catalog.ports import Cases
from remiss.catalog.query.expression import Query
from remiss.govern.ports.actor import Permits
from remiss.govern.ports.vault import Keys
from remiss.protocol.ports import Protocols
from remiss.records.case import Sensitivity
from remiss.records.event import Scalar, Values
from remiss.records.run import Cell, Group
from remiss.understand.question import QuestionPlan
from remiss.understand.sampling_facts import BlindedEvent, Frame, Judged, Pattern, Sampled, SampledColumns

# To see figures.
ESTIMATE = "estimate:read"


class Evidence(Protocol):
    """Sampling facts in the catalog, as they stood at a position."""

    def position(self) -> int:
        """Return the catalog's position."""
        ...

    def frames(self, position: int) -> tuple[Frame, ...]:
        """Return every (source, protocol, digest) with windows in force."""
        ...

    def open_to_asker(self, frame: Frame, windows: Sequence[datetime], position: int) -> bool:
        """Return whether the asker may still be given some sampled event of these windows to label."""
        ...

    def groups(self, frame: Frame, position: int) -> Sequence[Group]:
        """Return the groups of the runs in force of a frame."""
        ...

    def cells(self, frame: Frame, position: int) -> Sequence[Cell]:
        """Return the cells of the runs in force of a frame."""
        ...

    def begins(self, frame: Frame, position: int) -> Mapping[datetime, datetime]:
        """Return when the first sampled event of each of the first windows of a frame occurred."""
        ...

    def sampled_counts(self, frame: Frame, position: int) -> Mapping[Pattern, int]:
        """Return how many events of each cell were sampled; cells without any are left out."""
        ...

    def sampled(self, frame: Frame, query: Query, of: Query | None, by: str | None, position: int) -> Sequence[Sampled]:
        """Return every sampled event of the runs in force of a frame, marked by what it matches.

        Every event of a sample is returned, inside or not: cases, controls, undecided and `all` alike, whether or not it
        has become a case, and whatever has been erased of it since.

        `by` is a key of the filter language (`context.airport`, `inputs.carrier`, `model_version`, `output`), `month`, `week`,
        `day` or `window`; periods are named by `understand.periods.period_of`.
        """
        ...

    def sampled_columns(self, frame: Frame, plan: QuestionPlan, names: Sequence[str], position: int) -> SampledColumns:
        """Return the same by columns, as a plan needs them, with several fields at once.

        Parameters
        ----------
        names : keys of the filter language as for `sampled`, or periods
        """
        ...

    def value_counts(self, frame: Frame, names: Sequence[str], most: int, position: int) -> Mapping[str, int]:
        """Return how many values each of some fields has among the sampled events of a frame, no value among them.

        Of many values it says that they are more than `most`.

        Parameters
        ----------
        names : keys of the filter language as for `sampled`
        """
        ...

    def sensitivity(self, frame: Frame, windows: Sequence[datetime], position: int) -> Sensitivity:
        """Return that of the most sensitive sampled event in some windows of a frame."""
        ...

    def judged(
        self, frame: Frame, query: Query, agreed: Query, of: Query | None, by: str | None, position: int
    ) -> Sequence[Judged]:
        """Return every sampled event of the runs in force of a frame, marked alike, with what people found of it.

        `agreed` is a further query to mark them by, which may speak of what people decide.
        """
        ...

    def blinded(self, frame: Frame, terms: Sequence[Query], by: str | None, position: int) -> Sequence[BlindedEvent]:
        """Return every sampled event of the runs in force of a frame whose case the asker may still label, as it stands now."""
        ...


class SampledLine(NamedTuple):
    """What a list tells of a sampled event, in the order of its columns; `inputs` and `context` become a column for each field.

    `id` is that of its case, or that which its case would have. `stratum` is canonical JSON; names of groups and criteria are set
    apart by commas. `weight` is 1 / `inclusion_probability`. `verdict`, `mode` and `severity` are what people came to.
    `hidden` says why it is not told how the event was drawn and what became of it.
    """

    id: str
    event: str
    occurred: datetime
    source: str
    protocol: str
    version: int
    run: str
    window: datetime
    stratum: str
    groups: str | None
    criteria: str | None
    undecided: str | None
    outside: str | None
    inclusion_probability: float | None
    weight: float | None
    model: str
    model_version: str | None
    model_digest: str | None
    features: str | None
    output: Scalar
    label: Scalar
    confidence: float | None
    latency_ms: float | None
    call_status: str | None
    trace_id: str | None
    text: str | None
    status: str | None
    verdict: str | None
    mode: str | None
    severity: int | None
    hidden: str | None
    inputs: Values
    context: Values


class SampledLines(NamedTuple):
    """Some lines in the order of runs and events, and the keys of the last one's when more follow."""

    lines: Sequence[SampledLine]
    last: tuple[int, int] | None


class SampleCount(NamedTuple):
    """How many sampled events match, and of how many of them it is hidden how they were drawn."""

    total: int
    hidden: int


class DrawnBy(NamedTuple):
    """A protocol version by which runs in force drew events of a source."""

    source: str
    protocol: str
    version: int


class Samples(Protocol):
    """Sampled events of the runs in force at a position, one by one, as far as the actor may see them; position None is now."""

    def drawn_by(self, position: int | None) -> tuple[DrawnBy, ...]:
        """Return by which protocol versions the runs in force drew, sorted."""
        ...

    def page(self, query: Query, *, limit: int, after: tuple[int, int] | None, position: int | None) -> SampledLines:
        """Return the lines of the sampled events that match, by run and event, from behind the keys `after`."""
        ...

    def columns(self, query: Query, names: Sequence[str], *, position: int | None) -> Iterator[Mapping[str, Sequence[Any]]]:
        """Yield columns of the sampled events that match, thousands at a time, by run and event; of blinded ones as of a page.

        Parameters
        ----------
        names : fields of a line, `key` and `recurrence` of an event, and the `priority` that it was drawn by; times are in
            microseconds since 1970
        """
        ...

    def count(self, query: Query, position: int | None) -> SampleCount:
        """Return how many sampled events match, and of how many it is hidden how they were drawn."""
        ...


class SampleWorkspace(Performs, Protocol):
    """The ports that actions on sampled events take."""

    @property
    def samples(self) -> Samples: ...
    @property
    def cases(self) -> Cases: ...
    @property
    def protocols(self) -> Protocols: ...
    @property
    def keys(self) -> Keys: ...

    def position(self) -> int:
        """Return the catalog's position."""
        ...


class UnderstandWorkspace(Performs, Protocol):
    """The ports that understanding's actions take."""

    @property
    def evidence(self) -> Evidence: ...
    @property
    def cases(self) -> Cases: ...
    @property
    def protocols(self) -> Protocols: ...
    @property
    def now(self) -> datetime: ...


class LogWorkspace(UnderstandWorkspace, CaptureWorkspace, Protocol):
    """The ports of an estimate that is counted over the log itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSlice:
    """A slice as it is kept: what was found of it, and of each attempt to confirm it, as JSON."""

    id: str
    name: str
    content: str
    attempts: tuple[str, ...] = ()
    position: int = 0
    team: str
    sensitivity: Sensitivity


class SliceStore(Protocol):
    """Slices that were kept, as far as the actor may see them."""

    def listed(self, position: int | None = None) -> Sequence[StoredSlice]:
        """Return all slices with their attempts, the newest first, as they were at a position; None is now."""
        ...

    def wait(self) -> int:
        """Have other writers wait from here on; return the position that this transaction will have."""
        ...

    def save(self, kept: StoredSlice, query: str) -> None:
        """Keep a slice, by whose name its query is found; one that is kept already stays as it is."""
        ...

    def attempt(self, slice_id: str, number: int, content: str, sensitivity: Sensitivity) -> None:
        """Keep an attempt to confirm a slice, which from then on is at least that sensitive.

        Raises
        ------
        Conflict : it has an attempt of that number
        """
        ...


class SliceWorkspace(UnderstandWorkspace, Permits, Protocol):
    """The ports that actions on slices take."""

    @property
    def slices(self) -> SliceStore: ...


class SliceLogWorkspace(SliceWorkspace, LogWorkspace, Protocol):
    """The ports of an attempt that is counted over the log itself."""
