"""Files of a source: as a run read them, as the catalog knows them, each in one state, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from remiss.records.identity import format_time
from remiss.records.published import Count


def labels_of(source: str) -> str:
    """Return the name by which the files of the labels of a source are kept; no source has such a name."""
    return f"{source}\nlabels"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFile:
    """A file of a source as a run read it: its path relative to the folder of the manifest, its size, and its time of change.

    `digest` is the SHA-256 of its content, None of a file that was not needed whole: it holds no event of the run's windows.
    """

    path: str
    size: int
    modified_ns: int
    digest: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tail:
    """That a file begins with the whole content of that digest, and the stretches of event time of what comes after it."""

    digest: str
    times: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """A file of a source in one state, told apart by its size and its time of change.

    `times` are the least and greatest event time of each of its stretches, in microseconds: none when none of its rows has a
    readable time, and None when it was not read for them; of a file of labels each goes on with how many labels it has, and with
    a sum over what these say. `timeless` counts its rows without one, and `layout` names its columns,
    where the engine knows that without reading rows. `last_row` is the number of its last readable row, where rows are
    lines. Runs that were filed from position `since` until position `until` saw it in this state; both are None of one that no
    run has seen, and `until` alone while the newest run has.
    """

    path: str
    size: int
    modified_ns: int
    digest: str | None = None
    times: tuple[tuple[int, ...], ...] | None = None
    timeless: int | None = None
    layout: str | None = None
    last_row: int | None = None
    tail: Tail | None = None
    since: int | None = None
    until: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChange:
    """A file that is `new`, `changed` or `gone` since windows were captured that it reaches, between `since` and `until`.

    For what is gone, and what a changed file does not reach any more, no window is due. `labels`: it is a file of labels.
    """

    path: str
    kind: str
    windows: Count
    since: datetime
    until: datetime
    labels: bool = False

    def __str__(self) -> str:
        bounds = f"{format_time(self.since)} to {format_time(self.until)}"
        which = f"label file {self.path}" if self.labels else self.path
        return f"{which} is {self.kind}: {self.windows:,} {'window' if self.windows == 1 else 'windows'}, {bounds}"
