"""Looking at windows: each of a series once, in order, and what was found of it then stays in the ledger.

A window is looked at when its labels are in, by the run in force then: looking again, capturing it anew or changing the budget
alters nothing of what was said.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from remiss.capture.sampling import fraction
from remiss.records.alert import AlertRule
from remiss.records.estimate import EstimateRow
from remiss.records.identity import format_time, parse_time
from remiss.understand.alerts.detector import bets, ranks, shiryaev_roberts
from remiss.understand.alerts.raised import WindowLook
from remiss.understand.intervals import rate_interval
from remiss.understand.variance import HISTORY

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
        evidence, alarms = shiryaev_roberts(values, of.level, held=_held(before), idle=max(0, HISTORY - len(before)))
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


def _held(before: Sequence[WindowLook]) -> float:
    """Return the evidence that the next window adds to: none after an alarm, from where on it starts anew."""
    if not before or before[-1].evidence is None or AlertRule.RISE.value in before[-1].rules:
        return 0.0
    return before[-1].evidence
