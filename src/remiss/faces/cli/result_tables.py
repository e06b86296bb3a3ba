"""Results of suites as a person reads them on a terminal."""

from __future__ import annotations

import click

from remiss.faces.cli import render
from remiss.present.legible import counted
from remiss.present.result_report import told
from remiss.present.result_words import GROUPS, MEASURES, figure_value, news, of_what
from remiss.records.result import SuiteResult, SuiteResults


def result(found: SuiteResult) -> None:
    """Print what a version made of a suite: the news, and every figure with its interval."""
    click.echo(news(found))
    shown = told(found)
    for group, title in GROUPS.items():
        figures = [each for each in shown if each.group == group]
        if not figures:
            continue
        click.echo()
        lines = [(of_what(each), MEASURES[each.measure], figure_value(each), each.events, each.effective) for each in figures]
        render.table((title, "measure", "95 % interval", "events", "worth"), lines)
    click.echo()
    render.facts(
        (
            ("result", found.id or "not kept"),
            ("suite", f"{found.suite}, {found.suite_digest}"),
            ("model", found.model.digest or "known by its name only"),
            ("repeats", found.repeats),
            ("sealed", f"{counted(found.sealed, 'event')}, not run"),
            ("seconds", found.seconds),
        )
    )


def results(found: SuiteResults) -> None:
    """Print results, a line each."""
    lines = [(each.id, each.suite, str(each.model), each.events, news(each).partition(": ")[2], each.made_at) for each in found]
    if not lines:
        render.say("no results; run a suite with remiss suite run NAME --model NAME@VERSION")
        return
    render.table(("result", "suite", "model", "events", "news", "run"), lines)
