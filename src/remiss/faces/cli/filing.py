"""Commands by which people file what they saw, and see what it is like; they stand under `remiss case`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from remiss.faces.cli import render
from remiss.faces.cli.options import Time, formatted_object, listing, with_workspace
from remiss.faces.pairs import parted

if TYPE_CHECKING:
    from datetime import datetime

    from remiss.records.event import Scalar
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
    model: str,
    title: str,
    at: datetime,
    model_version: str | None,
    output: str | None,
    label: str | None,
    mode: str | None,
    severity: int | None,
    note: str,
    text: str | None,
    inputs: tuple[str, ...],
    context: tuple[str, ...],
    team: str,
    sensitivity: str,
    dry_run: bool,
    limit: int,
    shape: str,
) -> None:
    """File a failure that you saw yourself.

    Such a case has no sampling weight: it counts in no estimate.

    Example: remiss case file --model arrival-delay --at 2013-06-03T06:00Z --title "Board showed the wrong terminal"
    """
    from remiss.catalog import actions as catalog
    from remiss.catalog import duplicate_actions
    from remiss.catalog.suspects import ASKED
    from remiss.faces.cli import case_page
    from remiss.records.case import Filing, Sensitivity

    filing = Filing(
        model=model,
        at=at,
        title=title,
        note=note,
        model_version=model_version,
        output=output,
        label=label,
        mode=mode,
        severity=severity,
        inputs=_pairs(inputs, "--input"),
        context=_pairs(context, "--context"),
        text=text,
        team=team,
        sensitivity=Sensitivity[sensitivity.upper()],
    )
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


def _pairs(texts: tuple[str, ...], option: str) -> dict[str, Scalar]:
    pairs: dict[str, Scalar] = {}
    for text in texts:
        parts = parted(text)
        if parts is None:
            raise click.BadParameter(f"{text!r} is neither NAME=VALUE nor NAME:=VALUE", param_hint=option)
        name, value, typed = parts
        if name in pairs:
            raise click.BadParameter(f"{name} is given twice", param_hint=option)
        pairs[name] = _scalar(value, option) if typed else value
    return pairs


def _scalar(text: str, option: str) -> Scalar:
    """Return the number, true, false or null that follows `:=`."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = text
    if not (value is None or isinstance(value, bool | int | float)):
        raise click.BadParameter(f"{text!r} is no number, true, false or null; text follows = alone", param_hint=option)
    return value
