"""Asking a model about cases again: what it gets of each, what it answers, how that compares, and what of it may be kept.

A model gets the inputs that the protocol names, or the raw event where it is registered so. Where redaction touched an input it
is not asked. What is kept of an answer passes the redaction that the case's event passed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from remiss.catalog.evidence_actions import checked_purpose, looked, raw_event
from remiss.errors import InputError, ModelError, NotFound, ProtocolError
from remiss.govern.redaction.event_fields import admits, redact_value
from remiss.govern.redaction.redactor import Redactor
from remiss.govern.redaction.written import REDACTION, gate
from remiss.protocol.terms import INPUTS, Protocol
from remiss.protocol.versions import kept_version
from remiss.records.case import Case
from remiss.records.event import Scalar
from remiss.records.evidence import RawEvent
from remiss.records.model import (
    JsonValue,
    ModelAnswer,
    ModelEnvironment,
    ModelRow,
    ModelSpecification,
    ModelTrouble,
    RowKind,
    TroubleKind,
    row_of,
    trouble_in,
)
from remiss.records.replay import LoggedAnswer, Replay, ReplayCause, ReplayGrade
from remiss.safeguard.judging import CriterionJudge
from remiss.safeguard.model_actions import REMEDIES, REPLAY
from remiss.safeguard.ports import Redacting, ReplayWorkspace
from remiss.safeguard.replaying import before, graded, redacted
from remiss.safeguard.suite_criteria import criteria_of
from remiss.safeguard.suite_rows import row_of_case

# Of an answer that is longer as JSON only that it was is kept.
MOST_KEPT = 64 << 10
Redact = Callable[[Scalar], Scalar]


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedCase:
    """A case that a model is to be asked about. Without a row it is not asked; `grade` is what is known without asking.

    `unfit` says why its raw event cannot be given to a model, where it is that. `redact` is what the case's event was redacted
    by; None where no output of its log may be kept. `document` is the protocol that it was captured by, if one is known.
    """

    case: Case
    row: ModelRow
    raw: RawEvent | None
    causes: tuple[ReplayCause, ...]
    grade: ReplayGrade | None
    unfit: ModelTrouble | None
    redact: Redact | None
    document: Protocol | None

    @property
    def logged(self) -> LoggedAnswer:
        """What production logged."""
        event = self.case.event
        return LoggedAnswer(
            model=event.model, model_version=event.model_version, output=event.output, confidence=event.confidence
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayOutcome:
    """What came of asking about a case: as it is told to who asked, and as it may be kept."""

    told: Replay
    kept: Replay


def outcomes(
    ws: ReplayWorkspace, action: str, model: str, cases: Sequence[str], *, purpose: str | None, seed: int, all_: bool = True
) -> tuple[ReplayOutcome, ...]:
    """Ask a model about cases, and return what came of each.

    Parameters
    ----------
    action : the name under which looks at raw events are recorded
    all_ : whether a case that is not seen is an error; else it is left out

    Raises
    ------
    NotFound, Ambiguous : no such case, no such model, or several; no raw event of a case
    Denied : they may not replay cases of its team, or not see its raw event
    InputError : no purpose for a model that gets the raw event; ModelError : how the model is registered is wrong
    """
    specification = ws.models.find(model)
    protocols: dict[tuple[str, int], Protocol | None] = {}
    with ws.reading():
        position = ws.position()
        asked = [one for each in cases for one in _asked(ws, specification, each, purpose, protocols, all_=all_)]
    to_ask = [each for each in asked if each.row]
    if purpose is not None:
        # Before the model has them: a server elsewhere may be asked.
        ws.record_views([looked(ws, each.raw, purpose) for each in to_ask if each.raw is not None], action)
    environment, answers = _answers(ws, specification, [each.row for each in to_ask], seed)
    if environment is not None:
        specification = replace(specification, digest=environment.digest)
    given = [next(answers) if each.row else None if each.unfit is None else ModelAnswer(trouble=each.unfit) for each in asked]
    grades = [
        (each.grade, each.causes) if answer is None else graded(each.logged, answer, each.causes)
        for each, answer in zip(asked, given, strict=True)
    ]
    same = _same_verdicts(ws, asked, given, [grade for grade, _ in grades])
    found = []
    for at, (each, answer, (grade, causes)) in enumerate(zip(asked, given, grades, strict=True)):
        told = Replay(
            case=each.case.id,
            model=specification,
            logged=each.logged,
            answer=answer,
            environment=environment if each.row else None,
            grade=ReplayGrade.SAME_VERDICT if at in same else grade,
            causes=causes,
            do="" if answer is None or answer.trouble is None else REMEDIES[answer.trouble.kind],
            position=position,
        )
        found.append(ReplayOutcome(told=told, kept=replace(told, answer=None if answer is None else kept(answer, each.redact))))
    return tuple(found)


def _same_verdicts(
    ws: ReplayWorkspace, asked: Sequence[AskedCase], given: Sequence[ModelAnswer | None], grades: Sequence[ReplayGrade | None]
) -> frozenset[int]:
    """Return the places of other answers that meet the same criteria; none of a case whose criteria are hidden from the asker."""
    by_protocol: dict[int, list[tuple[int, AskedCase, ModelAnswer, Protocol]]] = {}
    for at, (each, answer, grade) in enumerate(zip(asked, given, grades, strict=True)):
        if grade is not ReplayGrade.NOT_REPRODUCED or answer is None or answer.trouble is not None:
            continue
        if each.document is not None and each.case.hidden is None:
            by_protocol.setdefault(id(each.document), []).append((at, each, answer, each.document))
    found: set[int] = set()
    for those in by_protocol.values():
        judge = CriterionJudge(ws.engine, criteria_of(those[0][3]), [row_of_case(each.case) for _, each, _, _ in those])
        logged = [(each.logged.output, each.logged.confidence) for _, each, _, _ in those]
        alike = judge.alike(logged, [(answer.output, answer.confidence) for _, _, answer, _ in those])
        found.update(at for (at, *_), same in zip(those, alike, strict=True) if same)
    return frozenset(found)


def _answers(
    ws: ReplayWorkspace, model: ModelSpecification, rows: Sequence[ModelRow], seed: int
) -> tuple[ModelEnvironment | None, Iterator[ModelAnswer]]:
    if not rows:
        return None, iter(())
    answers = []
    try:
        with ws.models.open(model, seed=seed) as runner:
            for answer in runner.answers(rows):
                answers.append(answer)
                ws.progress(f"asking {model}", len(answers) / len(rows))
            return runner.environment(), iter(answers)
    except ModelError as error:
        answers += [ModelAnswer(trouble=trouble_in(error))] * (len(rows) - len(answers))
        return None, iter(answers)


def _asked(
    ws: ReplayWorkspace,
    model: ModelSpecification,
    case: str,
    purpose: str | None,
    protocols: dict[tuple[str, int], Protocol | None],
    *,
    all_: bool,
) -> Iterator[AskedCase]:
    """Yield what is asked about a case, if it is seen."""
    try:
        found = ws.cases.get(case, None)
    except NotFound:
        if all_:
            raise
        return
    ws.allow(REPLAY, found.team)
    event, document, raw = found.event, _protocol(ws, found, protocols), None
    if model.gets is RowKind.RAW:
        raw = _raw(ws, found, model, purpose)
    given = row_of(event.inputs) if raw is None else _row(raw)
    row, unfit = ({}, given) if isinstance(given, ModelTrouble) else (given, None)
    fields = () if document is None or raw is not None else document.fields
    named = frozenset(name.removeprefix(INPUTS) for name in fields if name.startswith(INPUTS))
    known, grade = before(model, event, row, named), None
    if raw is None and redacted(event.inputs):
        row, grade, known = {}, ReplayGrade.INPUTS_REDACTED, (ReplayCause.REDACTED_INPUTS, *known)
    by = _redacting(ws, document)
    yield AskedCase(case=found, row=row, raw=raw, causes=known, grade=grade, unfit=unfit, redact=by, document=document)


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


def _protocol(ws: ReplayWorkspace, case: Case, known: dict[tuple[str, int], Protocol | None]) -> Protocol | None:
    """Return the protocol that a case was captured by; None where nothing tells any more which that was."""
    try:
        original = ws.raw_events.of(case.id, None)
    except NotFound:
        return None
    version = (original.protocol, original.version)
    if version not in known:
        stored = ws.protocols.find(*version)
        try:
            known[version] = None if stored is None else kept_version(stored, f"{original.protocol}.yaml")
        except ProtocolError:
            known[version] = None
    return known[version]


def _redacting(ws: ReplayWorkspace, document: Protocol | None) -> Redact | None:
    """Return what an answer about a case passes before it is kept; None where none is."""
    if document is None:
        # As what people write does.
        return gate(ws).value
    return redacting(ws, document)


def redacting(ws: Redacting, document: Protocol) -> Redact | None:
    """Return what an answer to an event of a protocol passes before it is kept; None where none is."""
    if not admits("output", document.sensitivity):
        return None
    policy = document.redaction
    by = Redactor(policy, ws.keys.secret(REDACTION), ws.recogniser if policy.modelled else None)
    return lambda value: redact_value(value, by)


def kept(answer: ModelAnswer, redact: Redact | None) -> ModelAnswer:
    """Return an answer as it may be kept: redacted, and without what the model printed.

    >>> kept(ModelAnswer(output={"to": ["ana"]}, latency_ms=2.0), lambda value: "[name]").output
    {'[name]': ['[name]']}
    """
    trouble = answer.trouble
    if trouble is not None:
        message = "" if redact is None else str(redact(trouble.message))
        trouble = ModelTrouble(kind=trouble.kind, message=message)
    output = None if redact is None else _redacted(answer.output, redact)
    if len(json.dumps(output)) > MOST_KEPT:
        output = None
    return replace(answer, output=output, trouble=trouble)


def _redacted(value: JsonValue, redact: Redact) -> JsonValue:
    match value:
        case Mapping():
            return {str(redact(str(name))): _redacted(each, redact) for name, each in value.items()}
        case list() | tuple():
            return [_redacted(each, redact) for each in value]
        case str() | bool() | int() | float():
            return redact(value)
        case _:
            return value
