"""The extent of a source: the stretches of time in which it has events, from which windows that are due follow.

One event with a wild time must not make every window between it and the others due: where nothing is told of very many
windows nobody logged, and the log is several stretches.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta
from typing import TypeAlias

from remiss.capture.sql import scan
from remiss.capture.sql.plan import EVENTS
from remiss.capture.values import shape_of
from remiss.errors import Location, SourceError
from remiss.protocol.check_result import Checked
from remiss.protocol.ports import Session
from remiss.records.identity import FIRST

# A year of hours, two centuries of weeks: no outage is that long.
MOST_EMPTY = 10_000
# The least and greatest event time of each stretch, in microseconds, oldest first.
Stretches: TypeAlias = tuple[tuple[int, int], ...]


def file_times(
    session: Session, checked: Checked, files: Collection[str], after: Mapping[str, int] | None = None
) -> Mapping[str, Stretches]:
    """Return the stretches of readable event time of each file; none of one without any. A stretch ends as `joined` says.

    Rows count that other requirements will refuse: a window that holds nothing else is captured, and says so.

    Parameters
    ----------
    files : which of the files of the session are read
    after : by file, the number of a row: what comes before it does not count
    """
    protocol = checked.protocol
    has_labels = protocol.labels is not None
    field = scan.of_source(checked.fields["time"], has_labels=has_labels)
    schema = session.run(scan.statement(f"SELECT {field} AS time FROM {EVENTS} AS source LIMIT 0")).schema
    time = scan.instant(field, shape_of(schema.field("time").type), protocol.source.time_zone)
    width = protocol.sampling.window // timedelta(microseconds=1)
    skipped = "".join(
        f" AND NOT (remiss_file = {scan.literal(file)} AND remiss_row < {row})" for file, row in sorted((after or {}).items())
    )
    # Counted from the calendar's first microsecond, so that no number is negative, on which engines divide differently.
    found = session.run(
        scan.statement(
            f"WITH times AS (SELECT remiss_file AS file, epoch_us({time}) AS micros FROM {EVENTS} AS source "
            f"WHERE {_among(session, files)}{skipped}), "
            f"windows AS (SELECT file, (micros - {FIRST}) // {width} AS number, MIN(micros) AS least, MAX(micros) AS greatest "
            f"FROM times WHERE NOT micros IS NULL GROUP BY file, (micros - {FIRST}) // {width}), "
            "apart AS (SELECT *, number - LAG(number) OVER (PARTITION BY file ORDER BY number) AS distance FROM windows), "
            f"numbered AS (SELECT *, COUNT(CASE WHEN distance > {MOST_EMPTY} THEN 1 END) "
            "OVER (PARTITION BY file ORDER BY number) AS stretch FROM apart) "
            "SELECT file, MIN(least) AS least, MAX(greatest) AS greatest FROM numbered GROUP BY file, stretch"
        )
    ).to_pylist()
    times: dict[str, list[tuple[int, int]]] = {file: [] for file in files}
    for row in found:
        times[row["file"]].append((row["least"], row["greatest"]))
    return {file: tuple(sorted(its)) for file, its in times.items()}


def last_rows(session: Session, files: Collection[str]) -> Mapping[str, int]:
    """Return the number of the last readable row of each file, 0 where there is none."""
    asked = (
        f"SELECT remiss_file AS file, MAX(remiss_row) AS row FROM {EVENTS} WHERE {_among(session, files)} GROUP BY remiss_file"
    )
    found = session.run(scan.statement(asked)).to_pylist()
    return dict.fromkeys(files, 0) | {row["file"]: row["row"] or 0 for row in found}


def _among(session: Session, files: Collection[str]) -> str:
    """Return the condition that a row is of these files; thousands of names in a statement cost more than to read them all."""
    if len(files) == len(session.states):
        return "TRUE"
    listed = ", ".join(scan.literal(file) for file in sorted(files))
    return f"remiss_file IN ({listed})"


def joined(stretches: Iterable[tuple[int, int]], width: timedelta) -> Stretches:
    """Return what the stretches of several files make together, oldest first.

    A stretch ends where about 10,000 windows or more hold no row.

    >>> joined([(50, 60), (0, 10)], timedelta(microseconds=1)), joined([(0, 1), (20_000, 20_001)], timedelta(microseconds=1))
    (((0, 60),), ((0, 1), (20000, 20001)))
    """
    micros = width // timedelta(microseconds=1)
    found: list[tuple[int, int]] = []
    for least, greatest in sorted(stretches):
        if found and (least - FIRST) // micros - (found[-1][1] - FIRST) // micros <= MOST_EMPTY:
            found[-1] = (found[-1][0], max(found[-1][1], greatest))
        else:
            found.append((least, greatest))
    return tuple(found)


def no_times(checked: Checked, rows: int) -> SourceError:
    """Return the error that there are rows, and none has a time: they belong to no window, so that no run could tell of them."""
    protocol = checked.protocol
    zoned = protocol.source.time_zone is not None
    return SourceError(
        f"none of the {rows:,} rows of source {protocol.source.name} has a time that can be read",
        where=Location(protocol.path, protocol.lines.get("fields.time", protocol.lines.get("fields"))),
        do="fix the field time" if zoned else "add time_zone under source if its times name no zone; else fix the field time",
    )
