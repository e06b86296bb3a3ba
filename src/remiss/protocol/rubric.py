"""Severity rubrics: questions with anchored answers, whose points give a grade from 1 (critical) to 4 (minor)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Annotated

from pydantic import Field

from remiss.errors import ProtocolError
from remiss.protocol.check_result import Finding, has_errors
from remiss.protocol.nearest import nearest
from remiss.protocol.reading import Document, read
from remiss.protocol.shape import Section, Sink, sink, validate
from remiss.protocol.terms import Answer, Rubric, RubricQuestion

LEAST_GRADE = 4
BUILT_IN, ONE_QUESTION = "four-questions", "one-question"
# What a document may name instead of a file.
BUILTIN = {BUILT_IN: "builtin/rubric.yaml", ONE_QUESTION: "builtin/one_question.yaml"}
_GRADES = ("1", "2", "3")


class AnswerModel(Section):
    id: Annotated[str, Field(min_length=1)]
    """a short name, unique in its question"""
    says: Annotated[str, Field(min_length=1)]
    """what must be true for this answer: an anchor that two people read alike"""
    points: Annotated[int, Field(ge=0, le=1000)]
    """a whole number from 0"""


class QuestionModel(Section):
    id: Annotated[str, Field(min_length=1)]
    """a short name, unique in the rubric"""
    asks: Annotated[str, Field(min_length=1)]
    """the question as people read it"""
    answers: Annotated[list[AnswerModel], Field(min_length=2)]
    """its possible answers, each with id, says and points"""


class RubricModel(Section):
    rubric: Annotated[str, Field(min_length=1)]
    """the name of the rubric"""
    version: Annotated[int, Field(ge=1)]
    """a whole number, raised when its meaning changes"""
    questions: Annotated[list[QuestionModel], Field(min_length=1)]
    """questions, each with id, asks and answers"""
    thresholds: dict[str, Annotated[int, Field(ge=1)]]
    """the points from which a failure has grade 1, 2 and 3; below it is 4"""


def parse(text: str, file: str) -> tuple[Rubric | None, tuple[Finding, ...]]:
    """Return the rubric that a YAML text holds, None with errors, and every finding."""
    document, early = read(text, file)
    if document is None:
        return None, early
    model, complaints = validate(RubricModel, document, file)
    findings = [*early, *complaints]
    if model is not None:
        _consistent(model, document, sink(findings, document, file, code="rubric"))
    if model is None or has_errors(findings):
        return None, tuple(findings)
    return _rubric(model), tuple(findings)


def _consistent(model: RubricModel, document: Document, add: Sink) -> None:
    ids = [question.id for question in model.questions]
    for at, question in enumerate(model.questions):
        if question.id in ids[:at]:
            add(("questions", at), f"two questions are named {question.id}", "give each its own id")
        names = [answer.id for answer in question.answers]
        for number, name in enumerate(names):
            if name in names[:number]:
                add(("questions", at, "answers", number), f"two answers are named {name}", "give each its own id")
    if sorted(model.thresholds) != list(_GRADES):
        add(("thresholds",), "the thresholds are not those of the grades 1, 2 and 3", "write thresholds: {1: 8, 2: 5, 3: 3}")
        return
    first, second, third = (model.thresholds[grade] for grade in _GRADES)
    most = sum(max(answer.points for answer in question.answers) for question in model.questions)
    if not first > second > third:
        add(("thresholds",), "the thresholds do not fall from grade 1 to grade 3", "a graver grade needs more points")
    elif first > most:
        add(("thresholds",), f"no answers reach grade 1: it needs {first} points and they give at most {most}", "lower it")


def _rubric(model: RubricModel) -> Rubric:
    questions = tuple(
        RubricQuestion(
            id=question.id,
            asks=question.asks,
            answers=tuple(Answer(id=answer.id, says=answer.says, points=answer.points) for answer in question.answers),
        )
        for question in model.questions
    )
    thresholds = {int(grade): points for grade, points in sorted(model.thresholds.items())}
    return Rubric(name=model.rubric, version=model.version, questions=questions, thresholds=thresholds)


@cache
def builtin(name: str = BUILT_IN) -> Rubric:
    """Return a built-in rubric: that of four questions, or of one."""
    file = BUILTIN[name]
    rubric, findings = parse(files("remiss.protocol").joinpath(file).read_text(encoding="utf-8"), file)
    if rubric is None:
        raise AssertionError(findings)
    return rubric


def severity(rubric: Rubric, answers: Mapping[str, str]) -> int:
    """Return the grade, 1 (critical) to 4 (minor), that answers give: question ids to answer ids.

    Raises
    ------
    ProtocolError : a question without an answer, an unknown question or an unknown answer

    """
    asked = {question.id: {answer.id: answer.points for answer in question.answers} for question in rubric.questions}
    for question in answers:
        if question not in asked:
            raise ProtocolError(f"the rubric {rubric.name} does not ask {question}", do=nearest(question, asked, "it asks"))
    points = 0
    for question, options in asked.items():
        if question not in answers:
            raise ProtocolError(f"{question} is not answered", do=f"answer it with one of {', '.join(options)}")
        if answers[question] not in options:
            raise ProtocolError(
                f"{answers[question]} is not an answer to {question}", do=nearest(answers[question], options, "the answers are")
            )
        points += options[answers[question]]
    return next((grade for grade, least in sorted(rubric.thresholds.items()) if points >= least), LEAST_GRADE)


def reason(rubric: Rubric, answers: Mapping[str, str]) -> str:
    """Return in words how a grade follows from answers that `severity` takes.

    >>> reason(builtin(), {"harm": "loss", "reach": "slice", "detection": "late", "recovery": "itself"})
    '7 points (harm: loss 3, reach: slice 2, detection: late 2, recovery: itself 0); from 6 the severity is 2'
    """
    given = [
        (question, answer) for question in rubric.questions for answer in question.answers if answers[question.id] == answer.id
    ]
    parts = ", ".join(f"{question.id}: {answer.id} {answer.points}" for question, answer in given)
    grade, points = severity(rubric, answers), sum(answer.points for _, answer in given)
    least = f"from {rubric.thresholds[grade]}" if grade in rubric.thresholds else f"below {rubric.thresholds[LEAST_GRADE - 1]}"
    return f"{points} points ({parts}); {least} the severity is {grade}"
