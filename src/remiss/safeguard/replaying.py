"""Whether a model answers a case as it did when the log was written, and what may be why not.

A grade compares outputs, and confidences where both sides have one. It is about the answer alone: whether another answer would
meet the criterion that caught the case is not asked here.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from remiss.records.event import MARK, Event, Scalar
from remiss.records.identity import format_time
from remiss.records.model import AWAY, JsonValue, ModelAnswer, ModelSpecification
from remiss.records.replay import LoggedAnswer, ReplayCause, ReplayGrade

# Two numbers are equivalent within this share of the larger one: other machines and libraries round otherwise.
TOLERANCE = 1e-6


def redacted(values: Mapping[str, Scalar]) -> bool:
    """Return whether redaction touched a value; a mark that production wrote counts as one.

    >>> redacted({"remark": "call [email:3f9a]"}), redacted({"remark": "gate [B:12]", "distance": 700})
    (True, False)
    """
    return any(isinstance(value, str) and MARK.search(value) is not None for value in values.values())


def before(
    model: ModelSpecification, event: Event, row: Mapping[str, JsonValue], named: Collection[str]
) -> tuple[ReplayCause, ...]:
    """Return what is known, before a model is asked, not to be as it was when the log was written.

    Parameters
    ----------
    row : what the model gets
    named : the inputs that the protocol names, where the model gets these
    """
    found = []
    # What is not registered has no version; of what the log does not say nothing is known.
    if model.version and (model.name != event.model or event.model_version not in {None, model.version}):
        found.append(ReplayCause.OTHER_VERSION)
    if not row or not set(named) <= row.keys():
        found.append(ReplayCause.MISSING_INPUTS)
    if event.output is None:
        found.append(ReplayCause.NOTHING_LOGGED)
    elif redacted({"output": event.output}):
        found.append(ReplayCause.REDACTED_OUTPUT)
    return tuple(found)


def graded(
    logged: LoggedAnswer, answer: ModelAnswer, known: Sequence[ReplayCause]
) -> tuple[ReplayGrade | None, tuple[ReplayCause, ...]]:
    """Return the grade of an answer, and what may be why it is another one than in the log.

    Parameters
    ----------
    known : what was known before (`before`)
    """
    if answer.trouble is not None:
        grade = ReplayGrade.ENVIRONMENT_MISSING if answer.trouble.kind in AWAY else ReplayGrade.NOT_REPRODUCED
        return grade, (*known, ReplayCause.TROUBLE)
    if not {ReplayCause.NOTHING_LOGGED, ReplayCause.REDACTED_OUTPUT}.isdisjoint(known):
        return None, tuple(known)
    of_log = format_time(logged.output) if isinstance(logged.output, datetime) else logged.output
    output = compared(of_log, answer.output)
    if output is ReplayGrade.NOT_REPRODUCED or logged.confidence is None or answer.confidence is None:
        return output, tuple(known)
    confidence = compared(logged.confidence, answer.confidence)
    if confidence is ReplayGrade.NOT_REPRODUCED:
        return confidence, (*known, ReplayCause.CONFIDENCE)
    both = {output, confidence} == {ReplayGrade.IDENTICAL}
    return ReplayGrade.IDENTICAL if both else ReplayGrade.EQUIVALENT, tuple(known)


def compared(logged: JsonValue, answered: JsonValue) -> ReplayGrade:
    """Return how an output compares with that of the log, which has text where JSON has lists and mappings.

    >>> print(compared("late", "late"), compared("late", " Late"), compared(0.1 + 0.2, 0.3), compared(True, 1), sep=", ")
    identical, equivalent, equivalent, not-reproduced
    >>> print(compared('{"late": true, "by": 2}', {"by": 2.0, "late": True}))
    equivalent
    """
    try:
        if _same(logged, answered):
            return ReplayGrade.IDENTICAL
        alike = _alike(logged, answered) or _folded(logged) == _folded(answered) or _alike(_read(logged), _read(answered))
    except (RecursionError, OverflowError):
        # Nested deeper, or larger, than what anybody compares.
        alike = False
    return ReplayGrade.EQUIVALENT if alike else ReplayGrade.NOT_REPRODUCED


def _same(one: JsonValue, other: JsonValue) -> bool:
    """Whether two values are the same, and of the same type: 1 is neither 1.0 nor true."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _alike(one: JsonValue, other: JsonValue) -> bool:
    """Whether two values of JSON are equal, numbers within the tolerance."""
    match one, other:
        case (bool() | None, _) | (_, bool() | None):
            return one is other
        case (int() | float(), int() | float()):
            return math.isclose(one, other, rel_tol=TOLERANCE)
        case (list(), list()):
            return len(one) == len(other) and all(_alike(*each) for each in zip(one, other, strict=True))
        case (dict(), dict()):
            return one.keys() == other.keys() and all(_alike(value, other[name]) for name, value in one.items())
        case _:
            return isinstance(one, str) and one == other


def _folded(value: JsonValue) -> object:
    """Return a text without what case and white space make of it; of anything else what equals nothing but itself."""
    return " ".join(value.split()).casefold() if isinstance(value, str) else object()


def _read(value: JsonValue) -> JsonValue:
    """Return what a text that is JSON says; any other value as it is."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value, parse_constant=_no_number)
    except ValueError:
        return value


def _no_number(name: str) -> None:
    raise ValueError(name)
