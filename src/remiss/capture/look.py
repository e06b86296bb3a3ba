"""A look at the log for who writes a protocol: what its criteria are on the events of one window, before anything is captured.

A threshold in seconds over milliseconds, or a column that is null where all went well, passes every check of names and types; a
count of one window shows it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from remiss.capture import census, row_checks, time_ranges
from remiss.capture.actions import CAPTURE
from remiss.capture.build import reading
from remiss.capture.criterion_counts import of_cells
from remiss.capture.detectable import detectable
from remiss.capture.sql.plan import ScanPlan
from remiss.errors import RemissError
from remiss.govern.redaction.written import hide_files
from remiss.protocol.check_result import Checked, Finding, Findings
from remiss.records.window import Window, window_at, window_index

if TYPE_CHECKING:
    from collections.abc import Sequence

    from remiss.capture.ports import LookWorkspace
    from remiss.protocol.terms import Protocol


def look(ws: LookWorkspace, checked: Checked) -> Findings:
    """Return what one window of the log tells of a protocol that is right, as notes; an error where a capture would end in one.

    With it comes what the sample can detect.

    To whom capturing is not allowed it tells nothing.

    The window is the newest that has ended and whose labels are all in, else the newest.
    """
    protocol = checked.protocol
    if not ws.may(CAPTURE, None):
        return Findings(items=())
    try:
        with reading(ws, checked) as (session, source, _):
            times = time_ranges.of_session(session, checked)
            window = chosen(times, protocol.sampling.window, _lag(checked))
            if window is None:
                return _empty(protocol)
            plan = ScanPlan(checked=checked, columns=tuple(source.types), since=window.start, until=window.end, as_of=ws.now)
            plan, seen = row_checks.rows_checked(session, plan, ws.progress)
            parts = census.uncut(session, plan, seen, ws.progress)
            starts = {plan.reach: window.start}
            cells, windows = census.cells(plan, parts, starts), census.run_windows(parts, starts, seen.left_out)
    except RemissError as error:
        hide_files(error, lambda: ws.gate)
        file, line = (protocol.path, 1) if error.where is None else (error.where.file, error.where.line or 1)
        return Findings(items=(Finding(code=error.code, level="error", file=file, line=line, what=error.what, do=error.do),))
    lines = {one.criterion.name: one.criterion.line for one in checked.criteria}
    found = (
        *_of_1970(protocol, times),
        *(
            Finding(
                code="counts",
                level="note",
                file=protocol.path,
                line=lines[count.criterion],
                what=f"in the window of {window.start.date().isoformat()} {count.warning}",
                do="nothing, where that is so; else look at its units, its spelling and its nulls",
            )
            for count in of_cells(list(lines), cells, windows)
            if count.warning is not None
        ),
    )
    return Findings(items=found, detectable=detectable(protocol, windows[0], cells))


def _empty(protocol: Protocol) -> Findings:
    """Return that there is nothing to count."""
    what = "the log has no event that could be counted, so that nothing is known of what the sample can detect"
    do = "look at source.uri and at the field time; check again when there is a log"
    line = protocol.source.line
    return Findings(items=(Finding(code="counts", level="note", file=protocol.path, line=line, what=what, do=do),))


# Seconds that are read as milliseconds since 1970 lie in its first weeks.
EARLIEST = datetime(1980, 1, 1, tzinfo=UTC)


def _of_1970(protocol: Protocol, times: Sequence[tuple[datetime, datetime]]) -> tuple[Finding, ...]:
    """Return a note where every event is of a time before there were logs."""
    least, greatest = times[0][0], times[-1][1]
    if greatest >= EARLIEST:
        return ()
    found = Finding(
        code="times",
        level="note",
        file=protocol.path,
        line=protocol.lines.get("fields.time", 1),
        what=f"all events are of {least.date().isoformat()} to {greatest.date().isoformat()}",
        do="look at the unit of the field time: seconds since 1970 may be read as milliseconds",
    )
    return (found,)


def _lag(checked: Checked) -> timedelta:
    labels = checked.protocol.labels
    return timedelta(0) if labels is None else labels.lag


def chosen(times: Sequence[tuple[datetime, datetime]], width: timedelta, lag: timedelta) -> Window | None:
    """Return the newest window that ended, with the time that labels take, before the last event; else the window of that event.

    Parameters
    ----------
    times : the least and greatest event time of each stretch, oldest first
    """
    if not times:
        return None
    least, greatest = times[-1]
    newest = window_at(window_index(greatest, width), width)
    mature = window_index(greatest - lag, width) - 1
    return window_at(mature, width) if mature >= window_index(least, width) else newest
