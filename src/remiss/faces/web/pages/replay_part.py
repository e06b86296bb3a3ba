"""The replays of a case on its page: what models answer about it now, beside the log; and the form that has one asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from remiss import safeguard
from remiss.errors import ModelError
from remiss.present.legible import counted
from remiss.records.case import Case
from remiss.records.model import ModelSpecification, RowKind
from remiss.records.replay import Replay, ReplayCause, ReplayGrade
from remiss.records.states import DECIDED, Move, after
from remiss.safeguard.model_actions import EXPECT, REPLAY, RESOLVE

if TYPE_CHECKING:
    from remiss.workspace import Workspace

SHOWN = 10
# The class of a verdict, and what it says.
GRADES = {
    ReplayGrade.IDENTICAL: ("good", "✓ Identical"),
    ReplayGrade.EQUIVALENT: ("good", "✓ Equivalent"),
    ReplayGrade.SAME_VERDICT: ("bad", "≠ Another answer, same verdict"),
    ReplayGrade.NOT_REPRODUCED: ("bad", "✕ Not reproduced"),
    ReplayGrade.ENVIRONMENT_MISSING: ("open", "◌ Model did not run here"),
    ReplayGrade.INPUTS_REDACTED: ("open", "◌ Not asked: inputs redacted"),
    None: ("open", "◌ Nothing to compare"),
}
CAUSES = {
    ReplayCause.OTHER_VERSION: "the log names another model or version",
    ReplayCause.REDACTED_INPUTS: "personal data in the inputs was replaced",
    ReplayCause.MISSING_INPUTS: "the catalog lacks inputs that the protocol names",
    ReplayCause.REDACTED_OUTPUT: "personal data in the logged output was replaced",
    ReplayCause.NOTHING_LOGGED: "the log has no output",
    ReplayCause.CONFIDENCE: "same output, another confidence",
    ReplayCause.TROUBLE: "the model gave no answer",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownReplay:
    """One replay: `sign` is the class of its verdict. Without an answer, `lacking` says why."""

    replay: Replay
    sign: str
    words: str
    causes: str
    lacking: str
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayPart:
    """case/replays.html: the newest replays, and forms to have a model asked, resolve the case by one, and write what is
    expected of it; `problem` says what was refused.
    """

    case: str
    found: tuple[ShownReplay, ...]
    more: int
    hidden: str
    asking: bool
    resolving: bool
    expecting: bool
    expectations: str
    revision: int
    models: Sequence[ModelSpecification]
    raw: bool
    model: str
    purpose: str
    problem: tuple[str, str] | None


def replays_of(
    ws: Workspace,
    case: Case,
    as_of: int | None,
    problem: tuple[str, str] | None = None,
    *,
    model: str = "",
    purpose: str = "",
    expectations: str | None = None,
) -> ReplayPart:
    """Return the replays that a case has, or had at a position; with what was typed and not taken, where there is such."""
    found = safeguard.case_replays(ws, case.id, as_of=as_of)
    asking = as_of is None and ws.authority.may(ws.actor, REPLAY, case.team)
    models: Sequence[ModelSpecification] = ()
    if asking:
        try:
            models = safeguard.list_models(ws).items
        except ModelError as error:
            problem = problem or (error.what, error.do)
    return ReplayPart(
        case=case.id,
        found=tuple(map(_shown, found[:SHOWN])),
        more=max(0, len(found) - SHOWN),
        hidden=found.hidden or "",
        asking=asking,
        resolving=asking and after(case.status, Move.RESOLVE) is not None and ws.authority.may(ws.actor, RESOLVE, case.team),
        expecting=as_of is None and case.status in DECIDED and ws.authority.may(ws.actor, EXPECT, case.team),
        expectations="\n".join(each.typed for each in case.expectations) if expectations is None else expectations,
        revision=case.revision,
        models=models,
        raw=any(each.gets is RowKind.RAW for each in models),
        model=model,
        purpose=purpose,
        problem=problem,
    )


def _shown(found: Replay) -> ShownReplay:
    sign, words = GRADES[found.grade]
    ran, trouble = found.environment, found.answer and found.answer.trouble
    where = () if ran is None else (f"Python {ran.python}" if ran.python else "", ran.platform or "")
    packages = counted(len(ran.packages), "package") if ran is not None and ran.packages else ""
    lacking = "was not asked" if found.answer is None else f"{trouble.kind.value}: {trouble.message}" if trouble else ""
    return ShownReplay(
        replay=found,
        sign=sign,
        words=words,
        causes="; ".join(CAUSES[each] for each in found.causes),
        lacking=lacking,
        where=", ".join(filter(None, (*where, packages))),
    )
