"""States: what each criterion is on an event, as SQL; and what an anomaly is measured against.

By the first rule that holds (design, section 3): undecided, outside, undecided, met, not met. Two bits for each criterion
make one pattern, by which the census groups.
"""

from __future__ import annotations

from collections.abc import Sequence

from remiss.capture.sql.plan import REFERENCE, ScanPlan
from remiss.capture.sql.scan import literal, name, reads_labels, refusing_labels, statement, steps
from remiss.protocol.check_result import CheckedCriterion

# Two bits for each criterion in a signed 64-bit integer: grouping by one integer is faster than by a column for each.
CRITERIA_A_PATTERN = 31


NOT_MET, MET, UNDECIDED, OUTSIDE = range(4)


MAD_TO_SIGMA = 1.4826


LEAST_VALUES = 30


def state(plan: ScanPlan, at: int) -> str:
    """Return the small integer that says what a criterion is on an event, by the first rule that holds (design, section 3)."""
    one = plan.checked.criteria[at]
    rules = []
    if one.reads_label:
        rules.append(f'WHEN "label" IS NULL THEN {UNDECIDED}')
    if one.among is not None:
        rules.append(f"WHEN ({one.among.sql}) IS NULL THEN {UNDECIDED} WHEN NOT ({one.among.sql}) THEN {OUTSIDE}")
    when = anomaly(one, at) if one.criterion.of is not None else one.when.sql if one.when is not None else "NULL"
    return f"CASE {' '.join(rules)} WHEN ({when}) IS NULL THEN {UNDECIDED} WHEN {when} THEN {MET} ELSE {NOT_MET} END"


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
    """Return the integers that say which criteria are met and undecided, two bits each; outside counts as not met."""
    found = []
    for start in range(0, len(plan.checked.criteria), CRITERIA_A_PATTERN):
        terms = [
            f"CAST({name(f'remiss_state_{at}')} % {OUTSIDE} AS BIGINT) * {4 ** (at - start)}"
            for at in range(start, min(start + CRITERIA_A_PATTERN, len(plan.checked.criteria)))
        ]
        found.append(" + ".join(terms))
    return found


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
    return statement(
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
    return statement(
        f"WITH everything AS ({everything}), numbers AS (SELECT number FROM (VALUES {listed}) AS given(number)) "
        f"SELECT numbers.number, {', '.join(columns)} FROM numbers {' '.join(joins)}"
    )
