"""Results of suites, and their scenarios, as a person reads them on a terminal."""

from __future__ import annotations

import click

from remiss.faces.cli import render
from remiss.present.legible import counted
from remiss.present.result_report import told
from remiss.present.result_words import (
    COMPARED,
    GROUPS,
    MEASURES,
    SUCCESS,
    change,
    comparison_news,
    events_of,
    expected,
    figure_value,
    latency_words,
    logged_points,
    news,
    of_what,
    p_value,
    points,
    success_value,
    synthetic,
    synthetic_words,
)
from remiss.records.result import LoggedComparison, SuiteComparison, SuiteResult, SuiteResults
from remiss.records.scenario import ScenarioRowPage, ScenarioSet, ScenarioSets

MOST_CHANGES = 20
WIDE_DIGEST = 19


def result(found: SuiteResult) -> None:
    """Print what a version made of a suite: the news, and every figure with its interval."""
    click.echo(news(found))
    if found.success:
        click.echo()
        judged = [(each.text, success_value(each), SUCCESS[each.verdict]) for each in found.success]
        render.table(("criterion of success", "95 % interval", "is"), judged)
    shown = told(found)
    for group, title in GROUPS.items():
        figures = [each for each in shown if each.group == group]
        if not figures:
            continue
        click.echo()
        lines = [(of_what(each), MEASURES[each.measure], figure_value(each), events_of(each), each.effective) for each in figures]
        render.table((title, "measure", "95 % interval", "events", "worth"), lines, numbers={3})
    click.echo()
    render.facts(
        (
            ("result", found.id or "not kept"),
            ("suite", f"{found.suite}, {found.suite_digest}"),
            ("model", found.model.digest or "known by its name only"),
            ("repeats", found.repeats),
            ("sealed", f"{counted(found.sealed, 'event')}, not run"),
            ("seconds", found.seconds),
            ("synthetic", synthetic(found)),
        )
    )
    render.say(*found.notes)


def results(found: SuiteResults) -> None:
    """Print results, a line each."""
    lines = [(each.id, each.suite, str(each.model), each.events, news(each).partition(": ")[2], each.made_at) for each in found]
    if not lines:
        render.say("no results; run a suite with remiss suite run NAME --model NAME@VERSION")
        return
    render.table(("result", "suite", "model", "events", "news", "run"), lines)


def comparison(found: SuiteComparison) -> None:
    """Print how two versions differ on a suite: the news, each difference with its interval, and the events that changed."""
    click.echo(comparison_news(found))
    for group, title in COMPARED.items():
        those = [each for each in found.differences if each.group == group]
        if not those:
            continue
        click.echo()
        chance = "adjusted p" if any(each.adjusted is not None for each in those) else "p"
        lines = [(of_what(each), points(each), each.fixed, each.broken, p_value(each), each.events) for each in those]
        render.table((title, "difference in points", "fixed", "broken", chance, "events"), lines)
    if found.changes:
        click.echo()
        changed = [(each.id, each.change, each.mode or each.part.value, each.severity) for each in found.changes[:MOST_CHANGES]]
        render.table(("event", "change", "mode", "severity"), changed)
    more = len(found.changes) - MOST_CHANGES
    if more > 0:
        render.say(f"{more:,} more; all with --format json")
    if found.latency is not None:
        render.say(f"latency: {latency_words(found.latency)}")
    render.say(synthetic(found))
    render.say(*found.notes)


def scenarios(found: ScenarioSet) -> None:
    """Print what scenarios were made, recipe by recipe, and what gave none."""
    render.facts(
        (
            ("scenarios", found.name),
            ("digest", found.digest),
            ("suite", f"{found.suite}, {found.suite_digest[:WIDE_DIGEST]}"),
            ("synthetic", synthetic_words(found.scenarios, found.synthetic_share, "what pytest asks")),
        )
    )
    click.echo()
    lines = [(each.name, each.scenarios, each.parents, each.seed, expected(each.expects)) for each in found.recipes]
    render.table(("recipe", "scenarios", "parents", "seed", "expected of the answer"), lines)
    for each in found.recipes:
        render.say(f"{each.name}: {', then '.join(each.steps)}")
        for why, count in each.left_out.items():
            render.say(f"  left out {count:,}: {why}")


def scenario_sets(found: ScenarioSets) -> None:
    """Print which scenarios there are, a line each."""
    if not found:
        render.say("no scenarios; make some with remiss scenario make SUITE DOCUMENT")
        return
    lines = [
        (each.name, each.digest[:WIDE_DIGEST], each.suite, each.scenarios, f"{each.synthetic_share:.0%}", each.made_at)
        for each in found
    ]
    render.table(("scenarios", "digest", "suite", "made", "synthetic", "at"), lines)


def scenario_rows(found: ScenarioRowPage) -> None:
    """Print scenarios, each with what was changed."""
    for each in found.items:
        click.echo(f"{each.id}: {'+'.join(each.operators)}, seed {each.seed}")
        for one in each.changed:
            click.echo(f"  {change(one)}")
    if found.next is not None:
        render.say(f"{len(found.items):,} of {found.total:,}; go on with --after {found.next}")


def logged(found: LoggedComparison) -> None:
    """Print how two versions differ over the log, criterion by criterion, with what is not paired."""
    click.echo(f"{found.model} against {found.baseline} in the log: {counted(found.pairs, 'pair')} by {found.unit}")
    click.echo()
    lines = [
        (each.criterion, logged_points(each), each.fixed, each.broken, each.both, each.neither, each.untold)
        for each in found.criteria
    ]
    render.table(("criterion not met", "difference in points", "fixed", "broken", "both meet", "neither", "untold"), lines)
    alone = (("baseline", found.baseline_only), ("candidate", found.candidate_only))
    for which, count in alone:
        render.say(f"{counted(count, 'unit')} answered by the {which} alone")
    if found.several:
        render.say(f"{counted(found.several, 'unit')} answered more than once by a version, and not paired")
    render.say(*found.notes)
