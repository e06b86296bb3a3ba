"""The criteria of a protocol as a suite has them: which can judge an answer, and what their predicates say of answers.

They are read by the grammar of protocols and run by the engine. Whoever judges by none (`judging`) loads neither.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from sqlglot import exp

from remiss.capture.sql.criteria import MET, NOT_MET, NULL, OUTSIDE, state_of
from remiss.capture.sql.spelling import name as quoted
from remiss.errors import ProtocolError
from remiss.protocol.check_result import CheckedCriterion
from remiss.protocol.expressions.grammar import parse
from remiss.protocol.predicate import check_predicate
from remiss.protocol.terms import Criterion, Expression, Kind, Protocol, Type
from remiss.records import arrow
from remiss.records.suite import SuiteCriterion
from remiss.safeguard.judging import CONFIDENCE, LATENCY, NO, OUTPUT, PLAIN, UNKNOWN, YES, LoggedColumns, States

if TYPE_CHECKING:
    import pyarrow as pa

    from remiss.protocol.ports import Engine

# What a model says, and what of a log it does not.
ANSWERED = frozenset({OUTPUT, CONFIDENCE, LATENCY})
NOT_ANSWERED = frozenset({"status", "trace_id", "features", "model_digest"})
_ROWS, _PLACE = "suite_rows", "remiss_place"
TYPES = {
    arrow.TEXT: Type.TEXT,
    arrow.WHOLE: Type.INTEGER,
    arrow.REAL: Type.NUMBER,
    arrow.YES_NO: Type.BOOLEAN,
    arrow.TIME: Type.TIME,
    arrow.NOTHING: Type.UNKNOWN,
}


def criteria_of(protocol: Protocol) -> tuple[SuiteCriterion, ...]:
    """Return the criteria of a protocol, each with why it cannot judge an answer, if that is so."""
    labels = label_fields(protocol)
    return tuple(_suite_criterion(protocol, each, labels) for each in protocol.criteria)


def label_fields(protocol: Protocol) -> frozenset[str]:
    """Return the fields that are null where an event has no label yet."""
    found = (name for name, field in protocol.fields.items() if _of_labels(field))
    return frozenset(("label", *found))


def _of_labels(field: Expression) -> bool:
    try:
        return any(column.table.lower() == "labels" for column in parse(field.sql).find_all(exp.Column))
    except ProtocolError:
        return False


def _suite_criterion(protocol: Protocol, one: Criterion, labels: frozenset[str]) -> SuiteCriterion:
    return SuiteCriterion(
        name=one.name,
        kind=one.kind.value,
        severity=one.severity,
        mode=one.mode,
        why=one.why,
        when=None if one.when is None else one.when.sql,
        among=None if one.among is None else one.among.sql,
        nulls_undecided=one.nulls_undecided,
        unjudged=_unjudged(protocol, one, labels),
    )


def _unjudged(protocol: Protocol, one: Criterion, labels: frozenset[str]) -> str | None:
    if one.kind is Kind.ANOMALY or one.when is None:
        return "it is measured against all events of a window, which a suite does not have"
    try:
        reads: set[str] = set()
        for each in (one.when, one.among):
            if each is not None:
                reads |= check_predicate(each.sql, dict.fromkeys(protocol.fields, Type.UNKNOWN), unread=protocol.unread).reads
    except ProtocolError as error:
        return error.what
    if not reads & ANSWERED:
        return "it reads nothing of what a model answers"
    unanswered = sorted(reads & NOT_ANSWERED)
    if unanswered:
        return f"it reads {', '.join(unanswered)}, which a model does not say when it is asked again"
    beyond = sorted(name for name in reads - ANSWERED if name in labels and name != "label")
    if beyond:
        return f"it reads {', '.join(beyond)}, which the catalog takes from the labels of the log"
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnsweredRows:
    """Answers to rows, ready to be judged: `answers` by the names of a protocol, of kind `output`, of which some do not fit it.

    `logged` are the rows, and the values of `typed_by` say of which types all are.
    """

    logged: LoggedColumns
    typed_by: LoggedColumns
    answers: Mapping[str, Sequence[object]]
    output: str
    fits: npt.NDArray[np.bool_]


def told_of(engine: Engine, criteria: Sequence[SuiteCriterion], rows: AnsweredRows) -> Mapping[str, States]:
    """Return what each criterion is on answers.

    Raises
    ------
    ProtocolError : a criterion does not fit the values
    """
    checked = _typed(criteria, rows)
    found = _states(engine, checked, len(rows.logged.output))
    return {one.name: _told(one, found[one.name], checked.reads[one.name], rows.answers, rows.fits) for one in criteria}


def _typed(criteria: Sequence[SuiteCriterion], rows: AnsweredRows) -> _Typed:
    """Return the predicates checked against the values that they read."""
    answers = rows.answers
    untyped = dict.fromkeys({*answers, *PLAIN, *rows.typed_by.named()}, Type.UNKNOWN)
    reads = {each.name: _reads(_checked(each, untyped)) for each in criteria}
    values = {
        name: answers[name] if name in answers else rows.logged.column(name)
        for name in sorted(frozenset().union(*reads.values()))
    }
    typed_by = {name: column if name in answers else rows.typed_by.column(name) for name, column in values.items()}
    kinds = {name: rows.output if name == OUTPUT else arrow.kind_of(column) for name, column in typed_by.items()}
    types = {name: TYPES[kind] for name, kind in kinds.items()}
    states = {each.name: state_of(_checked(each, types), frozenset({"label"})) for each in criteria}
    return _Typed(values=values, kinds=kinds, reads=reads, states=states)


def _states(engine: Engine, checked: _Typed, rows: int) -> Mapping[str, npt.NDArray[np.int64]]:
    """Run the predicates, all in one statement."""
    there = {name: column for name, column in checked.values.items() if checked.kinds[name] != arrow.NOTHING}
    table: pa.Table = arrow.table(
        {_PLACE: range(rows), **there},
        {_PLACE: arrow.WHOLE, **{name: checked.kinds[name] for name in there}},
    )
    # A column of which no value is known has no type; so has a null in the statement itself.
    nulls = "".join(f", NULL AS {quoted(name)}" for name in checked.values if name not in there)
    picked = ", ".join(f"CAST({sql} AS BIGINT) AS {quoted(f's{at}')}" for at, sql in enumerate(checked.states.values()))
    with engine.over({_ROWS: table}) as run:
        found = run(f"SELECT {picked} FROM (SELECT *{nulls} FROM {_ROWS}) ORDER BY {_PLACE}")  # noqa: S608
    return {name: found.column(f"s{at}").to_numpy() for at, name in enumerate(checked.states)}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Typed:
    """Predicates that fit their values: by column its values and its kind, by criterion what it reads and what to run."""

    values: Mapping[str, Sequence[object]]
    kinds: Mapping[str, str]
    reads: Mapping[str, frozenset[str]]
    states: Mapping[str, str]


def _checked(one: SuiteCriterion, types: Mapping[str, Type]) -> CheckedCriterion:
    """Return a criterion whose predicates are checked.

    Raises
    ------
    ProtocolError : it does not fit the values
    """
    criterion = Criterion(name=one.name, kind=Kind(one.kind), why=one.why, severity=one.severity)
    try:
        when, among = (None if sql is None else check_predicate(sql, types) for sql in (one.when, one.among))
    except ProtocolError as error:
        raise ProtocolError(f"criterion {one.name!r}: {error.what}", do=error.do) from error
    return CheckedCriterion(criterion=criterion, when=when, among=among)


def _reads(one: CheckedCriterion) -> frozenset[str]:
    return frozenset().union(*(each.reads for each in (one.when, one.among) if each is not None))


def _told(
    one: SuiteCriterion,
    states: npt.NDArray[np.int64],
    reads: frozenset[str],
    answers: Mapping[str, Sequence[object]],
    fits: npt.NDArray[np.bool_],
) -> States:
    """Return what the states of a criterion say of the answers."""
    told = np.full(len(states), UNKNOWN, dtype=np.int8)
    told[states == MET] = YES
    told[np.isin(states, [NOT_MET, OUTSIDE, *([] if one.nulls_undecided else [NULL])])] = NO
    for name in reads & {CONFIDENCE, LATENCY}:
        # A model that does not say it is not judged by it.
        told[[value is None for value in answers[name]]] = UNKNOWN
    told[~fits] = YES
    return told
