"""Comparisons: a case beside what was drawn with it, from the same window and stratum by the same run.

What is like a failure and did not fail is what a person looks at next: it says what the failure has that others have not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from remiss.records.event import Event, FieldLabel, Values
from remiss.records.published import Count, Share, published
from remiss.records.run import ALL, Group


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """A sampled event that met no criterion and was judged on all. `likeness` to the case is in [0, 1]."""

    event: Event
    likeness: Share


@published(
    "comparison",
    keys={
        "protocol": "protocol.name",
        "protocol_version": "protocol.version",
        "window": "window.since",
        "until": "window.until",
    },
)
@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How the event of a case was drawn, and controls to compare it with.

    `groups` are those of its stratum and window, and the window's `all`; `kept_in` names those in which it was drawn (none
    when the run only read it again), `probability` is the greatest of their thresholds. Where these two are `hidden`, and why, so
    are the controls: one of them may be the event itself. The window is [window, until);
    `population`, `labelled` and `provisional` are of all of it. `show` is how fields of the events are shown.
    """

    case: str
    event: Event
    run: str
    protocol: str
    protocol_version: Count
    in_force: bool
    window: datetime
    until: datetime
    stratum: Values
    population: Count
    labelled: Count
    provisional: bool
    groups: tuple[Group, ...]
    kept_in: tuple[str, ...]
    probability: Share | None
    position: Count
    controls: tuple[Control, ...] = ()
    hidden: str | None = None
    show: Mapping[str, FieldLabel] = field(default_factory=dict)

    @property
    def deciding(self) -> Group | None:
        """The group that gave the event its greatest chance; None when it was drawn in none.

        Among equals a group of a criterion comes before the window's.
        """
        drawn = [group for group in self.groups if group.criterion in self.kept_in]
        return max(drawn, key=lambda group: (group.threshold, group.criterion != ALL), default=None)
