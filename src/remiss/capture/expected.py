"""What a capture would derive, counted without fetching content: a dry run.

Windows do not end where months do. An event counts in the calendar month (UTC) of its own time, as people plan by months; so a
window in which a month begins is counted in pieces.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from remiss.capture import census, requirements, sampling
from remiss.capture.left_out import FiledIds
from remiss.capture.planning import WindowYield
from remiss.capture.row_checks import RowChecks
from remiss.capture.sample import ChosenEvents, checked_rows, chosen_events
from remiss.capture.sampled_rows import keep_sample, place_of
from remiss.capture.sampling import Selection
from remiss.capture.sql.plan import ScanPlan
from remiss.capture.sql.scan import refusing_labels, steps
from remiss.govern.ports.machine import Progress
from remiss.protocol.check_result import Checked
from remiss.protocol.ports import Description, Session
from remiss.records.identity import to_micros
from remiss.records.run import RunWindow
from remiss.records.window import Window

# What lies in one month: its first moment and the moment after it.
Piece = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a capture would derive: its windows, what each would bring in each month, and the rows refused by reason."""

    windows: tuple[RunWindow, ...]
    yields: tuple[WindowYield, ...]
    refused: Mapping[str, int]
    rows: int


def expect(
    session: Session,
    checked: Checked,
    source: Description,
    since: datetime,
    until: datetime,
    as_of: datetime,
    progress: Progress,
    others: Sequence[FiledIds] = (),
) -> Expected:
    """Return what `draw_sample` would derive, exactly, without bringing content or profiles.

    Cases are sampled events that meet a criterion, those that only `all` happens to keep among them.
    """
    rows = checked_rows(session, checked, source, since, until, as_of, progress, others)
    plan, seen = rows.plan, rows.seen
    chosen = chosen_events(session, plan, seen, progress)
    numbers = {plan.reach + at: window for at, window in enumerate(rows.windows)}
    counted = census.run_windows(chosen.parts, rows.starts, seen.left_out)
    progress("counting by month", 0.9)
    yields = _yields(session, plan, seen, numbers, counted, chosen)
    progress("done", 1.0)
    return Expected(
        windows=counted,
        yields=yields,
        refused=requirements.in_order(census.all_refused(session, plan, seen), checked),
        rows=seen.rows,
    )


def months_of(window: Window) -> list[Piece]:
    """Return the pieces of a window that lie in different months, the whole window where it lies in one.

    >>> from datetime import UTC, timedelta
    >>> [f"{since:%d %b}" for since, _ in months_of(Window(datetime(2026, 1, 26, tzinfo=UTC), timedelta(weeks=1)))]
    ['26 Jan', '01 Feb']
    """
    bounds, last = [window.start], window.end
    while True:
        at = bounds[-1]
        if (at.year, at.month) == (9999, 12):
            break
        following = at.replace(year=at.year + at.month // 12, month=at.month % 12 + 1, day=1, hour=0, minute=0, second=0)
        if following >= last:
            break
        bounds.append(following)
    return list(zip(bounds, [*bounds[1:], last], strict=True))


def _yields(
    session: Session,
    plan: ScanPlan,
    seen: RowChecks,
    numbers: Mapping[int, Window],
    counted: Sequence[RunWindow],
    chosen: ChosenEvents,
) -> tuple[WindowYield, ...]:
    """Return what each window would bring in each month; only of those that a month cuts more is asked than was counted."""
    pieces = {number: months_of(window) for number, window in numbers.items()}
    cut = {number: found for number, found in pieces.items() if len(found) > 1 and seen.events.get(number, 0)}
    events = {(number, 0): window.population for number, window in zip(numbers, counted, strict=True)}
    left_out = {(number, 0): window.left_out for number, window in zip(numbers, counted, strict=True)}
    where: Mapping[tuple[int, str], int] = {}
    if cut:
        events |= {(row["number"], row["piece"]): row["rows"] for row in _run(session, _events(plan, cut))}
        events |= {(number, 0): seen.events[number] - _later(events, number) for number in cut}
        where = _places(session, plan, cut, chosen.selected)
    shadowed = {number: found for number, found in pieces.items() if len(found) > 1 and seen.left_out.get(number, 0)}
    if shadowed:
        left_out |= {(row["number"], row["piece"]): row["rows"] for row in _run(session, _left_out(plan, shadowed))}
        left_out |= {(number, 0): seen.left_out[number] - _later(left_out, number) for number in shadowed}
    sampled: Counter[tuple[int, int]] = Counter()
    cases: Counter[tuple[int, int]] = Counter()
    for one in chosen.selected:
        piece = one.window, where.get(place_of(one), 0)
        sampled[piece] += 1
        cases[piece] += one.key in chosen.meeting
    return tuple(
        WindowYield(
            since=since,
            until=until,
            events=events.get((number, at), 0),
            sampled=sampled[number, at],
            cases=cases[number, at],
            left_out=left_out.get((number, at), 0),
        )
        for number, found in pieces.items()
        for at, (since, until) in enumerate(found)
    )


def _later(rows: Mapping[tuple[int, int], int], number: int) -> int:
    """Return how many rows of a window lie in another than its first month."""
    return sum(count for (window, piece), count in rows.items() if window == number and piece)


def _run(session: Session, sql: str) -> list[dict[str, int]]:
    found: list[dict[str, int]] = session.run(sql).to_pylist()
    return found


def _places(
    session: Session, plan: ScanPlan, cut: Mapping[int, Sequence[Piece]], selected: Sequence[Selection]
) -> dict[tuple[int, str], int]:
    """Return in which piece of its window each sampled event of these windows lies."""
    keep_sample(session, sorted({sampling.event_of(one.key) for one in selected if one.window in cut}))
    return {(row["number"], row["id"]): row["piece"] for row in session.run(_sampled(plan, cut)).to_pylist()}


def _pieces(cut: Mapping[int, Sequence[Piece]]) -> str:
    """Return the join that gives a row its piece of these windows, and takes rows of others away."""
    listed = ", ".join(
        f"({number}, {at}, {to_micros(since)}, {to_micros(until)})"
        for number, found in sorted(cut.items())
        for at, (since, until) in enumerate(found)
    )
    return (
        f"INNER JOIN (VALUES {listed}) AS pieces(number, piece, since, until) "
        "ON remiss_window = pieces.number AND remiss_at >= pieces.since AND remiss_at < pieces.until"
    )


def _events(plan: ScanPlan, cut: Mapping[int, Sequence[Piece]]) -> str:
    return (
        f"{steps(plan, labels=refusing_labels(plan))} SELECT number, piece, COUNT(*) AS rows FROM admitted {_pieces(cut)} "
        "GROUP BY number, piece"
    )


def _left_out(plan: ScanPlan, cut: Mapping[int, Sequence[Piece]]) -> str:
    return (
        f"{steps(plan, labels=False, every_row=True)} SELECT number, piece, COUNT(*) AS rows FROM judged {_pieces(cut)} "
        "WHERE NOT COALESCE(remiss_admitted, FALSE) GROUP BY number, piece"
    )


def _sampled(plan: ScanPlan, cut: Mapping[int, Sequence[Piece]]) -> str:
    return f"{steps(plan, labels=refusing_labels(plan), only_sample=True)} SELECT id, number, piece FROM admitted {_pieces(cut)}"
