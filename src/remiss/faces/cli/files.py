"""Commands that read or write files here: those that people add to cases, notebooks about them, and the sample taken out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

import remiss
from remiss import catalog, safeguard, understand
from remiss.codec import to_json
from remiss.curate.blinding import OPEN
from remiss.errors import InputError, Location, StorageError
from remiss.faces.cli import render
from remiss.faces.cli.options import content_of, formatted_object, with_workspace, workspace
from remiss.parameters import MOST_POSITION
from remiss.present.legible import counted
from remiss.records.case import Sensitivity

if TYPE_CHECKING:
    from remiss.workspace import Workspace


@click.command("add")
@click.argument("case")
@click.argument("content", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--name", help="What it is called in the catalog; default: the name of FILE.")
@click.option(
    "--sensitivity",
    type=click.Choice([each.name.lower() for each in Sensitivity]),
    help="Its sensitivity; never below that of the case, which is the default.",
)
@formatted_object
@with_workspace
def add(ws: Workspace, case: str, *, content: Path, name: str | None, sensitivity: str | None, shape: str) -> None:
    """Add FILE to CASE, at most 16 MB; it is kept encrypted.

    Example: remiss attachment add k7m4-qp2x screenshot.png
    """
    from remiss.catalog.attachment import MOST_BYTES

    grade = None if sensitivity is None else Sensitivity[sensitivity.upper()]
    made = catalog.add_attachment(ws, case, content_of(content, MOST_BYTES), name=name or content.name, sensitivity=grade)
    if shape == "json":
        render.as_json(to_json(made))
        return
    click.echo(made.id)
    render.say(f"{made.name} of {made.size:,} bytes is attached to case {made.case}, {made.sensitivity.name.lower()}")


@click.command("get")
@click.argument("attachment")
@click.option("--output", type=click.Path(path_type=Path), help="File to write, - for standard output; default: its own name.")
@formatted_object
@with_workspace
def get(ws: Workspace, attachment: str, output: Path | None, shape: str) -> None:
    """Write the file ATTACHMENT; one that is there is not replaced.

    As JSON its content is in base64.

    Example: remiss attachment get attachment-4f7q2m9x3kbd --output screenshot.png
    """
    found = catalog.get_attachment(ws, attachment)
    if shape == "json":
        render.as_json(to_json(found))
        return
    if output == Path("-"):
        sys.stdout.buffer.write(found.content)
        return
    target = output or Path(found.attachment.name or found.attachment.id)
    _write_new(target, found.content, "--output")
    render.say(f"{target}: {found.attachment.size:,} bytes of case {found.attachment.case}")


@click.command("notebook")
@click.argument("query")
@click.option("--model", required=True, help="NAME@VERSION of a registered model.")
@click.option("--out", type=click.Path(path_type=Path), help="File to write, for example late.ipynb; one that is there stays.")
@click.option("--limit", type=click.IntRange(1, 500), default=100, show_default=True, help="How many cases at most.")
@formatted_object
@with_workspace
def notebook(ws: Workspace, query: str, *, model: str, out: Path | None, limit: int, shape: str) -> None:
    """Write a notebook that replays a case, or what QUERY finds.

    It asks MODEL about the case, or about the newest that match, and shows the difference.

    It holds the inputs and logged answers of the cases, redacted as in the catalog. When it is run it opens the catalog, replays
    each case and sets both answers side by side.

    Example: remiss case notebook 'status:verified' --model arrival-delay@2 --out late.ipynb
    """
    if out is None and shape != "json":
        raise click.UsageError("Name the file with --out, for example --out late.ipynb.")
    found = safeguard.notebook(ws, query, model=model, limit=limit)
    if out is None:
        render.as_json(to_json(found))
        return
    _write_new(out, found.content.encode(), "--out")
    render.say(f"{out}: {counted(len(found.cases), 'case')} of {found.total:,} as of position {found.position}")


def _write_new(target: Path, content: bytes, option: str) -> None:
    """Write a file that is not there yet.

    Raises
    ------
    InputError : it is; StorageError : it cannot be written
    """
    try:
        with target.open("xb") as file:
            file.write(content)
    except FileExistsError as error:
        raise InputError(f"{target} is there already", where=Location(str(target)), do=f"name another with {option}") from error
    except OSError as error:
        what = f"{target} cannot be written: {error.strerror}"
        raise StorageError(what, where=Location(str(target)), do=f"name another with {option}") from error


@click.command("export")
@click.argument("query", default="")
@click.option("--out", type=click.Path(path_type=Path), help="File to write, by its name Parquet, CSV or JSON Lines (.jsonl).")
@click.option("--columns", metavar="NAMES", help="Only these columns, in this order, set apart by commas; default: all.")
@click.option(
    "--as-of", type=click.IntRange(0, MOST_POSITION), metavar="P", help="Read the catalog as it stood at this position."
)
@click.option("--limit", type=click.IntRange(1, 10_000), default=10_000, help="With --format json: how many at most.")
@click.option("--after", metavar="TOKEN", help="With --format json: go on after the page that ended with this token.")
@formatted_object
def export(
    query: str, *, out: Path | None, columns: str | None, as_of: int | None, limit: int, after: str | None, shape: str
) -> None:
    """Write the sampled events that match QUERY to a file.

    Cases, controls and undecided ones, with inputs, context, text, the probability and weight of each, and what people found. Of
    events that you may still label it is not told how they were drawn. A file that is there is not replaced. As JSON a page of
    them is printed instead.

    Example: remiss sample export 'criterion:missed-delay' --out missed.parquet
    """
    with workspace() as ws:
        if shape == "json" and out is None:
            page = understand.export_sample(ws, query, columns=columns, as_of=as_of, limit=limit, after=after)
            render.as_json(to_json(page))
            return
        if out is None:
            raise click.UsageError("Name the file with --out, for example --out sample.parquet.")
        done = remiss.sample.write(ws, query, out, columns=columns, as_of=as_of)
    render.say(f"{out}: {counted(done.events, 'sampled event')} as of position {done.position}")
    if done.blinded:
        render.say(f"groups, weight, verdict and mode of {done.blinded:,} of them are {OPEN}")
