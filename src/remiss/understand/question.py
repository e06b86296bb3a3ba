"""Questions: what exactly an estimate asks, settled before any number is looked at.

A figure is only as clear as the two sets behind it. Here a query becomes a plan that names both, or is refused with what
to write instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from remiss.catalog.query.expression import Level, Operator, Query, both
from remiss.catalog.query.fields import FIELD_OF, field_of
from remiss.catalog.query.parsing import parse
from remiss.catalog.query.printing import words
from remiss.errors import QueryError
from remiss.protocol.nearest import nearest_part
from remiss.protocol.terms import Protocol
from remiss.records.case import Sensitivity
from remiss.records.estimate import PROCESS, SAMPLE
from remiss.records.labelling import Verdict
from remiss.understand.periods import PERIODS
from remiss.understand.scope import CRITERION, event_part, named_criteria, terms_of, without_people

TEXT = "text"
# The rules from which on cells say who is outside.
CELLS_SAY_OUTSIDE = 2
CONSTANTS = frozenset({"source", "protocol", "model", "team"})
# What of people's decisions a confirmed figure may be narrowed by; it is known of every confirmed case and of no other.
OF_CONFIRMED = frozenset({"mode", "severity"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What of a protocol an estimate must know.

    `criteria` are in the order of the document; `bounded` are those with an `among` of which cells do not say who is outside, as
    by the first rules. `fields` are the canonical names that the catalog holds, `withheld` those that never reach it.
    """

    model: str
    width: timedelta
    criteria: tuple[str, ...]
    team: str = "default"
    bounded: frozenset[str] = frozenset()
    fields: frozenset[str] = frozenset()
    withheld: frozenset[str] = frozenset()


def rules_of(document: Protocol, of_states: int) -> Rules:
    """Return the rules of a protocol document, the states of whose events were derived by the rules of that number."""
    withheld = frozenset(name for name, level in document.sensitivity.items() if level >= Sensitivity.RESTRICTED)
    return Rules(
        model=document.model,
        team=document.team,
        width=document.sampling.window,
        criteria=tuple(criterion.name for criterion in document.criteria),
        bounded=frozenset(each.name for each in document.criteria if each.among is not None and of_states < CELLS_SAY_OUTSIDE),
        fields=frozenset(document.fields) - withheld,
        withheld=withheld,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What somebody asks: the query, whether as a rate, among what, broken down by what, and of the log or the process."""

    query: Query
    rate: bool = False
    of: Query | None = None
    by: str | None = None
    variance: str = SAMPLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """A question in the words of its asker, which its answer repeats; `variance` is None where none was named."""

    query: str
    rate: bool = False
    of: str | None = None
    by: str | None = None
    variance: str | None = None

    def question(self, *, confirmed: bool = False) -> Question:
        """Return the question; of a confirmed figure the part that says nothing of what people decide.

        Raises
        ------
        QueryError : a query that cannot be understood
        """
        query = parse(self.query)
        by = None if confirmed and self.by in OF_CONFIRMED else self.by
        return Question(
            query=without_people(query) if confirmed else query,
            rate=self.rate,
            of=None if self.of is None else parse(self.of),
            by=by,
            variance=self.variance or usual_variance(by),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionPlan:
    """A question whose sets are settled.

    `among` is the second query that sampled events are marked with: a rate's denominator; for a total whatever the figure
    could be about, or None. `named` are the criteria in the query: events undecided on one of them are in neither set of
    a rate; nor, where the query compares labels (`needs_label`), are events without one. `risk` is the criterion whose
    `among` also bounds the denominator, None where a second query was given. `denominator` says the denominator in words.
    """

    question: Question
    among: Query | None
    named: tuple[str, ...]
    needs_label: bool = False
    risk: str | None = None
    denominator: str | None = None


def usual_variance(by: str | None) -> str:
    """Return the variance of a question that names none: `process` for rows that compare slices, versions, windows or time.

    Rows by criterion are different questions about the same events, and one figure alone compares nothing: both are of the log.

    >>> usual_variance("month"), usual_variance("model_version"), usual_variance("criterion"), usual_variance(None)
    ('process', 'process', 'sample', 'sample')
    """
    return SAMPLE if by in {None, CRITERION} else PROCESS


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """What a confirmed figure counts: events of which two people found this verdict, narrowed by all that the query says."""

    query: Query
    verdict: Verdict

    @property
    def narrowed(self) -> bool:
        """Whether the query names what people decide."""
        return any(term.key in OF_CONFIRMED for term in terms_of(self.query))


def check_confirmed(query: Query) -> None:
    """Refuse terms on people's work that a confirmed figure is not made of.

    Raises
    ------
    QueryError
    """
    for term in terms_of(query):
        if term.level is Level.PEOPLE and term.key not in OF_CONFIRMED:
            raise QueryError(
                f"{term.key} says nothing of what two people found",
                do="narrow a confirmed figure by mode or severity, by criterion or by what is known of events",
            )


def criteria_of(by: str | None, rules: Rules) -> Sequence[str | None]:
    """Return the criteria that a question is asked of one by one; None is for the question as it is.

    >>> criteria_of("month", Rules(model="m", width=timedelta(weeks=1), criteria=("slow",)))
    (None,)
    """
    return rules.criteria if by == CRITERION else (None,)


def settle(question: Question, rules: Rules) -> QuestionPlan:
    """Return the plan of a question.

    Raises
    ------
    QueryError : terms that only people decide, unknown names, a rate whose denominator cannot be derived
    """
    for query in (question.query, question.of):
        if query is not None:
            check_terms(query, rules)
    check_choices(question, rules)
    named = named_criteria(question.query, rules.criteria)
    needs_label = compares_labels(question.query)
    if not question.rate:
        if question.of is not None:
            raise QueryError("a second query was given, but no rate was asked for", do="add --rate, or drop --of")
        return QuestionPlan(question=question, among=event_part(question.query), named=named, needs_label=needs_label)
    if question.of is None:
        return with_default_denominator(question, named, needs_label=needs_label)
    judged_on = (*named, *(("the label",) if needs_label else ()))
    said = in_words(question.of, judged_on, None)
    return QuestionPlan(question=question, among=question.of, named=named, needs_label=needs_label, denominator=said)


def compares_labels(query: Query) -> bool:
    """Return whether a query asks what a label is, not only whether there is one."""
    return any(term.key == "label" and term.operator is not Operator.PRESENT for term in terms_of(query))


def with_default_denominator(question: Question, named: tuple[str, ...], *, needs_label: bool) -> QuestionPlan:
    """Return the plan of a rate among the events that the query speaks of, as far as its criterion could judge them."""
    among = event_part(question.query)
    if among is None:
        raise QueryError(
            "the query tangles criteria with other terms, so what the rate is among cannot be read from it",
            do="say it with --of, for example --of 'occurred:2013-06'; --of '' is every event",
        )
    if not any(term.key == CRITERION for term in terms_of(question.query)):
        raise QueryError(
            "a rate needs two sets, and the query names no criterion",
            do="add a criterion, for example criterion:NAME, or name the second set with --of",
        )
    if len(named) > 1:
        raise QueryError(
            f"the query names {len(named)} criteria ({', '.join(named)}), each with its own population at risk",
            do="ask for one criterion at a time, or name the denominator with --of; --of '' is every event",
        )
    said = in_words(among, named, named[0])
    return QuestionPlan(question=question, among=among, named=named, needs_label=needs_label, risk=named[0], denominator=said)


def in_words(among: Query, judged_on: tuple[str, ...], risk: str | None) -> str:
    """Return the denominator in words."""
    said = "all admitted events" if among == both() else f"events where {words(among)}"
    if risk is not None:
        return f"{said}, as far as {risk} applies to them and could be judged"
    return f"{said}, as far as {' and '.join(judged_on)} could be judged" if judged_on else said


def check_terms(query: Query, rules: Rules) -> None:
    """Refuse terms that a flagged figure cannot answer."""
    for term in terms_of(query):
        if term.level is Level.PEOPLE:
            raise QueryError(
                f"{term.key} is decided by people, and this is a figure of what machines flagged",
                do="ask by criterion:NAME, or with --confirmed for what people found. "
                "To count cases in the catalog use case search",
            )
        if term.level is Level.EVENT and term.key not in CONSTANTS:
            check_field(term.key, rules)


def check_field(key: str, rules: Rules, besides: Iterable[str] = ()) -> None:
    """Refuse a field that the protocol does not have, since no event could match it, or that the catalog never holds.

    Parameters
    ----------
    besides : what is no field and could have been meant
    """
    name = field_of(key)
    if name in rules.withheld:
        raise QueryError(f"{key} is graded restricted or secret and never reaches the catalog", do="use another field")
    if name not in rules.fields:
        raise QueryError(
            f"the protocol has no field {key[:80]}", do=nearest_part(key, sorted({*rules.fields, *besides}), "its fields are")
        )


def check_choices(question: Question, rules: Rules) -> None:
    """Refuse an unknown variance or breakdown."""
    if question.variance not in {SAMPLE, PROCESS}:
        raise QueryError(
            f"variance is {question.variance!r}", do="use sample (this log only) or process (with variation over time)"
        )
    if question.by is None or question.by in PERIODS:
        return
    check_field(question.by, rules, PERIODS)
    for key, field in FIELD_OF.items():
        if question.by == field:
            raise QueryError(f"the field {field} is called {key} in queries", do=f"break down by {key}")
    if question.by == TEXT:
        raise QueryError("text is for searching, and nothing is broken down by it", do="break down by another field")
