"""A look at the log for who writes a protocol: what its criteria are on the events of one window, before anything is captured.

A threshold in seconds over milliseconds, or a column that is null where all went well, passes every check of names and types; a
count of one window shows it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from remiss.capture import census, requirements, row_checks, time_ranges
from remiss.capture.criterion_counts import of_cells
from remiss.capture.detectable import detectable
from remiss.capture.listed_files import reading
from remiss.capture.ports import CAPTURE
from remiss.capture.sql.plan import EVENTS, ScanPlan, Shape
from remiss.capture.sql.scan import steps
from remiss.capture.sql.spelling import THOUSANDS, casts, columns_of, name, of_source, outline
from remiss.errors import RemissError
from remiss.govern.redaction.written import hide_files
from remiss.protocol.check_result import Checked, Finding, Findings
from remiss.protocol.terms import Type
from remiss.records.window import Window, window_at, window_index

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from remiss.capture.ports import LookWorkspace
    from remiss.protocol.ports import Description, Session
    from remiss.protocol.terms import Protocol

LOOKED_AT = 20_000
HOW_TO = '"Numbers and times written as text" in the guide to protocols says how to read them'


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
            lost = [*_unreadable(protocol, session)]
            lost += [each for one in _conversions(plan, source) if (each := _lost(session, plan, one)) is not None]
    except RemissError as error:
        hide_files(error, lambda: ws.gate)
        file, line = (protocol.path, 1) if error.where is None else (error.where.file, error.where.line or 1)
        return Findings(items=(Finding(code=error.code, level="error", file=file, line=line, what=error.what, do=error.do),))
    lines = {one.criterion.name: one.criterion.line for one in checked.criteria}
    found = (
        *_of_1970(protocol, times),
        *lost,
        *(
            _counted(
                protocol,
                lines[count.criterion],
                f"in the window of {window.start.date().isoformat()} {count.warning}",
                "nothing, where that is so; else look at its units, its spelling and its nulls",
            )
            for count in of_cells(list(lines), cells, windows)
            if count.warning is not None
        ),
    )
    return Findings(items=found, detectable=detectable(protocol, windows[0], cells))


def texts(ws: LookWorkspace, protocol: Protocol, source: Description) -> Findings:
    """Return what the first rows hold in columns of text that a protocol reads as numbers, as it stands an error of it."""
    read = protocol.source.taken_for
    columns = [one for one, kind in source.columns.items() if kind.type is Type.TEXT and read.get(one) is Type.NUMBER]
    if not columns or not ws.may(CAPTURE, None):
        return Findings(items=())
    found = []
    with ws.engine.open({EVENTS: (protocol.source, source)}) as session:
        for column in columns:
            said, rows = name(column), f"FROM (SELECT {name(column)} FROM {EVENTS} AS source LIMIT {LOOKED_AT}) AS first"
            total = session.run(f"SELECT COUNT(*) AS rows {rows}").to_pylist()[0]["rows"]
            where = f"{said} IS NOT NULL AND TRY_CAST({said} AS DOUBLE) IS NULL"
            written = session.run(f"{_outlines(said)} {rows} WHERE {where} GROUP BY 1 ORDER BY 2 DESC, 1").to_pylist()
            field = next((one for one, each in protocol.fields.items() if each.sql.strip('"') == column), column)
            fate = "and would be refused" if field in requirements.NUMERIC else "and would be null"
            if written:
                lost = sum(each["rows"] for each in written)
                what = f"field {field}: of the first {total:,} rows {lost:,} hold a text in {column} that is no number {fate}"
                line = protocol.fields[field].line if field in protocol.fields else 1
                found.append(_counted(protocol, line, f"{what}, {_written(written)}", _advice(written, column)))
    return Findings(items=tuple(found))


@dataclass(frozen=True, slots=True)
class _Conversion:
    """A text that a field or a criterion makes something else of: `value`, over columns of `judged` if it is of a criterion.

    `lost` is the condition that nothing came of it, and `fate` what is then.
    """

    of: str
    line: int
    value: str
    lost: str
    fate: str
    by_criterion: bool = False


def _conversions(plan: ScanPlan, source: Description) -> Iterator[_Conversion]:
    protocol = plan.checked.protocol
    for field, expression in plan.checked.fields.items():
        sql = of_source(expression, has_labels=protocol.labels is not None)
        tried = [(value, attempt) for value, attempt in casts(sql) if _kind(value, source) in {Type.TEXT, None}]
        line = protocol.fields[field].line
        if field == "time" and (tried or plan.shapes[field] is Shape.TEXT):
            value = _said(sql if plan.shapes[field] is Shape.TEXT else tried[-1][0], source)
            yield _Conversion(f"field {field}", line, value, "TRUE", f"are refused as {requirements.BAD_TIME}")
        elif tried and field != "time":
            lost = " OR ".join(f"({value} IS NOT NULL AND {attempt} IS NULL)" for value, attempt in tried)
            fate = "are null"
            if field in requirements.NUMERIC and plan.shapes[f"remiss_raw_{field}"] is Shape.TEXT:
                fate = f"are refused as {requirements.BAD_TYPE}{field}"
            elif field in protocol.require:
                fate = f"are refused as {requirements.MISSING}{field}"
            yield _Conversion(f"field {field}", line, _said(tried[-1][0], source), f"{sql} IS NULL AND ({lost})", fate)
    for each in plan.checked.criteria:
        for value, attempt in [pair for part in (each.when, each.among) if part is not None for pair in casts(part.sql)]:
            if plan.shapes.get(value.strip('"'), Shape.TEXT) is Shape.TEXT:
                lost = f"{value} IS NOT NULL AND {attempt} IS NULL"
                where = f"criterion {each.criterion.name}"
                yield _Conversion(where, each.criterion.line, value, lost, "are read as null", by_criterion=True)


def _unreadable(protocol: Protocol, session: Session) -> Iterator[Finding]:
    """Return a note where rows of the log cannot be read: whole files may be of another encoding or have another separator."""
    found = session.unreadable(EVENTS).values()
    lost = sum(each.count for each in found)
    if lost:
        total = session.run(f"SELECT COUNT(*) AS rows FROM {EVENTS}").to_pylist()[0]["rows"] + lost
        details = Counter(row.detail for each in found for row in each.rows)
        what = f"{lost:,} of {total:,} rows of the log cannot be read and would be refused: {details.most_common(1)[0][0]}"
        yield _counted(
            protocol, protocol.source.line, what, "look at how these rows are written; a capture lists the first of them"
        )


def _kind(value: str, source: Description) -> Type | None:
    """Return the type of a column of the log; None of any other value."""
    known = source.columns.get(_plain(value))
    return None if known is None else known.type


def _said(value: str, source: Description) -> str:
    """Return the column of text that a value is made of, where it is of one alone."""
    columns = columns_of(value)
    return columns[0] if len(columns) == 1 and _kind(columns[0], source) is Type.TEXT else value


def _plain(value: str) -> str:
    return value.replace('"', "").removeprefix("source.")


def _lost(session: Session, plan: ScanPlan, one: _Conversion) -> Finding | None:
    """Return how many rows of the window hold a text of which nothing comes; of those without a time, of all that are read."""
    said = f"CASE WHEN {one.lost} THEN CAST({one.value} AS VARCHAR) END"
    rows = f"{steps(plan, labels=True, extra=() if one.by_criterion else [f'{said} AS remiss_said'])} "
    timeless = one.fate.endswith(requirements.BAD_TIME)
    within = "remiss_at IS NULL" if timeless else f"remiss_window >= {plan.reach}"
    if one.by_criterion:
        within += " AND remiss_reason IS NULL"
    rows += f", read AS (SELECT {said if one.by_criterion else 'remiss_said'} AS said FROM judged WHERE {within}) "
    written = session.run(f"{rows}{_outlines('said')} FROM read WHERE said IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1").to_pylist()
    if not written:
        return None
    whole = f"SELECT COUNT(*) AS rows FROM {EVENTS}" if timeless else f"{rows}SELECT COUNT(*) AS rows FROM read"
    total = session.run(whole).to_pylist()[0]["rows"]
    value = one.value.replace('"', "").replace("source.", "")
    where = "the log" if timeless else f"the window of {plan.since.date().isoformat()}"
    what = f"{one.of}: of {total:,} rows of {where} {sum(each['rows'] for each in written):,} {one.fate}"
    return _counted(
        plan.checked.protocol, one.line, f"{what}, for the text in {value} is {_written(written)}", _advice(written, value)
    )


def _outlines(said: str) -> str:
    return (
        f"SELECT {outline(said)} AS written, COUNT(*) AS rows, COUNT(*) FILTER (regexp_matches({said}, {THOUSANDS})) AS thousands"
    )


def _written(found: Sequence[dict[str, Any]]) -> str:
    """Say how texts are written, the commonest first."""
    shown = [f"{each['written'] or 'empty'} ({each['rows']:,})" for each in found[:3]]
    return f"written as {', '.join(shown)}{' and otherwise' if len(found) > 3 else ''} (9 stands for digits, a for letters)"


def _advice(found: Sequence[dict[str, Any]], value: str) -> str:
    thousands = sum(each["thousands"] for each in found)
    better = f"TRY_CAST(replace({value}, ',', '') AS DOUBLE) reads {thousands:,} of them; " if thousands else ""
    return f"{better}{HOW_TO}"


def _counted(protocol: Protocol, line: int, what: str, do: str) -> Finding:
    return Finding(code="counts", level="note", file=protocol.path, line=line, what=what, do=do)


def _empty(protocol: Protocol) -> Findings:
    """Return that there is nothing to count."""
    what = "the log has no event that could be counted, so that nothing is known of what the sample can detect"
    do = "look at source.uri and at the field time; check again when there is a log"
    return Findings(items=(_counted(protocol, protocol.source.line, what, do),))


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
