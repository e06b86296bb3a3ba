"""Whether an answer is what is expected of it, and what is expected of an event by default."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING

import re2

from remiss.errors import InputError
from remiss.protocol.terms import Kind
from remiss.records.event import Scalar
from remiss.records.expectation import Expectation, ExpectationKind
from remiss.records.model import JsonValue, ModelAnswer
from remiss.records.replay import ReplayGrade
from remiss.records.suite import SuiteCriterion
from remiss.safeguard.replaying import compared

if TYPE_CHECKING:
    from jsonpath_rfc9535 import JSONPathQuery

# Few expectations have a path; what reads one is loaded with the first.
PATHS = "jsonpath_rfc9535"

# A pattern of a stranger may not take more than this of memory once it is compiled.
MOST_PATTERN = 2_000
MOST_EXPECTATIONS = 20


def checked(expectation: Expectation, criteria: Collection[str]) -> Expectation:
    """Return an expectation that can be asked.

    Parameters
    ----------
    criteria : those by which answers can be judged

    Raises
    ------
    InputError : it lacks what its kind needs, or has what cannot be read
    """
    kind, value = expectation.kind, expectation.value
    match kind:
        case ExpectationKind.ONE_OF if not isinstance(value, list) or not value:
            raise _wrong(kind, "needs a list of values", "give `value` as a list")
        case ExpectationKind.WITHIN if not _number(value) or (expectation.tolerance is None and expectation.relative is None):
            raise _wrong(kind, "needs a number and a tolerance", "give `value` and `tolerance` or `relative`")
        case ExpectationKind.LATENCY if not _number(value):
            raise _wrong(kind, "needs milliseconds", "give `value` as a number")
        case ExpectationKind.EXISTS if expectation.path is None:
            raise _wrong(kind, "needs a path", "give `path`, for example $.answer")
        case ExpectationKind.NOT_MET if expectation.criterion not in criteria:
            raise _wrong(kind, f"names no criterion that can judge an answer: {expectation.criterion}", "name one that can")
        case ExpectationKind.MATCHES | ExpectationKind.DOES_NOT_MATCH:
            if not isinstance(value, str) or len(value) > MOST_PATTERN:
                raise _wrong(kind, "needs a pattern", f"give `value` as text of at most {MOST_PATTERN:,} characters")
            try:
                _pattern(value)
            except re2.error as error:
                raise _wrong(kind, f"has no pattern that can be read: {error}", "write it in the syntax of RE2") from error
    if expectation.path is not None:
        check_path(expectation.path)
    return expectation


def check_path(path: str) -> None:
    """Go on only with a JSON path that can be read.

    Raises
    ------
    InputError
    """
    try:
        _path(path)
    except import_module(PATHS).JSONPathError as error:
        what = f"{path} is no path that can be read: {error}"
        raise InputError(what, do="write a JSON path, for example $.answer", field="expectation") from error


def values_at(path: str | None, output: JsonValue) -> Sequence[JsonValue]:
    """Return what an output has at a JSON path; all of it without one."""
    if path is None:
        return [output]
    return _path(path).find(output).values() if isinstance(output, dict | list) else []


def _wrong(kind: ExpectationKind, what: str, do: str) -> InputError:
    return InputError(f"an expectation `{kind.value}` {what}", do=do, field="expectation")


def holds(expectation: Expectation, answer: ModelAnswer, met: Mapping[str, bool | None]) -> bool | None:
    """Return whether an answer is what is expected; None where that cannot be told.

    Parameters
    ----------
    met : by criterion, whether the answer meets it; None where that cannot be told

    >>> holds(Expectation(kind=ExpectationKind.EQUALS, value="late"), ModelAnswer(output=" Late"), {})
    True
    """
    if answer.trouble is not None:
        return False
    if expectation.kind is ExpectationKind.NOT_MET:
        state = met.get(expectation.criterion or "")
        return None if state is None else not state
    if expectation.kind is ExpectationKind.LATENCY:
        return None if answer.latency_ms is None else answer.latency_ms <= _float(expectation.value)
    if expectation.path is None:
        return _VALUES[expectation.kind](expectation, answer.output)
    found = values_at(expectation.path, answer.output)
    if expectation.kind is ExpectationKind.DOES_NOT_MATCH:
        return all(_VALUES[expectation.kind](expectation, each) for each in found)
    return any(_VALUES[expectation.kind](expectation, each) for each in found)


def all_hold(expectations: Sequence[Expectation], answer: ModelAnswer, met: Mapping[str, bool | None]) -> bool | None:
    """Return whether all expectations hold: None where none fails and one cannot be told, or there is none."""
    found = [holds(each, answer, met) for each in expectations]
    if False in found:
        return False
    return None if not found or None in found else True


def by_default(
    met: Sequence[str], output: Scalar, label: Scalar, criteria: Mapping[str, SuiteCriterion]
) -> tuple[Expectation, ...]:
    """Return what is expected of an event: of a failure of classes the label, else that what it met is not met again.

    Parameters
    ----------
    met : the criteria that it met; of one that met none what is expected of it by all of the protocol's
    criteria : those of the protocol, by name

    None where nothing that a model answers decides, or where the answer was the label already.
    """
    asked = [criteria[name] for name in met or criteria if name in criteria and criteria[name].unjudged is None]
    classes = any(each.kind == Kind.MISCLASSIFICATION for each in asked)
    if classes and _class(label) and _class(output):
        right = compared(output, label) is not ReplayGrade.NOT_REPRODUCED
        return () if met and right else (Expectation(kind=ExpectationKind.EQUALS, value=label),)
    return tuple(Expectation(kind=ExpectationKind.NOT_MET, criterion=each.name) for each in asked)


def _class(value: Scalar) -> bool:
    """Whether a value is one of a few, as an answer of a classifier is: neither a measure nor a time."""
    return isinstance(value, str | bool | int)


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _float(value: object) -> float:
    return float(value) if isinstance(value, int | float) else math.nan


def _equals(expectation: Expectation, value: JsonValue) -> bool:
    return compared(expectation.value, value) is not ReplayGrade.NOT_REPRODUCED


def _one_of(expectation: Expectation, value: JsonValue) -> bool:
    wanted = expectation.value if isinstance(expectation.value, list) else []
    return any(compared(each, value) is not ReplayGrade.NOT_REPRODUCED for each in wanted)


def _within(expectation: Expectation, value: JsonValue) -> bool:
    wanted = _float(expectation.value)
    room = max(expectation.tolerance or 0.0, (expectation.relative or 0.0) * abs(wanted))
    return _number(value) and abs(_float(value) - wanted) <= room


def _matches(expectation: Expectation, value: JsonValue) -> bool:
    return isinstance(value, str) and _pattern(str(expectation.value)).search(value) is not None


def _does_not_match(expectation: Expectation, value: JsonValue) -> bool:
    return isinstance(value, str) and _pattern(str(expectation.value)).search(value) is None


def _exists(expectation: Expectation, value: JsonValue) -> bool:
    return True


_VALUES: Mapping[ExpectationKind, Callable[[Expectation, JsonValue], bool]] = {
    ExpectationKind.EQUALS: _equals,
    ExpectationKind.ONE_OF: _one_of,
    ExpectationKind.WITHIN: _within,
    ExpectationKind.MATCHES: _matches,
    ExpectationKind.DOES_NOT_MATCH: _does_not_match,
    ExpectationKind.EXISTS: _exists,
}


@lru_cache(1024)
def _pattern(text: str) -> re2.Pattern:
    return re2.compile(text)


@lru_cache(1024)
def _path(text: str) -> JSONPathQuery:
    found: JSONPathQuery = import_module(PATHS).compile(text)
    return found
