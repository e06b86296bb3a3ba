"""The keys of the filter language: what each is called, how its values are written, and what it speaks of.

One table, from which the parser, the stores' compilers and the reference page are made.

Narrowing: a query with one term more, or without it, as one does by clicking on a facet's value.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from remiss.catalog.query.expression import Level, Not, Operator, Or, Query, Term, both, conjuncts, either, leaves
from remiss.errors import InputError
from remiss.records.case import Sensitivity
from remiss.records.event import Scalar
from remiss.records.states import Status


class FieldForm(StrEnum):
    """How the values of a key are written."""

    TEXT = "text"  # equal to, or a glob
    CHOICE = "choice"  # one of a few words
    GRADE = "grade"  # 1 (critical) to 4 (minor)
    INTEGER = "integer"  # a whole number
    NUMBER = "number"  # a number, compared as one
    TIME = "time"  # a day, a month or a time with its zone
    VALUE = "value"  # whatever the protocol put there: text, number, true or false


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key. A `name` that ends in a dot is a family: what follows the dot is a field of the protocol."""

    name: str
    form: FieldForm
    level: Level
    help: str
    example: str
    choices: tuple[str, ...] = ()


def event(name: str, form: FieldForm, help: str, example: str) -> Key:
    """Return a key of the event level."""
    return Key(name=name, form=form, level=Level.EVENT, help=help, example=example)


def people(name: str, form: FieldForm, help: str, example: str, choices: tuple[str, ...] = ()) -> Key:
    """Return a key of the people level."""
    return Key(name=name, form=form, level=Level.PEOPLE, help=help, example=example, choices=choices)


def criterion(name: str, form: FieldForm, help: str, example: str) -> Key:
    """Return a key of the criterion level."""
    return Key(name=name, form=form, level=Level.CRITERION, help=help, example=example)


ORIGINS = ("captured", "filed", "control", "missed")
# What `is:` asks for: that the event came back with another output or label after people had labelled it.
STALE = "stale"
SENSITIVITIES = tuple(level.name.lower() for level in Sensitivity)

TABLE: tuple[Key, ...] = (
    event(
        "source",
        FieldForm.TEXT,
        "Name of the log that the event came from; `by-hand` for cases that people filed.",
        "source:arrival-predictions",
    ),
    event(
        "protocol",
        FieldForm.TEXT,
        "Name of a protocol that sampled the event; after an @ a version of it, whose run is in force.",
        "protocol:arrival-delay@1",
    ),
    event("event_id", FieldForm.TEXT, "The event's own id in its source.", 'event_id:"2013-03-01/UA/1545/EWR/1"'),
    event("model", FieldForm.TEXT, "The model; after an @ its version.", "model:arrival-delay@1.*"),
    event("model_version", FieldForm.TEXT, "The model's version.", "model_version:1.*"),
    event("model_digest", FieldForm.TEXT, "Digest of the model's weights.", "model_digest:9f2c*"),
    event("features", FieldForm.TEXT, "The feature configuration.", "features:weather-2"),
    event(
        "occurred", FieldForm.TIME, "When it happened; days and months are whole and in UTC.", "occurred:2013-06-01..2013-06-30"
    ),
    event("output", FieldForm.VALUE, "What the model answered.", "output:on-time"),
    event("label", FieldForm.VALUE, "What turned out to be true.", "label:late"),
    event("confidence", FieldForm.NUMBER, "The model's confidence.", "confidence:<0.6"),
    event("latency_ms", FieldForm.NUMBER, "How long the call took, in milliseconds.", "latency_ms:>250"),
    event("call_status", FieldForm.TEXT, "How the call ended (the protocol's field `status`).", "call_status:timeout"),
    event("trace_id", FieldForm.TEXT, "The trace that the call belongs to.", "trace_id:4bf92f35*"),
    event("inputs.", FieldForm.VALUE, "An input field of the protocol.", "inputs.distance:>1000"),
    event("context.", FieldForm.VALUE, "A context field of the protocol.", "context.airport:EWR"),
    criterion("criterion", FieldForm.TEXT, "A criterion that the event meets in the runs in force.", "criterion:missed-delay"),
    criterion("suggested_mode", FieldForm.TEXT, "The failure mode that the criterion suggests.", "suggested_mode:remiss:model/*"),
    people("id", FieldForm.TEXT, "The case's id.", "id:tytm-*"),
    people("status", FieldForm.CHOICE, "Where the case stands.", "status:candidate", tuple(status.value for status in Status)),
    people("is", FieldForm.CHOICE, "What else holds; `stale`: its event changed after people labelled it.", "is:stale", (STALE,)),
    people("mode", FieldForm.TEXT, "The failure mode that people decided, with its namespace.", "mode:remiss:model/*"),
    people("severity", FieldForm.GRADE, "1 (critical) to 4 (minor).", "severity:<=2"),
    people("origin", FieldForm.CHOICE, "How it came here; `control` and `missed` once it is decided.", "origin:filed", ORIGINS),
    people("title", FieldForm.TEXT, "The whole title; for words in it write them without a key.", "title:*connection*"),
    people("revision", FieldForm.INTEGER, "How often the case was written; 1 is as it was filed.", "revision:>1"),
    people("revised", FieldForm.TIME, "When the case was last written.", "revised:>=2026-11-01"),
    event("team", FieldForm.TEXT, "The team that the event belongs to, as a case and in figures.", "team:arrivals"),
    people(
        "sensitivity", FieldForm.CHOICE, "The sensitivity of the case, public to secret.", "sensitivity:<=internal", SENSITIVITIES
    ),
)
# What only sampled events are asked by.
GROUP = "group"
OF_SAMPLE = (
    Key(
        name=GROUP,
        form=FieldForm.TEXT,
        level=Level.SAMPLE,
        help="A group that the event was kept in: a criterion, `control`, `undecided` or `all`; of `remiss sample` alone.",
        example="group:control",
    ),
)
# What is named wherever a query is asked for, and is looked up for its asker before anything is read: `slice:NAME`.
NAMEABLE = ("slice", "cluster", "pattern")
# What the name of a cluster is written out as: the cluster as one clustering has it, so that it stays the same cases.
CLUSTER = Key(name="cluster", form=FieldForm.TEXT, level=Level.SET, help="A cluster of a clustering.", example="cluster:ID@ID")
BY_NAME = {key.name: key for key in (*TABLE, *OF_SAMPLE, CLUSTER)}
FAMILIES = tuple(key.name for key in TABLE if key.name.endswith("."))
# What no path into a JSON value can hold on every database; protocols name fields without.
UNNAMEABLE = re.compile(r"[\"\\\x00-\x1f]")
# Not a key of its own: `has:label` asks whether the key that it names has any value.
HAS = "has"


def find(name: str) -> Key | None:
    """Return the key of a canonical name, for example `severity` or `context.airport`; None when there is none."""
    for family in FAMILIES:
        if name.startswith(family) and len(name) > len(family):
            return BY_NAME[family]
    return None if name in FAMILIES else BY_NAME.get(name)


# Filter keys that are called otherwise in a protocol.
FIELD_OF = {"event_id": "id", "occurred": "time", "call_status": "status"}
KEY_OF = {field: key for key, field in FIELD_OF.items()}


def field_of(key: str) -> str:
    """Return the field of a protocol that a key on events compares.

    >>> field_of("call_status"), field_of("inputs.carrier")
    ('status', 'inputs.carrier')
    """
    return FIELD_OF.get(key, key)


def key_of_field(field: str) -> str:
    """Return the key that compares a field of a protocol: `event_id` of the field `id`."""
    return KEY_OF.get(field, field)


def within(since: datetime, until: datetime) -> Query:
    """Return the query for what occurred from a time until before another."""
    after = Term("occurred", Operator.AT_LEAST, since, Level.EVENT)
    return both(after, Term("occurred", Operator.LESS, until, Level.EVENT))


def nearest(name: str, known: tuple[str, ...]) -> str | None:
    """Return the known name that a misspelt one most likely meant.

    >>> nearest("serverity", ("severity", "status"))
    'severity'
    """
    found = difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.6)
    return found[0] if found else None


def having(field: str, value: Scalar) -> Query:
    """Return the query for the cases that have a value in a field; None is not having any.

    Raises
    ------
    InputError : no key of the filter language

    >>> having("severity", 2)
    Term(key='severity', operator=<Operator.EQUAL: '='>, value=2, level=<Level.PEOPLE: 'people'>)
    """
    key = find(field)
    if key is None:
        raise InputError(f"cases have no field {field!r}", do="use a key of the filter language")
    if value is None:
        return Not(Term(field, Operator.PRESENT, None, key.level))
    return Term(field, Operator.EQUAL, value, key.level)


def asks_for_controls(query: Query) -> bool:
    """Return whether a query asks for cases that are controls: there are none but while somebody labels one."""
    wanted = Term("status", Operator.EQUAL, Status.CONTROL.value, Level.PEOPLE)
    return any(leaf == wanted for leaf in leaves(query))


# What a case's next labeller is not told of it, and so what their lists do not find it by.
SUGGESTED_KEYS = frozenset({"criterion", "mode", "severity", "suggested_mode"})


def asks_for_suggestions(query: Query) -> bool:
    """Return whether a query asks for what a case's next labeller is not told."""
    return any(isinstance(leaf, Term) and leaf.key in SUGGESTED_KEYS for leaf in leaves(query))


def narrowed(query: Query, by: Query) -> bool:
    """Return whether all that matches `query` must match `by`, which stands in it as a part."""
    return all(part in conjuncts(query) for part in conjuncts(by))


def toggled(query: Query, by: Query) -> Query:
    """Return `query` without `by` where it is a part, and with it where it is not.

    >>> from remiss.catalog.query.parsing import parse
    >>> toggled(parse("severity:2 model:x"), parse("severity:2")) == parse("model:x")
    True
    """
    if narrowed(query, by):
        return both(*(part for part in conjuncts(query) if part not in conjuncts(by)))
    return both(query, by)


def chosen_of(query: Query, field: str) -> tuple[Query, ...]:
    """Return the values of a field of which a query asks for any, as the terms that it has for them.

    >>> from remiss.catalog.query.parsing import parse
    >>> len(chosen_of(parse("(severity:1 OR severity:2) model:x"), "severity")), chosen_of(parse("severity:<=2"), "severity")
    (2, ())
    """
    for part in conjuncts(query):
        terms = part.parts if isinstance(part, Or) else (part,)
        if all(_has_one(term, field) for term in terms):
            return terms
    return ()


def without_chosen(query: Query, field: str) -> Query:
    """Return a query without the values of a field that it asks for."""
    chosen = chosen_of(query, field)
    return both(*(part for part in conjuncts(query) if not chosen or part not in {either(*chosen), *chosen[:1]}))


def with_choice(query: Query, field: str, term: Query) -> Query:
    """Return a query that also asks for another value of a field, or does not any more where it did.

    >>> from remiss.catalog.query.parsing import parse
    >>> from remiss.catalog.query.printing import unparse
    >>> wider = with_choice(parse("severity:1 model:x"), "severity", parse("severity:2"))
    >>> unparse(wider), unparse(with_choice(wider, "severity", parse("severity:1")))
    ('model:x (severity:1 OR severity:2)', 'model:x severity:2')
    """
    chosen = chosen_of(query, field)
    left = tuple(each for each in chosen if each != term) if term in chosen else (*chosen, term)
    rest = without_chosen(query, field)
    return both(rest, either(*left)) if left else rest


def excluded_of(query: Query, field: str) -> tuple[Query, ...]:
    """Return the values of a field that a query excludes, as the terms that it excludes.

    >>> from remiss.catalog.query.parsing import parse
    >>> excluded_of(parse("-severity:1 has:severity model:x"), "severity") == (having("severity", 1), having("severity", None))
    True
    """
    return tuple(inner for part in conjuncts(query) if _has_one(inner := negated(part), field))


def negated(query: Query) -> Query:
    """Return a query for all that another does not match."""
    return query.part if isinstance(query, Not) else Not(query)


def with_exclusion(query: Query, field: str, term: Query) -> Query:
    """Return a query that also excludes a value of a field, which it does not ask for then, or does not any more where it did.

    >>> from remiss.catalog.query.parsing import parse
    >>> from remiss.catalog.query.printing import unparse
    >>> less = with_exclusion(parse("(severity:1 OR severity:2) model:x"), "severity", parse("severity:1"))
    >>> unparse(less), unparse(with_exclusion(less, "severity", parse("severity:1")))
    ('model:x severity:2 -severity:1', 'model:x severity:2')
    """
    if term in excluded_of(query, field):
        return both(*(part for part in conjuncts(query) if part != negated(term)))
    asked = with_choice(query, field, term) if term in chosen_of(query, field) else query
    return both(asked, negated(term))


def _has_one(term: Query, field: str) -> bool:
    """Return whether a term is one that `having` makes for a field."""
    if isinstance(term, Not):
        return isinstance(term.part, Term) and (term.part.key, term.part.operator) == (field, Operator.PRESENT)
    return isinstance(term, Term) and (term.key, term.operator) == (field, Operator.EQUAL)
