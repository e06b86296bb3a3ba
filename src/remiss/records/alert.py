"""Alerts: a criterion that is met more often than before or beyond what a protocol allows, a log that is not as it should be,
and what people did about it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from remiss.records import arrow
from remiss.records.published import Amount, Count, Share, published

if TYPE_CHECKING:
    import pyarrow as pa

# Of the columns of alerts in Arrow.
TYPES = {
    **dict.fromkeys(("id", "rule", "state", "source", "protocol", "criterion", "query", "team"), arrow.TEXT),
    **dict.fromkeys(("person", "note"), arrow.TEXT),
    **dict.fromkeys(("since", "until", "raised_at", "acted_at", "snoozed_until"), arrow.TIME),
    **dict.fromkeys(("protocol_version", "windows", "alarms", "events"), arrow.WHOLE),
    **dict.fromkeys(("rate", "usual", "judged", "usual_events"), arrow.REAL),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRules:
    """What a protocol has watched.

    `budget` is how many false alarms a year the criteria of `watch` may bring together. `levels` are rates of criteria that no
    window may surely be above, and `judged` the least share of events that have to be judged, None where none has to. Of the log
    itself, `refused` is the share of rows refused that no window may be above, `volume` says that windows with fewer events than
    is usual are told of within the budget, and `missed` is how long after it is due a window may stay uncaptured.
    """

    budget: float = 2.0
    watch: tuple[str, ...] = ()
    levels: tuple[tuple[str, float], ...] = ()
    judged: float | None = None
    refused: float | None = None
    volume: bool = False
    missed: timedelta | None = None

    @property
    def criteria(self) -> tuple[str, ...]:
        """The criteria whose windows are looked at."""
        return tuple(dict.fromkeys((*self.watch, *(name for name, _ in self.levels))))

    @property
    def of_data(self) -> bool:
        """Whether the log itself is watched."""
        return self.volume or self.refused is not None or self.missed is not None

    @property
    def sharing(self) -> int:
        """How many series of a source share the budget."""
        return len(self.watch) + self.volume


class AlertRule(StrEnum):
    """Why an alert is raised.

    The rate of a criterion rose, or is above a level; too few events were judged; windows were not captured, too many rows were
    refused, or there are fewer events than is usual.
    """

    RISE = "rise"
    LEVEL = "level"
    JUDGED = "judged"
    MISSED = "missed"
    REFUSED = "refused"
    VOLUME = "volume"

    @property
    def of_data(self) -> bool:
        """Whether it speaks of the log and its labels, and not of what the model did."""
        return self not in {AlertRule.RISE, AlertRule.LEVEL}


class AlertState(StrEnum):
    """How an alert stands: open, in somebody's hands, put off until later, or over since no window has raised it for long."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    OVER = "over"


@published("alert", read="position")
@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """What windows in a row raised an alarm by one rule for, of one criterion.

    `since` is when the first of these windows begins and `until` when the last one ends; `alarms` of the `windows` from then on
    raised it. `rate` is the criterion's rate in the first one, `judged` the share of its events that were judged, and `usual` the
    median rate of the windows before it. `query` finds the cases of these windows. `person` has it in hand, or put it off until
    `snoozed_until`, with a `note`. `raised_at` is when the first of these windows was looked at.

    `owners` are who the protocol names as owners of its model and of its reviews: it waits for them in their inbox.
    `told` are the webhooks that were told of it, and `mailed` to whom it was sent by e-mail, as the machine's file calls them.

    What is about the log as a whole has no `criterion`: its `rate` is the share of rows refused in the first window, and `usual`
    its median before; `events` is how many events that window has, and `usual_events` the median of the windows before it.
    """

    id: str
    rule: AlertRule
    state: AlertState
    source: str
    protocol: str
    protocol_version: Count
    criterion: str
    since: datetime
    until: datetime
    windows: Count
    alarms: Count
    rate: Share
    usual: Share | None
    judged: Share | None
    query: str
    raised_at: datetime
    person: str | None = None
    acted_at: datetime | None = None
    note: str | None = None
    snoozed_until: datetime | None = None
    team: str = "default"
    events: Count | None = None
    usual_events: Amount | None = None
    owners: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    mailed: tuple[str, ...] = ()
    position: Count | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedSeries:
    """A criterion whose windows are watched, by one meaning of it.

    `windows` were looked at, the last of which ends at `until` and had the rate `rate`; `usual` is the median of those before.
    `evidence` is what speaks for a rise, which raises an alarm at `threshold`; both are None where only a level is watched.
    `needs` is how many more windows there have to be before a rise can be told. The series of the log itself has no `criterion`:
    its `rate` is the share of rows refused, `events` how many events its last window has, and `usual_events` what is usual.
    """

    source: str
    protocol: str
    criterion: str
    windows: Count
    until: datetime
    rate: Share
    usual: Share | None
    evidence: Amount | None
    threshold: Amount | None
    needs: Count
    events: Count | None = None
    usual_events: Amount | None = None


@published("alert-telling", keys={"id": "delivery"}, read="position")
@dataclass(frozen=True, slots=True, kw_only=True)
class AlertTelling:
    """That a webhook was told of alerts that are open, `id` being what it knows the message by; of none, nothing was sent."""

    id: str
    webhook: str
    alerts: tuple[str, ...]
    position: Count | None = field(default=None, compare=False)


@published("alert-mailing", keys={"id": "delivery"}, read="position")
@dataclass(frozen=True, slots=True, kw_only=True)
class AlertMailing:
    """That an alert was sent to a recipient by e-mail; where nothing was `sent`, `note` says why.

    By `id` the message is known: it is the same in one that comes a second time.
    """

    id: str
    alert: str
    recipient: str
    sent: bool
    note: str | None = None
    position: Count | None = field(default=None, compare=False)


@published("alerts", read="position")
@dataclass(frozen=True, slots=True, kw_only=True)
class AlertReport:
    """The alerts of a catalog, those that wait first, and the series that are watched.

    `entered` is how many windows were looked at for the first time, and `raised` which alerts began or raised an alarm again by
    that; both are empty where nobody looked. `notes` say what is not watched, and why.
    """

    alerts: tuple[Alert, ...]
    watched: tuple[WatchedSeries, ...]
    entered: Count = 0
    raised: tuple[str, ...] = ()
    position: Count = 0
    notes: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """What a job that looked keeps of it: how the catalog stood."""
        return f"position-{self.position}"

    def to_arrow(self) -> pa.Table:
        """Return an Arrow table with a line for each alert."""
        return arrow.table({name: [getattr(each, name) for each in self.alerts] for name in TYPES}, TYPES)

    def to_pandas(self) -> Any:
        """Return a pandas data frame with a line for each alert; needs pandas."""
        return arrow.to_pandas(self.to_arrow())
