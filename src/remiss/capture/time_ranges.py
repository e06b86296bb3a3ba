"""The extent of a source: the stretches of time in which it has events, from which windows that are due follow.

One event with a wild time must not make every window between it and the others due: where nothing is told of very many
windows nobody logged, and the log is several stretches.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from remiss.capture.sql import scan
from remiss.capture.sql.plan import EVENTS
from remiss.capture.values import shape_of
from remiss.errors import Location, SourceError
from remiss.protocol.check_result import Checked
from remiss.protocol.ports import Session
from remiss.records.identity import FIRST, from_micros

# A year of hours, two centuries of weeks: no outage is that long.
MOST_EMPTY = 10_000


def time_ranges(session: Session, checked: Checked) -> tuple[tuple[datetime, datetime], ...]:
    """Return the least and greatest readable event time of each stretch, oldest first; none when there is no row.

    A stretch ends where about 10,000 windows or more hold no row.

    Rows count that other requirements will refuse: a window that holds nothing else is captured, and says so.

    Raises
    ------
    SourceError : there are rows, and none has a time; they belong to no window, so that no run could tell of them
    """
    shape = shape_of(session.run(scan.probe(checked)).schema.field("time").type)
    has_labels = checked.protocol.labels is not None
    time = scan.instant(scan.of_source(checked.fields["time"], has_labels=has_labels), shape, checked.protocol.source.time_zone)
    width = checked.protocol.sampling.window // timedelta(microseconds=1)
    # Counted from the calendar's first microsecond, so that no number is negative, on which engines divide differently.
    found = session.run(
        scan.statement(
            f"WITH times AS (SELECT epoch_us({time}) AS micros FROM {EVENTS} AS source), "
            f"windows AS (SELECT (micros - {FIRST}) // {width} AS number, MIN(micros) AS least, MAX(micros) AS greatest "
            f"FROM times WHERE NOT micros IS NULL GROUP BY (micros - {FIRST}) // {width}), "
            "apart AS (SELECT *, number - LAG(number) OVER (ORDER BY number) AS distance FROM windows), "
            f"numbered AS (SELECT *, COUNT(CASE WHEN distance > {MOST_EMPTY} THEN 1 END) OVER (ORDER BY number) AS stretch "
            "FROM apart) "
            "SELECT MIN(least) AS least, MAX(greatest) AS greatest FROM numbered GROUP BY stretch ORDER BY least"
        )
    ).to_pylist()
    if not found:
        rows = session.run(f"SELECT COUNT(*) AS rows FROM {EVENTS}").to_pylist()[0]["rows"]
        if rows:
            raise _timeless(checked, rows)
    return tuple((from_micros(row["least"]), from_micros(row["greatest"])) for row in found)


def _timeless(checked: Checked, rows: int) -> SourceError:
    protocol = checked.protocol
    zoned = protocol.source.time_zone is not None
    return SourceError(
        f"none of the {rows:,} rows of source {protocol.source.name} has a time that can be read",
        where=Location(protocol.path, protocol.lines.get("fields.time", protocol.lines.get("fields"))),
        do="fix the field time" if zoned else "add time_zone under source if its times name no zone; else fix the field time",
    )
