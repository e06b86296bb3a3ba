"""What is expected of one case, by which version it is resolved, and what broke it again."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any, TypedDict

from sqlalchemy import Row, Select, bindparam, select

from remiss.edges.stores.in_force import come_by, holds
from remiss.edges.stores.reading import POSITION, Reading
from remiss.edges.stores.tables import expectations, exposures
from remiss.records.case import Regression, Resolution
from remiss.records.expectation import Expectation
from remiss.records.states import DECIDED, Status
from remiss.safeguard.recurrences import could_still_fail

# Of which it is told by which version they were resolved.
RESOLVABLE = frozenset({Status.RESOLVED, Status.REGRESSED})


class AskedAgain(TypedDict):
    """What of a case tells of it being asked again."""

    expectations: tuple[Expectation, ...]
    resolution: Resolution | None


def asked_again(reading: Reading, row: Row[Any], state: Row[Any], hidden: str | None) -> AskedAgain:
    """Return what is expected of a case in a state, and by which version it is resolved: nothing to who labels it anew."""
    if hidden is not None or Status(row.status) not in DECIDED:
        return AskedAgain(expectations=(), resolution=None)
    found = resolution_of(reading, row.key, Status(state.status)) if Status(state.status) in RESOLVABLE else None
    return AskedAgain(expectations=expectations_of(reading, row.key), resolution=found)


def expectations_of(reading: Reading, case_key: int) -> tuple[Expectation, ...]:
    """Return what people wrote that is expected of a case, now or at the position."""
    rows = reading.rows(_expected(past=reading.past), case=case_key)
    return read_expectations(rows[0].content) if rows else ()


@lru_cache(2)
def _expected(*, past: bool) -> Select[Any]:
    of_case = select(expectations.c.content).where(expectations.c.case_key == bindparam("case"))
    return of_case.where(holds(expectations, POSITION if past else None))


def read_expectations(content: str) -> tuple[Expectation, ...]:
    """Return expectations as they are kept."""
    return tuple(Expectation.from_plain(each) for each in json.loads(content))


def resolution_of(reading: Reading, case_key: int, status: Status) -> Resolution | None:
    """Return by which version a case is resolved and what stands behind it; of one that is regressed, what broke it as well."""
    rows = reading.rows(_exposed(past=reading.past), case=case_key)
    at = max((place for place, each in enumerate(rows) if each.resolved), default=None)
    if at is None:
        return None
    counted = [each for each in rows[at:] if not each.earlier]
    by, asked, failed = rows[at], sum(each.asked for each in counted), sum(each.failed for each in counted)
    broke = next((each for each in counted if 2 * each.failed > each.asked), None) if status is Status.REGRESSED else None
    return Resolution(
        model=by.model,
        version=by.model_version,
        digest=by.digest,
        by=by.found_by,
        at=by.created_at,
        asked=asked,
        failed=failed,
        could_still_fail=could_still_fail(asked, failed),
        regressed=None if broke is None else _regression(broke),
    )


def _regression(row: Row[Any]) -> Regression:
    return Regression(
        model=row.model,
        version=row.model_version,
        digest=row.digest,
        asked=row.asked,
        failed=row.failed,
        found_by=row.found_by,
        at=row.created_at,
    )


@lru_cache(2)
def _exposed(*, past: bool) -> Select[Any]:
    of_case = select(exposures).where(exposures.c.case_key == bindparam("case"), come_by(exposures, POSITION if past else None))
    return of_case.order_by(exposures.c.key)
