"""An investigation as a person reads it on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

import click

from remiss.faces.cli import render
from remiss.records.investigation import Citation, Experiment, Investigation


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
