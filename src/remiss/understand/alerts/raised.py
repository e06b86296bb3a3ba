"""Alerts as they are read from the ledger: alarms of one rule that follow each other, with what people did about them.

The ledger holds each window of a series that was looked at, with what was found of it then. Whoever lists alerts loads nothing
that detects them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from remiss.catalog.query.expression import both
from remiss.catalog.query.fields import having, within
from remiss.catalog.query.printing import unparse
from remiss.records.alert import Alert, AlertRule, AlertState, WatchedSeries
from remiss.records.identity import format_time, kind_id, parse_time, plain
from remiss.understand.rise import LEAST_WINDOWS

# An alert is over when so many windows in a row raised no alarm; an alarm after that is another alert.
QUIET = 4
# People do other things on other days: windows that are parts of a week are compared with those of the same time of it.
WEEK = timedelta(weeks=1)
TIMES = ("start", "end", "at", "until")


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowLook:
    """What was found of a window of a series when it was looked at.

    `rules` are those that raised an alarm, `owners` who the protocol names as such. `evidence` is that of a rise, with this
    window in it, and `threshold` what it was held against. The series of the log itself has no `criterion`: its `rate` is the
    share of rows refused, `among` how many events there are, and `usual_among` the median of that in the last windows that are
    like it; a window that was not captured has none.
    """

    series: str
    source: str
    protocol: str
    version: int
    criterion: str
    start: datetime
    end: datetime
    at: datetime
    among: int
    rate: float
    usual: float | None
    judged: float | None
    evidence: float | None
    threshold: float | None
    rules: tuple[str, ...]
    usual_among: float | None = None
    owners: tuple[str, ...] = ()

    @property
    def of_log(self) -> bool:
        """Whether it is of the log itself."""
        return not self.criterion


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertAct:
    """What somebody did about an alert: they took it in hand, or put it off until a time, or it is `over` since its cause is.

    With `told` or `mailed` nothing of that: they are the webhook that was told of it, and to whom it was sent by e-mail.
    """

    person: str
    at: datetime
    note: str | None
    until: datetime | None = None
    over: bool = False
    told: str | None = None
    mailed: str | None = None


def alerts_of(looked: Sequence[WindowLook], acts: Mapping[str, Sequence[AlertAct]], now: datetime) -> Iterator[Alert]:
    """Yield the alerts of one series, in order of time within each rule.

    Parameters
    ----------
    looked : its windows, in order of time
    acts : what people did about alerts, by their ids, in order of time
    """
    for rule in AlertRule:
        group: list[int] = []
        for place in (place for place, each in enumerate(looked) if rule.value in each.rules):
            if group and place - group[-1] > QUIET:
                yield _alert(rule, looked, group, acts, now)
                group = []
            group.append(place)
        if group:
            yield _alert(rule, looked, group, acts, now)


def _alert(
    rule: AlertRule, looked: Sequence[WindowLook], group: Sequence[int], acts: Mapping[str, Sequence[AlertAct]], now: datetime
) -> Alert:
    first, last = looked[group[0]], looked[group[-1]]
    query = both(
        *([] if first.of_log else [having("criterion", first.criterion)]),
        having("source", first.source),
        having("protocol", first.protocol),
        within(first.start, last.end),
    )
    made = Alert(
        id=kind_id("alert", [first.series, rule.value, format_time(first.start)]),
        rule=rule,
        state=AlertState.OPEN,
        source=first.source,
        protocol=first.protocol,
        protocol_version=first.version,
        criterion=first.criterion,
        since=first.start,
        until=last.end,
        windows=group[-1] - group[0] + 1,
        alarms=len(group),
        rate=first.rate,
        usual=first.usual,
        judged=first.judged,
        query=unparse(query),
        raised_at=first.at,
        events=first.among if first.of_log else None,
        usual_events=first.usual_among,
        owners=last.owners,
    )
    every = acts.get(made.id, ())
    told = dict.fromkeys(each.told for each in every if each.told is not None)
    mailed = dict.fromkeys(each.mailed for each in every if each.mailed is not None)
    made = replace(made, told=tuple(told), mailed=tuple(mailed))
    done = [each for each in every if each.told is None and each.mailed is None]
    if done:
        act, state = done[-1], AlertState.ACKNOWLEDGED
        if act.over:
            # What raises it again is not over.
            state = AlertState.OVER if last.at <= act.at else AlertState.OPEN
        elif act.until is not None:
            state = AlertState.SNOOZED if act.until > now else AlertState.OPEN
        made = replace(made, state=state, person=act.person, acted_at=act.at, note=act.note, snoozed_until=act.until)
    over = len(looked) - 1 - group[-1] >= QUIET
    return replace(made, state=AlertState.OVER) if over else made


def watched_series(looked: Sequence[WindowLook]) -> WatchedSeries:
    """Return how a series stands after the last window that was looked at."""
    captured = [each for each in looked if AlertRule.MISSED.value not in each.rules]
    last = (captured or looked)[-1]
    # Of the log windows are ranked by how they compare with one before that is like them.
    least = LEAST_WINDOWS + (windows_a_week(last.end - last.start) if last.of_log else 0)
    return WatchedSeries(
        source=last.source,
        protocol=last.protocol,
        criterion=last.criterion,
        windows=len(captured),
        until=last.end,
        rate=last.rate,
        usual=last.usual,
        evidence=last.evidence,
        threshold=last.threshold,
        needs=0 if last.threshold is None else max(0, least - len(captured)),
        events=last.among if last.of_log else None,
        usual_events=last.usual_among,
    )


def windows_a_week(width: timedelta) -> int:
    """Return after how many windows one is alike again: those of a week, where windows are parts of one, and otherwise one.

    >>> [windows_a_week(timedelta(days=days)) for days in (1, 2, 7, 30)]
    [7, 1, 1, 1]
    """
    return WEEK // width if width < WEEK and not WEEK % width else 1


def to_text(kept: WindowLook | AlertAct) -> str:
    """Return what is kept of a look or an act, as JSON."""
    return json.dumps(plain(asdict(kept)), ensure_ascii=False)


def look_of(content: str) -> WindowLook:
    """Return a look as it was kept."""
    said = _timed(content)
    return WindowLook(**said | {"rules": tuple(said["rules"]), "owners": tuple(said.get("owners", ()))})


def act_of(content: str) -> AlertAct:
    """Return an act as it was kept."""
    return AlertAct(**_timed(content))


def _timed(content: str) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(content)
    return {name: parse_time(value) if name in TIMES and value is not None else value for name, value in said.items()}
