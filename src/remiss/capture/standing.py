"""How captures stand: what is due, provisional or odd, for each protocol on each source."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from remiss.capture.due import labels_mature
from remiss.capture.ports import WindowInForce
from remiss.records.run import RESERVED, Group
from remiss.records.window import Window

# A criterion that catches this share of the events it could catch is about the log, not about failures.
NEARLY_EVERYTHING = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How one protocol stands on one source.

    `due` is the number of windows never captured that have ended, or None when the source cannot be looked at (`unseen`
    says why). `mature` counts provisional windows whose labels are all in by now. `refused_share` is refused rows over
    rows read, over the runs in force. `nothing` and `nearly_all` name criteria by what they caught.
    """

    protocol: str
    version: int
    source: str
    windows: int
    last: datetime | None
    due: int | None
    unseen: str
    provisional: int
    mature: int
    refused_share: float
    nothing: tuple[str, ...]
    nearly_all: tuple[str, ...]
    waiting: tuple[str, ...]


def provisional_counts(
    in_force: Iterable[WindowInForce], width: timedelta, lag: timedelta | None, now: datetime
) -> tuple[int, int]:
    """Return how many windows in force are provisional, and how many of these are mature now."""
    open_windows = [item.window.window for item in in_force if item.window.provisional]
    return len(open_windows), sum(labels_mature(Window(start, width), now, lag) for start in open_windows)


def odd_criteria(criteria: Sequence[str], groups: Iterable[Group], admitted: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the criteria that caught nothing, and those that caught nearly everything, of `admitted` events."""
    caught: dict[str, int] = defaultdict(int)
    for group in groups:
        if group.criterion not in RESERVED:
            caught[group.criterion] += group.population
    nothing = tuple(name for name in criteria if not caught[name])
    nearly_all = tuple(name for name in criteria if admitted and caught[name] >= NEARLY_EVERYTHING * admitted)
    return nothing, nearly_all


def refused_share(refused: Mapping[str, int], rows: int) -> float:
    """Return refused rows over rows read; 0 when none were read."""
    return sum(refused.values()) / rows if rows else 0.0
