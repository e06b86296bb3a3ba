"""Replays: asking a model a case again, keeping what came of it, and looking at what was kept."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Annotated, Any

from remiss.action import action
from remiss.parameters import CaseId, Help, Limit, Option, PageToken, Position
from remiss.records.catalog import reached, read_at
from remiss.records.event import Scalar
from remiss.records.identity import format_time, kind_id
from remiss.records.model import ModelAnswer
from remiss.records.replay import CaseReplays, Replay, ReplayBatch, ReplayGrade
from remiss.records.rows import Rows, Turn, list_name, token, turn
from remiss.records.view_entry import ViewEntry, ViewKind, listed
from remiss.safeguard.model_actions import REPLAY, AskedModel, Seed
from remiss.safeguard.ports import ReplaySearch, ReplayWorkspace
from remiss.safeguard.replay_outcomes import ReplayOutcome, outcomes

NAME, OF_CASES = "case.replay", "replay.cases"
# At once; a job takes more, step by step.
MOST_CASES = 1_000
COLUMNS = (
    *("replay", "case", "model", "version", "digest", "grade", "causes", "trouble", "output", "confidence"),
    *("logged", "latency_ms", "at"),
)
Purpose = Annotated[str, Help("What the raw event is needed for, in a sentence; for a model that gets it.")]


def _replayed(ws: ReplayWorkspace, _: Mapping[str, Any], found: Replay) -> Sequence[ViewEntry]:
    team = ws.governed(found.case).team
    return (ViewEntry(kind=ViewKind.CASE, subject=found.case, position=found.position, team=team),)


@contextmanager
def _ask(ws: ReplayWorkspace, case: str, model: str, purpose: str | None, seed: int) -> Iterator[ReplayOutcome]:
    # Before the transaction: a model may take its time.
    [found] = outcomes(ws, NAME, model, [case], purpose=purpose, seed=seed)
    yield found


@action(NAME, permission=REPLAY, http="POST /cases/{case}/replay", subject="case", prepare=_ask, views=_replayed)
def replay(
    ws: ReplayWorkspace,
    case: CaseId,
    *,
    model: AskedModel,
    purpose: Purpose | None = None,
    seed: Seed = 0,
    prepared: ReplayOutcome | None = None,
) -> Replay:
    """Ask MODEL about CASE again; compare its answer with the log.

    A model gets the inputs that the protocol names, or the raw event where it is registered so; for that one needs what
    `evidence.show` needs, and a purpose. It is not asked where redaction touched an input. The grade is identical, equivalent
    (numbers within a relative 1e-6, text but for case and white space, JSON of equal value), same-verdict (another answer, of
    which each criterion of the protocol says the same), not-reproduced, environment-missing or inputs-redacted; none where
    there is nothing to compare. What came of it is kept, the answer redacted as the case was. On the command line a query in
    the place of CASE posts a job for all cases that match it.

    Example: remiss case replay k7m4-qp --model arrival-delay@2

    Raises
    ------
    NotFound, Ambiguous : no such case, no such model, or several; no raw event of the case
    Denied : they may not replay cases of its team, or not see its raw event
    InputError : a model that is not registered, through a server; no purpose for one that gets the raw event
    ModelError : how the model is registered is wrong
    """
    assert prepared is not None
    # Who lost the right meanwhile keeps nothing.
    ws.allow(REPLAY, ws.governed(prepared.told.case).team)
    [kept] = ws.replays.keep([prepared.kept])
    return replace(prepared.told, id=kept.id, person=kept.person, at=kept.at, position=kept.position)


@contextmanager
def _ask_all(
    ws: ReplayWorkspace, cases: Sequence[str], model: str, purpose: str | None, seed: int
) -> Iterator[tuple[ReplayOutcome, ...]]:
    # Of a case that somebody may not see any more nothing is told, not even that.
    yield outcomes(ws, OF_CASES, model, list(dict.fromkeys(cases))[:MOST_CASES], purpose=purpose, seed=seed, all_=False)


@action(OF_CASES, permission=REPLAY, http="POST /replays", prepare=_ask_all)
def replay_cases(
    ws: ReplayWorkspace,
    *,
    cases: Annotated[Sequence[str], Option("--case"), Help("The id of a case; at most 1,000, and those not seen are left out.")],
    model: AskedModel,
    purpose: Purpose | None = None,
    seed: Seed = 0,
    prepared: tuple[ReplayOutcome, ...] = (),
) -> ReplayBatch:
    """Ask MODEL about several cases again; keep what came of each.

    It is asked as many at once as its limits say. This is what a job does step by step.

    Example: remiss replay cases --case k7m4-qp2x-9w3d --case t7a4-p604-tbcs --model arrival-delay@2

    Raises
    ------
    NotFound, Ambiguous, Denied, InputError, ModelError : as case.replay
    """
    for team in sorted({ws.governed(each.told.case).team for each in prepared}):
        ws.allow(REPLAY, team)
    kept = ws.replays.keep([each.kept for each in prepared])
    grades = Counter("none" if each.grade is None else each.grade.value for each in kept)
    position = ws.position()
    return ReplayBatch(
        id=kind_id("replays", [position]), model=model, kept=len(kept), grades=dict(sorted(grades.items())), position=position
    )


def _of_case(ws: ReplayWorkspace, given: Mapping[str, Any], found: CaseReplays) -> Sequence[ViewEntry]:
    case = ws.governed(given["case"])
    ids = [str(each.id) for each in found]
    return (ViewEntry(kind=ViewKind.LIST, subject=case.id, position=given["as_of"], ids=ids, count=len(ids), team=case.team),)


@action("case.replays", permission="case:read", http="GET /cases/{case}/replays", reads=True, subject="case", views=_of_case)
def case_replays(ws: ReplayWorkspace, case: CaseId, *, as_of: Position | None = None) -> CaseReplays:
    """Show the newest replays of CASE, and where the models ran.

    Until you have labelled a case that you have in hand none are shown, whether there are any or not.

    Example: remiss case replays k7m4-qp

    Raises
    ------
    NotFound, Ambiguous, InputError
    """
    head = ws.position()
    found, hidden = ws.replays.of_case(case, reached(as_of, head))
    return CaseReplays(position=read_at(as_of, head), items=found, hidden=hidden)


@action("replay.list", permission="case:read", http="GET /replays", reads=True, views=listed)
def list_replays(
    ws: ReplayWorkspace,
    *,
    case: Annotated[str, Help("Only of this case.")] | None = None,
    model: Annotated[str, Help("Only of this model: NAME, or NAME@VERSION.")] | None = None,
    grade: ReplayGrade | None = None,
    limit: Limit = 50,
    after: PageToken | None = None,
) -> Rows:
    """List replays that were kept, newest first.

    Example: remiss replay list --model arrival-delay@2 --grade not-reproduced

    Parameters
    ----------
    grade : only those of this grade

    Raises
    ------
    NotFound, Ambiguous : no such case, or several
    InputError : a token of another list
    """
    name = list_name(f"replays {[case, model, grade and grade.value]}", "newest", None)
    before = None if after is None else turn(after, name, (int,)).last[0]
    called, _, version = (model or "").partition("@")
    wanted = ReplaySearch(case=case, model=called or None, model_version=version or None, grade=grade)
    page = ws.replays.search(wanted, limit, before)
    following = None if page.last is None else token(Turn(of=name, position=None, total=None, last=(page.last,)))
    lines = tuple(map(_line, page.found))
    return Rows("kept-replay", COLUMNS, lines, ws.position(), total=page.total, next=following)


_as_json = partial(json.dumps, ensure_ascii=False, default=format_time)


def _text(value: object) -> str | None:
    return None if value is None else _as_json(value)


def _line(found: Replay) -> tuple[Scalar, ...]:
    answer = found.answer or ModelAnswer()
    trouble = answer.trouble
    return (
        *(found.id, found.case, found.model.name, found.model.version, found.model.digest),
        found.grade and found.grade.value,
        ", ".join(each.value for each in found.causes) or None,
        None if trouble is None else f"{trouble.kind.value}: {trouble.message}",
        *(_text(answer.output), answer.confidence, _text(found.logged.output), answer.latency_ms, found.at),
    )
