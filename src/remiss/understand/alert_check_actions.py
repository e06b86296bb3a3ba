"""What looks at windows that are new, and raises alerts: at once, or as a job that a runner works off."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from remiss.action import action
from remiss.capture.captured import WindowInForce
from remiss.catalog.query.fields import having
from remiss.catalog.query.printing import unparse
from remiss.errors import InputError, NotFound
from remiss.govern.ports.jobs import Posted
from remiss.protocol.meaning import meaning as document_meaning
from remiss.protocol.terms import Protocol
from remiss.records import job as records
from remiss.records.alert import Alert, AlertReport, AlertRule, AlertState
from remiss.records.estimate import COUNTED, SAMPLE, EstimateRow
from remiss.records.identity import kind_id
from remiss.records.job import Job, JobStep
from remiss.understand.actions import FactsOf, figure, sharing
from remiss.understand.alert_actions import alert_report, looked_at
from remiss.understand.alert_telling_actions import have_told
from remiss.understand.alerts.detector import level_of
from remiss.understand.alerts.looking import LogWindow, SeriesRules, log_looks, log_windows, looks, refused_share
from remiss.understand.alerts.ports import HANDLE, AlertWorkspace, LedgerEntry
from remiss.understand.alerts.raised import AlertAct, WindowLook, look_of, to_text
from remiss.understand.joined_versions import POPULATION
from remiss.understand.periods import WINDOW
from remiss.understand.pipeline import document_of
from remiss.understand.post_selection import meaning
from remiss.understand.question import Wording

# What nobody captured is noticed after so long, where nothing is captured at all.
LOOKS_AGAIN = timedelta(hours=6)


@dataclass(frozen=True, slots=True, kw_only=True)
class FreshWindows:
    """Windows that are looked at for the first time, by series, each with the team of its protocol and how many were before.

    `captured` are the windows that are captured of each protocol on each source, of those whose log is watched.
    """

    fresh: tuple[tuple[int, str, tuple[WindowLook, ...]], ...]
    captured: Mapping[tuple[str, str], frozenset[datetime]]
    notes: tuple[str, ...]


@contextmanager
def _checking(ws: AlertWorkspace) -> Iterator[FreshWindows]:
    """Give the windows that are new: their rates are counted before the transaction, in which others would wait."""
    position = ws.evidence.position()
    before, facts_of = looked_at(ws), sharing()
    fresh, notes, captured = [], [], {}
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
        series = document.alerts.sharing * sum(protocol == name for protocol, _ in sources)
        for criterion in document.alerts.criteria:
            of = _series(document, source, criterion, series)
            try:
                rows = _rates(ws, of, position, facts_of)
            except InputError as error:
                notes.append(f"{criterion} of {name} is not watched: {error.what}")
                continue
            known = before.get(of.id, ())
            fresh.append((len(known), document.team, looks(of, known, rows, ws.now)))
        if document.alerts.of_data:
            of, in_force = _log_series(document, source, series), ws.runs.in_force(source, name, position)
            known = before.get(of.id, ())
            fresh.append((len(known), document.team, log_looks(of, known, _log(ws, document, in_force, known), ws.now)))
            captured[name, source] = frozenset(each.window.window for each in in_force)
    yield FreshWindows(fresh=tuple(fresh), captured=captured, notes=tuple(notes))


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
        owners=_owners(document),
    )


def _log_series(document: Protocol, source: str, count: int) -> SeriesRules:
    """Return a log as it is watched: which events belong to it is what it means."""
    said, width, rules = document_meaning(document), document.sampling.window, document.alerts
    made = ["log", source, document.name, width.total_seconds(), [said.get(part) for part in POPULATION]]
    return SeriesRules(
        id=kind_id("series", made),
        source=source,
        protocol=document.name,
        version=document.version,
        criterion="",
        team=document.team,
        seed=document.sampling.seed,
        width=width,
        level=level_of(rules.budget, width, count) if rules.volume else None,
        above=rules.refused,
        judged=None,
        owners=_owners(document),
    )


def _owners(document: Protocol) -> tuple[str, ...]:
    """Return who is told of what is raised: the owners of the model, and those who take turns at its reviews."""
    return tuple(dict.fromkeys((*document.owners, *(document.review.owners if document.review else ()))))


def _log(
    ws: AlertWorkspace, document: Protocol, in_force: Sequence[WindowInForce], known: Sequence[WindowLook]
) -> Sequence[LogWindow]:
    fresh = [each.run for each in in_force if each.seen and (not known or each.window.window > known[-1].start)]
    refused = {run: refused_share(ws.runs.get(run), ws.runs.windows(run)) for run in dict.fromkeys(fresh)}
    patience = document.alerts.missed
    missed_by = None if patience is None else ws.now - document.grace - patience
    return log_windows(in_force, refused, document.sampling.window, missed_by)


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


@action("alert.check", permission=HANDLE, http="POST /alerts/checks", prepare=_checking)
def check_alerts(ws: AlertWorkspace, *, prepared: FreshWindows | None = None) -> AlertReport:
    """Look at windows that are new, and raise alerts.

    A window is looked at once, when it is complete and its labels are in. An alert is raised where a criterion that the protocol
    watches is met more often than in the windows before. All of them together raise at most `alerts: budget` false ones a year
    (default: 2), however often one looks, as long as windows in which nothing changes are alike. Where the protocol says so, one
    is also raised above a level, where too few events were judged, where rows were refused, where a window was not captured, or
    where it has fewer events than is usual.

    Example: remiss alert check
    """
    assert prepared is not None
    position = ws.alerts.wait()
    # Somebody else may have looked in the meantime: then their windows stand, and what is left is found by the next check.
    known = looked_at(ws)
    entered = [
        LedgerEntry(of=each.series, content=to_text(each), team=team, start=each.start)
        for count, team, fresh in prepared.fresh
        for each in fresh
        if len(known.get(each.series, ())) == count
    ]
    ws.alerts.enter(entered)
    for each in alert_report(ws, None, position).alerts:
        if _captured_since(each, looked_at(ws).values(), prepared.captured):
            act = AlertAct(person=ws.actor.name, at=ws.now, note=None, over=True)
            ws.alerts.act(LedgerEntry(of=each.id, content=to_text(act), team=each.team))
    untold = have_told(ws, position)
    found = alert_report(ws, None, position)
    alarms = [look for look in (look_of(each.content) for each in entered) if look.rules]
    raised = tuple(each.id for each in found.alerts if any(_raises(look, each) for look in alarms))
    return replace(found, entered=len(entered), raised=raised, notes=(*prepared.notes, *untold))


@action("job.alerts", permission=HANDLE, http="POST /jobs/alerts", created="job.show")
def alerts_job(ws: AlertWorkspace) -> Job:
    """Post a job that looks at windows that are new, and raises alerts.

    One who has such a job that is not done gets no other. `remiss serve --jobs` posts one by itself when something was captured,
    and four times a day in any case.

    Example: remiss job alerts
    """
    last = ws.jobs.last(records.ALERTS, ws.actor.name)
    if last is not None and last[0].open:
        return last[0]
    return ws.jobs.post(Posted(kind=records.ALERTS, team=ws.actor.team, position=ws.position()))


def alerts_due(ws: AlertWorkspace) -> bool:
    """Return whether the actor is to post a job that looks: something was captured, or the last look is long ago."""
    newest, last = ws.runs.latest(1), ws.jobs.last(records.ALERTS, ws.actor.name)
    if not newest or last is None:
        return bool(newest)
    job, posted = last
    return not job.open and (newest[0].position > posted.position or ws.now - job.posted_at >= LOOKS_AGAIN)


def steps(_: AlertWorkspace, __: Posted) -> tuple[JobStep, ...]:
    """Return the one step of a job that looks at windows."""
    return (JobStep(since=None, until=None, of="windows"),)


def take(ws: AlertWorkspace, _: Posted, __: JobStep) -> AlertReport:
    """Look at windows that are new, as who posted the job."""
    return check_alerts(ws)


def _captured_since(
    alert: Alert, looked: Iterable[Sequence[WindowLook]], captured: Mapping[tuple[str, str], frozenset[datetime]]
) -> bool:
    """Return whether every window that an alert says was missed has been captured meanwhile."""
    there = captured.get((alert.protocol, alert.source), frozenset())
    if alert.rule is not AlertRule.MISSED or alert.state is AlertState.OVER:
        return False
    return all(look.start in there for series in looked for look in series if _raises(look, alert))


def _raises(look: WindowLook, alert: Alert) -> bool:
    of_it = (look.source, look.protocol, look.criterion) == (alert.source, alert.protocol, alert.criterion)
    return of_it and alert.rule.value in look.rules and alert.since <= look.start < alert.until
