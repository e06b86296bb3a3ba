"""The extent of a source: its least and greatest event time, from which windows that are due follow."""

from __future__ import annotations

from datetime import datetime

from remiss.capture import scan
from remiss.capture.plan import EVENTS
from remiss.capture.values import shape_of
from remiss.errors import Location, SourceError
from remiss.protocol.ports import Session
from remiss.protocol.terms import Checked
from remiss.records.identity import from_micros


def extent(session: Session, checked: Checked) -> tuple[datetime, datetime] | None:
    """Return the least and greatest readable event time, or None when there is no row.

    Rows count that other requirements will refuse: a window that holds nothing else is captured, and says so.

    Raises
    ------
    SourceError : there are rows, and none has a time; they belong to no window, so that no run could tell of them
    """
    shape = shape_of(session.run(scan.probe(checked)).schema.field("time").type)
    has_labels = checked.protocol.labels is not None
    time = scan.instant(scan.of_source(checked.fields["time"], has_labels=has_labels), shape, checked.protocol.source.time_zone)
    row = session.run(
        scan.statement(
            f"SELECT COUNT(*) AS rows, MIN(micros) AS least, MAX(micros) AS greatest "
            f"FROM (SELECT epoch_us({time}) AS micros FROM {EVENTS} AS source) AS times"
        )
    ).to_pylist()[0]
    if not row["rows"]:
        return None
    if row["least"] is None:
        raise _timeless(checked, row["rows"])
    return from_micros(row["least"]), from_micros(row["greatest"])


def _timeless(checked: Checked, rows: int) -> SourceError:
    protocol = checked.protocol
    zoned = protocol.source.time_zone is not None
    return SourceError(
        f"none of the {rows:,} rows of source {protocol.source.name} has a time that can be read",
        where=Location(protocol.path, protocol.lines.get("fields.time", protocol.lines.get("fields"))),
        do="mend the field time" if zoned else "add time_zone under source if its times name no zone; else mend the field time",
    )
