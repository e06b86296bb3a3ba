"""Commands on suites that write or read a folder here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from remiss import safeguard, suite_folder
from remiss.codec import to_json
from remiss.faces.cli import render, suite_tables
from remiss.faces.cli.options import formatted_object, with_workspace
from remiss.parameters import MOST_POSITION

if TYPE_CHECKING:
    from remiss.workspace import Workspace


@click.command("build")
@click.argument("name")
@click.argument("query", default="")
@click.option("--out", type=click.Path(path_type=Path), help="Folder to write the suite to; without it the catalog alone has it.")
@click.option("--within", default="", metavar="QUERY", help="Of which events it is at all, for example of one airport.")
@click.option(
    "--sealed", type=click.FloatRange(0, 0.9), default=0.2, show_default=True, help="The share of families kept sealed."
)
@click.option("--as-of", type=click.IntRange(0, MOST_POSITION), metavar="P", help="Build it of the catalog as it stood then.")
@formatted_object
@with_workspace
def build(
    ws: Workspace, name: str, query: str, *, out: Path | None, within: str, sealed: float, as_of: int | None, shape: str
) -> None:
    """Build the suite NAME of the cases that match QUERY.

    Verified failures that match are what a version is to fix, resolved ones and controls what it is not to break; all that was
    sampled in their windows says how it does in production. Some families of near-duplicates are sealed: they are in no file, and
    gates alone run them. It says how often a gate over the suite passes a version that is as good. Who labels cannot build one.

    Example: remiss suite build arrivals 'mode:model/weak-slice' --out arrivals/
    """
    if out is not None:
        suite_folder.check_free(out)
    suite = safeguard.build_suite(ws, name, query, within=within, sealed=sealed, as_of=as_of)
    if out is not None:
        suite_folder.write(ws, suite, out)
        render.say(f"{out}: {sum(each.rows for each in suite.files):,} events")
    if shape == "json":
        render.as_json(to_json(suite))
        return
    suite_tables.suite(suite)


@click.command("verify")
@click.argument("folder", type=click.Path(path_type=Path))
@formatted_object
def verify(folder: Path, *, shape: str) -> None:
    """Check that the suite in FOLDER is what it was when it was built.

    Every row, expectation and figure has a part in the digest. What was changed, left out or put in its place is refused.

    Example: remiss suite verify arrivals/
    """
    found = suite_folder.read(folder)
    if shape == "json":
        render.as_json(to_json(found.suite))
        return
    click.echo(f"{folder} is suite {found.suite.name}, {found.suite.digest}, whole: {len(found.rows):,} events")
