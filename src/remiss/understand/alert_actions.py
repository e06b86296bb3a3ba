"""What one can do with alerts: look at windows that are new, list what was raised, take an alert in hand, and put one off."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any

from remiss.action import action
from remiss.catalog.filing import check_text
from remiss.catalog.query.fields import having
from remiss.catalog.query.printing import unparse
from remiss.errors import Conflict, InputError, NotFound
from remiss.govern.redaction.written import gate
from remiss.parameters import Help, Option, Position
from remiss.protocol.meaning import meaning as document_meaning
from remiss.protocol.terms import Protocol
from remiss.records.alert import Alert, AlertReport, AlertState
from remiss.records.catalog import reached
from remiss.records.estimate import COUNTED, SAMPLE, EstimateRow
from remiss.records.identity import kind_id, utc
from remiss.records.view_entry import ViewEntry, ViewKind
from remiss.understand.actions import ESTIMATE, FactsOf, figure, sharing
from remiss.understand.alerts.detector import level_of
from remiss.understand.alerts.ledger import (
    AlertAct,
    SeriesRules,
    WindowLook,
    act_of,
    alerts_of,
    look_of,
    looks,
    to_text,
    watched_series,
)
from remiss.understand.alerts.ports import AlertWorkspace, LedgerEntry
from remiss.understand.joined_versions import POPULATION
from remiss.understand.periods import WINDOW
from remiss.understand.pipeline import document_of
from remiss.understand.post_selection import meaning
from remiss.understand.question import Wording

HANDLE = "alert:handle"
MOST_NOTE = 2_000
# What waits comes first.
ORDER = (AlertState.OPEN, AlertState.ACKNOWLEDGED, AlertState.SNOOZED, AlertState.OVER)
AlertId = Annotated[str, Help("The id of an alert; see `alert list`.")]
Note = Annotated[str, Help("What others are to know of it; redacted before it is kept."), Option()]


def _viewed(_: object, __: Mapping[str, Any], found: AlertReport) -> Sequence[ViewEntry]:
    return (ViewEntry(kind=ViewKind.FIGURE, query="alerts", position=found.position, count=len(found.alerts)),)


@dataclass(frozen=True, slots=True, kw_only=True)
class FreshWindows:
    """Windows that are looked at for the first time, by series, each with the team of its protocol and how many were before."""

    fresh: tuple[tuple[int, str, tuple[WindowLook, ...]], ...]
    notes: tuple[str, ...]


@contextmanager
def _checking(ws: AlertWorkspace) -> Iterator[FreshWindows]:
    """Give the windows that are new: their rates are counted before the transaction, in which others would wait."""
    position = ws.evidence.position()
    before, facts_of = _looked(ws), sharing()
    fresh, notes = [], []
    frames = ws.evidence.frames(position)
    sources = sorted({(each.protocol, each.source) for each in frames})
    for name, source in sources:
        version = max(each.version for each in frames if (each.protocol, each.source) == (name, source))
        try:
            document = document_of(ws, name, version)
        except NotFound as error:
            notes.append(f"{name} is not watched: {error.what}")
            continue
        if not ws.may(HANDLE, document.team):
            continue
        series = len(document.alerts.watch) * sum(protocol == name for protocol, _ in sources)
        for criterion in document.alerts.criteria:
            of = _series(document, source, criterion, series)
            try:
                rows = _rates(ws, of, position, facts_of)
            except InputError as error:
                notes.append(f"{criterion} of {name} is not watched: {error.what}")
                continue
            known = before.get(of.id, ())
            fresh.append((len(known), document.team, looks(of, known, rows, ws.now)))
    yield FreshWindows(fresh=tuple(fresh), notes=tuple(notes))


def _series(document: Protocol, source: str, criterion: str, count: int) -> SeriesRules:
    """Return a criterion as it is watched; its identity is what it means: what it meant before is not compared with it."""
    said, width = document_meaning(document), document.sampling.window
    means = meaning(document, criterion) or ((),)
    made = [source, document.name, criterion, width.total_seconds(), [said.get(part) for part in POPULATION]]
    made += [list(map(str, means[:-1])), said["labels"] if means[-1] else None, document.sampling.unit]
    rules = document.alerts
    return SeriesRules(
        id=kind_id("series", made),
        source=source,
        protocol=document.name,
        version=document.version,
        criterion=criterion,
        team=document.team,
        seed=document.sampling.seed,
        width=width,
        level=level_of(rules.budget, width, count) if criterion in rules.watch else None,
        above=dict(rules.levels).get(criterion),
        judged=rules.judged,
    )


def _rates(ws: AlertWorkspace, of: SeriesRules, position: int, facts_of: FactsOf) -> Sequence[EstimateRow]:
    """Return the rate of a criterion by window, counted exactly.

    Raises
    ------
    QueryError, NotFound, FigureRefused : it cannot be told, or not exactly
    """
    query = unparse(having("criterion", of.criterion))
    wording = Wording(query=query, rate=True, of=None, by=WINDOW, variance=SAMPLE)
    found = figure(ws, wording, source=of.source, protocol=of.protocol, position=position, facts_of=facts_of, across=True).rows
    if any(each.method != COUNTED for each in found):
        raise InputError("its rates are not exact counts, and would be another for who sees other events")
    return found


def _looked(ws: AlertWorkspace, position: int | None = None) -> Mapping[str, tuple[WindowLook, ...]]:
    """Return the windows that were looked at, by series, of the teams whose figures the asker may read."""
    found: dict[str, list[WindowLook]] = defaultdict(list)
    for each in ws.alerts.looks(position):
        if ws.may(ESTIMATE, each.team):
            found[each.of].append(look_of(each.content))
    return {series: tuple(each) for series, each in found.items()}


def _report(ws: AlertWorkspace, at: int | None, position: int) -> AlertReport:
    acts: dict[str, list[AlertAct]] = defaultdict(list)
    for done in ws.alerts.acts(at):
        acts[done.of].append(act_of(done.content))
    teams = {each.of: each.team for each in ws.alerts.looks(at)}
    looked = _looked(ws, at)
    found = [replace(alert, team=teams[series]) for series, each in looked.items() for alert in alerts_of(each, acts, ws.now)]
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
    found = _report(ws, at, ws.evidence.position() if at is None else at)
    return replace(found, alerts=tuple(each for each in found.alerts if state in {None, each.state}))


@action("alert.check", permission=HANDLE, http="POST /alerts/checks", prepare=_checking)
def check_alerts(ws: AlertWorkspace, *, prepared: FreshWindows | None = None) -> AlertReport:
    """Look at windows that are new, and raise alerts.

    A window is looked at once, when it is complete and its labels are in. An alert is raised where a criterion that the protocol
    watches is met more often than in the windows before. All of them together raise at most `alerts: budget` false ones a year
    (default: 2), however often one looks, as long as windows in which nothing changes are alike. Where the protocol says so, one
    is also raised above a level, or where too few events were judged.

    Example: remiss alert check
    """
    assert prepared is not None
    position = ws.alerts.wait()
    # Somebody else may have looked in the meantime: then their windows stand, and what is left is found by the next check.
    known = _looked(ws)
    entered = [
        LedgerEntry(of=each.series, content=to_text(each), team=team, start=each.start)
        for count, team, fresh in prepared.fresh
        for each in fresh
        if len(known.get(each.series, ())) == count
    ]
    ws.alerts.enter(entered)
    found = _report(ws, None, position)
    alarms = [look for look in (look_of(each.content) for each in entered) if look.rules]
    raised = tuple(each.id for each in found.alerts if any(_raises(look, each) for look in alarms))
    return replace(found, entered=len(entered), raised=raised, notes=prepared.notes)


def _raises(look: WindowLook, alert: Alert) -> bool:
    of_it = (look.source, look.protocol, look.criterion) == (alert.source, alert.protocol, alert.criterion)
    return of_it and alert.rule.value in look.rules and alert.since <= look.start < alert.until


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


def _acted(ws: AlertWorkspace, alert: str, note: str | None, until: datetime | None) -> Alert:
    position = ws.alerts.wait()
    found = _found(ws, alert, position)
    ws.allow(HANDLE, found.team)
    if found.state is AlertState.OVER:
        raise Conflict("the alert is over: no window has raised it for long", do="see `remiss alert list`")
    act = AlertAct(person=ws.actor.name, at=ws.now, note=None if note is None else gate(ws).words(_checked(note)), until=until)
    ws.alerts.act(LedgerEntry(of=found.id, content=to_text(act), team=found.team))
    return replace(_found(ws, alert, position), position=position)


def _found(ws: AlertWorkspace, alert: str, position: int) -> Alert:
    found = next((each for each in _report(ws, None, position).alerts if each.id == alert), None)
    if found is None:
        raise NotFound(f"there is no alert {alert[:80]}", do="see `remiss alert list`", field="alert")
    return found


def _checked(note: str) -> str:
    if len(note) > MOST_NOTE:
        raise InputError(f"the note has {len(note):,} characters, more than {MOST_NOTE:,}", do="shorten it", field="note")
    check_text("note", note)
    return note.strip()
