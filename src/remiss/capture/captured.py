"""What the catalog holds of captures, as the actions of this chapter take it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from remiss.capture.criterion_counts import PatternCount
from remiss.capture.requirements import Refused
from remiss.records.event import Event
from remiss.records.run import RULES, Change, Profile, RefusedRow, RunWindow

# What a recapture makes of a sampled event (see `planning.py`).
ADDED, DROPPED, GONE, CHANGED = "added", "dropped", "gone", "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowInForce:
    """Which run is in force for one window of a (source, protocol), how sure its labels are, and by which rules it was made.

    `seen` is whether the actor sees that run: a window of another is captured all the same. `filed` is the position at which that
    run was filed.
    """

    window: RunWindow
    run: str
    protocol_version: int
    protocol_digest: str
    as_of: datetime
    rules: int = RULES
    seen: bool = True
    filed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunTotals:
    """What the runs in force of one protocol on one source add up to, of those that the actor sees.

    `patterns` counts the events with the same criteria met, undecided and outside, over the windows in force. `refused` has what
    each of these runs refused.
    """

    patterns: tuple[PatternCount, ...]
    refused: tuple[Refused, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownEvent:
    """An event that the run in force for its window had sampled: what a recapture compares with."""

    event: str
    window: datetime
    at: datetime
    output: str | None
    label: str | None
    met: tuple[str, ...]
    undecided: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What is captured of one source by one version of a protocol: its windows in force, added up.

    `since` and `until` are the outer bounds of these windows, `events` the admitted ones, and `run` the newest run in force,
    which was filed `at`.
    """

    source: str
    protocol: str
    version: int
    windows: int
    since: datetime
    until: datetime
    events: int
    labelled: int
    provisional: int
    run: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentText:
    """A protocol version as it is kept, by which some run was made."""

    name: str
    version: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnredactedRun:
    """A run that stored texts without redaction, which a protocol that says nothing of it meant once."""

    run: str
    source: str
    protocol: str
    version: int
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTexts:
    """What a run stored that may have texts; events by their numbers in the catalog, before redaction and after."""

    events: Sequence[tuple[int, Event, Event]]
    profiles: Sequence[Profile]
    refused: Sequence[RefusedRow]
    changes: Sequence[Change]
