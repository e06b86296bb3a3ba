"""Runs: one application of one protocol version to whole windows of one source, and what it drew.

Everything here is either in the digest of the run or says why not (see `capture/manifest.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

from remiss.parameters import OneOf
from remiss.records import arrow
from remiss.records.event import Event, ModelVersion, Scalar, Values
from remiss.records.published import INLINE, Count, Share, published
from remiss.records.rows import Shown
from remiss.records.source_file import ReadFile

if TYPE_CHECKING:
    import pyarrow as pa

    from remiss.records.histogram import Bins, WindowHistograms

# By which states and cells are derived. Under the first rules a missing label made an event undecided before `among` was asked,
# any null did, and cells did not say who is outside: figures over windows of different rules are not added up.
RULES = 2
CONTROL, UNDECIDED, ALL = "control", "undecided", "all"
RunStatus = Annotated[str, OneOf(("complete", "waiting"))]
RESERVED = frozenset({CONTROL, UNDECIDED, ALL})
# Of the columns of its groups in Arrow, but for the strata, which the log decides.
TYPES = {"criterion": arrow.TEXT, "window": arrow.TIME, **dict.fromkeys(("population", "labelled", "kept"), arrow.WHOLE)}
TYPES |= {"threshold": arrow.REAL, "provisional": arrow.YES_NO}


@published("group", part=True)
@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A set of events of which the k with least priority were kept, or those of the k units with least; counts are of events.

    `stratum` maps the protocol's strata (canonical names such as `context.airport`) to values; empty for `all` and for
    protocols without strata. `threshold` is tau as a fraction, 1.0 when everything was kept.
    """

    criterion: str
    window: datetime
    stratum: Values
    population: Count
    labelled: Count
    kept: Count
    threshold: Share
    provisional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """An exact count of the events of one window and stratum with one pattern; cells are disjoint.

    The pattern is which criteria are met, undecided and outside. `ruled_out` counts, by criterion, those of the undecided events
    whose `when` is false whatever the label turns out to be. `version` is the model version of its events, None where versions
    are not told apart: cells that differ in it alone are one in what is drawn and in the digest of the run.
    """

    window: datetime
    stratum: Values
    met: tuple[str, ...]
    undecided: tuple[str, ...]
    outside: tuple[str, ...] = ()
    version: ModelVersion | None = None
    population: int
    labelled: int
    ruled_out: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One sampled event as this run met it.

    `groups` are the criteria (or reserved names) in whose groups it was kept; `probability` is the greatest of their
    thresholds; `priority` is 13 lower-case hex digits. `met`, `undecided` and `outside` (those whose `among` is not true) are
    in the order of the protocol; a criterion in none of them was judged and not met. `ruled_out` are the undecided ones that no
    label can make met.
    """

    event: Event
    priority: str
    window: datetime
    stratum: Values
    groups: tuple[str, ...]
    probability: float
    met: tuple[str, ...]
    undecided: tuple[str, ...]
    outside: tuple[str, ...] = ()
    ruled_out: tuple[str, ...] = ()
    evidence: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Exact facts of one field in one window, over all admitted events."""

    window: datetime
    field: str
    count: int
    nulls: int
    minimum: Scalar
    maximum: Scalar


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedRow:
    """A row that is not an event, where it stands (rows count from 1; None where a reader cannot tell) and why."""

    reason: str
    file: str
    row: int | None
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusals:
    """All rows refused in a run: counted by reason, the first 100 of each listed."""

    counts: Mapping[str, int] = field(default_factory=dict)
    rows: tuple[RefusedRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunWindow:
    """One window of a run: how many events were admitted and whether its labels may still change.

    `left_out` counts the rows of the window that the protocol is not about.
    `nulls` counts, by criterion, the events on which its `when` was null for another reason than a missing label.
    """

    window: datetime
    population: int
    labelled: int
    provisional: bool
    left_out: int = 0
    nulls: Mapping[str, int] = field(default_factory=dict)


@published(
    keys={
        "protocol": "protocol.name",
        "protocol_version": "protocol.version",
        "protocol_digest": "protocol.digest",
        "source": "source.name",
        "fingerprint": "source.fingerprint",
        "rows": "source.rows",
        "since": "interval.since",
        "until": "interval.until",
        **{name: f"manifest.{name}" for name in ("engine", "software", "folder", "files", "file_digests")},
        **{name: f"manifest.{name}" for name in ("label_digests", "addresses", "unplaced", "grace_minutes")},
        **{name: f"duplicates.{name}" for name in ("merged", "resolved")},
    },
    also={"file_count": "source.files", "in_no_window": "in_no_window"},
)
@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The named inputs of a run: from these alone it can be derived again.

    `file_digests` are SHA-256 of the source files that hold at least one of its events, by path relative to `folder`;
    `label_digests` the same of the label files. `addresses` say where and how `events` and `labels` were read, since a
    protocol may change these without meaning anything else, and `folder` is where they start. Addresses and label files
    are here to find things again and are in no digest. `notes` say what people should know of how it went.

    `unplaced` counts, by file and reason, the rows that belong to no window: those of the run's files, which are among its
    refusals, and those of files that hold no event of any window, which are in no run's refusals and in no digest.

    `left_out` counts the rows of its windows that the protocol's `admit` is not true for, `left_out_null` those for which it is
    null. Of rows that share an id `merged` were dropped as saying the same as the one kept, `resolved` as outranked by it.
    `grace_minutes` is for how long after its end files of a window might still come, which a protocol may change freely too.
    `rules` are those by which states and cells were derived; a manifest that names none is of the first.
    """

    protocol: str
    protocol_version: Count
    protocol_digest: str
    source: str
    fingerprint: str
    files: tuple[str, ...]
    file_digests: Mapping[str, str]
    rows: Count
    since: datetime
    until: datetime
    as_of: datetime
    engine: str
    software: str
    folder: str = "."
    label_digests: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    addresses: Mapping[str, Mapping[str, str | None]] = field(default_factory=dict)
    unplaced: Mapping[str, Mapping[str, Count]] = field(default_factory=dict)
    left_out: Count = 0
    left_out_null: Count = 0
    merged: Count = 0
    resolved: Count = 0
    grace_minutes: Count = 0
    rules: Count = 1

    @property
    def file_count(self) -> Count:
        """How many files it was derived from."""
        return len(self.files)

    @property
    def in_no_window(self) -> Count:
        """How many of its refused rows belong to no window: every run that has an event in their file counts them."""
        return sum(sum(reasons.values()) for file, reasons in self.unplaced.items() if file in self.file_digests)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """How a recapture differs from the run that was in force: one event, and `added`, `dropped`, `gone` or `changed`."""

    event: str
    kind: str
    window: datetime
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivedRun:
    """Everything that one capture derived, before it is filed.

    In no digest are `listing` and `label_listing`, all files of source and labels; `beside`: windows next to the run's whose rows
    share ids with it, each after that of the run; `histograms` and their `bins`, decided by the first run of the protocol.
    """

    manifest: Manifest
    digest: str
    windows: tuple[RunWindow, ...]
    groups: tuple[Group, ...]
    cells: tuple[Cell, ...]
    members: tuple[Member, ...]
    profiles: tuple[Profile, ...]
    refusals: Refusals
    listing: tuple[ReadFile, ...] = ()
    label_listing: tuple[ReadFile, ...] = ()
    beside: tuple[tuple[datetime, datetime], ...] = ()
    bins: Bins | None = None
    histograms: tuple[WindowHistograms, ...] = ()


@published(
    "run",
    keys={
        "id": "run",
        "manifest": INLINE,
        "events_new": "events.new",
        "events_known": "events.known",
        "cases_new": "cases.new",
        "cases_known": "cases.known",
    },
    read="read_position",
)
@dataclass(frozen=True, slots=True, kw_only=True)
class Run(Shown):
    """A filed run, without its members: what `run show` prints.

    `status` is `complete`, or `waiting` while events are gone from the source and nobody has accepted that. `criteria` are in the
    order of the protocol; `groups` are sorted by name, and those that have events: a window without any has none here. `nulls`
    counts, by criterion, the events on which `when` was null although no label was missing: they count as not met, or as
    undecided where the criterion says so. `counted` are the fields by whose values events were counted (`run.histograms`).
    """

    id: str
    status: RunStatus
    digest: str
    manifest: Manifest
    groups: tuple[Group, ...] = ()
    criteria: tuple[str, ...] = ()
    counted: tuple[str, ...] = ()
    refused: Mapping[str, Count] = field(default_factory=dict)
    nulls: Mapping[str, Count] = field(default_factory=dict)
    events_new: Count = 0
    events_known: Count = 0
    cases_new: Count = 0
    cases_known: Count = 0
    changes: Mapping[str, Count] = field(default_factory=dict)
    actor: str = ""
    at: datetime | None = None
    position: Count = 0
    read_position: Count | None = field(default=None, compare=False)

    def to_arrow(self) -> pa.Table:
        """Return an Arrow table with a line for each group; each stratum is a column of its own."""
        columns = {name: [getattr(group, name) for group in self.groups] for name in ("criterion", "window")}
        for stratum in dict.fromkeys(name for group in self.groups for name in group.stratum):
            columns[stratum] = [group.stratum.get(stratum) for group in self.groups]
        columns |= {name: [getattr(group, name) for group in self.groups] for name in TYPES if name not in columns}
        return arrow.table(columns, TYPES)

    def to_pandas(self) -> Any:
        """Return a pandas data frame with a line for each group; needs pandas."""
        return arrow.to_pandas(self.to_arrow())
