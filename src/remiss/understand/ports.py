"""What estimates need of the catalog: which runs are in force, their exact counts, and their sampled events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from remiss.action import Performs
from remiss.capture.ports import CaptureWorkspace
from remiss.catalog.query.expression import Query
from remiss.protocol.ports import Protocols
from remiss.records.run import Cell, Group
from remiss.understand.sampling_facts import BlindedEvent, Frame, Judged, Pattern, Sampled


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


class UnderstandWorkspace(Performs, Protocol):
    """The ports that understanding's actions take."""

    @property
    def evidence(self) -> Evidence: ...
    @property
    def protocols(self) -> Protocols: ...
    @property
    def now(self) -> datetime: ...


class LogWorkspace(UnderstandWorkspace, CaptureWorkspace, Protocol):
    """The ports of an estimate that is counted over the log itself."""
