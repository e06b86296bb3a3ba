"""Profile: exact facts of each field and window over all events, sampled or not.

Asked apart from the census: grouping by window alone keeps the result small, and the least and greatest of text cost the
same either way. Whatever else one wants to know of a population comes from the `all` sample.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from remiss.capture import versions
from remiss.capture.sql.plan import ScanPlan, Shape
from remiss.capture.sql.scan import steps
from remiss.capture.sql.spelling import name
from remiss.capture.sql.statements import shown
from remiss.capture.values import value_of
from remiss.records.case import Sensitivity
from remiss.records.event import Scalar
from remiss.records.identity import canonical, format_time
from remiss.records.run import Profile

# What is computed in floating point may depend on the order of rows, which no engine promises; this is far below any use.
TOLERANCE = 1e-9
# How many differences are told one by one.
NAMED = 5


def fields(plan: ScanPlan) -> tuple[str, ...]:
    """Return the fields that have a profile: all but the id, whose extremes say nothing."""
    return tuple(one for one in plan.checked.fields if one != "id")


def has_extremes(plan: ScanPlan, field_name: str) -> bool:
    """Return whether the least and greatest value of a field may and can be told.

    They are values of real events: fields graded restricted or secret must not reach the catalog through them.
    """
    guarded = plan.checked.protocol.sensitivity.get(field_name, Sensitivity.INTERNAL) >= Sensitivity.RESTRICTED
    return not guarded and plan.shapes[field_name] not in (Shape.NESTED, Shape.NULL)


def without_extremes(plan: ScanPlan) -> frozenset[str]:
    """Return the numbers whose extremes are not asked for, so that nothing tells whether they are NaN somewhere."""
    return frozenset(one for one in fields(plan) if plan.shapes[one] is Shape.NUMBER and not has_extremes(plan, one))


def not_numbers(plan: ScanPlan, rows: Sequence[Mapping[str, object]]) -> frozenset[str]:
    """Return the fields that are NaN somewhere, by an answer that was not guarded against it: NaN is greatest."""
    return frozenset(
        one
        for at, one in enumerate(fields(plan))
        for row in rows
        if isinstance(found := row.get(f"greatest_{at}"), float) and math.isnan(found)
    )


def question(plan: ScanPlan) -> str:
    """Return the statement: one row a window, with count, and for each field how many are present, least and greatest.

    It reads every field, and so guesses how many model versions there are.
    """
    asked = []
    for at, one in enumerate(fields(plan)):
        value = "remiss_at" if one == "time" else shown(plan, one)
        asked.append(f"COUNT({name(one)}) AS present_{at}")
        if has_extremes(plan, one):
            asked.append(f"MIN({value}) AS least_{at}, MAX({value}) AS greatest_{at}")
    asked += versions.guess(plan)
    return (
        f"{steps(plan, labels=True)} SELECT remiss_window AS number, COUNT(*) AS events, {', '.join(asked)} FROM admitted "
        f"WHERE remiss_window >= {plan.reach} GROUP BY remiss_window ORDER BY remiss_window"
    )


def profiles(plan: ScanPlan, rows: Sequence[Mapping[str, object]], starts: Mapping[int, datetime]) -> tuple[Profile, ...]:
    """Return the profiles that the answer holds, by window and the order of the protocol's fields."""
    found = []
    for row in rows:
        for at, one in enumerate(fields(plan)):
            events, present = int(str(row["events"])), int(str(row[f"present_{at}"]))
            shape = Shape.INSTANT if one == "time" else plan.shapes[one]
            found.append(
                Profile(
                    window=starts[int(str(row["number"]))],
                    field=one,
                    count=events,
                    nulls=events - present,
                    minimum=value_of(row.get(f"least_{at}"), shape),
                    maximum=value_of(row.get(f"greatest_{at}"), shape),
                )
            )
    return tuple(found)


def unlike(before: Iterable[Profile], after: Iterable[Profile]) -> tuple[str, ...]:
    """Return, in words, where the profiles of two derivations part: numbers beyond 1e-9 of one another, all else at all."""
    old, new = ({(item.window, item.field): item for item in items} for items in (before, after))
    found = [
        f"the profile of {field} in the window of {format_time(window)} differs"
        for window, field in sorted({*old, *new})
        if not _same_profile(old.get((window, field)), new.get((window, field)))
    ]
    more = len(found) - NAMED
    return tuple(found) if more <= 1 else (*found[:NAMED], f"{more} more profiles differ")


def _same_profile(one: Profile | None, other: Profile | None) -> bool:
    if one is None or other is None:
        return False
    return (
        (one.count, one.nulls) == (other.count, other.nulls)
        and _same(one.minimum, other.minimum)
        and _same(one.maximum, other.maximum)
    )


def _same(one: Scalar, other: Scalar) -> bool:
    if isinstance(one, float) and isinstance(other, float) and math.isfinite(one) and math.isfinite(other):
        return math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return canonical(one) == canonical(other)
