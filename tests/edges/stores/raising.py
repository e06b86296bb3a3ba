"""An alert, as it is raised by windows that were looked at."""

from __future__ import annotations

from datetime import timedelta

from remiss.understand.alerts.ports import LedgerEntry
from remiss.understand.alerts.raised import WindowLook, to_text
from tests.edges.stores.drawing import MONDAY

WEEK = timedelta(weeks=1)


def raised(ws, team="default"):
    """Write a window of a rate that rose into the ledger; return its series."""
    look = WindowLook(
        series="series-4f7q2m9x3kbd",
        source="arrival-predictions",
        protocol="arrival-delay",
        version=1,
        criterion="slow",
        start=MONDAY,
        end=MONDAY + WEEK,
        at=MONDAY + 2 * WEEK,
        among=200,
        rate=0.1,
        usual=0.05,
        judged=1.0,
        evidence=31.0,
        threshold=26.1,
        rules=("rise",),
    )
    with ws._store.writing(ws.actor, "alert.check", ws.now, None):
        ws.alerts.wait()
        ws.alerts.enter([LedgerEntry(of=look.series, content=to_text(look), team=team, start=look.start)])
    return look.series
