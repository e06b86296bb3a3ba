"""Models as a person reads them."""

from __future__ import annotations

import json

from remiss.faces.cli import render
from remiss.present.legible import printable
from remiss.records.model import ModelCheck, RegisteredModels


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
    answer, environment, trouble = found.answer, found.environment, found.answer.trouble
    render.facts(
        (name, value)
        for name, value in (
            ("model", str(found.model)),
            ("output", None if trouble else json.dumps(answer.output, ensure_ascii=False)),
            ("confidence", answer.confidence),
            ("trouble", None if trouble is None else f"{trouble.kind.value}: {trouble.message}"),
            ("do", found.do or None),
            ("started ms", found.started_ms),
            ("latency ms", answer.latency_ms),
            ("digest", found.model.digest),
            ("python", environment and environment.python),
            ("platform", environment and environment.platform),
            ("packages", (environment and len(environment.packages)) or None),
            ("seed", environment and environment.seed),
        )
        if value is not None
    )
    if trouble is not None and trouble.printed:
        render.say(f"it printed last:\n{printable(trouble.printed[-400:])}")
