"""States: what each criterion is on an event, as SQL; and what an anomaly is measured against.

By the first rule that holds (design, section 3): outside, undecided, not met, met, not met. A digit for each criterion makes one
pattern, by which the census groups.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import sqlglot
from sqlglot import exp

from remiss.capture.sampling import PopulationPart
from remiss.capture.sql.plan import REFERENCE, ScanPlan
from remiss.capture.sql.scan import reads_labels, refusing_labels, steps
from remiss.capture.sql.spelling import literal, name
from remiss.protocol.check_result import CheckedCriterion

# RULED_OUT is undecided, and false whatever the missing label turns out to be; NULL has a null in `when` and no missing label.
NOT_MET, MET, UNDECIDED, OUTSIDE, RULED_OUT, NULL = range(6)
STATES = 6

# Digits to the base of six in a signed 64-bit integer: grouping by one integer is faster than by a column for each.
CRITERIA_A_PATTERN = 24


MAD_TO_SIGMA = 1.4826


LEAST_VALUES = 30


def state(plan: ScanPlan, at: int) -> str:
    """Return the small integer that says what a criterion is on an event, by the first rule that holds (design, section 3)."""
    one = plan.checked.criteria[at]
    if one.criterion.of is None:
        return state_of(one, plan.checked.label_fields)
    rules = _outside(one, plan.checked.label_fields)
    rules.append(f"WHEN around.{name(f'median_{at}')} IS NULL THEN {UNDECIDED}")
    return _case(rules, anomaly(one, at))


def state_of(one: CheckedCriterion, labels: frozenset[str]) -> str:
    """Return the same for a criterion that is no anomaly, of which nothing but the event decides.

    Parameters
    ----------
    labels : the fields that are null where an event has no label yet
    """
    rules, by_when = _outside(one, labels), labels & _reads(one)
    when = one.when.sql if one.when is not None else "NULL"
    if by_when:
        rules.append(f"WHEN {missing(by_when)} AND NOT COALESCE({whatever(when, labels)}, TRUE) THEN {RULED_OUT}")
        rules.append(f"WHEN {missing(by_when)} THEN {UNDECIDED}")
    return _case(rules, when)


def _outside(one: CheckedCriterion, labels: frozenset[str]) -> list[str]:
    """Return the rules by which an event is not among those that a criterion is about."""
    if one.among is None:
        return []
    by_among = labels & one.among.reads
    if not by_among:
        return [f"WHEN ({one.among.sql}) IS NOT TRUE THEN {OUTSIDE}"]
    without = whatever(one.among.sql, labels)
    return [
        f"WHEN {missing(by_among)} AND NOT COALESCE({without}, TRUE) THEN {OUTSIDE}",
        f"WHEN NOT ({missing(by_among)}) AND ({one.among.sql}) IS NOT TRUE THEN {OUTSIDE}",
    ]


def _reads(one: CheckedCriterion) -> frozenset[str]:
    return frozenset().union(*(each.reads for each in (one.when, one.among) if each is not None))


def _case(rules: Sequence[str], when: str) -> str:
    return f"CASE {' '.join(rules)} WHEN ({when}) IS NULL THEN {NULL} WHEN {when} THEN {MET} ELSE {NOT_MET} END"


def missing(labels: Collection[str]) -> str:
    """Return the condition that an event lacks one of the fields that come from its label."""
    return "(" + " OR ".join(f"{name(one)} IS NULL" for one in sorted(labels)) + ")"


def whatever(sql: str, labels: Collection[str]) -> str:
    """Return a condition in which every comparison that reads a label is unknown: AND, OR and NOT say what still follows.

    >>> whatever("output = 'on-time' AND label = 'late'", {"label"})
    "output = 'on-time' AND CAST(NULL AS BOOLEAN)"
    """

    def unknown(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.And | exp.Or | exp.Not | exp.Paren):
            for key in ("this", "expression"):
                part = node.args.get(key)
                if part is not None:
                    node.set(key, unknown(part))
            return node
        reads = any(column.name in labels for column in node.find_all(exp.Column))
        return exp.cast(exp.Null(), "BOOLEAN") if reads else node

    return unknown(sqlglot.parse_one(sql, read="duckdb")).sql("duckdb")


def anomaly(one: CheckedCriterion, at: int) -> str:
    """Return the predicate of an anomaly: a robust z beyond the limit, null where it cannot be judged."""
    value = f"CAST({name(one.criterion.of or '')} AS DOUBLE)"
    distance = f"ABS({value} - around.{name(f'median_{at}')})"
    beyond = f"CAST({literal(repr(MAD_TO_SIGMA))} AS DOUBLE) * CAST({literal(repr(one.criterion.beyond))} AS DOUBLE)"
    limit = f"around.{name(f'mad_{at}')} * {beyond}"
    return f"{distance} > {limit}"


def stated(plan: ScanPlan) -> str:
    """Return the step that adds the state of each criterion to an event, for the windows of the run alone."""
    states = ", ".join(f"{state(plan, at)} AS {name(f'remiss_state_{at}')}" for at in range(len(plan.checked.criteria)))
    join = f"LEFT JOIN {REFERENCE} AS around ON admitted.remiss_window = around.number" if plan.anomalies else ""
    return f"SELECT admitted.*, {states} FROM admitted {join} WHERE remiss_window >= {plan.reach}"


def patterns(plan: ScanPlan) -> list[str]:
    """Return the integers that say what each criterion is on an event, a digit to the base of the states for each."""
    found = []
    for start in range(0, len(plan.checked.criteria), CRITERIA_A_PATTERN):
        terms = [
            f"CAST({name(f'remiss_state_{at}')} AS BIGINT) * {STATES ** (at - start)}"
            for at in range(start, min(start + CRITERIA_A_PATTERN, len(plan.checked.criteria)))
        ]
        found.append(" + ".join(terms))
    return found


@dataclass(frozen=True, slots=True)
class Standing:
    """What the criteria are on an event, as records say it: names in the order of the protocol.

    `undecided` has those that are `ruled_out` too, and of the `nulls` those whose criterion wants them undecided.
    """

    met: tuple[str, ...]
    undecided: tuple[str, ...]
    outside: tuple[str, ...]
    ruled_out: tuple[str, ...]
    nulls: tuple[str, ...]


def standing(criteria: Sequence[CheckedCriterion], states: Sequence[int]) -> Standing:
    """Return what states, one for each criterion, say."""
    every = [(one.criterion, found) for one, found in zip(criteria, states, strict=True)]

    def of(state: int) -> tuple[str, ...]:
        return tuple(criterion.name for criterion, found in every if found == state)

    return Standing(
        met=of(MET),
        undecided=tuple(
            criterion.name
            for criterion, found in every
            if found in {UNDECIDED, RULED_OUT} or (found == NULL and criterion.nulls_undecided)
        ),
        outside=of(OUTSIDE),
        ruled_out=of(RULED_OUT),
        nulls=of(NULL),
    )


def states_of(criteria: Sequence[CheckedCriterion], found: Standing | PopulationPart) -> tuple[int, ...]:
    """Return the states that a standing was made of: the inverse of `standing`."""
    kinds = ((found.nulls, NULL), (found.ruled_out, RULED_OUT), (found.outside, OUTSIDE), (found.undecided, UNDECIDED))
    return tuple(
        next((state for names, state in (*kinds, (found.met, MET)) if one.criterion.name in names), NOT_MET) for one in criteria
    )


def digits(numbers: Sequence[int], count: int) -> tuple[int, ...]:
    """Return the states that a pattern's integers stand for.

    >>> digits([1 + 3 * 6 + 5 * 36], 3)
    (1, 3, 5)
    """
    return tuple(numbers[at // CRITERIA_A_PATTERN] // STATES ** (at % CRITERIA_A_PATTERN) % STATES for at in range(count))


def reference(plan: ScanPlan, first: int, last: int) -> str:
    """Return the statement that gives windows `first` to `last` the median and spread of what each anomaly looks at.

    Exact medians hold every value in memory, so the caller asks for few windows at a time.
    """
    own = []
    for at, one in enumerate(plan.checked.criteria):
        if one.criterion.of is None:
            continue
        value = f"CAST({name(one.criterion.of)} AS DOUBLE)"
        finite = f"FILTER (WHERE isfinite({value}))"
        own.append(
            f"COUNT({value}) {finite} AS count_{at}, MEDIAN({value}) {finite} AS median_{at}, MAD({value}) {finite} AS mad_{at}"
        )
    labels = refusing_labels(plan) or reads_labels(plan, (one.criterion.of or "" for one in plan.anomalies))
    return (
        f"{steps(plan, labels=labels)} SELECT remiss_window AS number, {', '.join(own)} FROM admitted "
        f"WHERE remiss_window BETWEEN {first} AND {last} GROUP BY remiss_window"
    )


def references(plan: ScanPlan, tables: Sequence[str], windows: Sequence[int]) -> str:
    """Return the statement that joins the references kept so far, each moved to the window that it judges.

    Too few values, or none that differ from the median, give null: the criterion is undecided on the whole window.
    """
    everything = " UNION ALL ".join(f"SELECT * FROM {table}" for table in tables)
    listed = ", ".join(f"({number})" for number in windows)
    columns = []
    joins = []
    for at, one in enumerate(plan.checked.criteria):
        if one.criterion.of is None:
            continue
        alias = f"of_{at}"
        shift = 1 if one.criterion.reference == "previous" else 0
        enough = f"{alias}.count_{at} >= {LEAST_VALUES} AND {alias}.mad_{at} > 0"
        columns += [
            f"CASE WHEN {enough} THEN {alias}.median_{at} END AS median_{at}",
            f"CASE WHEN {enough} THEN {alias}.mad_{at} END AS mad_{at}",
            f"COALESCE({alias}.count_{at}, 0) AS count_{at}",
        ]
        joins.append(f"LEFT JOIN everything AS {alias} ON numbers.number = {alias}.number + {shift}")
    return (
        f"WITH everything AS ({everything}), numbers AS (SELECT number FROM (VALUES {listed}) AS given(number)) "
        f"SELECT numbers.number, {', '.join(columns)} FROM numbers {' '.join(joins)}"
    )
