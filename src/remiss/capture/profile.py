"""Profile: exact facts of each field and window over all events, sampled or not.

Asked apart from the census: grouping by window alone keeps the result small, and the least and greatest of text cost the
same either way. Whatever else one wants to know of a population comes from the `all` sample.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime

from remiss.capture.questions import shown
from remiss.capture.scan import name, statement, steps
from remiss.capture.scan_plan import Plan, Shape
from remiss.capture.values import value_of
from remiss.records.case import Sensitivity
from remiss.records.run import Profile


def fields(plan: Plan) -> tuple[str, ...]:
    """Return the fields that have a profile: all but the id, whose extremes say nothing."""
    return tuple(one for one in plan.checked.fields if one != "id")


def has_extremes(plan: Plan, field_name: str) -> bool:
    """Return whether the least and greatest value of a field may and can be told.

    They are values of real events: fields graded restricted or secret must not reach the catalog through them.
    """
    guarded = plan.checked.protocol.sensitivity.get(field_name, Sensitivity.INTERNAL) >= Sensitivity.RESTRICTED
    return not guarded and plan.shapes[field_name] not in (Shape.NESTED, Shape.NULL)


def without_extremes(plan: Plan) -> frozenset[str]:
    """Return the numbers whose extremes are not asked for, so that nothing tells whether they are NaN somewhere."""
    return frozenset(one for one in fields(plan) if plan.shapes[one] is Shape.NUMBER and not has_extremes(plan, one))


def not_numbers(plan: Plan, rows: Sequence[Mapping[str, object]]) -> frozenset[str]:
    """Return the fields that are NaN somewhere, by an answer that was not guarded against it: NaN is greatest."""
    return frozenset(
        one
        for at, one in enumerate(fields(plan))
        for row in rows
        if isinstance(found := row.get(f"greatest_{at}"), float) and math.isnan(found)
    )


def question(plan: Plan) -> str:
    """Return the statement: one row a window, with count, and for each field how many are present, least and greatest."""
    asked = []
    for at, one in enumerate(fields(plan)):
        value = "remiss_at" if one == "time" else shown(plan, one)
        asked.append(f"COUNT({name(one)}) AS present_{at}")
        if has_extremes(plan, one):
            asked.append(f"MIN({value}) AS least_{at}, MAX({value}) AS greatest_{at}")
    return statement(
        f"{steps(plan, labels=True)} SELECT remiss_window AS number, COUNT(*) AS events, {', '.join(asked)} FROM admitted "
        f"WHERE remiss_window >= {plan.reach} GROUP BY remiss_window ORDER BY remiss_window"
    )


def profiles(plan: Plan, rows: Sequence[Mapping[str, object]], starts: Mapping[int, datetime]) -> tuple[Profile, ...]:
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
