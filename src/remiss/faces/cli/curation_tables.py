"""The queue, threads, agreement, investigations, clusters and patterns, as a person reads them on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

import click

from remiss.curate.labelling_form import Left, QueueState, Served
from remiss.faces import queue_words
from remiss.faces.cli import case_tables, render
from remiss.present import agreement as agreements
from remiss.present.columns import priorities, severity
from remiss.present.facts import change_words, link_words
from remiss.present.legible import counted, figure
from remiss.records.agreement import Agreement
from remiss.records.cluster import Cluster, Clustering, Clusterings
from remiss.records.discussion import Thread
from remiss.records.investigation import Citation, Experiment, Investigation
from remiss.records.pattern import Pattern, Patterns

# Of clusters and of patterns, the columns.
CLUSTERS = ("in common", "cases", "events of the log", "id")
PATTERNS = ("pattern", "state", "owner", "query", "id")


def served(found: Served) -> None:
    """Print what the queue gave: by what the case is labelled, and both labellings of a dispute."""
    if found.task is None:
        render.say("nothing waits for you")
        return
    case_tables.form(found.task.form)
    for each in found.task.labellings:
        click.echo(f"\n{each.kind.value} by {each.person}: {each.verdict.value} {each.mode or ''}".rstrip())
    render.say(f"yours until {found.task.until:%H:%M} UTC; {_left(found.left)}")


def queue(found: QueueState) -> None:
    """Print what holds up the queue, what somebody has in hand, and how far each group has come of what they steer."""
    for each in found.steered:
        for one in each.held:
            click.echo(f"{one.case}  {queue_words.held(one)}")
        if each.held_count > len(each.held):
            click.echo(f"and {counted(each.held_count - len(each.held), 'more case')} that hold up the queue")
    if found.waiting:
        click.echo(f"wait for another person, since you passed them or could not tell: {counted(found.waiting, 'case')}\n")
    if found.in_hand:
        mine = [(each.case, each.kind.value, f"{each.until:%H:%M} UTC", each.title) for each in found.in_hand]
        titled = any(each.title for each in found.in_hand)
        render.table(("in hand", "for", "until", "title")[: 3 + titled], [line[: 3 + titled] for line in mine])
        click.echo()
    titles = ("batches", "severity", "open", "sampled", "done", "in turn")
    for each in found.steered:
        lines = [(of.group, severity(of.severity), queue_words.opened(of), of.size, of.done, of.in_turn) for of in each.groups]
        render.table(titles, lines)
    if len(found.periods) > 1 or found.strata:
        periods = f"periods from {queue_words.day(found.periods[0])} to {queue_words.day(found.periods[-1])}"
        render.say(f"you may ask for cases of {', '.join([periods, *found.strata])}")
    for each in found.steered:
        render.say(queue_words.state(each))
        for way in each.ways[:1]:
            render.say(f"soonest: {queue_words.way(way)}")
    render.say(_left(found.left))


def _left(left: Left) -> str:
    waits = [(left.adjudication, "to adjudicate"), (left.verification, "to verify"), (left.annotation, "to annotate")]
    said = ", ".join(f"{count:,} {words}" for count, words in waits if count) or "nothing"
    return f"left for you: {said}; labelled in the last 24 hours: {left.mine:,}"


def thread(found: Thread) -> None:
    """Print a thread with its comments."""
    click.echo(f"{found.id}  {found.status.value}, on case {found.case}")
    if found.hidden is not None:
        click.echo(f"  There are comments that are {found.hidden}.")
    for said in found.comments:
        click.echo(f"  {render.cell(said.person)}, {render.cell(said.at)}")
        for line in ("(erased)" if said.text is None else said.text).splitlines():
            click.echo(f"    {render.cell(line)}".rstrip())
    render.say(*found.notes)


def threads(found: Sequence[Thread]) -> None:
    """Print all threads of a case."""
    for each in found:
        thread(each)
    render.say(counted(len(found), "thread"))


def agreement(found: Agreement) -> None:
    """Print how far people agree, and what to know about it."""
    render.table(*agreements.table(found))
    render.say(f"{counted(found.cases, 'case')} labelled twice")
    render.say(*found.notes)


def investigation(found: Investigation) -> None:
    """Print what was found out: each hypothesis with its experiments, what was tried, the write-up, what is missing."""
    for each in found.hypotheses:
        _part(f"hypothesis {each.number}, {each.stands.value}", each.written.revision, ("", each.text))
        for test in (one for one in found.experiments if one.hypothesis == each.number):
            _experiment(test)
    stated = {each.number for each in found.hypotheses}
    for test in (one for one in found.experiments if one.hypothesis not in stated):
        _experiment(test)
    for attempt in found.remediations:
        of = f" in {attempt.model_version}" if attempt.model_version else ""
        title = f"attempt {attempt.number}{of}, {attempt.outcome.value}"
        _part(title, attempt.written.revision, ("", attempt.text), ("result", attempt.result), *_cited(attempt.citations))
    if found.write_up is not None:
        names = ("hypothesis", "experiments", "results", "rationale")
        _part("write-up", found.write_up.written.revision, *((name, getattr(found.write_up, name)) for name in names))
    if found.hidden is not None:
        render.say(f"There are findings that are {found.hidden}.")
    missing = [each.name for each in found.steps if not each.done]
    render.say(
        f"{len(found.steps) - len(missing)} of {len(found.steps)} done" + "".join(f"\n  not yet: {each}" for each in missing)
    )


def _experiment(test: Experiment) -> None:
    title = f"  experiment {test.number}, {test.conclusion.value}"
    _part(title, test.written.revision, ("", test.executed), ("result", test.result), *_cited(test.citations))


def _cited(citations: Sequence[Citation]) -> list[tuple[str, str]]:
    return [(each.kind.value, each.address) for each in citations]


def _part(title: str, revision: int, *said: tuple[str, str | None]) -> None:
    click.echo(f"{render.cell(title)} (revision {revision})")
    indent = " " * (len(title) - len(title.lstrip()) + 2)
    for name, text in said:
        for at, line in enumerate((text or "").splitlines()):
            head = f"{name}: " if name and not at else ""
            click.echo(f"{indent}{head}{render.cell(line)}".rstrip())


def clustering(found: Clustering) -> None:
    """Print clusters, the largest first, then what is in none and among what they were looked for."""
    lines = [
        (each.name, f"{each.cases:,}", _about(each.events, each.events_low, each.events_high), each.id) for each in found.clusters
    ]
    noise = ("(noise: like no others)", f"{found.noise:,}", _about(found.noise_events, found.noise_low, found.noise_high), "")
    heads = priorities(CLUSTERS, {"cases": 2, "events of the log": 1, "id": 1})
    render.table(heads, [*lines, noise], numbers={1, 2})
    render.say(
        f"{counted(found.considered, 'sampled case')} of {found.query or 'all'}, of {found.source} by "
        f"{found.protocol}@{found.protocol_version}, compared by {counted(len(found.fields), 'field')} and the text; "
        "intervals are of this log only",
        *found.notes,
    )


def _about(value: float, low: float, high: float) -> str:
    said, interval = figure(value, low, high)
    return f"{said} ({interval})" if interval else said


def clusterings(found: Clusterings) -> None:
    """Print the clusters of each question."""
    if not found:
        render.say("no clusters here; look for some: remiss cluster find QUERY")
    for each in found:
        clustering(each)


def cluster(found: Cluster) -> None:
    """Print a cluster and its cases."""
    one = found.found
    said = [
        ("cluster", one.id if found.asked == one.id else f"{one.id}, into which {found.asked} was merged"),
        ("in common", one.name),
        ("cases", f"{one.cases:,}"),
        ("events of the log", _about(one.events, one.events_low, one.events_high)),
        ("among", found.query or "all"),
        ("typical", ", ".join(one.typical)),
        ("merged into it", ", ".join(one.merged)),
        ("split from", one.split_from or ""),
    ]
    render.facts([each for each in said if each[1]])
    render.say(*found.members)


def patterns(found: Patterns) -> None:
    """Print patterns, a line each: how each stands, whose it is, and what it stands for."""
    if not found:
        render.say("no patterns here; name one: remiss pattern name NAME QUERY")
        return
    lines = [(_called(each), each.state.value, each.owner, each.query, each.id) for each in found]
    render.table(priorities(PATTERNS, {"state": 1, "owner": 2, "query": 2, "id": 1}), lines)


def _called(each: Pattern) -> str:
    return f"{each.name} ({each.news:,} new)" if each.news else each.name


def pattern(found: Pattern) -> None:
    """Print a pattern: what it stands for, what belongs to it, and what was done to it."""
    said = [
        ("pattern", found.id if found.asked == found.id else f"{found.id}, into which {found.asked} was merged"),
        ("name", found.name),
        ("state", found.state.value),
        ("owner", found.owner),
        ("query", found.query),
        ("made of", ", ".join(found.named)),
        ("about", found.about),
        ("revision", str(found.revision)),
        ("merged into it", ", ".join(found.merged)),
        ("split from", found.split_from or ""),
        ("linked to", ", ".join(map(link_words, found.links))),
    ]
    render.facts([each for each in said if each[1]])
    for each in found.history:
        click.echo(f"{each.at:%Y-%m-%d}  {each.person} {render.cell(change_words(each))}")
    render.say(f"how often it happens: remiss estimate 'pattern:{found.id}'", *found.notes)
