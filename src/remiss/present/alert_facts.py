"""Alerts in words: what was raised, how it stands, and how the series stand that are watched."""

from __future__ import annotations

from collections.abc import Iterator

from remiss.present.legible import between, counted, number, share, spoken, when
from remiss.records.alert import Alert, AlertReport, AlertRule, AlertState, WatchedSeries

HEADS = ("alert", "about", "criterion", "what", "windows", "state", "by")
PRIORITIES = {"about": 2, "criterion": 1, "what": 1, "windows": 2, "state": 1, "by": 3}
WATCHED = ("criterion", "protocol", "looked at", "rate", "usual", "evidence", "alarm from")
WATCHED_PRIORITIES = {"protocol": 3, "looked at": 4, "rate": 1, "usual": 2, "evidence": 1, "alarm from": 2}


def alert_in_words(alert: Alert) -> str:
    """Return what raised an alert, and how often since."""
    if alert.rule is AlertRule.MISSED:
        # How many there are says all.
        return f"misses {counted(alert.alarms, 'window')}, which nobody captured"
    if alert.rule is AlertRule.REFUSED:
        said = f"has {share(alert.rate)} of its rows refused" + (
            "" if alert.usual is None else f", usual is {share(alert.usual)}"
        )
    elif alert.rule is AlertRule.VOLUME:
        said = f"has only {counted(alert.events or 0, 'event')}" + _usual_events(alert.usual_events)
    elif alert.rule is AlertRule.JUDGED:
        said = "too few events could be judged" + ("" if alert.judged is None else f": {share(alert.judged)}")
    elif alert.rule is AlertRule.LEVEL:
        said = f"above its level, at {share(alert.rate)}"
    else:
        said = f"rose to {share(alert.rate)}" + ("" if alert.usual is None else f", usual is {share(alert.usual)}")
    return said if alert.alarms == 1 else f"{said}; raised in {alert.alarms:,} of {counted(alert.windows, 'window')}"


def _usual_events(usual: float | None) -> str:
    return "" if usual is None else f", usual are {number(round(usual))}"


def about(alert: Alert) -> str:
    """Return what an alert is about: what the model did, or the log and its labels."""
    return "data" if alert.rule.of_data else "model"


def subject(alert: Alert) -> str:
    """Return what an alert is of: a criterion, or the log as a whole."""
    return alert.criterion or f"the log of {alert.source}"


def subject_in_words(of: Alert | WatchedSeries) -> str:
    """Return what an alert or a series is of, as people say it."""
    return spoken(of.criterion) if of.criterion else f"the log of {of.source}"


def stands_in_words(alert: Alert) -> str:
    """Return how an alert stands, with until when it was put off."""
    if alert.state is AlertState.SNOOZED and alert.snoozed_until is not None:
        return f"snoozed until {when([alert.snoozed_until])[0]}"
    return alert.state.value


def alert_line(alert: Alert) -> tuple[str, ...]:
    """Return a line of the table of alerts."""
    windows = between(alert.since, alert.until)
    return alert.id, about(alert), subject(alert), alert_in_words(alert), windows, stands_in_words(alert), alert.person or ""


def watched_line(series: WatchedSeries, *, words: bool = False) -> tuple[str, ...]:
    """Return a line of the table of series, which begins with what it is of: as protocols call it, or in `words`."""
    needs = f"needs {counted(series.needs, 'more window')}"
    if series.events is None:
        rate, usual = share(series.rate), "" if series.usual is None else share(series.usual)
    else:
        rate, usual = counted(series.events, "event"), "" if series.usual_events is None else number(round(series.usual_events))
    return (
        subject_in_words(series) if words else series.criterion or f"the log of {series.source}",
        series.protocol,
        counted(series.windows, "window"),
        rate,
        usual,
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
