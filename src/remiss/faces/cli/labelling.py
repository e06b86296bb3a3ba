"""Commands by which people say what a case is; they stand under `remiss case`."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any

import click

from remiss.codec import to_json
from remiss.faces.cli import render
from remiss.faces.cli.options import formatted_object, with_workspace
from remiss.records.labelling import Impact, Judgement, Reproduced, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from remiss.records.case import Case
    from remiss.workspace import Workspace

IMPACT = re.compile(r"\s*(\S+)\s+to\s+(\S+)\s+(\S.*?)\s*")
_OPTIONS = (
    click.option("--revision", type=click.IntRange(min=1), required=True, help="The revision that you read; see `case sheet`."),
    click.option("--verdict", type=click.Choice([each.value for each in Verdict]), required=True, help="What the event is."),
    click.option("--mode", help="Primary failure mode, for example remiss:model/weak-slice."),
    click.option("--also", multiple=True, metavar="MODE", help="Another failure mode; may be repeated."),
    click.option(
        "--answer",
        multiple=True,
        metavar="QUESTION=ANSWER",
        help="An answer to the severity rubric, for example harm=loss; one for each of its questions.",
    ),
    click.option("--impact", metavar="LOW to HIGH UNIT", help="What one occurrence costs, for example '10 to 40 minutes'."),
    click.option("--rationale", default="", help="Why, in a sentence."),
    click.option("--quote", multiple=True, metavar="TEXT", help="Words of the evidence, exactly; may be repeated."),
    click.option("--target", metavar="CASE_ID", help="The other case, for same-event."),
)


def judging(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of a judgement and of the answer's format; the command gets `judgement`, made of the former."""

    @functools.wraps(command)
    def called(*args: Any, **given: Any) -> None:
        impact = _impact(given.pop("impact"))
        judgement = Judgement(
            verdict=Verdict(given.pop("verdict")),
            mode=given.pop("mode"),
            modes=given.pop("also"),
            answers=_answers(given.pop("answer")),
            impact=impact,
            rationale=given.pop("rationale"),
            quotes=given.pop("quote"),
            target=given.pop("target"),
            reproduced=Reproduced(given.pop("reproduced", Reproduced.NOT_TRIED)),
        )
        command(*args, judgement=judgement, **given)

    for option in reversed(_OPTIONS):
        called = option(called)
    return called


@click.command("sheet")
@click.argument("case_id")
@formatted_object
@with_workspace
def sheet(ws: Workspace, case_id: str, *, shape: str) -> None:
    """Show by what CASE_ID is labelled: the evidence, the questions, the failure modes.

    Nothing that was suggested or said of it is shown. A case is labelled as it is now: there is no --as-of.

    Example: remiss case sheet k7m4-qp
    """
    from remiss.curate import labelling_actions as curate
    from remiss.faces.cli import case_page

    found = curate.sheet(ws, case_id)
    if shape == "json":
        render.as_json(to_json(found))
    else:
        case_page.sheet(found)


@click.command("annotate")
@click.argument("case_id")
@judging
@formatted_object
@with_workspace
def annotate(ws: Workspace, case_id: str, *, revision: int, judgement: Judgement, shape: str) -> None:
    """Say what CASE_ID is: the first labelling.

    You may do it again until a second person has labelled the case.

    Example: remiss case annotate k7m4-qp --revision 1 --verdict failure --mode remiss:model/weak-slice --answer harm=loss
    --answer reach=slice --answer detection=late --answer recovery=itself --rationale "feeder airports again"
    """
    from remiss.curate import labelling_actions as curate

    _show(curate.annotate(ws, case_id, revision, judgement), shape)


@click.command("verify")
@click.argument("case_id")
@judging
@click.option(
    "--reproduced",
    type=click.Choice([each.value for each in Reproduced]),
    default=Reproduced.NOT_TRIED.value,
    show_default=True,
    help="Whether you could make it happen again.",
)
@formatted_object
@with_workspace
def verify(ws: Workspace, case_id: str, *, revision: int, judgement: Judgement, shape: str) -> None:
    """Say what the annotated CASE_ID is, by yourself: the second labelling.

    Where both say the same the case is verified or rejected; else it is disputed.

    Example: remiss case verify k7m4-qp --revision 2 --verdict not-a-failure --rationale "the flight was on time"
    """
    from remiss.curate import labelling_actions as curate

    _show(curate.verify(ws, case_id, revision, judgement), shape)


@click.command("adjudicate")
@click.argument("case_id")
@judging
@formatted_object
@with_workspace
def adjudicate(ws: Workspace, case_id: str, *, revision: int, judgement: Judgement, shape: str) -> None:
    """Settle what two people see differently in CASE_ID, and say why.

    Example: remiss case adjudicate k7m4-qp --revision 3 --verdict wrong-label --rationale "the board was right"
    """
    from remiss.curate import labelling_actions as curate

    _show(curate.adjudicate(ws, case_id, revision, judgement), shape)


@click.command("reopen")
@click.argument("case_id")
@click.option("--revision", type=click.IntRange(min=1), required=True, help="The revision that you read; see `case show`.")
@click.option("--reason", required=True, help="Why, in a sentence.")
@formatted_object
@with_workspace
def reopen(ws: Workspace, case_id: str, *, revision: int, reason: str, shape: str) -> None:
    """Begin the decided CASE_ID anew.

    Example: remiss case reopen k7m4-qp --revision 3 --reason "the label was corrected"
    """
    from remiss.curate import labelling_actions as curate

    _show(curate.reopen(ws, case_id, revision, reason), shape)


@click.command("link")
@click.argument("case_id")
@click.argument("other")
@click.option("--revision", type=click.IntRange(min=1), required=True, help="The revision of CASE_ID that you read.")
@formatted_object
@with_workspace
def link(ws: Workspace, case_id: str, other: str, *, revision: int, shape: str) -> None:
    """Have CASE_ID take the verdict of OTHER: another event, the same problem.

    Example: remiss case link k7m4-qp 9tvx-2c --revision 1
    """
    from remiss.curate import linking_actions as curate

    _show(curate.link(ws, case_id, revision, other), shape)


@click.command("unlink")
@click.argument("case_id")
@click.option("--revision", type=click.IntRange(min=1), required=True, help="The revision that you read; see `case show`.")
@formatted_object
@with_workspace
def unlink(ws: Workspace, case_id: str, *, revision: int, shape: str) -> None:
    """Take the link of CASE_ID away, so that it is labelled by itself.

    Example: remiss case unlink k7m4-qp --revision 2
    """
    from remiss.curate import linking_actions as curate

    _show(curate.unlink(ws, case_id, revision), shape)


def _show(case: Case, shape: str) -> None:
    from remiss.faces.cli import case_page

    case_page.show(case, shape)


def _answers(texts: tuple[str, ...]) -> dict[str, str]:
    answers: dict[str, str] = {}
    for text in texts:
        question, found, answer = text.partition("=")
        if not found or not question or not answer:
            raise click.BadParameter(f"{text!r} is not QUESTION=ANSWER", param_hint="--answer")
        if question in answers:
            raise click.BadParameter(f"{question} is answered twice", param_hint="--answer")
        answers[question] = answer
    return answers


def _impact(text: str | None) -> Impact | None:
    if text is None:
        return None
    found = IMPACT.fullmatch(text)
    try:
        if found is not None:
            return Impact(low=float(found[1]), high=float(found[2]), unit=found[3])
    except ValueError:
        pass
    raise click.BadParameter(f"{text!r} is not LOW to HIGH UNIT; write for example '10 to 40 minutes'", param_hint="--impact")
