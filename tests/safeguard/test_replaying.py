"""How an answer that is given again compares with the one in the log."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remiss.records.event import Event
from remiss.records.model import AWAY, ModelAnswer, ModelSpecification, ModelTrouble, TroubleKind
from remiss.records.replay import LoggedAnswer, ReplayCause, ReplayGrade
from remiss.safeguard.replaying import before, compared, graded, redacted

IDENTICAL, EQUIVALENT, OTHER = ReplayGrade.IDENTICAL, ReplayGrade.EQUIVALENT, ReplayGrade.NOT_REPRODUCED
AT = datetime(2013, 6, 3, 6, tzinfo=UTC)
DEEP = "[" * 50_000 + "]" * 50_000
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("logged", "answered", "grade"),
    [
        *(("late", "late", IDENTICAL), ("late", "Late\n", EQUIVALENT), ("on  time", "on time", EQUIVALENT)),
        *(("late", "on-time", OTHER), ("late", None, OTHER), ("", [], OTHER)),
        *((1, 1, IDENTICAL), (1, 1.0, EQUIVALENT), (1.0, 1 + 9e-7, EQUIVALENT), (1.0, 1 + 2e-6, OTHER), (0.0, 1e-9, OTHER)),
        *((True, True, IDENTICAL), (True, 1, OTHER), (False, 0, OTHER), (False, None, OTHER), (10**400, 1.5, OTHER)),
        *(("1", 1, EQUIVALENT), ("true", True, EQUIVALENT), ("007", 7, OTHER), ("NaN", "nan", EQUIVALENT), ("NaN", 7, OTHER)),
        ('{"late": true, "p": 0.5}', {"p": 0.5 + 1e-8, "late": True}, EQUIVALENT),
        ('{"a": 1, "b": [2]}', '{ "b": [2.0], "a": 1 }', EQUIVALENT),
        ('{"late": true}', {"late": True, "p": 0.5}, OTHER),
        ('["late"]', ["Late"], OTHER),
        *((DEEP, [1], OTHER), ("9" * 5000, 9, OTHER)),
    ],
)
def test_outputs_are_compared_by_type_and_value(logged, answered, grade):
    assert compared(logged, answered) is grade


@given(JSON)
def test_whatever_json_holds_is_identical_to_itself(value):
    assert compared(value, value) is IDENTICAL


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_are_equivalent_within_a_millionth_of_the_larger_one(one, other):
    near = abs(one - other) <= 1e-6 * max(abs(one), abs(other)) and not math.isinf(one - other)
    assert (compared(one, other) is not OTHER) == (near or one == other)


def answer(output=None, confidence=None, trouble=None):
    said = None if trouble is None else ModelTrouble(kind=trouble, message="m")
    return ModelAnswer(output=output, confidence=confidence, trouble=said)


@pytest.mark.parametrize(
    ("output", "confidence", "grade", "causes"),
    [
        ("late", 0.5, IDENTICAL, ()),
        ("late", None, IDENTICAL, ()),
        ("late", 0.5 + 1e-8, EQUIVALENT, ()),
        ("LATE", 0.5, EQUIVALENT, ()),
        ("late", 0.6, OTHER, (ReplayCause.CONFIDENCE,)),
        ("on-time", 0.5, OTHER, ()),
    ],
)
def test_confidences_count_where_both_sides_have_one(output, confidence, grade, causes):
    logged = LoggedAnswer(model="m", output="late", confidence=0.5)
    assert graded(logged, answer(output, confidence), ()) == (grade, causes)


@pytest.mark.parametrize("kind", TroubleKind)
def test_a_model_that_is_not_there_is_told_from_one_that_does_not_answer(kind):
    grade = ReplayGrade.ENVIRONMENT_MISSING if kind in AWAY else OTHER
    logged = LoggedAnswer(model="m", output="late")
    assert graded(logged, answer(trouble=kind), ()) == (grade, (ReplayCause.TROUBLE,))


def test_a_time_in_the_log_is_compared_as_it_is_written():
    assert graded(LoggedAnswer(model="m", output=AT), answer("2013-06-03T06:00:00Z"), ()) == (IDENTICAL, ())


@pytest.mark.parametrize("cause", [ReplayCause.NOTHING_LOGGED, ReplayCause.REDACTED_OUTPUT])
def test_without_an_output_to_compare_with_there_is_no_grade(cause):
    assert graded(LoggedAnswer(model="m"), answer("late"), (cause,)) == (None, (cause,))


INPUTS = {"carrier": "UA", "distance": 7}


@pytest.mark.parametrize(
    ("model", "event", "row", "causes"),
    [
        (("m", "2"), {}, INPUTS, ()),
        (("m", "2"), {"model_version": None}, INPUTS, ()),
        (("m", "3"), {}, INPUTS, (ReplayCause.OTHER_VERSION,)),
        (("n", "2"), {}, INPUTS, (ReplayCause.OTHER_VERSION,)),
        (("module:f", ""), {}, INPUTS, ()),
        (("m", "2"), {}, {"carrier": "UA"}, (ReplayCause.MISSING_INPUTS,)),
        (("m", "2"), {"output": None}, {}, (ReplayCause.MISSING_INPUTS, ReplayCause.NOTHING_LOGGED)),
        (("m", "2"), {"output": "ask [email:3f9a]"}, INPUTS, (ReplayCause.REDACTED_OUTPUT,)),
    ],
)
def test_what_is_not_as_it_was_is_named(model, event, row, causes):
    name, version = model
    asked = ModelSpecification(name=name, version=version, runner="python", target="m:f")
    logged = Event(**{"id": "e1", "at": AT, "model": "m", "model_version": "2", "output": "late", **event})
    assert before(asked, logged, row, INPUTS) == causes


@pytest.mark.parametrize(
    ("value", "found"),
    [("call [email:3f9a]", True), ("[card:00ff]", True), ("[email:3F9A]", False), ("[1:2]", False), (7, False)],
)
def test_a_mark_of_redaction_in_any_input_is_seen(value, found):
    assert redacted({"carrier": "UA", "remark": value}) is found
