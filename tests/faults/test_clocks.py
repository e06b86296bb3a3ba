"""The clock of a machine jumps back: what was done keeps its order, is found, and stays proven."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from remiss import recording, wiring
from remiss.catalog import actions as catalog
from remiss.curate import labelling_actions as curate
from remiss.govern import audit_actions as audit
from remiss.records.case import Filing
from remiss.records.labelling import Judgement, Verdict

DAY = timedelta(days=1)


@pytest.fixture
def clock(monkeypatch):
    """Sets the clock by which changes and looks are recorded."""

    class Clock(datetime):
        by = timedelta()

        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) + cls.by

    for module in (wiring, recording):
        monkeypatch.setattr(module, "datetime", Clock)

    def back(by):
        Clock.by = -by

    return back


def test_a_clock_that_jumps_back_changes_no_order_and_loses_nothing(ws, clock):
    filed = []
    for number in range(4):
        clock(number * DAY)
        filed.append(catalog.file(ws, Filing(model="m", at=datetime(2026, 1, 1 + number, tzinfo=UTC), title=f"t{number}")).id)
    found = Judgement(verdict=Verdict.NOT_A_FAILURE, rationale="as it should be")
    curate.annotate(ws, filed[0], 1, found)
    catalog.show(ws, filed[0])
    first = ws.position()
    clock(8 * DAY)
    catalog.revise(ws, filed[0], catalog.show(ws, filed[0]).revision, title="changed")

    assert audit.verify_audit(ws).sound
    assert ws.position() == first + 1
    assert catalog.show(ws, filed[0], as_of=first).title == "t0"
    positions = [each.position_from for each in catalog.history(ws, filed[0])]
    assert positions in (sorted(positions), sorted(positions, reverse=True))
    done = [line[0] for line in audit.search_audit(ws, log="journal").rows]
    assert done == [f"journal-{position}" for position in range(first + 1, 0, -1)]
