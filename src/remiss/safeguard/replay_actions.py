"""Asking a model a case again. Nothing of it is kept but that somebody looked: what came of it is told, and not stored."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any

from remiss.action import action
from remiss.catalog.evidence_actions import checked_purpose, looked, raw_event
from remiss.errors import InputError, ModelError, NotFound, ProtocolError
from remiss.parameters import CaseId, Help, Option
from remiss.protocol.terms import INPUTS
from remiss.protocol.versions import restore
from remiss.records.case import Case
from remiss.records.evidence import RawEvent
from remiss.records.model import (
    ModelAnswer,
    ModelEnvironment,
    ModelRow,
    ModelSpecification,
    ModelTrouble,
    RowKind,
    TroubleKind,
)
from remiss.records.replay import LoggedAnswer, Replay, ReplayCause, ReplayGrade
from remiss.records.view_entry import ViewEntry, ViewKind
from remiss.safeguard.model_actions import REMEDIES, REPLAY, ModelName, Seed, ask, row_of, trouble_in
from remiss.safeguard.ports import ReplayWorkspace
from remiss.safeguard.replaying import before, graded, redacted

NAME = "case.replay"


def _replayed(ws: ReplayWorkspace, _: Mapping[str, Any], found: Replay) -> Sequence[ViewEntry]:
    team = ws.governed(found.case).team
    return (ViewEntry(kind=ViewKind.CASE, subject=found.case, position=found.position, team=team),)


@action(
    NAME,
    permission=REPLAY,
    http="POST /cases/{case}/replay",
    reads=True,
    snapshot=False,
    subject="case",
    views=_replayed,
)
def replay(
    ws: ReplayWorkspace,
    case: CaseId,
    *,
    model: Annotated[ModelName, Option("--model")],
    purpose: Annotated[str, Help("What the raw event is needed for, in a sentence; for a model that gets it.")] | None = None,
    seed: Seed = 0,
) -> Replay:
    """Ask MODEL about CASE again; compare the answer with the log.

    A model gets the inputs that the protocol names, or the raw event where it is registered so; for that one needs what
    `evidence.show` needs, and a purpose. It is not asked where redaction touched an input. The grade is identical, equivalent
    (numbers within a relative 1e-6, text but for case and white space, JSON of equal value), not-reproduced,
    environment-missing or inputs-redacted; none where there is nothing to compare. Whether another answer meets the criterion is
    not said. That you looked is recorded; the answer is not kept.

    Example: remiss case replay k7m4-qp --model arrival-delay@2

    Raises
    ------
    NotFound, Ambiguous : no such case, no such model, or several; no raw event of the case
    Denied : they may not replay cases of its team, or not see its raw event
    InputError : a model that is not registered, through a server; no purpose for one that gets the raw event
    ModelError : how the model is registered is wrong
    """
    specification = ws.models.find(model)
    raw: RawEvent | None = None
    with ws.reading():
        position = ws.position()
        found = ws.cases.get(case, None)
        ws.allow(REPLAY, found.team)
        if specification.gets is RowKind.RAW:
            raw = _raw(ws, found, specification, purpose)
        given = row_of(found.event.inputs) if raw is None else _row(raw)
        row: ModelRow = {} if isinstance(given, ModelTrouble) else given
        named = _named(ws, found) if raw is None else frozenset()
    event = found.event
    logged = LoggedAnswer(model=event.model, model_version=event.model_version, output=event.output, confidence=event.confidence)
    known = before(specification, event, row, named)
    answer: ModelAnswer | None = None
    environment: ModelEnvironment | None = None
    grade: ReplayGrade | None = None
    causes = known
    if raw is None and redacted(event.inputs):
        grade, causes = ReplayGrade.INPUTS_REDACTED, (ReplayCause.REDACTED_INPUTS, *known)
    elif isinstance(given, ModelTrouble):
        answer = ModelAnswer(trouble=given)
        grade, causes = graded(logged, answer, known)
    elif row:
        if raw is not None and purpose is not None:
            # Before the model has it: a server elsewhere may be asked.
            ws.record_views([looked(ws, raw, purpose)], NAME)
        try:
            environment, _, answer = ask(ws, specification, row, seed)
            specification = replace(specification, digest=environment.digest)
        except ModelError as error:
            answer = ModelAnswer(trouble=trouble_in(error))
        grade, causes = graded(logged, answer, known)
    return Replay(
        case=found.id,
        model=specification,
        logged=logged,
        answer=answer,
        environment=environment,
        grade=grade,
        causes=causes,
        do="" if answer is None or answer.trouble is None else REMEDIES[answer.trouble.kind],
        position=position,
    )


def _raw(ws: ReplayWorkspace, case: Case, model: ModelSpecification, purpose: str | None) -> RawEvent:
    """Return the raw event of a case, for a model that gets it.

    Raises
    ------
    InputError : no purpose, or none that says anything; Denied, NotFound : as `evidence.show` does
    """
    if purpose is None:
        what = f"{model} gets the raw event, and no purpose is given"
        raise InputError(what, do="say with --purpose what it is needed for", field="purpose")
    checked_purpose(purpose)
    return raw_event(ws, case.id)


def _row(raw: RawEvent) -> ModelRow | ModelTrouble:
    """Return what a model is given of a raw event, a line of a log perhaps; or why it cannot be."""
    try:
        row: ModelRow = json.loads(raw.content)
    except (ValueError, RecursionError) as error:
        # What the reader of the log took: a comma too many, whole numbers of thousands of digits, lists in lists without an end.
        return ModelTrouble(kind=TroubleKind.ROW, message=f"the raw event cannot be given to a model: {error}")
    return row


def _named(ws: ReplayWorkspace, case: Case) -> frozenset[str]:
    """Return the inputs that the protocol of a case names; none where nothing tells any more by which it was captured."""
    try:
        original = ws.raw_events.of(case.id, None)
        stored = ws.protocols.find(original.protocol, original.version)
        fields = {} if stored is None else restore(stored.text, f"{original.protocol}.yaml").fields
    except (NotFound, ProtocolError):
        return frozenset()
    return frozenset(name.removeprefix(INPUTS) for name in fields if name.startswith(INPUTS))
