"""The ledger of alerts: fulfils `understand.alerts.ports.AlertLedger`.

What it holds are exact counts, which are told to who may read figures, whatever they may see of single events; so its rows are
public within their team.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Table, insert, select

from remiss.edges.stores.reading import Reader
from remiss.edges.stores.tables import alert_acts, alert_looks
from remiss.edges.stores.visible import visible_to
from remiss.records.case import Sensitivity
from remiss.understand.alerts.ports import LedgerEntry


class AlertTable:
    """The ledger of alerts of an open catalog, as far as a scope may see it."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._store = reader.store

    def looks(self, position: int | None = None) -> Sequence[LedgerEntry]:
        """Return the windows that were looked at until a position, of each series in order of time."""
        found = self._rows(alert_looks, position, alert_looks.c.series, alert_looks.c.window_start)
        return tuple(_entry(row, row.series, start=row.window_start) for row in found)

    def acts(self, position: int | None = None) -> Sequence[LedgerEntry]:
        """Return what people did about alerts until a position, in order of time."""
        return tuple(_entry(row, row.alert) for row in self._rows(alert_acts, position, alert_acts.c.key))

    def wait(self) -> int:
        """Have other writers wait from here on; return the position that this transaction will have."""
        return self._store.transaction.position()

    def enter(self, looked: Sequence[LedgerEntry]) -> None:
        """Write windows that were looked at; a window of a series enters once."""
        if looked:
            rows = [{"series": each.of, "window_start": each.start, **self._kept(each)} for each in looked]
            self._store.transaction.connection.execute(insert(alert_looks), rows)

    def act(self, done: LedgerEntry) -> None:
        """Write what somebody did about an alert."""
        self._store.transaction.connection.execute(insert(alert_acts), {"alert": done.of, **self._kept(done)})

    def _rows(self, table: Table, position: int | None, *order: Any) -> Sequence[Row[Any]]:
        with self._reader.at() as reading:
            found = select(table).where(visible_to(reading.scope, table)).order_by(*order)
            if position is not None:
                found = found.where(table.c.position <= position)
            return reading.connection.execute(found).all()

    def _kept(self, entry: LedgerEntry) -> dict[str, Any]:
        governed = {"team_id": entry.team, "sensitivity": int(Sensitivity.PUBLIC)}
        return {"content": entry.content, "position": self._store.transaction.position(), **governed}


def _entry(row: Row[Any], of: str, **more: Any) -> LedgerEntry:
    return LedgerEntry(of=of, content=row.content, team=row.team_id, position=row.position, **more)
