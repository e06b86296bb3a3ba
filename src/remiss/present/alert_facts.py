"""Alerts in words: what was raised, how it stands, and how the series stand that are watched."""

from __future__ import annotations

from collections.abc import Iterator

from remiss.present.legible import between, counted, number, share, when
from remiss.records.alert import Alert, AlertReport, AlertRule, AlertState, WatchedSeries

HEADS = ("alert", "criterion", "what", "windows", "state", "by")
PRIORITIES = {"criterion": 1, "what": 1, "windows": 2, "state": 1, "by": 3}
WATCHED = ("criterion", "protocol", "looked at", "rate", "usual", "evidence", "alarm from")
WATCHED_PRIORITIES = {"protocol": 3, "looked at": 4, "rate": 1, "usual": 2, "evidence": 1, "alarm from": 2}


def alert_in_words(alert: Alert) -> str:
    """Return what raised an alert, and how often since."""
    if alert.rule is AlertRule.JUDGED:
        said = "too few events could be judged" + ("" if alert.judged is None else f": {share(alert.judged)}")
    elif alert.rule is AlertRule.LEVEL:
        said = f"above its level, at {share(alert.rate)}"
    else:
        said = f"rose to {share(alert.rate)}" + ("" if alert.usual is None else f", usual is {share(alert.usual)}")
    return said if alert.alarms == 1 else f"{said}; raised in {alert.alarms:,} of {counted(alert.windows, 'window')}"


def stands_in_words(alert: Alert) -> str:
    """Return how an alert stands, with until when it was put off."""
    if alert.state is AlertState.SNOOZED and alert.snoozed_until is not None:
        return f"snoozed until {when([alert.snoozed_until])[0]}"
    return alert.state.value


def alert_line(alert: Alert) -> tuple[str, ...]:
    """Return a line of the table of alerts."""
    windows = between(alert.since, alert.until)
    return alert.id, alert.criterion, alert_in_words(alert), windows, stands_in_words(alert), alert.person or ""


def watched_line(series: WatchedSeries) -> tuple[str, ...]:
    """Return a line of the table of series."""
    needs = f"needs {counted(series.needs, 'more window')}"
    return (
        series.criterion,
        series.protocol,
        counted(series.windows, "window"),
        share(series.rate),
        "" if series.usual is None else share(series.usual),
        "level only" if series.evidence is None else needs if series.needs else number(round(series.evidence, 1)),
        "" if series.threshold is None else number(round(series.threshold, 1)),
    )


def waiting(found: AlertReport) -> tuple[Alert, ...]:
    """Return the alerts that wait for somebody."""
    return tuple(each for each in found.alerts if each.state is AlertState.OPEN)


def told(found: AlertReport) -> Iterator[str]:
    """Yield sentences on what was found: how many wait, what was looked at, and what is not watched."""
    if not found.watched:
        yield "no window was looked at yet; look with `remiss alert check`"
    elif not waiting(found):
        yield f"no alert waits; {counted(len(found.watched), 'series', 'series')} of rates are watched"
    if found.entered:
        raised = counted(len(found.raised), "alert") if found.raised else "no alert"
        yield f"looked at {counted(found.entered, 'window')} for the first time: {raised} raised"
    yield from found.notes
