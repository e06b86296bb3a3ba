"""Runs and how captures stand, as a person reads them on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

import click

from remiss.capture.capture_status import CaptureStatus
from remiss.capture.reproduction import Reproduction
from remiss.faces.cli import render
from remiss.present import facts
from remiss.present.legible import share
from remiss.records.identity import format_time
from remiss.records.run import Run

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
        *(("", f"{format_time(each.since)} to {format_time(each.until)}") for each in item.intervals[:SHOWN]),
        *([("", f"and {len(item.intervals) - SHOWN:,} stretches more")] if len(item.intervals) > SHOWN else []),
        (
            "provisional",
            item.provisional if not item.mature else f"{item.provisional}, of which {item.mature} can be captured again now",
        ),
        ("refused", f"{share(item.refused_share)} of rows"),
        *([("caught nothing", ", ".join(item.nothing))] if item.nothing else []),
        *([("caught nearly everything", ", ".join(item.nearly_all))] if item.nearly_all else []),
        *([("waiting to be accepted", ", ".join(item.waiting))] if item.waiting else []),
    ]
