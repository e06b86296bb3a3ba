"""What one can do with alerts that were raised: list them, take one in hand, and put one off."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any

from remiss.action import action
from remiss.catalog.filing import check_text
from remiss.curate.discussion import name_of
from remiss.errors import Conflict, InputError, NotFound
from remiss.govern.redaction.written import gate
from remiss.parameters import Help, Option, Position
from remiss.records.alert import Alert, AlertReport, AlertState
from remiss.records.catalog import reached
from remiss.records.identity import utc
from remiss.records.view_entry import ViewEntry, ViewKind
from remiss.understand.alerts.ports import HANDLE, AlertWorkspace, LedgerEntry
from remiss.understand.alerts.raised import AlertAct, WindowLook, act_of, alerts_of, look_of, to_text, watched_series
from remiss.understand.ports import ESTIMATE

MOST_NOTE = 2_000
# What waits comes first.
ORDER = (AlertState.OPEN, AlertState.ACKNOWLEDGED, AlertState.SNOOZED, AlertState.OVER)
AlertId = Annotated[str, Help("The id of an alert; see `alert list`.")]
Note = Annotated[str, Help("What others are to know of it; redacted before it is kept."), Option()]


def _viewed(_: object, __: Mapping[str, Any], found: AlertReport) -> Sequence[ViewEntry]:
    return (ViewEntry(kind=ViewKind.FIGURE, query="alerts", position=found.position, count=len(found.alerts)),)


def looked_at(ws: AlertWorkspace, position: int | None = None) -> Mapping[str, tuple[WindowLook, ...]]:
    """Return the windows that were looked at, by series, of the teams whose figures the asker may read."""
    return {series: each for (series, _), each in _by_team(ws, position).items()}


def _by_team(ws: AlertWorkspace, position: int | None) -> Mapping[tuple[str, str], tuple[WindowLook, ...]]:
    found: dict[tuple[str, str], list[WindowLook]] = defaultdict(list)
    for each in ws.alerts.looks(position):
        if ws.may(ESTIMATE, each.team):
            found[each.of, each.team].append(look_of(each.content))
    return {of: tuple(each) for of, each in found.items()}


def alert_report(ws: AlertWorkspace, at: int | None, position: int) -> AlertReport:
    """Return the alerts and series as they stood at a position, None being now; `position` is what the report says."""
    acts: dict[str, list[AlertAct]] = defaultdict(list)
    for done in ws.alerts.acts(at):
        acts[done.of].append(act_of(done.content))
    looked = _by_team(ws, at)
    found = [replace(alert, team=team) for (_, team), each in looked.items() for alert in alerts_of(each, acts, ws.now)]
    newest = sorted(found, key=lambda each: (each.until, each.id), reverse=True)
    series = sorted(map(watched_series, looked.values()), key=lambda each: (each.protocol, each.source, each.criterion))
    return AlertReport(
        alerts=tuple(sorted(newest, key=lambda each: ORDER.index(each.state))), watched=tuple(series), position=position
    )


@action("alert.list", permission=ESTIMATE, http="GET /alerts", reads=True, views=_viewed)
def list_alerts(
    ws: AlertWorkspace,
    *,
    state: Annotated[AlertState, Help("Only those that stand so.")] | None = None,
    as_of: Position | None = None,
) -> AlertReport:
    """List alerts, and the series that are watched.

    Those that wait come first, then the newest. What is new since windows were last looked at `alert check` says.

    Example: remiss alert list --state open
    """
    at = reached(as_of, ws.evidence.position())
    found = alert_report(ws, at, ws.evidence.position() if at is None else at)
    return replace(found, alerts=tuple(each for each in found.alerts if state in {None, each.state}))


@action("alert.acknowledge", permission=HANDLE, http="POST /alerts/{alert}/acknowledgement", subject="alert")
def acknowledge_alert(ws: AlertWorkspace, alert: AlertId, *, note: Note | None = None) -> Alert:
    """Take ALERT in hand: it waits for nobody else.

    Alarms that windows after it raise are told with it, until it is over.

    Example: remiss alert acknowledge alert-4f7q2m9x3kbd --note "A carrier code was swapped"

    Raises
    ------
    NotFound
    Conflict : it is over
    InputError : a note that is too long
    """
    return _acted(ws, alert, note, None)


@action("alert.snooze", permission=HANDLE, http="POST /alerts/{alert}/snooze", subject="alert")
def snooze_alert(
    ws: AlertWorkspace,
    alert: AlertId,
    *,
    until: Annotated[datetime, Help("When it waits again; after now.")],
    note: Note | None = None,
) -> Alert:
    """Put ALERT off: until then it waits for nobody.

    Example: remiss alert snooze alert-4f7q2m9x3kbd --until 2027-01-15 --note "The mend is released on the 12th"

    Raises
    ------
    NotFound
    Conflict : it is over
    InputError : a time that has passed, or a note that is too long
    """
    until = utc(until)
    if until <= ws.now:
        raise InputError("the alert would wait again at once: that time has passed", do="name a later one", field="until")
    return _acted(ws, alert, note, until)


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingAlerts:
    """How many alerts are open that the actor may take in hand, and how many that are of what is theirs."""

    handled: int
    owned: int


def waiting_alerts(ws: AlertWorkspace) -> WaitingAlerts:
    """Return how many alerts wait for the actor: numbers, which are no look at any of them."""
    opened = [each for each in alert_report(ws, None, 0).alerts if each.state is AlertState.OPEN]
    handled = sum(ws.may(HANDLE, each.team) for each in opened)
    return WaitingAlerts(handled=handled, owned=len(owned_by(ws.actor.name, opened)))


def owned_by(person: str, alerts: Iterable[Alert]) -> tuple[Alert, ...]:
    """Return the alerts of which a person is an owner; names are compared as those of mentions are."""
    name = name_of(person)
    return tuple(each for each in alerts if name in map(name_of, each.owners))


def _acted(ws: AlertWorkspace, alert: str, note: str | None, until: datetime | None) -> Alert:
    position = ws.alerts.wait()
    found = found_alert(ws, alert, position)
    ws.allow(HANDLE, found.team)
    if found.state is AlertState.OVER:
        raise Conflict("the alert is over: no window has raised it for long", do="see `remiss alert list`")
    act = AlertAct(person=ws.actor.name, at=ws.now, note=None if note is None else gate(ws).words(_checked(note)), until=until)
    ws.alerts.act(LedgerEntry(of=found.id, content=to_text(act), team=found.team))
    return replace(found_alert(ws, alert, position), position=position)


def found_alert(ws: AlertWorkspace, alert: str, position: int) -> Alert:
    """Return an alert as it stands now, of those that the asker may see; raises NotFound."""
    found = next((each for each in alert_report(ws, None, position).alerts if each.id == alert), None)
    if found is None:
        raise NotFound(f"there is no alert {alert[:80]}", do="see `remiss alert list`", field="alert")
    return found


def _checked(note: str) -> str:
    if len(note) > MOST_NOTE:
        raise InputError(f"the note has {len(note):,} characters, more than {MOST_NOTE:,}", do="shorten it", field="note")
    check_text("note", note)
    return note.strip()
