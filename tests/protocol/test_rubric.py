"""Severity rubrics: anchored answers whose points give a grade."""

from __future__ import annotations

import itertools

import pytest

from remiss.errors import ProtocolError
from remiss.protocol.rubric import builtin, parse, severity

OURS = """\
rubric: ours
version: 1
questions:
  - id: harm
    asks: How bad?
    answers: [{id: low, says: Not, points: 0}, {id: high, says: Very, points: 9}]
thresholds: {1: 9, 2: 5, 3: 2}
"""


def test_the_built_in_rubric_gives_every_grade_and_every_answer_is_anchored():
    rubric = builtin()
    options = [[answer.id for answer in question.answers] for question in rubric.questions]
    names = [question.id for question in rubric.questions]
    grades = {severity(rubric, dict(zip(names, chosen, strict=True))) for chosen in itertools.product(*options)}
    assert grades == {1, 2, 3, 4}
    assert all(answer.says.endswith(".") for question in rubric.questions for answer in question.answers)


def test_danger_to_life_is_critical_whatever_else_is_answered():
    mildest = {question.id: question.answers[0].id for question in builtin().questions}
    assert severity(builtin(), {**mildest, "harm": "safety"}) == 1
    assert severity(builtin(), mildest) == 4


def test_a_graver_answer_never_gives_a_milder_grade():
    rubric = builtin()
    base = {question.id: question.answers[0].id for question in rubric.questions}
    for question in rubric.questions:
        grades = [severity(rubric, {**base, question.id: answer.id}) for answer in question.answers]
        assert grades == sorted(grades, reverse=True)


@pytest.mark.parametrize(
    ("answers", "what", "do"),
    [
        ({}, "harm is not answered", "low, high"),
        ({"harm": "hgh"}, "hgh is not an answer to harm", "write high"),
        ({"harm": "low", "hrm": "low"}, "does not ask hrm", "write harm"),
    ],
)
def test_answers_that_do_not_fit_the_rubric_are_refused(answers, what, do):
    rubric, _ = parse(OURS, "ours.yaml")
    assert rubric is not None
    with pytest.raises(ProtocolError, match=what) as error:
        severity(rubric, answers)
    assert do in error.value.do


@pytest.mark.parametrize(
    ("old", "new", "line", "what"),
    [
        ("{1: 9, 2: 5, 3: 2}", "{1: 9, 2: 5}", 7, "are not those of the grades"),
        ("{1: 9, 2: 5, 3: 2}", "{1: 2, 2: 5, 3: 9}", 7, "do not fall"),
        ("{1: 9,", "{1: 10,", 7, "no answers reach grade 1"),
        ("id: high", "id: low", 6, "two answers are named low"),
        ("points: 9", "points: 9.5", 6, "where a whole number is wanted"),
        ("asks: How bad?", "ask: How bad?", 5, "unknown key ask"),
        ("answers: [{id: low, says: Not, points: 0}, ", "answers: [", 6, "too short"),
    ],
)
def test_mistakes_in_a_rubric_are_found(old, new, line, what):
    rubric, findings = parse(OURS.replace(old, new, 1), "ours.yaml")
    assert rubric is None
    fitting = [finding for finding in findings if what in finding.what]
    assert [(finding.file, finding.line) for finding in fitting] == [("ours.yaml", line)]
