"""Models as a person reads them."""

from __future__ import annotations

import json
from functools import partial

import click

from remiss.faces.cli import render
from remiss.present.legible import printable
from remiss.records.identity import format_time
from remiss.records.model import ModelAnswer, ModelCheck, ModelEnvironment, ModelSpecification, RegisteredModels
from remiss.records.replay import CaseReplays, Replay

Fact = tuple[str, object]
# As in files of JSON, which a person may read; a time as remiss writes it.
as_json = partial(json.dumps, ensure_ascii=False, default=format_time)


def models(found: RegisteredModels) -> None:
    """Print the models that are registered, a line each."""
    if not found:
        render.say("no models are registered; see docs/how-to/run-models.md")
        return
    lines = [
        (str(each), each.runner, each.target, each.gets.value, each.limits.seconds, "yes" if each.example else "no")
        for each in found
    ]
    render.table(("model", "runner", "target", "gets", "seconds", "example"), lines)


def model_check(found: ModelCheck) -> None:
    """Print what a model answered and where it ran, or what went wrong."""
    started = ("started ms", found.started_ms)
    _told(("model", str(found.model)), *_answered(found.answer, found.do), started, *_ran(found.model, found.environment))
    _printed(found.answer)


def replay(found: Replay) -> None:
    """Print what the log has, what a model answers now, and how the two compare."""
    answer = found.answer or ModelAnswer()
    _told(
        ("replay", found.id),
        ("case", found.case),
        ("at", found.at and format_time(found.at.replace(microsecond=0))),
        ("by", found.person),
        ("grade", found.grade and found.grade.value),
        ("may be due to", ", ".join(each.value for each in found.causes) or None),
        ("logged by", " ".join(filter(None, (found.logged.model, found.logged.model_version)))),
        ("logged output", None if found.logged.output is None else as_json(found.logged.output)),
        ("logged confidence", found.logged.confidence),
        ("model", str(found.model)),
        *(_answered(answer, found.do) if found.answer else ()),
        *_ran(found.model, found.environment),
    )
    if found.answer is None:
        render.say("the model was not asked")
    _printed(answer)


def replays(found: CaseReplays) -> None:
    """Print the replays of a case, one after the other."""
    for each in found:
        replay(each)
        click.echo()
    if not found:
        render.say(f"replays are {found.hidden}" if found.hidden else "no model was asked about it again")


def _answered(answer: ModelAnswer, do: str) -> tuple[Fact, ...]:
    trouble = answer.trouble
    return (
        ("output", None if trouble else as_json(answer.output)),
        ("confidence", answer.confidence),
        ("trouble", None if trouble is None else f"{trouble.kind.value}: {trouble.message}"),
        ("do", do or None),
        ("latency ms", answer.latency_ms),
    )


def _ran(model: ModelSpecification, environment: ModelEnvironment | None) -> tuple[Fact, ...]:
    return (
        ("digest", model.digest),
        ("python", environment and environment.python),
        ("platform", environment and environment.platform),
        ("packages", (environment and len(environment.packages)) or None),
        ("seed", environment and environment.seed),
    )


def _told(*facts: Fact) -> None:
    render.facts((name, value) for name, value in facts if value is not None)


def _printed(answer: ModelAnswer) -> None:
    if answer.trouble is not None and answer.trouble.printed:
        render.say(f"it printed last:\n{printable(answer.trouble.printed[-400:])}")
