"""The extent of a source: the stretches of time in which it has events, from which windows that are due follow.

One event with a wild time must not make every window between it and the others due: where nothing is told of very many
windows nobody logged, and the log is several stretches.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlglot
from sqlglot import exp

from remiss.capture.schedule import MOST_EMPTY, Stretches, joined
from remiss.capture.sql import spelling
from remiss.capture.sql.plan import EVENTS, Shape
from remiss.capture.values import shape_of
from remiss.errors import Location, SourceError
from remiss.protocol.check_result import Checked
from remiss.protocol.expressions.grammar import parse
from remiss.protocol.ports import Session
from remiss.records.identity import FIRST, from_micros, to_micros
from remiss.records.window import ClockChange, clock_changes

# What footers say, as a relation.
FOOTERS = "remiss_footers"
# Before this no clock was set back, and after it nobody knows: to look for changes costs a step for each day.
CLOCKS = (to_micros(datetime(1880, 1, 1, tzinfo=UTC)), to_micros(datetime(2100, 1, 1, tzinfo=UTC)))
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class FileTimes:
    """The stretches of event time of a file, and how many of its rows have no time that can be read."""

    stretches: Stretches = ()
    timeless: int = 0


def file_times(
    session: Session, checked: Checked, files: Collection[str], after: Mapping[str, int] | None = None
) -> Mapping[str, FileTimes]:
    """Return the stretches of readable event time of each file; none of one without any. A stretch ends as `joined` says.

    Rows count that other requirements will refuse: a window that holds nothing else is captured, and says so. What the footers
    of files tell is not read.

    Parameters
    ----------
    files : which of the files of the session are read
    after : by file, the number of a row: what comes before it does not count
    """
    reading = times_of(session, checked)
    found = {} if after else reading.by_footers(files)
    rest = [file for file in files if file not in found]
    return found | (reading.by_rows(rest, after or {}) if rest else {})


def times_of(session: Session, checked: Checked) -> TimeReading:
    """Return how event times are read in a session."""
    field = spelling.of_source(checked.fields["time"], has_labels=checked.protocol.labels is not None)
    schema = session.run(f"SELECT {field} AS time FROM {EVENTS} AS source LIMIT 0").schema
    return TimeReading(session, checked, field, shape_of(schema.field("time").type))


@dataclass(frozen=True, slots=True)
class TimeReading:
    """How event times are read in a session: their expression over the source, and its shape."""

    session: Session
    checked: Checked
    field: str
    shape: Shape

    @property
    def _width(self) -> int:
        return self.checked.protocol.sampling.window // timedelta(microseconds=1)

    def by_rows(self, files: Collection[str], after: Mapping[str, int]) -> dict[str, FileTimes]:
        """Return the times of files by reading that of each row."""
        among = _among(self.session, files)
        changes = self._changes(f"SELECT {self._local(self.field)} AS local FROM {EVENTS} AS source WHERE {among}")
        time = self._instant(changes)
        width = self._width
        skipped = "".join(
            f" AND NOT (remiss_file = {spelling.literal(file)} AND remiss_row < {row})" for file, row in sorted(after.items())
        )
        # Counted from the calendar's first microsecond, so that no number is negative, on which engines divide differently.
        found = self.session.run(
            f"WITH times AS (SELECT remiss_file AS file, epoch_us({time}) AS micros FROM {EVENTS} AS source "
            f"WHERE {among}{skipped}), windows AS MATERIALIZED (SELECT file, (micros - {FIRST}) // {width} AS number, "
            f"MIN(micros) AS least, MAX(micros) AS greatest, COUNT(*) AS rows "
            f"FROM times GROUP BY file, (micros - {FIRST}) // {width}), "
            "apart AS (SELECT *, number - LAG(number) OVER (PARTITION BY file ORDER BY number) AS distance FROM windows "
            "WHERE NOT number IS NULL), "
            f"numbered AS (SELECT *, COUNT(CASE WHEN distance > {MOST_EMPTY} THEN 1 END) "
            "OVER (PARTITION BY file ORDER BY number) AS stretch FROM apart) "
            "SELECT file, MIN(least) AS least, MAX(greatest) AS greatest, 0 AS timeless FROM numbered GROUP BY file, stretch "
            "UNION ALL SELECT file, NULL, NULL, rows FROM windows WHERE number IS NULL"
        ).to_pylist()
        times: dict[str, list[tuple[int, int]]] = {file: [] for file in files}
        timeless = dict.fromkeys(files, 0)
        for row in found:
            timeless[row["file"]] += row["timeless"]
            if row["least"] is not None:
                times[row["file"]].append((row["least"], row["greatest"]))
        return {file: FileTimes(tuple(sorted(its)), timeless[file]) for file, its in times.items()}

    def by_footers(self, files: Collection[str]) -> dict[str, FileTimes]:
        """Return the times of those of the files that tell them in their footers."""
        column = rising(self.field)
        if column is None or not self.session.keep_bounds(FOOTERS, EVENTS, column):
            return {}
        ends = " UNION ALL ".join(
            f"SELECT remiss_file, remiss_rows, remiss_nulls, {end} AS {spelling.name(column)} FROM {FOOTERS}"
            for end in ("remiss_least", "remiss_greatest")
        )
        changes = self._changes(f"SELECT {self._local(self.field)} AS local FROM ({ends}) AS source")
        # About the changes of a clock the first local time need not be the first moment.
        days = "".join(
            f" OR {self._local(self.field)} BETWEEN CAST({spelling.literal((each.since - DAY).isoformat(' '))} AS TIMESTAMP) "
            f"AND CAST({spelling.literal((each.until + DAY).isoformat(' '))} AS TIMESTAMP)"
            for each in changes
        )
        found = self.session.run(
            f"WITH ends AS (SELECT remiss_file AS file, epoch_us({self._instant(())}) AS micros, remiss_rows AS rows, "
            f"remiss_nulls AS nulls, FALSE{days} AS moved FROM ({ends}) AS source) "
            "SELECT file, MIN(micros) AS least, MAX(micros) AS greatest, SUM(nulls) // 2 AS timeless, "
            "BOOL_AND(NOT nulls IS NULL AND (nulls = rows OR NOT micros IS NULL) AND NOT COALESCE(moved, FALSE)) AS told "
            "FROM ends GROUP BY file"
        ).to_pylist()
        times = {}
        for row in found:
            least, greatest = row["least"], row["greatest"]
            near = least is None or (greatest - FIRST) // self._width - (least - FIRST) // self._width <= MOST_EMPTY
            if row["told"] and near and row["file"] in files:
                times[row["file"]] = FileTimes(() if least is None else ((least, greatest),), int(row["timeless"]))
        return times

    def _instant(self, changes: Sequence[ClockChange]) -> str:
        source = self.checked.protocol.source
        return spelling.instant(self.field, self.shape, source.time_zone, changes=changes, ambiguous=source.ambiguous)

    def _local(self, sql: str) -> str:
        if self.shape in (Shape.NAIVE, Shape.DATE):
            return f"CAST({sql} AS TIMESTAMP)"
        return f"TRY_CAST({sql} AS TIMESTAMP)" if self.shape is Shape.TEXT else "CAST(NULL AS TIMESTAMP)"

    def _changes(self, local: str) -> tuple[ClockChange, ...]:
        """Return the changes of the source's clocks about the local times that a query gives."""
        zone = self.checked.protocol.source.time_zone
        if zone is None or self.shape not in (Shape.NAIVE, Shape.DATE, Shape.TEXT):
            return ()
        asked = f"SELECT epoch_us(MIN(local)) AS least, epoch_us(MAX(local)) AS greatest FROM ({local}) AS times"
        row = self.session.run(f"{asked} WHERE isfinite(local)").to_pylist()[0]
        return () if row["least"] is None else clock_changes(zone, max(row["least"], CLOCKS[0]), min(row["greatest"], CLOCKS[1]))


# What gives no less for a greater value.
RISING = {"TIMESTAMP", "TIMESTAMPTZ", "DATE", "BIGINT", "DOUBLE", "DECIMAL(18, 6)"}


def rising(field: str) -> str | None:
    """Return the column that an expression over the source is of, where it gives no less for a greater value; else None.

    >>> rising('to_timestamp(source."at" / 1000)'), rising('source."meta"."at"')
    ('at', None)
    """
    node = sqlglot.parse_one(field, read="duckdb")
    while not isinstance(node, exp.Column):
        by = node.args.get("expression")
        scaled = isinstance(node, exp.Div | exp.Mul) and isinstance(by, exp.Literal) and not by.is_string and float(by.name) > 0
        cast = isinstance(node, exp.Cast) and node.to.sql("duckdb").upper() in RISING
        if not (scaled or cast or isinstance(node, exp.Paren | exp.UnixToTime)):
            return None
        node = node.this
    parts = [part.name for part in node.parts]
    return parts[1] if len(parts) == 2 and parts[0] == "source" else None


def last_rows(session: Session, files: Collection[str]) -> Mapping[str, int]:
    """Return the number of the last readable row of each file, 0 where there is none."""
    asked = (
        f"SELECT remiss_file AS file, MAX(remiss_row) AS row FROM {EVENTS} WHERE {_among(session, files)} GROUP BY remiss_file"
    )
    found = session.run(asked).to_pylist()
    return dict.fromkeys(files, 0) | {row["file"]: row["row"] or 0 for row in found}


def _among(session: Session, files: Collection[str]) -> str:
    """Return the condition that a row is of these files; thousands of names in a statement cost more than to read them all."""
    if len(files) == len(session.states):
        return "TRUE"
    listed = ", ".join(spelling.literal(file) for file in sorted(files))
    return f"remiss_file IN ({listed})"


def of_session(session: Session, checked: Checked) -> tuple[tuple[datetime, datetime], ...]:
    """Return the least and greatest event time of each stretch of all files of a session, oldest first; none of no row.

    Raises
    ------
    SourceError : there are rows, and none has a time
    """
    by_file = file_times(session, checked, session.states)
    found = joined((stretch for each in by_file.values() for stretch in each.stretches), checked.protocol.sampling.window)
    if not found:
        refuse_timeless(session, checked)
    return tuple((from_micros(least), from_micros(greatest)) for least, greatest in found)


# What services count in since 1970, by how many of it make a second.
UNITS = {1_000: "milliseconds", 1_000_000: "microseconds", 1_000_000_000: "nanoseconds"}
# Seconds since 1970: of the years 1990 to 2100, from which logs are.
PLAUSIBLE = (631_152_000, 4_102_444_800)


def unit_of(session: Session, checked: Checked) -> tuple[str, str] | None:
    """Return what a time counts in that is read as seconds since 1970, and its expression in seconds; None for other times."""
    found = sqlglot.parse_one(spelling.of_source(checked.fields["time"], has_labels=True), read="duckdb").find(exp.UnixToTime)
    if found is None:
        return None
    counted = found.this
    while isinstance(counted, exp.Cast):
        counted = counted.this
    asked = f"SELECT MIN(x) AS least, MAX(x) AS greatest FROM (SELECT TRY_CAST({counted.sql('duckdb')} AS DOUBLE) AS x FROM "
    row = session.run(f"{asked}{EVENTS} AS source) AS counted WHERE isfinite(x)").to_pylist()[0]
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
