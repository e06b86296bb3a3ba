"""Commands on cases."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import click

from remiss.faces.cli import discussion, filing, investigation, labelling, render
from remiss.faces.cli.negation import QueryCommand
from remiss.faces.cli.options import as_of, formatted, formatted_object, listing, with_workspace
from remiss.records.legible import counted

if TYPE_CHECKING:
    from remiss.records.rows import Rows
    from remiss.workspace import Workspace


@click.group()
def case() -> None:
    """Search, show, file and label cases."""


for _command in (
    *(labelling.sheet, labelling.annotate, labelling.verify, labelling.adjudicate),
    *(labelling.reopen, labelling.link, labelling.unlink, discussion.comment),
    *(filing.file, filing.alike, investigation.investigation, investigation.investigate),
):
    case.add_command(_command)


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
    render.page(page, shape, "case")
    if shape == "table":
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

    case_page.show(catalog.show(ws, case_id, as_of=as_of), shape)


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

    case_page.compare(catalog.compare(ws, case_id, controls=controls, as_of=as_of), shape)


@case.command("history")
@click.argument("case_id")
@listing
def history(ws: Workspace, case_id: str, as_of: int | None) -> Rows:
    """List every state that CASE_ID was in, oldest first.

    Example: remiss case history k7m4-qp
    """
    from remiss.catalog import actions as catalog
    from remiss.catalog.rendering import history_rows

    return history_rows(catalog.history(ws, case_id, as_of=as_of))


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
    from remiss.faces.cli import case_page

    changed = catalog.revise(ws, case_id, revision, title=title, note=note, mode=mode, severity=severity, clear=clear)
    case_page.show(changed, shape)
