"""What tells others of alerts, once of each: webhooks, and people by e-mail, in jobs that are tried again.

A check posts such a job for each webhook and each team of whose open alerts it has not been told, and for each open alert and
each recipient of e-mail that was not sent to them; whoever checks, and however many at once, there is one. What is told is
found when the job is run: so alerts that were raised meanwhile are in the same message to a webhook, and what somebody took in
hand meanwhile is not told. Alarms that an alert has after that are the same alert, of which nobody is told again. An alert is
mailed to a person who may see it then, whoever has it mailed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated

from remiss.action import action
from remiss.errors import InputError
from remiss.govern.authority import Granted, actor_of
from remiss.govern.ports.jobs import Posted
from remiss.govern.roles import team_words
from remiss.parameters import Help
from remiss.records.alert import Alert, AlertMailing, AlertState, AlertTelling
from remiss.records.case import Sensitivity
from remiss.records.identity import kind_id
from remiss.records.job import MAIL, TELL, JobStep
from remiss.understand.alert_actions import AlertId, alert_report, found_alert
from remiss.understand.alerts.ports import HANDLE, AlertWorkspace, LedgerEntry
from remiss.understand.alerts.raised import AlertAct, to_text
from remiss.understand.ports import ESTIMATE


def untold(ws: AlertWorkspace, webhook: str, position: int, team: str | None = None) -> tuple[Alert, ...]:
    """Return the open alerts that the actor may act on and of which a webhook has not been told; of one team where it is named.

    Raises
    ------
    NotFound, SettingError
    """
    ws.webhooks.wants(webhook, ws.actor.team)  # one that is not there is told of nothing, and says so
    found = alert_report(ws, None, position).alerts
    return tuple(
        each
        for each in found
        if each.state is AlertState.OPEN
        and webhook not in each.told
        and team in (None, each.team)
        and ws.may(HANDLE, each.team)
        and ws.webhooks.wants(webhook, each.team)
    )


def have_told(ws: AlertWorkspace, position: int) -> tuple[str, ...]:
    """Post jobs that tell webhooks, and recipients of e-mail, of what they are to be told and no job waits to tell them.

    Returns
    -------
    Why no webhook can be told, or nobody be mailed
    """
    why = []
    try:
        for webhook in ws.webhooks.names():
            teams = dict.fromkeys(each.team for each in untold(ws, webhook, position))
            _post(ws, TELL, [Posted(kind=TELL, team=team, webhook=webhook) for team in teams])
    except InputError as error:
        why.append(f"no webhook is told: {error.what}")
    try:
        _have_mailed(ws, position)
    except InputError as error:
        why.append(f"nobody is mailed: {error.what}")
    return tuple(why)


def _have_mailed(ws: AlertWorkspace, position: int) -> None:
    recipients = ws.mail.names()
    opened = [each for each in alert_report(ws, None, position).alerts if each.state is AlertState.OPEN] if recipients else []
    unmailed = [
        Posted(kind=MAIL, team=each.team, alert=each.id, recipient=recipient)
        for recipient in recipients
        for each in opened
        if ws.may(HANDLE, each.team) and _unmailed(ws, each, recipient) is None
    ]
    _post(ws, MAIL, unmailed)


def _post(ws: AlertWorkspace, kind: str, wanted: Sequence[Posted]) -> None:
    """Post jobs of a kind but for those that are under way, whoever posted them: they tell the same."""
    waiting = ws.jobs.under_way(kind) if wanted else ()
    for posted in wanted:
        if posted not in waiting:
            ws.jobs.post(posted)


def _unmailed(ws: AlertWorkspace, alert: Alert, recipient: str) -> str | None:
    """Return why an alert is not to be mailed to a recipient; None where it is.

    Raises
    ------
    NotFound, SettingError
    """
    if not ws.mail.wants(recipient, alert.team):
        return f"{recipient} gets no alerts of {team_words(alert.team)}"
    if alert.state is not AlertState.OPEN:
        return f"the alert is {alert.state.value}"
    if recipient in alert.mailed:
        return f"it was mailed to {recipient} before"
    return None if _sees(ws, alert, recipient) else f"{recipient} may not see it"


def _sees(ws: AlertWorkspace, alert: Alert, recipient: str) -> bool:
    """Return whether a recipient may see an alert now: of a mailbox that is no person the machine's file has said so."""
    name = ws.mail.person(recipient)
    if name is None:
        return True
    person = ws.people.find(name)
    if person is None:
        return False
    authority, actor = Granted(person), actor_of(person)
    return authority.may(actor, ESTIMATE, alert.team) and authority.scope(actor).sees(alert.team, Sensitivity.PUBLIC)


@contextmanager
def _telling(ws: AlertWorkspace, webhook: str, *, team: str | None = None) -> Iterator[AlertTelling]:
    """Give what a webhook was told, before the transaction: others would wait while it answers."""
    if team is not None:
        ws.allow(HANDLE, team)
    alerts = untold(ws, webhook, ws.evidence.position(), team)
    ids = tuple(sorted(each.id for each in alerts))
    telling = AlertTelling(id=kind_id("delivery", [webhook, *ids]), webhook=webhook, alerts=ids)
    if alerts:
        ws.webhooks.tell(webhook, alerts, telling.id, ws.now)
    yield telling


@action("alert.tell", permission=HANDLE, http="POST /alerts/webhooks/{webhook}", subject="webhook", prepare=_telling)
def tell_alerts(
    ws: AlertWorkspace,
    webhook: Annotated[str, Help("The name of a webhook in the file of webhooks.")],
    *,
    team: Annotated[str | None, Help("Only of the alerts of this team; default: of all.")] = None,
    prepared: AlertTelling | None = None,
) -> AlertTelling:
    """Tell WEBHOOK of the alerts that are open, once of each.

    Webhooks stand in the file of webhooks of the machine that does this, with where they are. Requests are signed. A check has
    all of them told by jobs, which are tried again when one cannot be reached.

    Example: remiss alert tell on-call

    Raises
    ------
    NotFound : there is no such webhook
    Undelivered : it cannot be reached now
    SettingError : it refuses, or may not be asked
    """
    assert prepared is not None
    position = ws.alerts.wait()
    teams = {each.id: each.team for each in alert_report(ws, None, position).alerts}
    act = to_text(AlertAct(person=ws.actor.name, at=ws.now, note=None, told=webhook))
    for alert in prepared.alerts:
        ws.alerts.act(LedgerEntry(of=alert, content=act, team=teams[alert]))
    return prepared


@contextmanager
def _mailing(ws: AlertWorkspace, alert: str, recipient: str) -> Iterator[AlertMailing]:
    """Give what was mailed, before the transaction: others would wait while the mail server answers."""
    found = found_alert(ws, alert, ws.evidence.position())
    ws.allow(HANDLE, found.team)
    note = _unmailed(ws, found, recipient)
    delivery = kind_id("delivery", ["mail", recipient, found.id])
    if note is None:
        ws.mail.send(recipient, found, delivery, ws.now)
    yield AlertMailing(id=delivery, alert=found.id, recipient=recipient, sent=note is None, note=note)


@action("alert.mail", permission=HANDLE, http="POST /alerts/{alert}/recipients/{recipient}", subject="alert", prepare=_mailing)
def mail_alert(
    ws: AlertWorkspace,
    alert: AlertId,
    recipient: Annotated[str, Help("The name of a recipient in the file of mail.")],
    *,
    prepared: AlertMailing | None = None,
) -> AlertMailing:
    """Send ALERT to RECIPIENT by e-mail, once.

    Recipients stand in the file of mail of the machine that does this, with their addresses. One who may not see the alert, or
    has it already, gets nothing, and neither does anybody of an alert that is in hand. A check has open ones mailed by jobs,
    which are tried again when the mail server cannot be reached.

    Example: remiss alert mail alert-4f7q2m9x3kbd ana

    Raises
    ------
    NotFound : there is no such alert, or no such recipient
    Undelivered : the mail server cannot be reached now, or takes it later
    SettingError : it refuses, or cannot be used
    """
    assert prepared is not None
    team = found_alert(ws, prepared.alert, ws.alerts.wait()).team
    ws.allow(HANDLE, team)
    if prepared.sent:
        act = to_text(AlertAct(person=ws.actor.name, at=ws.now, note=None, mailed=recipient))
        ws.alerts.act(LedgerEntry(of=prepared.alert, content=act, team=team))
    return prepared


def steps(_: AlertWorkspace, posted: Posted) -> tuple[JobStep, ...]:
    """Return the one step of a job that tells a webhook of the alerts of a team."""
    return (JobStep(since=None, until=None, of=posted.webhook),)


def take(ws: AlertWorkspace, posted: Posted, _: JobStep) -> AlertTelling:
    """Tell a webhook, as who posted the job."""
    return tell_alerts(ws, posted.webhook, team=posted.team)


def mail_steps(_: AlertWorkspace, posted: Posted) -> tuple[JobStep, ...]:
    """Return the one step of a job that mails an alert."""
    return (JobStep(since=None, until=None, of=posted.recipient),)


def mail_one(ws: AlertWorkspace, posted: Posted, _: JobStep) -> AlertMailing:
    """Mail an alert, as who posted the job."""
    return mail_alert(ws, posted.alert, posted.recipient)
