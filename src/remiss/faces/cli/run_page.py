"""One run as a person reads it on a terminal."""

from __future__ import annotations

from remiss.faces.cli import render
from remiss.records import facts
from remiss.records.run import Run


def show(run: Run) -> None:
    """Print what a run read, what it drew, and how much of each criterion."""
    render.facts(facts.of_run(run))
    if run.groups:
        render.table(facts.SUMMARY, facts.summary(run))
