"""Alerts as they are read from the ledger: alarms of one rule that follow each other, with what people did about them.

The ledger holds each window of a series that was looked at, with what was found of it then. Whoever lists alerts loads nothing
that detects them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from remiss.catalog.query.expression import both
from remiss.catalog.query.fields import having, within
from remiss.catalog.query.printing import unparse
from remiss.records.alert import Alert, AlertRule, AlertState, WatchedSeries
from remiss.records.identity import format_time, kind_id, parse_time, plain
from remiss.understand.rise import LEAST_WINDOWS

# An alert is over when so many windows in a row raised no alarm; an alarm after that is another alert.
QUIET = 4
TIMES = ("start", "end", "at", "until")


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowLook:
    """What was found of a window of a series when it was looked at.

    `rules` are those that raised an alarm. `evidence` is that of a rise, with this window in it, and `threshold` what it was
    held against.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertAct:
    """What a person did about an alert: they took it in hand, or put it off until a time."""

    person: str
    at: datetime
    note: str | None
    until: datetime | None = None


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
        having("criterion", first.criterion),
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
    )
    done = acts.get(made.id, ())
    if done:
        act, state = done[-1], AlertState.ACKNOWLEDGED
        if act.until is not None:
            state = AlertState.SNOOZED if act.until > now else AlertState.OPEN
        made = replace(made, state=state, person=act.person, acted_at=act.at, note=act.note, snoozed_until=act.until)
    over = len(looked) - 1 - group[-1] >= QUIET
    return replace(made, state=AlertState.OVER) if over else made


def watched_series(looked: Sequence[WindowLook]) -> WatchedSeries:
    """Return how a series stands after the last window that was looked at."""
    last = looked[-1]
    return WatchedSeries(
        source=last.source,
        protocol=last.protocol,
        criterion=last.criterion,
        windows=len(looked),
        until=last.end,
        rate=last.rate,
        usual=last.usual,
        evidence=last.evidence,
        threshold=last.threshold,
        needs=0 if last.threshold is None else max(0, LEAST_WINDOWS - len(looked)),
    )


def to_text(kept: WindowLook | AlertAct) -> str:
    """Return what is kept of a look or an act, as JSON."""
    return json.dumps(plain(asdict(kept)), ensure_ascii=False)


def look_of(content: str) -> WindowLook:
    """Return a look as it was kept."""
    said = _timed(content)
    return WindowLook(**said | {"rules": tuple(said["rules"])})


def act_of(content: str) -> AlertAct:
    """Return an act as it was kept."""
    return AlertAct(**_timed(content))


def _timed(content: str) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(content)
    return {name: parse_time(value) if name in TIMES and value is not None else value for name, value in said.items()}
