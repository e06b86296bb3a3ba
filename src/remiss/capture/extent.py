"""The extent of a source: its least and greatest event time, from which windows that are due follow."""

from __future__ import annotations

from datetime import datetime

from remiss.capture import scan
from remiss.capture.values import shape_of
from remiss.protocol.ports import Session
from remiss.protocol.terms import Checked
from remiss.records.identity import from_micros

# The calendar of records ends here; an event beyond it is refused when its window is captured, and makes none due.
LAST = 253_402_300_800_000_000


def extent(session: Session, checked: Checked) -> tuple[datetime, datetime] | None:
    """Return the least and greatest readable event time, or None when no row has one.

    Rows count that other requirements will refuse: a window that holds nothing else is captured, and says so.
    """
    shape = shape_of(session.run(scan.probe(checked)).schema.field("time").type)
    has_labels = checked.protocol.labels is not None
    time = scan.instant(scan.of_source(checked.fields["time"], has_labels=has_labels), shape, checked.protocol.source.time_zone)
    row = session.run(
        scan.statement(
            f"SELECT MIN(micros) AS least, MAX(micros) AS greatest FROM (SELECT epoch_us({time}) AS micros FROM {scan.EVENTS} "
            f"AS source) AS times WHERE micros < {LAST}"
        )
    ).to_pylist()[0]
    if row["least"] is None:
        return None
    return from_micros(row["least"]), from_micros(row["greatest"])
