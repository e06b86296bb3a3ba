"""What the criteria of a protocol say of an answer: their predicates, run by the engine on the values of a suite.

An answer stands in the place of the one in the log; label, inputs and context stay. A criterion that reads nothing of an answer,
or what no model says when it is asked again, cannot judge one, and says why.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Self, TypeAlias

import numpy as np
import numpy.typing as npt
from sqlglot import exp

from remiss.capture.sql.criteria import MET, NOT_MET, NULL, OUTSIDE, state_of
from remiss.capture.sql.spelling import name as quoted
from remiss.errors import ProtocolError
from remiss.protocol.check_result import CheckedCriterion
from remiss.protocol.expressions.grammar import parse
from remiss.protocol.predicate import check_predicate
from remiss.protocol.terms import CONTEXT, INPUTS, Criterion, Expression, Kind, Protocol, Type
from remiss.records import arrow
from remiss.records.event import Scalar, Values
from remiss.records.suite import SuiteCriterion, SuiteRow

if TYPE_CHECKING:
    import pyarrow as pa

    from remiss.protocol.ports import Engine

# What a model says, and what of a log it does not.
ANSWERED = frozenset({"output", "confidence", "latency_ms"})
NOT_ANSWERED = frozenset({"status", "trace_id", "features", "model_digest"})
OUTPUT, CONFIDENCE, LATENCY = "output", "confidence", "latency_ms"
# What a suite has of an event besides, by the names of a protocol.
_PLAIN = {"label": "label", "text": "text", "id": "event", "time": "occurred", "model_version": "model_version"}
_ROWS, _PLACE = "suite_rows", "remiss_place"
TYPES = {
    arrow.TEXT: Type.TEXT,
    arrow.WHOLE: Type.INTEGER,
    arrow.REAL: Type.NUMBER,
    arrow.YES_NO: Type.BOOLEAN,
    arrow.TIME: Type.TIME,
    arrow.NOTHING: Type.UNKNOWN,
}
# What a judgement is; the rest cannot be told.
YES, NO, UNKNOWN = 1, 0, -1
States = npt.NDArray[np.int8]
# An output and a confidence, if there is one.
Answered = tuple[object, float | None]
Judged: TypeAlias = "Sequence[SuiteRow] | LoggedColumns"


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
class LoggedColumns:
    """What criteria read of events, row by row: `plain` gives what is no input, context or output, by its name in a protocol."""

    inputs: Sequence[Values]
    context: Sequence[Values]
    output: Sequence[Scalar]
    plain: Mapping[str, Callable[[], Sequence[Scalar]]]

    @classmethod
    def of(cls, rows: Sequence[SuiteRow]) -> Self:
        """Return what criteria read of rows."""
        return cls(
            inputs=[row.inputs for row in rows],
            context=[row.context for row in rows],
            output=[row.output for row in rows],
            plain={name: partial(lambda of: [getattr(row, of) for row in rows], of) for name, of in _PLAIN.items()},
        )

    def named(self) -> set[str]:
        """Return what inputs and context there are, by their names in a protocol."""
        inputs, context = map(set, map(chain.from_iterable, (self.inputs, self.context)))
        return {INPUTS + name for name in inputs} | {CONTEXT + name for name in context}

    def column(self, name: str) -> Sequence[Scalar]:
        """Return the values of a column of the protocol."""
        of, dot, own = name.partition(".")
        return [each.get(own) for each in (self.inputs if of == "inputs" else self.context)] if dot else self.plain[name]()


class CriterionJudge:
    """Judges answers to the rows of a suite by its criteria.

    Parameters
    ----------
    rows : in the order in which answers will come
    typed_by : the rows whose values say of which types these are, where `rows` are a part of them; default: `rows`
    """

    def __init__(
        self, engine: Engine, criteria: Sequence[SuiteCriterion], rows: Judged, typed_by: Sequence[SuiteRow] | None = None
    ) -> None:
        self._engine = engine
        self._criteria = tuple(each for each in criteria if each.unjudged is None)
        self._logged = rows if isinstance(rows, LoggedColumns) else LoggedColumns.of(rows)
        self._typed_by = self._logged if typed_by is None else LoggedColumns.of(typed_by)
        self._output = arrow.kind_of(self._typed_by.output)

    @property
    def names(self) -> tuple[str, ...]:
        """The criteria by which answers are judged."""
        return tuple(each.name for each in self._criteria)

    def together(self) -> AbstractContextManager[None]:
        """Have all that the block judges share one database of the engine: to start one takes longer than to judge."""
        return self._engine.shared((), "")

    def of_log(self) -> Mapping[str, States]:
        """Return what each criterion is on the answers of the log, by the values of the suite; latency and confidence apart.

        Of the log a suite keeps the output: a criterion that reads more of the answer cannot be told of it.
        """
        nothing: list[object] = [None] * len(self._logged.output)
        return self.judged(self._logged.output, nothing, nothing)

    def alike(self, logged: Sequence[Answered], answered: Sequence[Answered]) -> npt.NDArray[np.bool_]:
        """Return on which rows two answers meet the same criteria; not where no criterion can tell of both.

        Latencies are not compared: they say where a model ran.
        """
        nothing: list[object] = [None] * len(self._logged.output)
        was, now = (
            self.judged([each for each, _ in those], [each for _, each in those], nothing) for those in (logged, answered)
        )
        told, other = np.zeros((2, len(self._logged.output)), dtype=bool)
        for name in self.names:
            both = (was[name] != UNKNOWN) & (now[name] != UNKNOWN)
            told |= both
            other |= both & (was[name] != now[name])
        same: npt.NDArray[np.bool_] = told & ~other
        return same

    def judged(
        self, outputs: Sequence[object], confidences: Sequence[object], latencies: Sequence[object]
    ) -> Mapping[str, States]:
        """Return what each criterion is on one answer to each row: YES it is met, NO, or UNKNOWN.

        An answer of another type than those of the log meets every criterion: nobody can go on with it.
        """
        count = len(self._logged.output)
        if not count or not self._criteria:
            return {each.name: np.zeros(count, dtype=np.int8) for each in self._criteria}
        kind = self._output if self._output != arrow.NOTHING else arrow.kind_of(outputs)
        fits = np.array([_fits(kind, value) for value in outputs])
        answers: dict[str, Sequence[object]] = {
            OUTPUT: outputs if fits.all() else [value if good else None for value, good in zip(outputs, fits, strict=True)],
            CONFIDENCE: confidences,
            LATENCY: latencies,
        }
        checked = self._typed(answers, kind)
        found = self._states(checked)
        return {one.name: _told(one, found[one.name], checked.reads[one.name], answers, fits) for one in self._criteria}

    def _typed(self, answers: Mapping[str, Sequence[object]], output: str) -> _Typed:
        """Return the predicates checked against the values that they read."""
        untyped = dict.fromkeys({*answers, *_PLAIN, *self._typed_by.named()}, Type.UNKNOWN)
        reads = {each.name: _reads(_checked(each, untyped)) for each in self._criteria}
        values = {
            name: answers[name] if name in answers else self._logged.column(name)
            for name in sorted(frozenset().union(*reads.values()))
        }
        typed_by = {name: column if name in answers else self._typed_by.column(name) for name, column in values.items()}
        kinds = {name: output if name == OUTPUT else arrow.kind_of(column) for name, column in typed_by.items()}
        types = {name: TYPES[kind] for name, kind in kinds.items()}
        states = {each.name: state_of(_checked(each, types), frozenset({"label"})) for each in self._criteria}
        return _Typed(values=values, kinds=kinds, reads=reads, states=states)

    def _states(self, checked: _Typed) -> Mapping[str, npt.NDArray[np.int64]]:
        """Run the predicates, all in one statement."""
        there = {name: column for name, column in checked.values.items() if checked.kinds[name] != arrow.NOTHING}
        table: pa.Table = arrow.table(
            {_PLACE: range(len(self._logged.output)), **there},
            {_PLACE: arrow.WHOLE, **{name: checked.kinds[name] for name in there}},
        )
        # A column of which no value is known has no type; so has a null in the statement itself.
        nulls = "".join(f", NULL AS {quoted(name)}" for name in checked.values if name not in there)
        picked = ", ".join(f"CAST({sql} AS BIGINT) AS {quoted(f's{at}')}" for at, sql in enumerate(checked.states.values()))
        with self._engine.over({_ROWS: table}) as run:
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


def _fits(kind: str, value: object) -> bool:
    """Return whether an answer is of the kind that the log's are of; a whole number is a number, and nothing fits everywhere."""
    if value is None or type(value) is str:
        return value is None or kind == arrow.TEXT
    if isinstance(value, list | dict):
        return False
    own = arrow.kind_of([value])
    return own == kind or {own, kind} == {arrow.WHOLE, arrow.REAL}


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
