"""Commands by which people file what they saw, and see what it is like; they stand under `remiss case`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from remiss.faces.cli import render
from remiss.faces.cli.options import Time, as_of, formatted, formatted_object, with_workspace
from remiss.faces.pairs import parted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from remiss.records.event import Scalar
    from remiss.records.rows import Rows
    from remiss.workspace import Workspace

# From this likeness on, in two fields or more, somebody who files a case is told that it may be a duplicate; but when it is so
# like more than a few, that sets none of them apart.
LIKE = 0.8
FEW = 3


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
    shape: str,
) -> None:
    """File a failure that you saw yourself.

    Such a case has no sampling weight: it counts in no estimate.

    Example: remiss case file --model arrival-delay --at 2013-06-03T06:00Z --title "Board showed the wrong terminal"
    """
    from remiss.catalog import actions as catalog
    from remiss.faces.cli import case_page
    from remiss.records.case import Filing, Sensitivity

    filed = catalog.file(
        ws,
        Filing(
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
        ),
    )
    case_page.show(filed, shape)
    if shape == "table":
        _warn_of_duplicates(catalog.alike(ws, filed.id, limit=FEW + 1))


def _warn_of_duplicates(found: Rows) -> None:
    like = [each for each in _peers(found) if each[1] >= LIKE and each[2] > 1]
    if 0 < len(like) <= FEW:
        named = ", ".join(f"{of} ({likeness:.0%} of {fields} fields alike)" for of, likeness, fields in like)
        render.say(f"it may be a duplicate of {named}; see `remiss case link`")


def _peers(found: Rows) -> Iterator[tuple[str, float, int]]:
    for of, likeness, fields in zip(*(found.column(name) for name in ("id", "likeness", "fields")), strict=True):
        yield str(of), float(str(likeness)), int(str(fields))


@click.command("alike")
@click.argument("case_id")
@click.option("--limit", type=click.IntRange(1, 100), default=5, show_default=True, help="How many at most.")
@as_of
@formatted
@with_workspace
def alike(ws: Workspace, case_id: str, *, limit: int, as_of: int | None, shape: str) -> None:
    """List the cases of the same model that CASE_ID is most like: by how much of what is known of either is the same.

    Example: remiss case alike k7m4-qp --limit 3
    """
    from remiss.catalog import actions as catalog

    render.rows(catalog.alike(ws, case_id, limit=limit, as_of=as_of), shape)


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
