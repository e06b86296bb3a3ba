"""Commands on gates that write or read a file here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from remiss import safeguard
from remiss.codec import to_json
from remiss.errors import AnswerNo, Undecided
from remiss.faces.cli import render
from remiss.faces.cli.options import content_of, formatted_object, with_workspace
from remiss.govern.audit.checkpoint import Verifier
from remiss.present import gate_report, sarif
from remiss.records.gate import GateDecision, GateVerdict
from remiss.safeguard.attestation import MOST_BYTES, checked

if TYPE_CHECKING:
    from remiss.workspace import Workspace

FORMS: Mapping[str, Callable[[GateDecision, str | None], str]] = {
    "markdown": gate_report.markdown,
    "junit": lambda found, _: gate_report.junit(found),
    "github": lambda found, _: gate_report.github(found),
    "sarif": sarif.sarif,
}


@click.command("report")
@click.argument("gate")
@click.option("--form", type=click.Choice([*FORMS]), default="markdown", show_default=True, help="For whom it is.")
@click.option("--link", metavar="URL", help="Where the catalog is served: cases then are links.")
@click.option("--before", metavar="GATE", help="Of SARIF, the decision that it is held against; default: the one before.")
@with_workspace
def report(ws: Workspace, gate: str, *, form: str, link: str | None, before: str | None) -> None:
    """Print the decision GATE for others.

    As Markdown for a pull request or a job's summary, as JUnit for a build server, as annotations of GitHub Actions, or as SARIF
    for what collects findings: a result for each case that broke, with what is new since the decision before.

    Example: remiss gate report gate-4f7q2m9x3kbd --form junit > gate.xml
    """
    found = safeguard.show_gate(ws, gate)
    if form == "sarif":
        former = _before(ws, found) if before is None else safeguard.show_gate(ws, before)
        click.echo(sarif.sarif(found, link, former), nl=False)
        named, there = sarif.counted(found)
        if named < there:
            render.say(f"{named:,} of {there:,} cases shown: GitHub keeps {sarif.MOST_RESULTS:,} results of a run")
    else:
        click.echo(FORMS[form](found, link), nl=False)


def _before(ws: Workspace, found: GateDecision) -> GateDecision | None:
    """Return what the same gate decided last before on any version of the model."""
    same = (each for each in safeguard.list_gates(ws, model=found.model.name) if each.gate == found.gate)
    former = next((each.id for each in same if each.position < found.position), None)
    # A list names some of the cases only.
    return None if former is None else safeguard.show_gate(ws, former)


@click.command("verify")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--key", required=True, metavar="KEY", help="The public key of the catalog, or a file with it.")
@click.option("--digest", metavar="DIGEST", help="The digest that the model is to have.")
@formatted_object
def verify(file: Path, *, key: str, digest: str | None, shape: str) -> None:
    """Check a signed decision, without a catalog.

    Whether FILE was signed by the catalog's key, and what it says now: a waiver that has ended since counts no more. The exit
    status is 0 for a PASS, 1 for a FAIL or another model, 3 for INCONCLUSIVE, and 2 where the signature does not hold.
    `remiss audit checkpoint --key FILE` writes the key.

    Example: remiss gate verify release.intoto.json --key remiss.pub
    """
    text = Path(key).read_text("utf-8") if Path(key).is_file() else key
    found = checked(content_of(file, MOST_BYTES), Verifier.of(text), datetime.now(UTC))
    if shape == "json":
        render.as_json(to_json(found))
    else:
        known = found.digest or "known by its name only"
        click.echo(f"{found.verdict.value.upper()}: {found.model}, {known}, decision {found.decision}")
        lists = {"passed": found.passed, "inconclusive": found.warned, "failed": found.failed}
        for name, names in (lists | {"waived": found.waived, "no longer waived": found.ended}).items():
            if names:
                click.echo(f"  {name}: {', '.join(names)}")
    if digest is not None and digest.removeprefix("sha256:") != (found.digest or "").removeprefix("sha256:"):
        render.say(f"it is about another model than {digest}")
        raise click.exceptions.Exit(AnswerNo.exit_status)
    statuses = {GateVerdict.PASS: 0, GateVerdict.FAIL: AnswerNo.exit_status, GateVerdict.INCONCLUSIVE: Undecided.exit_status}
    raise click.exceptions.Exit(statuses[found.verdict])
