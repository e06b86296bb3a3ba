"""The extent of a source: the stretches of time in which it has events, from which windows that are due follow.

One event with a wild time must not make every window between it and the others due: where nothing is told of very many
windows nobody logged, and the log is several stretches.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import TypeAlias

import sqlglot
from sqlglot import exp

from remiss.capture.sql import scan
from remiss.capture.sql.plan import EVENTS
from remiss.capture.values import shape_of
from remiss.errors import Location, SourceError
from remiss.protocol.check_result import Checked
from remiss.protocol.expressions.grammar import parse
from remiss.protocol.ports import Session
from remiss.records.identity import FIRST, from_micros

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


def of_session(session: Session, checked: Checked) -> tuple[tuple[datetime, datetime], ...]:
    """Return the least and greatest event time of each stretch of all files of a session, oldest first; none of no row.

    Raises
    ------
    SourceError : there are rows, and none has a time
    """
    by_file = file_times(session, checked, session.states)
    found = joined((stretch for each in by_file.values() for stretch in each), checked.protocol.sampling.window)
    if not found:
        refuse_timeless(session, checked)
    return tuple((from_micros(least), from_micros(greatest)) for least, greatest in found)


# What services count in since 1970, by how many of it make a second.
UNITS = {1_000: "milliseconds", 1_000_000: "microseconds", 1_000_000_000: "nanoseconds"}
# Seconds since 1970: of the years 1990 to 2100, from which logs are.
PLAUSIBLE = (631_152_000, 4_102_444_800)


def unit_of(session: Session, checked: Checked) -> tuple[str, str] | None:
    """Return what a time counts in that is read as seconds since 1970, and its expression in seconds; None for other times."""
    found = sqlglot.parse_one(scan.of_source(checked.fields["time"], has_labels=True), read="duckdb").find(exp.UnixToTime)
    if found is None:
        return None
    counted = found.this
    while isinstance(counted, exp.Cast):
        counted = counted.this
    asked = f"SELECT MIN(x) AS least, MAX(x) AS greatest FROM (SELECT TRY_CAST({counted.sql('duckdb')} AS DOUBLE) AS x FROM "
    row = session.run(scan.statement(f"{asked}{EVENTS} AS source) AS counted WHERE isfinite(x)")).to_pylist()[0]
    for per_second, unit in UNITS.items():
        if row["least"] is not None and PLAUSIBLE[0] <= row["least"] / per_second <= row["greatest"] / per_second <= PLAUSIBLE[1]:
            written = parse(checked.protocol.fields["time"].sql).find(exp.UnixToTime)
            return unit, f"to_timestamp({'...' if written is None else written.this.sql('duckdb')} / {per_second})"
    return None


def refuse_timeless(session: Session, checked: Checked) -> None:
    """Refuse a source that has rows, of which none has a time that can be read: they are of no window, and no run could tell.

    Raises
    ------
    SourceError
    """
    rows = session.run(f"SELECT COUNT(*) AS rows FROM {EVENTS}").to_pylist()[0]["rows"]
    if not rows:
        return
    unit = unit_of(session, checked)
    protocol = checked.protocol
    zoned = protocol.source.time_zone is not None
    advice = "fix the field time" if zoned else "add time_zone under source if its times name no zone; else fix the field time"
    what = f"none of the {rows:,} rows of source {protocol.source.name} has a time that can be read"
    raise SourceError(
        what if unit is None else f"{what}: it counts {unit[0]} since 1970, and is read as seconds",
        where=Location(protocol.path, protocol.lines.get("fields.time", protocol.lines.get("fields"))),
        do=advice if unit is None else f"write {unit[1]}",
    )
