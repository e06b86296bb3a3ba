"""Suites and gates as a person reads them on a terminal."""

from __future__ import annotations

from datetime import datetime

import click

from remiss.faces.cli import render
from remiss.present import gate_report
from remiss.present.gate_report import WORDS, regressed_words, verdict_words
from remiss.present.legible import counted, when
from remiss.present.result_words import not_asked, power_words
from remiss.records.gate import (
    GateChecklist,
    GateCondition,
    GateDecision,
    GateDecisions,
    GateVerdict,
    ReleaseFlags,
    Waiver,
    Waivers,
    WaiverState,
)
from remiss.records.suite import Suite, Suites

WIDE_DIGEST = 19


def suite(found: Suite) -> None:
    """Print what a suite is made of, and what a gate over it can do."""
    sealed = sum(found.sealed.rows.values())
    render.facts(
        (
            ("suite", found.name),
            ("digest", found.digest),
            ("of", f"{found.protocol}@{found.protocol_version}, position {found.position}"),
            ("query", found.query or "everything"),
            ("within", found.within or "all events of the protocol"),
            ("windows", f"{found.since:%Y-%m-%d} to {found.until:%Y-%m-%d}"),
            ("sealed", f"{counted(sealed, 'event')} in {counted(len(found.sealed.families), 'family', 'families')}, in no file"),
            ("sensitivity", found.sensitivity),
            ("inputs", found.inputs.value),
        )
    )
    click.echo()
    lines = [(each.part.value, each.rows, found.sealed.rows.get(each.part.value, 0), each.families) for each in found.files]
    render.table(("part", "events", "sealed besides", "families"), lines)
    click.echo()
    criteria = [(each.name, each.kind, each.severity, each.unjudged or "yes") for each in found.criteria]
    render.table(("criterion", "kind", "severity", "judges answers"), criteria)
    asked = (f"asked of a version: {each}" for each in found.success)
    for line in (*not_asked(found), *map(power_words, found.power), *asked, *found.notes):
        render.say(line)


def suites(found: Suites) -> None:
    """Print all suites, a line each."""
    lines = [
        (
            each.name,
            each.digest[:WIDE_DIGEST],
            f"{each.protocol}@{each.protocol_version}",
            sum(part.rows for part in each.files),
            each.made_at,
        )
        for each in found
    ]
    if not lines:
        render.say("no suites; build one with remiss suite build NAME QUERY")
        return
    render.table(("suite", "digest", "protocol", "events", "built"), lines)


def decision(found: GateDecision) -> None:
    """Print the verdict of a gate, with every condition that says so."""
    click.echo(f"{verdict_words(found)}: {found.model} against {found.baseline}, gate {found.gate}")
    if found.regressed:
        click.echo(f"{regressed_words(found)}: {', '.join(found.regressed[:5])}{', ...' if len(found.regressed) > 5 else ''}")
    click.echo()
    for each in found.conditions:
        _condition(each)
    click.echo()
    render.facts(
        (
            ("decision", found.id),
            (
                "suites",
                ", ".join(
                    f"{each.name} ({counted(each.events, 'event')}, {each.sealed:,} sealed, {each.synthetic:,} synthetic)"
                    for each in found.suites
                ),
            ),
            ("repeats", found.repeats),
            ("model", found.model.digest or "known by its name only"),
            ("policy", found.policy_digest),
            ("one family", ", ".join(found.family) or "none"),
        )
    )


def _condition(found: GateCondition) -> None:
    waived = "" if found.waived is None else f" (waived {found.waived})"
    click.echo(f"  {WORDS[found.verdict]:<13} {found.name}: {found.says}{waived}")
    for note in found.notes:
        click.echo(f"  {'':<13}   {note}")
    if found.evidence and found.verdict is not GateVerdict.PASS:
        of = f" ({shown})" if (shown := found.shown(5)) else ""
        click.echo(f"  {'':<13}   look at {', '.join(found.evidence[:5])}{of}")


def checklist(found: GateChecklist) -> None:
    """Print the checklist of a release as Markdown, to be kept with it."""
    click.echo(gate_report.checklist(found), nl=False)


def decisions(found: GateDecisions) -> None:
    """Print what gates decided, a line each."""
    lines = [(each.id, WORDS[each.verdict], str(each.model), str(each.baseline), each.gate, each.decided_at) for each in found]
    if not lines:
        render.say("no decisions; have a gate decide with remiss gate decide POLICY --model NAME@VERSION --baseline NAME@VERSION")
        return
    render.table(("decision", "verdict", "model", "baseline", "gate", "decided"), lines)


def waiver(found: Waiver) -> None:
    """Print what a waiver is for, and how it stands."""
    approved = "nobody yet" if found.approved_by is None else _by(found.approved_by, found.approved_at)
    model = f"{found.model}@{found.model_version}" if found.model_version else found.model
    render.facts(
        (
            ("waiver", found.id),
            ("state", found.state),
            ("of", f"{found.condition} ({WORDS[found.verdict]}), gate {found.gate}, {found.decision}"),
            ("model", f"{model}, {found.model_digest or 'by its name only'}"),
            ("policy", found.policy_digest),
            ("reason", found.reason),
            ("until", found.until),
            ("asked for by", _by(found.requested_by, found.requested_at)),
            ("approved by", approved),
            ("closed by", None if found.closed_by is None else f"{_by(found.closed_by, found.closed_at)}: {found.closed_reason}"),
            ("revision", found.revision),
        )
    )
    if found.state is WaiverState.REQUESTED:
        render.say(f"it counts once somebody else approves it: remiss waiver approve {found.id}")


def _by(person: str, at: datetime | None) -> str:
    return ", ".join((person, *filter(None, when([at]))))


def waivers(found: Waivers) -> None:
    """Print waivers, a line each."""
    if not found:
        render.say("no waivers")
        return
    lines = [
        (each.id, each.state, each.condition, each.until, each.requested_by, each.approved_by, each.closed_by, each.revision)
        for each in found
    ]
    render.table(("waiver", "state", "condition", "until", "asked for by", "approved by", "closed by", "revision"), lines)


def flags(found: ReleaseFlags) -> None:
    """Print flags, a line each."""
    if not found:
        render.say("no flags: no gate has decided yet")
        return
    render.table(("flag", "value", "why", "decision"), [(each.flag, each.value, each.variant, each.decision) for each in found])
