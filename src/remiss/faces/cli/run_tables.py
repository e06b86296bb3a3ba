"""Runs, jobs, how captures stand, estimates, heatmaps, slices, drift and alerts, as a person reads them on a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import click

from remiss.capture.late_files import GONE
from remiss.faces.cli import render
from remiss.present import alert_facts, drift_facts, estimate_facts, facts
from remiss.present import heatmap as heatmaps
from remiss.present.columns import priorities
from remiss.present.facts import attempt_words, job_in_words, points, signed
from remiss.present.legible import between, counted, figure, number, share, when
from remiss.protocol.terms import UNREDACTED
from remiss.records.alert import Alert, AlertReport
from remiss.records.drift import ChangeReport, DriftReport
from remiss.records.estimate import Estimate
from remiss.records.heatmap import Heatmap
from remiss.records.identity import format_time
from remiss.records.job import ALERTS, MAIL, OF_SOMETHING, REDACT, REPLAY, SUITE, TELL, Job
from remiss.records.run import Run
from remiss.records.slice import KeptSlice, KeptSlices, SliceAttempt, SliceFigure, SliceReport

if TYPE_CHECKING:
    from remiss.capture.capture_status import CaptureStatus
    from remiss.capture.reproduction import Reproduction

# Slices: their columns, and how soon one is left out where a table has no room.
SLICES = ("slice", "rate", "rest", "times", "extra a month", "share", "q")
SLICE_PRIORITIES = {"rate": 1, "rest": 2, "times": 4, "extra a month": 1, "share": 5, "q": 3}
HYPOTHESES = (
    "a slice is a hypothesis until later windows confirm it: find on earlier ones (occurred:), keep it with `slice keep` and "
    "have later ones confirm it with `slice confirm`"
)
KEPT = ("name", "state", "found, points", "later", "told", "fails")
KEPT_PRIORITIES = {"state": 1, "found, points": 2, "later": 3, "told": 1, "fails": 4}
ATTEMPTS = ("attempt", "windows", "slice", "rest", "points more", "told", "adjusted p", "confirmed")
ATTEMPT_PRIORITIES = {"windows": 4, "slice": 3, "rest": 3, "points more": 2, "told": 1, "adjusted p": 2, "confirmed": 1}
# Of the windows in a row that are due; more than some say only that the log was never captured whole.
SHOWN = 5


def run(found: Run) -> None:
    """Print what a run read, what it drew, and how much of each criterion."""
    render.facts(facts.of_run(found))
    if found.groups:
        render.table(facts.SUMMARY, facts.summary(found))


def accepted(found: Run) -> None:
    """Say that a run is in force."""
    render.say(f"{found.id} is in force")


def reproduction(found: Reproduction) -> None:
    """Print whether a run came out the same, and how it differs or what is missing."""
    click.echo(f"{found.run}: {found.verdict}")
    for line in (*found.differences, *found.missing):
        click.echo(f"  {line}")


def status(found: Sequence[CaptureStatus]) -> None:
    """Print how captures stand, for each protocol and source."""
    if not found:
        render.say("nothing is captured yet; next: remiss protocol new PROTOCOL.yaml, then remiss capture PROTOCOL.yaml")
    for item in found:
        render.facts(_lines(item))
        click.echo()


def _lines(item: CaptureStatus) -> list[tuple[str, object]]:
    return [
        ("protocol", f"{item.protocol} version {item.version} on {item.source}"),
        ("windows captured", item.windows),
        ("last window", item.last),
        ("windows due", f"unknown: {item.unseen}" if item.due is None else item.due),
        *(("", between(each.since, each.until)) for each in item.intervals[:SHOWN]),
        *([("", f"and {len(item.intervals) - SHOWN:,} stretches more")] if len(item.intervals) > SHOWN else []),
        *(("due again", each) for each in item.files if each.kind != GONE),
        *(
            [("gone from the log", f"{counted(item.gone, 'file')}; nothing is due for it, and figures stand")]
            if item.gone
            else []
        ),
        *(("", each) for each in item.files[:SHOWN] if each.kind == GONE),
        *([("texts", UNREDACTED)] if item.kept_as_logged else []),
        *([("texts", f"{counted(item.unredacted, 'run')} stored without redaction: remiss job run")] if item.unredacted else []),
        *([("files not known", f"of {counted(item.unlisted, 'window')} of former versions")] if item.unlisted else []),
        (
            "provisional",
            item.provisional if not item.mature else f"{item.provisional}, of which {item.mature} can be captured again now",
        ),
        ("refused", f"{share(item.refused_share)} of rows"),
        *([("caught nothing", ", ".join(item.nothing))] if item.nothing else []),
        *(("note", each) for each in item.warnings),
        *([("waiting to be accepted", ", ".join(item.waiting))] if item.waiting else []),
    ]


def job(found: Job) -> None:
    """Print how a job stands, its steps and its log."""
    render.facts(_facts(found))
    for place, step in enumerate(found.steps or (), 1):
        named = f"cases {step.of}" if found.kind == REPLAY else step.of
        bounds = named if found.kind in OF_SOMETHING else f"{_bound(step.since)} to {_bound(step.until)}"
        click.echo(f"  step {place}  {bounds}  {step.run or ('not yet' if found.open else 'not done')}")
    for line in found.log:
        click.echo(f"  {format_time(line.at.replace(microsecond=0))}  {render.cell(line.text)}")


def posted(found: Sequence[Job]) -> None:
    """Print the jobs that were posted."""
    for each in found:
        click.echo(f"{each.id}  {each.protocol}@{each.version}")
    if not found:
        render.say("nothing is due, or a job is at it already")


def _facts(found: Job) -> Iterator[tuple[str, object]]:
    yield "job", found.id
    yield "state", job_in_words(found)
    verbs = {REDACT: "redacts what was stored by", REPLAY: "asks again", SUITE: "runs a suite on"}
    if found.kind in {ALERTS, TELL, MAIL}:
        yield {ALERTS: "looks for", TELL: "tells of", MAIL: "mails"}[found.kind], "alerts"
    else:
        yield verbs.get(found.kind, "captures by"), found.model or f"{found.protocol}@{found.version}"
    yield "team", found.team
    yield "posted", f"{format_time(found.posted_at.replace(microsecond=0))} by {found.person}"


def _bound(moment: datetime | None) -> str:
    return "what is there" if moment is None else when([moment])[0]


def estimate(found: Estimate) -> None:
    """Print the figures, then in words what they are of and what to know about them."""
    titles, lines = estimate_facts.figures(found)
    named = priorities(titles, estimate_facts.PRIORITIES)
    render.table(named, lines, numbers={at for at, title in enumerate(titles) if title in estimate_facts.FIGURES})
    for note in (estimate_facts.among(found), *estimate_facts.notes(found)):
        if note:
            render.say(note)


def heatmap(found: Heatmap) -> None:
    """Print the grid, or where it has no room a line for each cell; then what to know about it."""
    titles, lines = heatmaps.matrix(found)
    numbers = {*range(1, len(titles))}
    if len(set(titles)) < len(titles) or not render.fits(titles, lines):
        titles, lines = heatmaps.listed(found)
        numbers = {2, 3, 4}
    if found.cells:
        render.table(titles, lines, numbers=numbers)
    else:
        render.say("there is nothing to show")
    render.say(*heatmaps.signs(found), *heatmaps.notes(found))


def drift(found: DriftReport) -> None:
    """Print what became of each field, then what was compared with what."""
    lines = [drift_facts.line(each, found.needs) for each in found.fields]
    render.table(priorities(drift_facts.COLUMNS, drift_facts.PRIORITIES), lines, numbers={2, 3, 4, 5, 6})
    render.say(*drift_facts.notes(found))


def rate_change(found: ChangeReport) -> None:
    """Print what each slice adds to a change of a rate, then what changed to what."""
    table = priorities(drift_facts.CHANGE_COLUMNS, drift_facts.CHANGE_PRIORITIES)
    render.table(table, list(drift_facts.change_lines(found)), numbers={1, 2, 3, 4})
    render.say(*drift_facts.change_notes(found))


def slices(found: SliceReport) -> None:
    """Print the slices that were found, the surest first, then among what."""
    if found.slices:
        lines = [tuple(_slice(each)) for each in found.slices]
        render.table(priorities(SLICES, SLICE_PRIORITIES), lines, numbers={*range(1, len(SLICES))})
    else:
        render.say("no slice fails more often than the rest, as far as can be told")
    render.say(*_of_slices(found))


def _slice(one: SliceFigure) -> Iterator[str]:
    yield one.query if one.into is None else f"{one.query}  (says the same as {one.into})"
    yield _with(figure(one.rate, one.rate_low, one.rate_high, rate=True))
    yield share(one.rest)
    yield "" if one.ratio is None else f"{one.ratio:.1f} ({one.ratio_low:.1f} to {one.ratio_high:.1f})"
    yield _with(figure(one.excess, one.excess_low, one.excess_high))
    yield share(one.share)
    yield number(one.q) if one.q >= 0.001 else "<0.001"


def _with(said: tuple[str, str]) -> str:
    value, interval = said
    return f"{value} ({interval})" if interval else value


def _of_slices(found: SliceReport) -> list[str]:
    """Say in sentences what was looked for among what, and what to know about it."""
    said = [
        f"{share(found.rate)} of {found.among}, in {counted(found.windows, 'window')}: {between(found.since, found.until)}; "
        f"{counted(found.sampled, 'sampled event')}, of which {found.failed:,} failed",
        f"{counted(found.tested, 'slice')} of {counted(len(found.fields), 'field')} were tested, and {found.few:,} had too "
        f"little support; {found.found:,} {'is' if found.found == 1 else 'are'} worse than the "
        f"rest at a false discovery rate of {share(found.level)}"
        + (f", of which {found.folded:,} add nothing to others and are folded" if found.folded else ""),
    ]
    if found.correlation:
        said.append(
            f"windows that follow each other are alike (correlation {found.correlation:.1f}), and every test allows for it"
        )
    return [*said, *([HYPOTHESES] if found.slices else []), *found.notes]


def kept_slices(found: KeptSlices) -> None:
    """Print kept slices, a line each: how much more often each fails than the rest where it was found, and in later windows."""
    if not found:
        render.say("no slices here; see what is found, and among how many: remiss slice find QUERY")
        return
    lines = [
        (
            each.name,
            each.state,
            signed(each.found.difference),
            signed(each.attempts[-1].difference) if each.attempts else "",
            signed(each.attempts[-1].told) if each.attempts else "",
            each.failure,
        )
        for each in found
    ]
    render.table(priorities(KEPT, KEPT_PRIORITIES), lines, numbers={2, 3, 4})


def kept_slice(found: KeptSlice) -> None:
    """Print a kept slice: what it is, where it was found, and each attempt to confirm it."""
    one = found.found
    render.facts(
        [
            ("slice", found.name),
            ("events", found.query),
            ("fails by", found.failure if found.among is None else f"{found.failure}, among {found.among}"),
            ("of", f"{found.source}, by {found.protocol}@{found.protocol_version}"),
            ("state", found.state),
            (
                "found in",
                f"{counted(found.windows, 'window')}, {between(found.since, found.until)}, among {found.tested:,} tested",
            ),
            ("there", f"{share(one.rate)}, the rest {share(one.rest)}; {points(one.difference)}, chosen for being large"),
            ("unused from", when([found.used_until])[0]),
            ("kept by", found.person),
        ]
    )
    if found.attempts:
        lines = [tuple(_attempt(each)) for each in found.attempts]
        render.table(priorities(ATTEMPTS, ATTEMPT_PRIORITIES), lines, numbers={2, 3, 4, 5, 6})
    else:
        render.say(f"no later windows were asked yet: remiss slice confirm {found.name}")
    render.say(*(attempt_words(each) for each in found.attempts[-1:]), *found.notes)


def _attempt(one: SliceAttempt) -> Iterator[str]:
    yield f"{one.number}, over the log" if one.exact else str(one.number)
    yield f"{between(one.since, one.until)} ({one.windows:,})"
    yield share(one.rate)
    yield share(one.rest)
    yield f"{signed(one.difference)} ({signed(one.low)} to {signed(one.high)})"
    yield signed(one.told)
    yield number(one.adjusted) if one.adjusted >= 0.001 else "<0.001"
    yield "yes" if one.confirmed else "no"


def alerts(found: AlertReport) -> None:
    """Print alerts, a line each, and below them the series that are watched."""
    if found.alerts:
        render.table(priorities(alert_facts.HEADS, alert_facts.PRIORITIES), map(alert_facts.alert_line, found.alerts))
    if found.watched:
        heads = priorities(alert_facts.WATCHED, alert_facts.WATCHED_PRIORITIES)
        render.table(heads, map(alert_facts.watched_line, found.watched), numbers={3, 4, 5, 6})
    render.say(*alert_facts.told(found))


def alert(found: Alert) -> None:
    """Print an alert, and what somebody did about it."""
    said = zip(alert_facts.HEADS, alert_facts.alert_line(found), strict=True)
    render.facts(
        [
            *said,
            ("owners", ", ".join(found.owners)),
            ("told", ", ".join(found.told)),
            ("mailed", ", ".join(found.mailed)),
            ("note", found.note or ""),
            ("cases", found.query),
        ]
    )
