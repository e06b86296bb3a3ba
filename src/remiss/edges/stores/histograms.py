"""Histograms in the catalog: the counts of each window of a run, and the bins that they are of.

Bins seldom change: they stand once, under their digest, and runs name it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Select, insert, select, update

from remiss.edges.stores.dialect.writing import insert_many
from remiss.edges.stores.in_force import come_by
from remiss.edges.stores.reading import Reader
from remiss.edges.stores.run_rows import find_run
from remiss.edges.stores.tables import bins, histograms, instant, runs
from remiss.records.run import DerivedRun

if TYPE_CHECKING:
    from remiss.records.histogram import Bins, WindowHistograms


def file_histograms(connection: Connection, run_key: int, derived: DerivedRun) -> None:
    """File the histograms of a run, and its bins unless the catalog has them."""
    if derived.bins is None:
        return
    named = derived.bins.digest
    if connection.execute(select(bins.c.digest).where(bins.c.digest == named)).first() is None:
        connection.execute(insert(bins), {"digest": named, "fields": derived.bins.to_json()})
    connection.execute(update(runs).where(runs.c.key == run_key).values(bins=named))
    rows = ((run_key, instant(each.window), *each.stored()) for each in derived.histograms)
    insert_many(connection, histograms, ("run_key", "window_start", "single", "pairs"), rows)


class HistogramStore:
    """Histograms in the catalog: fulfils `capture.ports.Histograms`."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def newest_bins(self, source: str, protocol: str) -> Bins | None:
        """Return the bins of the newest run of a protocol that has any, whether or not the actor sees it."""
        found = _bins().where(runs.c.source_name == source, runs.c.protocol_name == protocol)
        with self._reader.at() as reading:
            return _read(reading.connection.execute(found.order_by(runs.c.key.desc()).limit(1)).scalar_one_or_none())

    def bins(self, run: str, position: int | None = None) -> Bins | None:
        """Return the bins of a run; None of one that was filed before there were any."""
        with self._reader.at(position) as reading:
            row = find_run(reading, run)
            found = _bins().where(runs.c.key == row.key, come_by(runs, reading.position))
            return _read(reading.connection.execute(found).scalar_one_or_none())

    def of_run(self, run: str, position: int | None = None, *, pairs: bool = True) -> tuple[WindowHistograms, ...]:
        """Return the histograms of a run's windows that have events, oldest first; those of pairs of fields where wanted."""
        columns = (histograms.c.window_start, histograms.c.single, *([histograms.c.pairs] if pairs else []))
        with self._reader.at(position) as reading:
            key = find_run(reading, run).key
            found = select(*columns).where(histograms.c.run_key == key).order_by(histograms.c.window_start)
            rows = reading.connection.execute(found).all()
        # They are arrays, and filing a run or listing runs needs none.
        from remiss.records.histogram import WindowHistograms

        return tuple(WindowHistograms.read(*row) for row in rows)


def _bins() -> Select[Any]:
    return select(bins.c.fields).join(runs, runs.c.bins == bins.c.digest)


def _read(found: list[dict[str, Any]] | None) -> Bins | None:
    from remiss.records.histogram import Bins

    return None if found is None else Bins.from_json(found)
