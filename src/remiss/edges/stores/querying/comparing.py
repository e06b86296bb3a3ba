"""Comparisons of the filter language as SQL: one term against one column, one JSON field or one set of rows.

What a comparison looks into besides the statement's own tables it looks into under an alias, so that statements may join
the same tables for themselves.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Float, Text, and_, cast, exists, literal, literal_column, or_, select
from sqlalchemy.types import TypeEngine

from remiss.catalog.query import values
from remiss.catalog.query.expression import Operator, Term, kind_of
from remiss.catalog.query.fields import STALE, FieldForm, find
from remiss.edges.stores.dialect.conditions import (
    Pattern,
    any_glob,
    by_code_point,
    glob,
    json_has,
    json_number,
    json_text,
    number_in,
)
from remiss.edges.stores.in_force import come_by, in_force, same_window, stale
from remiss.edges.stores.prepared import Position, given
from remiss.edges.stores.tables import (
    case_context,
    case_criteria,
    case_texts,
    cases,
    cluster_members,
    clusterings,
    event_contents,
    events,
    observations,
    protocols,
    revisions,
    run_windows,
    runs,
)
from remiss.records.case import Sensitivity
from remiss.records.event import Scalar, to_text

Condition: TypeAlias = ColumnElement[bool]
Compare: TypeAlias = Callable[[Term], Condition]
COMPARISONS = {
    Operator.EQUAL: operator.eq,
    Operator.LESS: operator.lt,
    Operator.AT_MOST: operator.le,
    Operator.GREATER: operator.gt,
    Operator.AT_LEAST: operator.ge,
}
EVENT = events.alias("event")
CASE = cases.alias("case_of_event")
CONTENT = event_contents.alias("content")
CRITERION = case_criteria.alias("of_criterion")
CONTEXT = case_context.alias("of_context")
TEXTS = case_texts.alias("texts")
REVISION = revisions.alias("revision_now")
RUN = runs.alias("run")
OBSERVATION = observations.alias("observation")
WINDOW = run_windows.alias("window_of_run")
MEMBER = cluster_members.alias("member")
NAMED, ALIKE = protocols.alias("named"), protocols.alias("alike")


def column(of: ColumnElement[Any]) -> Compare:
    """Return comparisons with a column whose type is that of the key's values."""

    def compare(term: Term) -> Condition:
        if term.operator is Operator.PRESENT:
            return of.is_not(None)
        if term.operator is Operator.GLOB:
            return glob(of, pattern_of(term))
        return ordered(of, term.operator, given(term, partial(bound, term.key, of.type), of.type))

    return compare


def value(text: ColumnElement[Any], number: ColumnElement[Any]) -> Compare:
    """Return comparisons with a value that may be text, a number or a truth: given as text and as number if it is one.

    Numbers are compared with numbers (3 and 3.0 are the same), and are equal to text that spells them alike. Text is
    compared with text; whole numbers and truths are equal to their spelling.
    """

    def compare(term: Term) -> Condition:
        match term:
            case Term(_, Operator.PRESENT):
                return text.is_not(None)
            case Term(_, Operator.GLOB):
                return glob(text, pattern_of(term))
            case Term(_, sign) if kind_of(term) is float:
                # Every whole number that a double does not hold is compared as the double next to it.
                exact = ordered(number, sign, given(term, float, Float(53)))
                return or_(exact, text == given(term, to_text, text.type)) if sign is Operator.EQUAL else exact
            case Term(_, Operator.EQUAL):
                return text == given(term, to_text, text.type)
            case _:
                return and_(number.is_(None), ordered(by_code_point(text), term.operator, given(term, str, Text())))

    return compare


def value_of_text(text: ColumnElement[Any]) -> Compare:
    """Return the same comparisons with a value of which only the spelling is kept: what spells a number is one."""
    return value(text, number_in(text))


def ordered(of: ColumnElement[Any], sign: Operator, given: Any) -> Condition:
    """Return one comparison."""
    result: Condition = COMPARISONS[sign](of, given)
    return result


def bound(key: str, type_: TypeEngine[Any], value: Scalar) -> str | int | float | datetime:
    """Return the value of a comparison as its column holds it."""
    if key == "sensitivity":
        return int(Sensitivity[str(value).upper()])
    entry = find(key)
    if value is None or (entry is not None and entry.form is FieldForm.TEXT and not isinstance(value, str)):
        raise ValueError(f"{key} is compared with {value!r}")
    return float(value) if isinstance(type_, Float) and isinstance(value, int) else value


def pattern_of(term: Term) -> Pattern:
    """Return the pattern of a glob, to be spelt as the database wants it."""
    return lambda spell: given(term, lambda value: spell(values.pieces(str(value))), Text())


def in_event(of: ColumnElement[Any]) -> Compare:
    """Return comparisons with what only the event knows. As a set, so that an id that is indexed leads to its case."""
    return lambda term: cases.c.event_key.in_(select(EVENT.c.key).where(column(of)(term)))


def in_content(part: str, event_key: ColumnElement[int]) -> Compare:
    """Return comparisons with a field in the event's JSON."""

    def compare(term: Term) -> Condition:
        field = term.key.partition(".")[2]
        of = CONTENT.c[part]
        return exists().where(CONTENT.c.event_key == event_key, value(json_text(of, field), json_number(of, field))(term))

    return compare


def in_context(term: Term) -> Condition:
    """Return a comparison with a context field: by the table made for it where the value is compared as text."""
    if kind_of(term) is str and term.operator in {Operator.EQUAL, Operator.GLOB}:
        name = term.key.partition(".")[2]
        return exists().where(CONTEXT.c.case_key == cases.c.key, CONTEXT.c.name == name, column(CONTEXT.c.value)(term))
    return in_content("context", cases.c.event_key)(term)


def in_revision(revision: ColumnElement[int]) -> Compare:
    """Return comparisons with when the current revision was written."""
    return lambda term: exists().where(
        REVISION.c.case_key == cases.c.key, REVISION.c.revision == revision, column(REVISION.c.created_at)(term)
    )


def in_cluster(case_key: ColumnElement[int]) -> Compare:
    """Return comparisons with the clusters, written as `CLUSTER@CLUSTERING`, that a case was found in."""

    def compare(term: Term) -> Condition:
        cluster, clustering = (given(term, partial(_half, at), Text()) for at in (0, 2))
        found = select(MEMBER.c.case_key).join(clusterings, clusterings.c.key == MEMBER.c.clustering_key)
        return case_key.in_(found.where(clusterings.c.id == clustering, MEMBER.c.cluster == cluster))

    return compare


def of_cluster(term: Term) -> Condition:
    """Return a comparison with the clusters that the case of the event at hand was found in, if it has one."""
    return events.c.key.in_(select(CASE.c.event_key).where(in_cluster(CASE.c.key)(term)))


def _half(at: int, value: Scalar) -> str:
    return str(value).partition("@")[at]


def is_so(position: Position | None) -> Compare:
    """Return comparisons with what holds of the case besides, now or at a position: that it is stale, and nothing else yet."""

    def compare(term: Term) -> Condition:
        named = [] if term.operator is Operator.PRESENT else [given(term, str, Text()) == literal_column(f"'{STALE}'")]
        return and_(stale(position), *named)

    return compare


def in_texts(version: ColumnElement[int]) -> Compare:
    """Return comparisons with the title of one version of the case's texts."""
    return lambda term: exists().where(TEXTS.c.case_key == cases.c.key, TEXTS.c.version == version, column(TEXTS.c.title)(term))


def criterion_now(term: Term) -> Condition:
    """Return a comparison with the criteria that the event meets in the runs now in force."""
    return exists().where(CRITERION.c.case_key == cases.c.key, column(CRITERION.c.criterion)(term))


def met(term: Term) -> Condition:
    """Return a comparison with the criteria that a run found met."""
    match term.operator:
        case Operator.PRESENT:
            return any_glob(observations.c.criteria_met, lambda spell: literal(spell(("", "")), Text()))
        case Operator.GLOB:
            return any_glob(observations.c.criteria_met, pattern_of(term))
        case _:
            return json_has(observations.c.criteria_met, given(term, str, Text()))


def protocol_of(event_key: ColumnElement[int], position: Position | None) -> Compare:
    """Return comparisons with the protocols of the runs that sampled the event, up to a position.

    A version, `NAME@VERSION`, is compared with that of the run in force alone, if that sampled the event and did not only read it
    because the catalog had it: so cases are counted as figures count them.
    """
    sampled = OBSERVATION.c.inclusion_probability > 0

    def compare(term: Term) -> Condition:
        here = exists().where(same_window(OBSERVATION, WINDOW), in_force(position, WINDOW)).correlate(OBSERVATION)
        name = column(RUN.c.protocol_name)(term)
        return exists().where(
            OBSERVATION.c.event_key == event_key,
            OBSERVATION.c.run_key == RUN.c.key,
            come_by(RUN, position),
            or_(name, and_(by_version(term), sampled, here)),
        )

    return compare


def by_version(term: Term) -> Condition:
    """Return a comparison of `NAME@VERSION` with the protocol of `RUN`; versions that mean the same are one, as in figures."""
    label = NAMED.c.name + "@" + cast(NAMED.c.version, Text)
    alike = and_(ALIKE.c.name == NAMED.c.name, ALIKE.c.digest == NAMED.c.digest)
    return RUN.c.protocol_key.in_(select(ALIKE.c.key).join_from(NAMED, ALIKE, alike).where(column(label)(term)))
