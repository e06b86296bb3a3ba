"""Commands on investigations: what caused a case, how that was tested, what was tried, and what else rests on the same thing.

A command that writes has its action's arguments for options, by the same names, and hands on what it was given.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import click

from remiss.codec import to_json
from remiss.errors import InputError
from remiss.faces.cli import render
from remiss.faces.cli.options import Chosen, Command, as_of, formatted, formatted_object, with_workspace
from remiss.records.investigation import Citation, CitationKind, Conclusion, Investigation, Outcome, Stands

if TYPE_CHECKING:
    from collections.abc import Sequence

    from remiss.workspace import Workspace


class CitationType(click.ParamType[Citation, Any]):
    """KIND=ADDRESS."""

    name = "citation"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Citation:
        if isinstance(value, Citation):
            return value
        from remiss.curate.citing import citation_of

        try:
            return citation_of(value)
        except InputError as error:
            self.fail(f"{error.what}; {error.do}", param, ctx)


def changing(command: Command) -> Command:
    """Add the options by which one names what to change."""
    number = click.option("--number", type=click.IntRange(min=1), help="Change the one of this number instead.")
    revision = click.option("--revision", type=click.IntRange(min=1), help="The revision of it that you read.")
    return number(revision(command))


def citing(command: Command) -> Command:
    """Add `--citation KIND=ADDRESS`, which gives the command `citations`; None where there is none."""

    @functools.wraps(command)
    def called(*args: Any, citation: Sequence[Citation], **given: Any) -> None:
        command(*args, citations=citation or None, **given)

    return click.option(
        "--citation",
        type=CitationType(),
        multiple=True,
        metavar="KIND=ADDRESS",
        help=f"Where it is kept; may be repeated. KIND is one of {', '.join(CitationKind)}. Of a change, all of them anew.",
    )(called)


@click.command("investigation")
@click.argument("case_id")
@as_of
@formatted_object
@with_workspace
def investigation(ws: Workspace, case_id: str, as_of: int | None, shape: str) -> None:
    """Show what was found out about CASE_ID, and what is missing of it.

    Example: remiss case investigation k7m4-qp
    """
    from remiss.curate import investigation_actions as curate

    _told(curate.investigation(ws, case_id, as_of=as_of), shape)


@click.group()
def investigate() -> None:
    """Find out why a case happened: suppose, test, try to mend, write up."""


@investigate.command("hypothesis")
@click.argument("case_id")
@click.option("--text", help="What may be the cause, in Markdown.")
@click.option("--stands", type=Chosen(Stands), help="How it stands by what was found.")
@changing
@formatted_object
@with_workspace
def hypothesis(ws: Workspace, case_id: str, shape: str, **given: Any) -> None:
    """State a hypothesis of what caused CASE_ID, or change one.

    Example: remiss case investigate hypothesis k7m4-qp --text "The feeder airports report late"
    """
    from remiss.curate import investigation_actions as curate

    _told(curate.suppose(ws, case_id, **given), shape)


@investigate.command("experiment")
@click.argument("case_id")
@click.option("--executed", help="What was done, in Markdown.")
@click.option("--hypothesis", type=click.IntRange(min=1), help="The number of the hypothesis that it tests.")
@click.option("--result", help="What was seen, in Markdown.")
@click.option("--conclusion", type=Chosen(Conclusion), help="What it says of the hypothesis.")
@citing
@changing
@formatted_object
@with_workspace
def experiment(ws: Workspace, case_id: str, shape: str, **given: Any) -> None:
    """Record an experiment that tests a hypothesis of CASE_ID, or change one.

    Example: remiss case investigate experiment k7m4-qp --hypothesis 1 --executed "Trained without the feed"
    --citation mlflow-run=https://mlflow.example.org/#/experiments/1/runs/4f7q
    """
    from remiss.curate import investigation_actions as curate

    _told(curate.experiment(ws, case_id, **given), shape)


@investigate.command("remedy")
@click.argument("case_id")
@click.option("--text", help="What was tried, in Markdown.")
@click.option("--model-version", help="In which version of the model.")
@click.option("--result", help="What came of it, in Markdown.")
@click.option("--outcome", type=Chosen(Outcome), help="Whether it worked.")
@citing
@changing
@formatted_object
@with_workspace
def remedy(ws: Workspace, case_id: str, shape: str, **given: Any) -> None:
    """Record an attempt to mend what caused CASE_ID, or change one.

    Example: remiss case investigate remedy k7m4-qp --text "Wait for the feed" --outcome worked --citation pull-request=REM-17
    """
    from remiss.curate import investigation_actions as curate

    _told(curate.remedy(ws, case_id, **given), shape)


@investigate.command("write-up")
@click.argument("case_id")
@click.option("--hypothesis", help="What was the cause, in Markdown.")
@click.option("--experiments", help="Which experiments were executed.")
@click.option("--results", help="What results were observed.")
@click.option("--rationale", help="Why it was so decided.")
@click.option("--revision", type=click.IntRange(min=0), default=0, help="The revision of it that you read; 0 for none.")
@formatted_object
@with_workspace
def write_up(ws: Workspace, case_id: str, shape: str, **given: Any) -> None:
    """Write up what was found out about CASE_ID, or change the write-up; an empty text takes a section away.

    Example: remiss case investigate write-up k7m4-qp --rationale "The feed is late on Mondays; we wait for it now"
    """
    from remiss.curate import investigation_actions as curate

    _told(curate.conclude(ws, case_id, **given), shape)


@click.group()
def citation() -> None:
    """See what rests on a run, a test, a notebook, a ticket or a pull request."""


@citation.command("list")
@click.argument("address", required=False)
@click.option("--kind", type=Chosen(CitationKind), help="Of this kind alone.")
@click.option("--limit", type=click.IntRange(1, 1_000), default=50, show_default=True, help="How many at most.")
@click.option("--after", metavar="TOKEN", help="Go on after the page that ended with this token.")
@as_of
@formatted
@with_workspace
def citation_list(
    ws: Workspace,
    address: str | None,
    *,
    kind: CitationKind | None,
    limit: int,
    after: str | None,
    as_of: int | None,
    shape: str,
) -> None:
    """List the cases whose investigation cites ADDRESS, newest first; without it, all citations.

    Example: remiss citation list https://mlflow.example.org/#/experiments/1/runs/4f7q
    """
    from remiss.curate import investigation_actions as curate

    page = curate.citations(ws, address, kind=kind, limit=limit, after=after, as_of=as_of)
    render.page(page, shape, "citation")


def _told(found: Investigation, shape: str) -> None:
    """Print an investigation: as a person reads it, or as an object."""
    if shape == "json":
        render.as_json(to_json(found))
        return
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


def _experiment(test: Any) -> None:
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
