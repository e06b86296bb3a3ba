"""What tells others of alerts: a webhook once of each alert, in a job that is tried again.

A check posts such a job for each webhook that has not been told of some open alert. What is told is found when the job is run:
so alerts that were raised meanwhile are in the same message, and what somebody took in hand meanwhile is not. Alarms that an
alert has after that are the same alert, of which nobody is told again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from remiss.action import action
from remiss.errors import InputError
from remiss.govern.ports.jobs import Posted
from remiss.parameters import Help
from remiss.records.alert import Alert, AlertState, AlertTelling
from remiss.records.identity import kind_id
from remiss.records.job import TELL, JobStep
from remiss.understand.alert_actions import alert_report
from remiss.understand.alerts.ports import HANDLE, AlertWorkspace, LedgerEntry
from remiss.understand.alerts.raised import AlertAct, to_text


def untold(ws: AlertWorkspace, webhook: str, position: int) -> tuple[Alert, ...]:
    """Return the open alerts that the actor may act on and of which a webhook has not been told.

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
        and ws.may(HANDLE, each.team)
        and ws.webhooks.wants(webhook, each.team)
    )


def have_told(ws: AlertWorkspace, position: int) -> tuple[str, ...]:
    """Post a job for each webhook that is to be told of something and for which none waits; return why nobody can be told."""
    try:
        for webhook in ws.webhooks.names():
            posted = Posted(kind=TELL, team=ws.actor.team, webhook=webhook)
            if untold(ws, webhook, position) and ws.jobs.alike(posted) is None:
                ws.jobs.post(posted)
    except InputError as error:
        return (f"no webhook is told: {error.what}",)
    return ()


@contextmanager
def _telling(ws: AlertWorkspace, webhook: str) -> Iterator[AlertTelling]:
    """Give what a webhook was told, before the transaction: others would wait while it answers."""
    alerts = untold(ws, webhook, ws.evidence.position())
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


def steps(_: AlertWorkspace, posted: Posted) -> tuple[JobStep, ...]:
    """Return the one step of a job that tells a webhook."""
    return (JobStep(since=None, until=None, of=posted.webhook),)


def take(ws: AlertWorkspace, posted: Posted, _: JobStep) -> AlertTelling:
    """Tell a webhook, as who posted the job."""
    return tell_alerts(ws, posted.webhook)
