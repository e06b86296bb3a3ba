"""What the criteria of a protocol say of an answer: their predicates, run by the engine on the values of a suite.

An answer stands in the place of the one in the log; label, inputs and context stay. A criterion that reads nothing of an answer,
or what no model says when it is asked again, cannot judge one, and says why.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cached_property, partial
from importlib import import_module
from itertools import chain
from typing import TYPE_CHECKING, Self, TypeAlias

import numpy as np
import numpy.typing as npt

from remiss.protocol.terms import CONTEXT, INPUTS
from remiss.records import arrow
from remiss.records.event import Scalar, Values
from remiss.records.result import RowVerdict
from remiss.records.suite import SuiteCriterion, SuiteRow

if TYPE_CHECKING:
    from remiss.protocol.ports import Engine

OUTPUT, CONFIDENCE, LATENCY = "output", "confidence", "latency_ms"
# What a suite has of an event besides, by the names of a protocol.
PLAIN = {"label": "label", "text": "text", "id": "event", "time": "occurred", "model_version": "model_version"}
# What a judgement is; the rest cannot be told.
YES, NO, UNKNOWN = 1, 0, -1
VERDICTS: Mapping[int, RowVerdict] = {YES: RowVerdict.PASSED, NO: RowVerdict.FAILED, UNKNOWN: RowVerdict.UNTOLD}
States = npt.NDArray[np.int8]
# An output and a confidence, if there is one.
Answered = tuple[object, float | None]
Judged: TypeAlias = "Sequence[SuiteRow] | LoggedColumns"


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
            plain={name: partial(lambda of: [getattr(row, of) for row in rows], of) for name, of in PLAIN.items()},
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
    engine : None where there is no criterion to judge by: neither an engine nor a grammar is loaded then
    rows : in the order in which answers will come
    typed_by : the rows whose values say of which types these are, where `rows` are a part of them; default: `rows`
    """

    def __init__(
        self, engine: Engine | None, criteria: Sequence[SuiteCriterion], rows: Judged, typed_by: Sequence[SuiteRow] | None = None
    ) -> None:
        self._engine = engine
        self._criteria = tuple(each for each in criteria if each.unjudged is None)
        assert engine is not None or not self._criteria
        self._rows, self._typing = rows, typed_by

    @cached_property
    def _logged(self) -> LoggedColumns:
        return self._rows if isinstance(self._rows, LoggedColumns) else LoggedColumns.of(self._rows)

    @cached_property
    def _typed_by(self) -> LoggedColumns:
        return self._logged if self._typing is None else LoggedColumns.of(self._typing)

    @cached_property
    def _output(self) -> str:
        return arrow.kind_of(self._typed_by.output)

    @property
    def names(self) -> tuple[str, ...]:
        """The criteria by which answers are judged."""
        return tuple(each.name for each in self._criteria)

    def together(self) -> AbstractContextManager[None]:
        """Have all that the block judges share one database of the engine: to start one takes longer than to judge."""
        return nullcontext() if self._engine is None else self._engine.shared((), "")

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
        if not outputs or not self._criteria:
            return {each.name: np.zeros(len(outputs), dtype=np.int8) for each in self._criteria}
        kind = self._output if self._output != arrow.NOTHING else arrow.kind_of(outputs)
        fits = np.array([_fits(kind, value) for value in outputs])
        answers: dict[str, Sequence[object]] = {
            OUTPUT: outputs if fits.all() else [value if good else None for value, good in zip(outputs, fits, strict=True)],
            CONFIDENCE: confidences,
            LATENCY: latencies,
        }
        heavy = import_module("remiss.safeguard.suite_criteria")
        rows = heavy.AnsweredRows(logged=self._logged, typed_by=self._typed_by, answers=answers, output=kind, fits=fits)
        found: Mapping[str, States] = heavy.told_of(self._engine, self._criteria, rows)
        return found


def _fits(kind: str, value: object) -> bool:
    """Return whether an answer is of the kind that the log's are of; a whole number is a number, and nothing fits everywhere."""
    if value is None or type(value) is str:
        return value is None or kind == arrow.TEXT
    if isinstance(value, list | dict):
        return False
    own = arrow.kind_of([value])
    return own == kind or {own, kind} == {arrow.WHOLE, arrow.REAL}


def majority(states: States) -> States:
    """Return what most of the repeats say of each row; UNKNOWN where too few can be told.

    >>> majority(np.array([[1, 1, 0], [0, 0, 1], [1, -1, 0]], dtype=np.int8)).tolist()
    [1, 0, -1]
    """
    yes, no = (states == YES).sum(axis=1), (states == NO).sum(axis=1)
    asked = asked_times(states)
    found = np.full(len(states), UNKNOWN, dtype=np.int8)
    found[2 * yes > asked] = YES
    found[2 * no > asked] = NO
    return found


def asked_times(states: States) -> npt.NDArray[np.intp]:
    """Return how often each row was asked, as far as the states tell."""
    asked: npt.NDArray[np.intp] = np.maximum((states != UNKNOWN).sum(axis=1), 1)
    return asked
