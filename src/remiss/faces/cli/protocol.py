"""Protocols and taxonomies on a terminal: a template is written, and findings, texts, differences and recodings are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from remiss.errors import InputError
from remiss.faces.cli import render
from remiss.present.legible import counted, number

if TYPE_CHECKING:
    from remiss.protocol.check_result import Detectable, DetectableDrift, Findings
    from remiss.protocol.ports import ProtocolDiff, StoredProtocol
    from remiss.records.recoding import KeptRecoding, Recoded
    from remiss.workspace import Workspace


@click.command("new")
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--name", help="The protocol's name; default: the file's name.")
def new(path: Path, name: str | None) -> None:
    """Write a commented protocol to PATH, ready to be filled in.

    Example: remiss protocol new arrival-delay.yaml
    """
    from remiss.protocol.actions import template

    try:
        with path.open("x", encoding="utf-8") as opened:
            opened.write(template(name or path.stem))
    except FileExistsError as error:
        raise InputError(f"{path} exists already", do="name another file, or remove it first") from error
    render.say(f"wrote {path}; fill it in, then run: remiss protocol check {path}")


def findings(found: Findings, _ws: Workspace, arguments: Mapping[str, Any]) -> None:
    """Print all findings on a protocol, errors first, and count them; and what its sample can detect."""
    errors = sum(item.level == "error" for item in found)
    for item in sorted(found, key=lambda item: item.level != "error"):
        mark = "" if item.level == "error" else "note: "
        click.echo(f"{item.file}:{item.line}: {mark}{item.what}" + (f"\n  {item.do}" if item.do else ""))
    if found.detectable is not None:
        _detectable(found.detectable)
    render.say(f"{arguments['path']}: {counted(errors, 'error')}, {counted(len(found) - errors, 'note')}")


def _detectable(found: Detectable) -> None:
    """Print what the sample can detect, and what to raise to detect more."""
    of = f"{found.window.date().isoformat()} ({counted(found.events, 'event')}, {found.sampled:,} in the uniform sample)"
    click.echo(f"\nWhat the sample can see, if other windows are like that of {of}:\n")
    drift = [(_drift_of(each), *(_drift(each, to) for to in (each.sample, each.pooled, each.histogram))) for each in found.drift]
    render.table(("least drift of a window", "against another", "against 8 pooled", "by exact histograms"), drift)
    if found.lifts:
        slices = (f"in {_percent(each.of)} of events" for each in found.lifts[0].slices)
        lifts = [
            (each.criterion, each.windows, each.failures, *(_least(one.least, 1, "times") for one in each.slices))
            for each in found.lifts
        ]
        render.table(("least lift of a slice", "windows", "sampled", *slices), lifts)
    versions = (f"{_percent(each.of)} differ" for each in found.margins[0].versions)
    margins = [
        (each.question, each.windows, each.cases, *(_least(one.least, 100, "points") for one in each.versions))
        for each in found.margins
    ]
    render.table(("least gate margin", "windows", "sampled", *versions), margins)
    render.say(*found.notes, *_READ)


_READ = (
    "Such effects are found in 8 of 10 cases at a level of 5 %, if sampling is all that varies. Windows that differ among "
    "themselves hide more, and so do many slices that are tested together. SD: standard deviations of the field.",
    "Lift: how many times as often events of the slice fail as others. Margin: the drop that a version which is as good can "
    "exclude, by the share of events on which the two versions differ.",
    "To see more, raise sampling.population (drift, production), keep of the criterion (its slices) or sampling.control "
    "(guard), or take more windows.",
)


def _drift_of(each: DetectableDrift) -> str:
    return "a mean moves by" if each.before is None else f"a share of {_percent(each.before)} becomes"


def _drift(each: DetectableDrift, least: float | None) -> str:
    if least is None or each.before is None:
        return _least(least, 1, "SD")
    return f"{_percent(each.before + least, 1)}"


def _least(least: float | None, scale: float, unit: str) -> str:
    # Two digits, of 2 too; of 15 they are all.
    return "too few" if least is None else f"{least * scale:#.2g}".rstrip(".") + f" {unit}"


def _percent(value: float, digits: int = 0) -> str:
    return f"{value * 100:.{digits}f} %"


def text(stored: StoredProtocol) -> None:
    """Print the text of a protocol."""
    click.echo(stored.text, nl=False)


def diff(found: ProtocolDiff) -> None:
    """Print the lines of a unified diff, and whether they change no meaning."""
    for line in found:
        click.echo(line)
    if found and found.same_meaning:
        render.say("nothing of the meaning changed: the figures of both versions are one")


def recoded(found: Recoded) -> None:
    """Print where each case goes, and whether that was written."""
    lines = [(each.mode, each.to or "(to be labelled again)", each.cases, number(each.weight)) for each in found.sent]
    render.table(("mode", "becomes", "cases", "events they stand for"), lines, numbers={3})
    render.say(f"{found.name}: " + ("written" if found.written else "nothing was written"))


def recodings(found: Sequence[KeptRecoding]) -> None:
    """Print the recodings that were written."""
    render.table(
        ("name", "about", "person", "at", "position"),
        [(each.name, each.about, each.person, each.at, each.position) for each in found],
    )
