"""Commands by which people file what they saw, and see what it is like; they stand under `remiss case`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from remiss.faces.cli import render
from remiss.faces.cli.options import Time, formatted_object, listing, with_workspace

if TYPE_CHECKING:
    from remiss.records.rows import Rows
    from remiss.workspace import Workspace


@click.command("file")
@click.option("--model", required=True, help="Which model failed.")
@click.option("--title", required=True, help="What went wrong, in a sentence.")
@click.option("--at", type=Time(), required=True, help="When it happened, for example 2013-06-03T06:00Z.")
@click.option("--model-version", help="Which version of it.")
@click.option("--output", help="What the model said.")
@click.option("--label", help="What would have been right.")
@click.option("--mode", help="Failure mode, for example remiss:model/weak-slice.")
@click.option("--severity", type=click.IntRange(1, 4), help="1 (critical) to 4 (minor).")
@click.option("--note", default="", help="What else is known.")
@click.option("--text", help="The text that the failure is about; redacted before it is filed.")
@click.option(
    "--input",
    "inputs",
    multiple=True,
    metavar="NAME=VALUE",
    envvar="REMISS_CASE_FILE_INPUT",
    allow_from_autoenv=False,
    help='An input of the prediction; NAME:=VALUE for a number, true, false or null, "NAME"=VALUE for a name that has an =. '
    "May be repeated.",
)
@click.option("--context", multiple=True, metavar="NAME=VALUE", help="Context of the prediction, as --input; may be repeated.")
@click.option("--team", default="default", show_default=True, help="Whose case it is.")
@click.option(
    "--sensitivity",
    type=click.Choice(["public", "internal", "restricted", "secret"]),
    default="internal",
    show_default=True,
    help="How guarded it is.",
)
@click.option("--dry-run", is_flag=True, help="File nothing: only list the cases of the model that it would be most like.")
@click.option("--limit", type=click.IntRange(1, 100), default=5, show_default=True, help="How many --dry-run lists at most.")
@formatted_object
@with_workspace
def file(
    ws: Workspace,
    *,
    dry_run: bool,
    limit: int,
    shape: str,
    **typed: Any,
) -> None:
    """File a failure that you saw yourself.

    Such a case has no sampling weight: it counts in no estimate.

    Example: remiss case file --model arrival-delay --at 2013-06-03T06:00Z --title "Board showed the wrong terminal"
    """
    from remiss.catalog import actions as catalog
    from remiss.catalog import duplicate_actions
    from remiss.catalog.suspects import ASKED
    from remiss.catalog.typed_filing import filing_of
    from remiss.faces.cli import case_page

    filing = filing_of(typed)
    if dry_run:
        render.rows(duplicate_actions.duplicates(ws, filing, limit=limit), shape)
        return
    if click.get_current_context().get_parameter_source("limit") is click.core.ParameterSource.COMMANDLINE:
        raise click.UsageError("--limit says how many cases --dry-run lists; give both")
    filed = catalog.file(ws, filing)
    case_page.show(filed, shape)
    if shape == "table":
        _warn_of_duplicates(duplicate_actions.alike(ws, filed.id, limit=ASKED))


def _warn_of_duplicates(found: Rows) -> None:
    from remiss.catalog.suspects import suspected

    like = suspected(found)
    if like:
        named = ", ".join(f"{each.id} ({each.likeness:.0%} of {each.fields} fields alike)" for each in like)
        render.say(f"it may be a duplicate of {named}; see `remiss case link`")


@click.command("alike")
@click.argument("case_id")
@click.option("--limit", type=click.IntRange(1, 100), default=5, show_default=True, help="How many at most.")
@listing
def alike(ws: Workspace, case_id: str, *, limit: int, as_of: int | None) -> Rows:
    """List the cases of the same model that CASE_ID is most like: by how much of what is known of either is the same.

    Example: remiss case alike k7m4-qp --limit 3
    """
    from remiss.catalog import duplicate_actions

    return duplicate_actions.alike(ws, case_id, limit=limit, as_of=as_of)
