"""Commands on cases."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

import click

from remiss.faces.cli import discussion, investigation, labelling, render
from remiss.faces.cli.negation import QueryCommand
from remiss.faces.cli.options import Time, as_of, formatted, formatted_object, with_workspace
from remiss.faces.pairs import parted
from remiss.records.legible import counted

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


@click.group()
def case() -> None:
    """Search, show, file and label cases."""


for _command in (
    *(labelling.sheet, labelling.annotate, labelling.verify, labelling.adjudicate),
    *(labelling.reopen, labelling.link, labelling.unlink, discussion.comment),
):
    case.add_command(_command)
case.add_command(investigation.investigation)
case.add_command(investigation.investigate)


@case.command("search", cls=QueryCommand)
@click.argument("query", default="", required=False)
@click.option("--facets", is_flag=True, help="Count the matches by status, mode, severity and other fields instead.")
@click.option(
    "--field",
    "fields",
    multiple=True,
    envvar="REMISS_CASE_SEARCH_FIELD",
    allow_from_autoenv=False,
    help="What --facets counts by, for example context.airport, instead of the usual; may be repeated.",
)
@click.option("--sort", default="-occurred", show_default=True, help="occurred, severity or filed; a leading - for descending.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="How many at most.")
@click.option("--after", metavar="TOKEN", help="Go on after the page that ended with this token.")
@click.option("--total/--no-total", default=True, help="Whether to count all that match, which takes longer than the page.")
@as_of
@formatted
@with_workspace
def search(
    ws: Workspace,
    query: str,
    *,
    facets: bool,
    fields: tuple[str, ...],
    sort: str,
    limit: int,
    after: str | None,
    total: bool,
    as_of: int | None,
    shape: str,
) -> None:
    """List the cases that match QUERY, newest first.

    Example: remiss case search 'criterion:missed-delay severity:<=2 context.airport:EWR'
    """
    from remiss.catalog import actions as catalog

    if facets:
        context = click.get_current_context()
        for name in ("sort", "limit", "after", "total"):
            if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE:
                raise click.UsageError(f"--facets counts all that match and has no --{name}")
        render.rows(catalog.facets(ws, query, fields or None, as_of=as_of), shape)
        return
    if fields:
        raise click.UsageError("--field says what --facets counts by; give both")
    page = catalog.search(ws, query, as_of=as_of, sort=sort, limit=limit, after=after, total=total)
    render.rows(page, shape)
    if shape == "table":
        shown = counted(len(page), "case") if page.total is None else f"{len(page):,} of {counted(page.total, 'case')}"
        render.say(shown + (f"; go on with --after {page.next}" if page.next else ""))
        for why, count in Counter(page.column("hidden")).items():
            if why is not None:
                render.say(f"criteria, mode and severity of {counted(count, 'case')} are {why}")


@case.command("show")
@click.argument("case_id")
@as_of
@formatted_object
@with_workspace
def show(ws: Workspace, case_id: str, as_of: int | None, shape: str) -> None:
    """Show CASE_ID: what happened, what caught it, how it was sampled.

    A prefix of six or more characters is enough; dashes do not count.

    Example: remiss case show k7m4-qp
    """
    from remiss.catalog import actions as catalog
    from remiss.faces.cli import case_page

    found = catalog.show(ws, case_id, as_of=as_of)
    if shape == "json":
        from remiss.catalog.rendering import case_json

        render.as_json(case_json(found))
    else:
        case_page.show(found)


@case.command("compare")
@click.argument("case_id")
@click.option("--controls", type=click.IntRange(0, 100), default=10, show_default=True, help="How many controls at most.")
@as_of
@formatted_object
@with_workspace
def compare(ws: Workspace, case_id: str, *, controls: int, as_of: int | None, shape: str) -> None:
    """Compare CASE_ID with controls that are most like it.

    Controls are events of the same window and stratum that met no criterion; the likest share most inputs and context.

    Example: remiss case compare k7m4-qp --controls 3
    """
    from remiss.catalog import actions as catalog
    from remiss.faces.cli import case_page

    found = catalog.compare(ws, case_id, controls=controls, as_of=as_of)
    if shape == "json":
        from remiss.catalog.rendering import comparison_json

        render.as_json(comparison_json(found))
    else:
        case_page.compare(found)


@case.command("history")
@click.argument("case_id")
@as_of
@formatted
@with_workspace
def history(ws: Workspace, case_id: str, as_of: int | None, shape: str) -> None:
    """List every state that CASE_ID was in, oldest first.

    Example: remiss case history k7m4-qp
    """
    from remiss.catalog import actions as catalog
    from remiss.catalog.rendering import HISTORY, history_rows
    from remiss.records.rows import Rows

    lines = history_rows(catalog.history(ws, case_id, as_of=as_of))
    position = ws.position() if as_of is None else as_of
    render.rows(Rows("revision", HISTORY, lines, position, total=len(lines)), shape)


@case.command("file")
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
    from remiss.catalog.rendering import case_json
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
    if shape == "json":
        render.as_json(case_json(filed))
    else:
        case_page.show(filed)
        found = catalog.alike(ws, filed.id, limit=FEW + 1)
        like = [each for each in _peers(found) if each[1] >= LIKE and each[2] > 1]
        if 0 < len(like) <= FEW:
            named = ", ".join(f"{of} ({likeness:.0%} of {fields} fields alike)" for of, likeness, fields in like)
            render.say(f"it may be a duplicate of {named}; see `remiss case link`")


def _peers(found: Rows) -> Iterator[tuple[str, float, int]]:
    for of, likeness, fields in zip(*(found.column(name) for name in ("id", "likeness", "fields")), strict=True):
        yield str(of), float(str(likeness)), int(str(fields))


@case.command("alike")
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


@case.command("revise")
@click.argument("case_id")
@click.option("--revision", type=click.IntRange(min=1), required=True, help="The revision that you read; see `case show`.")
@click.option("--title", help="A new title.")
@click.option("--note", help="A new note.")
@click.option("--mode", help="A new failure mode.")
@click.option("--severity", type=click.IntRange(1, 4), help="A new severity, 1 (critical) to 4 (minor).")
@click.option(
    "--clear",
    multiple=True,
    type=click.Choice(["title", "note", "mode", "severity"]),
    help="What to take away; may be repeated.",
)
@formatted_object
@with_workspace
def revise(
    ws: Workspace,
    case_id: str,
    *,
    revision: int,
    title: str | None,
    note: str | None,
    mode: str | None,
    severity: int | None,
    clear: tuple[str, ...],
    shape: str,
) -> None:
    """Change what people wrote on CASE_ID, naming the revision that you read.

    Example: remiss case revise k7m4-qp --revision 1 --title "Missed delay out of Newark"
    """
    from remiss.catalog import actions as catalog
    from remiss.catalog.rendering import case_json
    from remiss.faces.cli import case_page

    changed = catalog.revise(ws, case_id, revision, title=title, note=note, mode=mode, severity=severity, clear=clear)
    if shape == "json":
        render.as_json(case_json(changed))
    else:
        case_page.show(changed)


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
