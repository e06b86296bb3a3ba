"""Looking at windows: each of a series once, in order, and what was found of it then stays in the ledger.

A window is looked at when its labels are in, by the run in force then: looking again, capturing it anew or changing the budget
alters nothing of what was said.

So it is with the log itself. That a window was not captured, or that more rows were refused than a protocol allows, is no chance
matter and takes nothing of the budget. How many events there are is: each window is compared with the last ones that are like it,
those of the same time of the week where windows are parts of one. That ratio is ranked among those of all windows before, and bet
on as rates are: where a log grows or shrinks steadily all ratios are shifted alike, and no rank changes. What came of that for
logs that do something else `tests/simulation/test_log_alerts.py` measures. A window without any event is told of at once.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from remiss.capture.captured import WindowInForce
from remiss.capture.requirements import Refused, refused_rows
from remiss.capture.sampling import fraction
from remiss.records.alert import AlertRule
from remiss.records.estimate import EstimateRow
from remiss.records.identity import format_time, parse_time
from remiss.records.run import Run, RunWindow
from remiss.records.window import windows_between
from remiss.understand.alerts.detector import bets, ranks, shiryaev_roberts
from remiss.understand.alerts.raised import WindowLook, windows_a_week
from remiss.understand.intervals import rate_interval
from remiss.understand.variance import HISTORY, Numbers

PURPOSE = "alert"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesRules:
    """A criterion whose windows are looked at: by what identity, and what raises an alarm; None of what is not watched."""

    id: str
    source: str
    protocol: str
    version: int
    criterion: str
    team: str
    seed: str
    width: timedelta
    level: float | None
    above: float | None
    judged: float | None
    owners: tuple[str, ...] = ()


def looks(of: SeriesRules, before: Sequence[WindowLook], rows: Sequence[EstimateRow], at: datetime) -> tuple[WindowLook, ...]:
    """Return what is found of the windows that come after those looked at before, up to the first whose labels are to come.

    Parameters
    ----------
    rows : the rate of each window of the series, in order of time
    at : when they are looked at
    """
    fresh = list(_fresh(before, rows))
    rates = [each.rate for each in before] + [rate for _, rate, _ in fresh]
    starts = [each.start for each in before] + [start for start, _, _ in fresh]
    evidence = alarms = None
    if of.level is not None and fresh:
        ties = [fraction(PURPOSE, of.seed, f"{of.id}:{format_time(start)}") for start in starts]
        values = bets(ranks(np.array(rates), np.array(ties)))[len(before) :]
        evidence, alarms = shiryaev_roberts(values, of.level, held=held(before), idle=max(0, HISTORY - len(before)))
    found = []
    for place, (start, rate, row) in enumerate(fresh):
        rises = alarms is not None and bool(alarms[place])
        high = of.above is not None and rate_interval(rate, float(row.among or 0))[0] > of.above
        short = of.judged is not None and row.judged is not None and row.judged < of.judged
        told = ((AlertRule.RISE, rises), (AlertRule.LEVEL, high), (AlertRule.JUDGED, short))
        former = rates[: len(before) + place]
        found.append(
            WindowLook(
                series=of.id,
                source=of.source,
                protocol=of.protocol,
                version=of.version,
                criterion=of.criterion,
                start=start,
                end=start + of.width,
                at=at,
                among=round(row.among or 0),
                rate=rate,
                usual=statistics.median(former) if former else None,
                judged=row.judged,
                evidence=None if evidence is None else float(evidence[place]),
                threshold=None if of.level is None else 1 / of.level,
                rules=tuple(rule.value for rule, holds in told if holds),
                owners=of.owners,
            )
        )
    return tuple(found)


def _fresh(before: Sequence[WindowLook], rows: Sequence[EstimateRow]) -> Iterator[tuple[datetime, float, EstimateRow]]:
    for row in rows:
        start = parse_time(str(row.key))
        if row.provisional:
            return
        if (not before or start > before[-1].start) and not row.partial and row.value is not None:
            yield start, float(row.value), row


def held(before: Sequence[WindowLook]) -> float:
    """Return the evidence that the next window adds to: none after an alarm, from where on it starts anew."""
    if not before or before[-1].evidence is None or before[-1].threshold is None:
        return 0.0
    return 0.0 if before[-1].evidence >= before[-1].threshold else before[-1].evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class LogWindow:
    """A window of a log: how many events were captured, and of how many rows that share was refused; None when it was missed."""

    start: datetime
    events: int | None
    refused: float = 0.0


def log_windows(
    in_force: Sequence[WindowInForce], refused: Mapping[str, float], width: timedelta, missed_by: datetime | None
) -> tuple[LogWindow, ...]:
    """Return the windows of a log in order of time, those that ended before a time and were not captured among them.

    Parameters
    ----------
    in_force : what is captured of it, oldest first
    refused : the share of rows that each run of these refused which the asker sees, by its id
    missed_by : when a window has to have ended to be missed; None where none is
    """
    found = [
        LogWindow(start=each.window.window, events=each.window.population, refused=refused[each.run])
        for each in in_force
        if each.run in refused
    ]
    if missed_by is not None and in_force:
        there, first = {each.window.window for each in in_force}, in_force[0].window.window
        last = first + (missed_by - first) // width * width
        ended = windows_between(first, last, width) if last > first else ()
        found += [LogWindow(start=each.start, events=None) for each in ended if each.start not in there]
    return tuple(sorted(found, key=lambda each: each.start))


def refused_share(run: Run, windows: Sequence[RunWindow]) -> float:
    """Return the share of rows that a run refused: one for all of its windows, for it counts them together."""
    manifest, admitted = run.manifest, sum(each.population for each in windows)
    refused = refused_rows([Refused(counts=run.refused, files=manifest.file_digests, unplaced=manifest.unplaced)])
    return refused / (admitted + refused) if refused else 0.0


def log_looks(
    of: SeriesRules, before: Sequence[WindowLook], windows: Sequence[LogWindow], at: datetime
) -> tuple[WindowLook, ...]:
    """Return what is found of the windows of a log that come after those looked at before.

    Parameters
    ----------
    of : its `above` is the share of rows refused that none may be above
    windows : in order of time
    at : when they are looked at
    """
    known = [each for each in before if AlertRule.MISSED.value not in each.rules]
    fresh = [each for each in windows if not before or each.start > before[-1].start]
    there = [each for each in fresh if each.events is not None]
    starts = [each.start for each in known] + [each.start for each in there]
    events = [each.among for each in known] + [each.events or 0 for each in there]
    shares = [each.rate for each in known] + [each.refused for each in there]
    usual = usual_events(starts, events, of.width)
    bet = None if of.level is None else _few_events(of, starts, events, usual, held(known), len(known))
    found, place = [], len(known)
    for each in fresh:
        is_there = each.events is not None
        told: tuple[tuple[AlertRule, bool], ...] = ((AlertRule.MISSED, not is_there),)
        if is_there:
            empty = of.level is not None and not events[place] and place >= HISTORY and all(events[:place])
            few = bet is not None and bet[place - len(known)][1]
            high = of.above is not None and each.refused > of.above
            told = ((AlertRule.REFUSED, high), (AlertRule.VOLUME, few or empty))
        found.append(
            WindowLook(
                series=of.id,
                source=of.source,
                protocol=of.protocol,
                version=of.version,
                criterion="",
                start=each.start,
                end=each.start + of.width,
                at=at,
                among=each.events or 0,
                rate=each.refused,
                usual=statistics.median(shares[:place]) if place else None,
                judged=None,
                evidence=bet[place - len(known)][0] if is_there and bet is not None else None,
                threshold=None if of.level is None else 1 / of.level,
                rules=tuple(rule.value for rule, holds in told if holds),
                usual_among=usual[place] if is_there else None,
                owners=of.owners,
            )
        )
        place += is_there
    return tuple(found)


def usual_events(starts: Sequence[datetime], events: Sequence[int], width: timedelta) -> list[float | None]:
    """Return how many events each window would usually have: the median of the last ones before that are like it.

    All are alike that are a week or longer; of parts of a week those of the same time of the week.
    """
    before: dict[timedelta, list[int]] = defaultdict(list)
    found: list[float | None] = []
    for start, count in zip(starts, events, strict=True):
        alike = before[(start - starts[0]) % (width * windows_a_week(width))]
        found.append(float(statistics.median(alike[-HISTORY:])) if alike else None)
        alike.append(count)
    return found


def fewness(events: Sequence[int], usual: Sequence[float]) -> Numbers:
    """Return by how much windows fall short of what is usual, as the logarithm of a ratio."""
    return np.log((np.array(usual) + 0.5) / (np.array(events) + 0.5))


def _few_events(
    of: SeriesRules, starts: Sequence[datetime], events: Sequence[int], usual: Sequence[float | None], before: float, known: int
) -> list[tuple[float, bool]]:
    """Return the evidence after each window that is not known yet that it has few events, and whether it raises an alarm.

    Windows that none before is like are not ranked.
    """
    assert of.level is not None
    told = [(at, each) for at, each in enumerate(usual) if each is not None]
    found = [(0.0, False)] * (len(events) - known)
    if told:
        places = [at for at, _ in told]
        ties = np.array([fraction(PURPOSE, of.seed, f"{of.id}:{format_time(starts[at])}") for at in places])
        ranked = sum(at < known for at in places)
        values = bets(ranks(fewness([events[at] for at in places], [each for _, each in told]), ties))[ranked:]
        evidence, alarms = shiryaev_roberts(values, of.level, held=before, idle=max(0, HISTORY - ranked))
        for at, sums, alarm in zip(places[ranked:], evidence, alarms, strict=True):
            found[at - known] = (float(sums), bool(alarm))
    return found
