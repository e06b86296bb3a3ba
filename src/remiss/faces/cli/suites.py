"""Commands on suites and scenarios that write or read a folder here, and what results say for others."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from remiss import safeguard, scenario_folder, suite_folder
from remiss.codec import to_json
from remiss.errors import AnswerNo, InputError, Undecided
from remiss.faces.cli import render, result_tables, suite_tables
from remiss.faces.cli.options import formatted_object, offline, progress, with_workspace, workspace
from remiss.parameters import MOST_POSITION
from remiss.present import result_report
from remiss.present.legible import counted
from remiss.records.published import read_at_position
from remiss.records.result import RowVerdict
from remiss.records.success import SuccessVerdict

if TYPE_CHECKING:
    from remiss.records.result import SuiteResult
    from remiss.workspace import Workspace


@click.command("build")
@click.argument("name")
@click.argument("query", default="")
@click.option("--out", type=click.Path(path_type=Path), help="Folder to write the suite to; without it the catalog alone has it.")
@click.option("--within", default="", metavar="QUERY", help="Of which events it is at all, for example of one airport.")
@click.option(
    "--sealed", type=click.FloatRange(0, 0.9), default=0.2, show_default=True, help="The share of families kept sealed."
)
@click.option(
    "--success", multiple=True, metavar="TEXT", help="What a version has to come to: MEASURE [of EVENTS] at least|most NUMBER."
)
@click.option("--as-of", type=click.IntRange(0, MOST_POSITION), metavar="P", help="Build it of the catalog as it stood then.")
@click.option("--raw", is_flag=True, help="Put the raw inputs of cases that redaction touched into the folder.")
@click.option("--purpose", metavar="TEXT", help="What the raw inputs are needed for, in a sentence; recorded.")
@formatted_object
@with_workspace
def build(ws: Workspace, name: str, query: str, *, out: Path | None, shape: str, **given: Any) -> None:
    """Build the suite NAME of the cases that match QUERY.

    Verified failures that match are what a version is to fix, resolved ones and controls what it is not to break; all that was
    sampled in their windows says how it does in production. Some families of near-duplicates are sealed: they are in no file, and
    gates alone run them. It says how often a gate over the suite passes a version that is as good. Who labels cannot build one.
    --success says what each run is held against, by the interval: 'pass-rate of guard at least 95 %', 'latency-p95-ms at most
    250', 'false-alarm-rate of slice airport=EWR at most 5 %', 'flip-rate of scenario noisy at most 5 %'. --raw takes what
    `evidence show` takes, for each case, and --out: raw inputs are in that folder alone, which its owner alone may enter.

    Example: remiss suite build arrivals 'mode:model/weak-slice' --out arrivals/ --success 'false-alarm-rate at most 5 %'
    """
    if out is not None:
        suite_folder.check_free(out)
    elif given["raw"]:
        raise InputError("raw inputs are in the folder of a suite alone", do="name the folder with --out", field="out")
    suite = safeguard.build_suite(ws, name, query, **given)
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

    Every row, expectation, figure and scenario has a part in a digest. What was changed, left out or put in its place is refused.

    Example: remiss suite verify arrivals/
    """
    found = suite_folder.read(folder)
    made = scenario_folder.read(folder, found)
    if shape == "json":
        render.as_json(to_json(read_at_position(found.suite, lambda: found.suite.position)))
        return
    events = counted(len(found.rows), "event") + ("" if made is None else f", {counted(made.made.scenarios, 'scenario')}")
    click.echo(f"{folder} is suite {found.suite.name}, {found.suite.digest}, whole: {events}")


@click.command("make")
@click.argument("suite")
@click.argument("document")
@click.option("--out", type=click.Path(path_type=Path), help="The folder of the suite, to put the scenarios into.")
@formatted_object
@with_workspace
def make_scenarios(ws: Workspace, suite: str, document: str, *, out: Path | None, shape: str) -> None:
    """Make scenarios of SUITE by the recipes of DOCUMENT.

    A scenario is a synthetic variant of a case or control: some inputs are changed by operators, with a seed, and the answer is
    to be the same, to go up or down, or to be what is expected of the parent. The same suite and document give the same digest.
    With --out they run with the suite of that folder, under pytest and by `suite run`. No gate counts one as an event.

    Example: remiss scenario make arrivals scenarios.yaml --out arrivals/
    """
    folder = None
    if out is not None:
        scenario_folder.check_free(out)
        folder = suite_folder.read(out)
    made = safeguard.make_scenarios(ws, suite, document)
    if folder is not None:
        scenario_folder.write(out or ".", folder, made)
        render.say(f"{out}: {counted(made.scenarios, 'scenario')}")
    if shape == "json":
        render.as_json(to_json(made))
        return
    result_tables.scenarios(made)


@click.command("run")
@click.argument("name")
@click.option(
    "--model", required=True, metavar="SPEC", help="NAME@VERSION, python:MODULE:CALLABLE, mlflow:URI, onnx:PATH or URL."
)
@click.option("--repeat", type=click.IntRange(1, 99), default=1, show_default=True, help="How often each event is asked.")
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, help="What the model's random numbers begin with.")
@click.option(
    "--scenarios", metavar="NAME", help="Which of the suite's scenarios are asked as well, or none; default: those made last."
)
@click.option("--anew", is_flag=True, help="Ask everything again that was answered before the run was broken off.")
@formatted_object
def run(name: str, *, shape: str, anew: bool, **given: Any) -> None:
    """Run the suite NAME on a version of a model; say what came of it.

    NAME is that of one in the catalog, and the result is kept; or the folder of one, and needs no catalog. All of it but the
    sealed part is asked, and its scenarios. The figures are by failure mode, severity and slice, each with an interval. Where the
    suite has criteria of success, the exit status is 0 if all are met, 1 if one is not, and else 3. A run that was broken off
    goes on where it was when it is begun again, on a catalog of this machine.

    Example: remiss suite run arrivals --model arrival-delay@2 --repeat 3
    """
    found: SuiteResult
    if (Path(name) / suite_folder.DOCUMENT).exists():
        with offline() as there, progress(there):
            found = suite_folder.run(there, name, given["model"], repeat=given["repeat"], seed=given["seed"])
    else:
        with workspace() as ws, progress(ws):
            found = _run(ws, name, given, anew=anew)
    if shape == "json":
        render.as_json(to_json(read_at_position(found, lambda: found.position)))
    else:
        result_tables.result(found)
    verdicts = {each.verdict for each in found.success}
    if SuccessVerdict.NOT_MET in verdicts:
        raise click.exceptions.Exit(AnswerNo.exit_status)
    if SuccessVerdict.UNTOLD in verdicts:
        raise click.exceptions.Exit(Undecided.exit_status)


def _run(ws: Workspace, name: str, given: Mapping[str, Any], *, anew: bool) -> SuiteResult:
    """Run a suite piece by piece, so that nothing is asked again when this is killed; through a server in one call."""
    if not hasattr(ws, "keeping_models"):
        return safeguard.run(ws, name, **given, anew=anew)
    with ws.keeping_models():
        at = safeguard.ask(ws, name, **given, anew=anew)
        if at.kept:
            render.say(f"goes on where it was broken off: {at.kept:,} of {at.total:,} were answered")
        while at.trouble is None and at.answered < at.total:
            at = safeguard.ask(ws, name, **given)
        return safeguard.run(ws, name, **given)


@click.command("report")
@click.argument("result")
@click.option("--form", type=click.Choice([*result_report.FORMS]), default="markdown", show_default=True, help="For whom it is.")
@click.option("--link", metavar="URL", help="Where the catalog is served: cases then are links.")
@with_workspace
def report(ws: Workspace, result: str, *, form: str, link: str | None) -> None:
    """Print the result RESULT for others.

    As Markdown for a pull request or a job's summary, as JUnit for a build server, as annotations of GitHub Actions, or all
    figures as CSV.

    Example: remiss result report result-4f7q2m9x3kbd --form junit > result.xml
    """
    found = safeguard.show_result(ws, result)
    failed, unanswered = (
        safeguard.list_result_rows(ws, found.id, verdict=verdict, limit=result_report.MOST_FAILURES)
        for verdict in (RowVerdict.FAILED, RowVerdict.UNANSWERED)
    )
    click.echo(result_report.FORMS[form](found, failed, unanswered, link), nl=False)
