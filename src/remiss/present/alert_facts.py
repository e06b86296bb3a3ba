"""Alerts in words: what was raised, how it stands, how the series stand that are watched, and messages to others.

Names come from protocols, and a chat reads signs as commands: what is sent to one stands as plain text, or escaped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from urllib.parse import quote

from remiss.present.legible import between, counted, number, one_line, share, spoken, when
from remiss.records.alert import Alert, AlertReport, AlertRule, AlertState, WatchedSeries
from remiss.records.identity import plain

HEADS = ("alert", "about", "criterion", "what", "windows", "state", "by")
PRIORITIES = {"about": 2, "criterion": 1, "what": 1, "windows": 2, "state": 1, "by": 3}
WATCHED = ("criterion", "protocol", "looked at", "rate", "usual", "evidence", "alarm from")
WATCHED_PRIORITIES = {"protocol": 3, "looked at": 4, "rate": 1, "usual": 2, "evidence": 1, "alarm from": 2}

JSON, SLACK, TEAMS = "json", "slack", "teams"
# More in one message nobody reads, and chats cut it; the rest is counted.
MOST_TOLD = 20
MOST_SUBJECT = 150
_MARKS = re.compile(r"([\\`*_{}\[\]()#+!|<>~-])")


def alert_in_words(alert: Alert) -> str:
    """Return what raised an alert, and how often since."""
    if alert.rule is AlertRule.MISSED:
        # How many there are says all.
        return f"misses {counted(alert.alarms, 'window')}, which nobody captured"
    if alert.rule is AlertRule.REFUSED:
        said = f"has {share(alert.rate)} of its rows refused" + _usual_rate(alert.usual)
    elif alert.rule is AlertRule.VOLUME:
        said = f"has only {counted(alert.events or 0, 'event')}" + _usual_events(alert.usual_events)
    elif alert.rule is AlertRule.JUDGED:
        said = "too few events could be judged" + ("" if alert.judged is None else f": {share(alert.judged)}")
    elif alert.rule is AlertRule.LEVEL:
        said = f"above its level, at {share(alert.rate)}" + _usual_rate(alert.usual)
    else:
        said = f"rose to {share(alert.rate)}" + _usual_rate(alert.usual)
    return said if alert.alarms == 1 else f"{said}; raised in {alert.alarms:,} of {counted(alert.windows, 'window')}"


def _usual_rate(usual: float | None) -> str:
    return "" if usual is None else f", usual is {share(usual)}"


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


def body_of(form: str, alerts: Sequence[Alert], delivery: str, pages: str | None) -> dict[str, object]:
    """Return what is sent of alerts, in the form that a receiver takes.

    Parameters
    ----------
    form : one of JSON, SLACK and TEAMS
    alerts : at least one
    delivery : what the message is known by: the same when it is sent a second time
    pages : where people open remiss, for links; None for none
    """
    head, lines, link = _said(alerts, pages)
    if form == JSON:
        told = [plain(asdict(each)) for each in alerts]
        return {"kind": "alerts", "delivery": delivery, "text": "\n".join([head, *lines]), "link": link, "alerts": told}
    if form == SLACK:
        return _slack(head, lines, link)
    return _teams(head, lines, link)


def letter_of(alert: Alert, pages: str | None) -> tuple[str, str]:
    """Return the subject and the text of a letter about an alert, which says what `body_of` says.

    Parameters
    ----------
    pages : where people open remiss, for a link; None for none
    """
    head, lines, link = _said([alert], pages)
    subject = one_line(f"remiss: {subject_in_words(alert)} {alert_in_words(alert)}")
    return subject[:MOST_SUBJECT], "\n".join([head, *lines, "", *([] if link is None else [link]), alert.id, ""])


def _said(alerts: Sequence[Alert], pages: str | None) -> tuple[str, list[str], str | None]:
    """Return what is said of alerts: a head, a line for each, and where people see them."""
    link = None if pages is None else f"{pages}/alerts#{quote(alerts[0].id)}"
    return f"remiss: {counted(len(alerts), 'new alert')}", list(_lines(alerts)), link


def _lines(alerts: Sequence[Alert]) -> Iterator[str]:
    for each in alerts[:MOST_TOLD]:
        when, of = between(each.since, each.until), f"{each.protocol} on {each.source}"
        yield one_line(f"{subject_in_words(each)} {alert_in_words(each)}, {when} ({of}; about the {about(each)})")
    if len(alerts) > MOST_TOLD:
        yield f"and {len(alerts) - MOST_TOLD:,} more"


def _slack(head: str, lines: Sequence[str], link: str | None) -> dict[str, object]:
    blocks: list[dict[str, object]] = [{"type": "section", "text": {"type": "plain_text", "text": head, "emoji": False}}]
    blocks += [{"type": "section", "text": {"type": "plain_text", "text": each[:2_900], "emoji": False}} for each in lines]
    if link is not None:
        button = {"type": "button", "text": {"type": "plain_text", "text": "See alerts"}, "url": link}
        blocks.append({"type": "actions", "elements": [button]})
    # What a notification shows; a chat reads <...> and & in it.
    text = "\n".join([head, *lines]).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return {"text": text, "blocks": blocks}


def _teams(head: str, lines: Sequence[str], link: str | None) -> dict[str, object]:
    card: dict[str, object] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [
            {"type": "TextBlock", "text": _escaped(head), "weight": "Bolder", "wrap": True},
            *({"type": "TextBlock", "text": _escaped(each), "wrap": True} for each in lines),
        ],
    }
    if link is not None:
        card["actions"] = [{"type": "Action.OpenUrl", "title": "See alerts", "url": link}]
    return {
        "type": "message",
        "attachments": [{"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}],
    }


def _escaped(text: str) -> str:
    r"""Return a text of which Markdown makes nothing.

    >>> print(_escaped("a [link](b) of *c*"))
    a \[link\]\(b\) of \*c\*
    """
    return _MARKS.sub(r"\\\1", text)
