"""Census: exact counts and least keys by window, stratum and pattern, and the records of a run that are made of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from remiss.capture import requirements, row_checks, sampling, unit_census, versions
from remiss.capture.row_checks import RowChecks
from remiss.capture.sampling import GroupName, GroupSample, PopulationPart
from remiss.capture.sql import criteria, statements
from remiss.capture.sql.plan import BOUNDS, EVENTS, LABELS, REFERENCE, ScanPlan, Shape
from remiss.capture.values import value_of
from remiss.govern.ports.machine import Progress
from remiss.protocol.ports import Session
from remiss.records.event import ModelVersion, Scalar
from remiss.records.run import Cell, Group, Refusals, RefusedRow, RunWindow

# Exact medians keep 8 bytes a value in memory: 80 MB for each anomaly at most, unless one window alone is larger.
REFERENCE_ROWS = 10_000_000
# A window and a stratum; the criteria met, undecided and outside; the model version.
Pattern: TypeAlias = tuple[int, tuple[Scalar, ...], tuple[str, ...], tuple[str, ...], tuple[str, ...], ModelVersion | None]


def counted(
    session: Session, plan: ScanPlan, seen: RowChecks, progress: Progress
) -> tuple[list[PopulationPart], list[PopulationPart], frozenset[str]]:
    """Return the cells, the whole windows, and the keys of those that met a criterion among the least of each."""
    own = {number: rows for number, rows in seen.events.items() if number >= plan.reach}
    if not own:
        return [], [], frozenset()
    if plan.anomalies:
        progress("measuring what is usual", 0.35)
        _keep_references(session, plan, seen)
    progress("counting events and drawing the sample", 0.4)
    parts, whole, meeting = _census(session, plan, own)
    return versions.told_apart(parts), whole, meeting


def uncut(session: Session, plan: ScanPlan, seen: RowChecks, progress: Progress) -> list[PopulationPart]:
    """Return the cells of a plan without any key: what is counted, and nothing to draw."""
    rows = asked(session, plan, seen, progress, lambda: statements.census(plan, keys=False))
    return [_part(plan, row, ()) for row in rows]


def asked(
    session: Session, plan: ScanPlan, seen: RowChecks, progress: Progress, question: Callable[[], str]
) -> list[dict[str, Any]]:
    """Return the rows of a question about the states of events, none where there is no event; keeps what anomalies need."""
    if not any(number >= plan.reach for number in seen.events):
        return []
    if plan.anomalies:
        progress("measuring what is usual", 0.35)
        _keep_references(session, plan, seen)
    progress("counting events", 0.4)
    found: list[dict[str, Any]] = session.run(question()).to_pylist()
    return found


def _keep_references(session: Session, plan: ScanPlan, seen: RowChecks) -> None:
    tables: list[str] = []
    for first, last in _chunks(seen.events, REFERENCE_ROWS):
        tables.append(f"{REFERENCE}_{len(tables)}")
        session.keep(tables[-1], criteria.reference(plan, first, last))
    session.keep(REFERENCE, criteria.references(plan, tables, sorted(number for number in seen.events if number >= plan.reach)))


def _chunks(events: Mapping[int, int], most: int) -> list[tuple[int, int]]:
    """Return runs of windows, first and last, of at most so many events each unless one window alone has more.

    >>> _chunks({0: 5, 1: 5, 2: 7, 4: 1}, 10)
    [(0, 1), (2, 4)]
    """
    found: list[tuple[int, int]] = []
    held = 0
    for number in sorted(events):
        if found and held + events[number] <= most:
            found[-1] = (found[-1][0], number)
            held += events[number]
        else:
            found.append((number, number))
            held = events[number]
    return found


def _census(
    session: Session, plan: ScanPlan, rows: Mapping[int, int]
) -> tuple[list[PopulationPart], list[PopulationPart], frozenset[str]]:
    """Return the census, whole windows, and the keys of events that meet a criterion, among those that it brought.

    Each window's bound on the keys of `all` is almost surely high enough. Where one was not, the census is taken again.
    """
    if plan.checked.protocol.sampling.unit is not None:
        return unit_census.counted(session, plan, lambda row: _part(plan, row, ()))
    keep = plan.checked.protocol.sampling.population
    bounds = {number: statements.bound(count, keep) for number, count in rows.items()}
    while True:
        session.keep(BOUNDS, statements.bounds(bounds))
        parts, whole, meeting = _counts(session, plan)
        short = [one.window for one in whole if len(one.least) < min(one.population, keep + 1)]
        if not short:
            return parts, whole, meeting
        bounds |= dict.fromkeys(short, statements.NO_BOUND)


def _counts(session: Session, plan: ScanPlan) -> tuple[list[PopulationPart], list[PopulationPart], frozenset[str]]:
    parts: list[PopulationPart] = []
    uniform: dict[int, list[str]] = {}
    meeting: set[str] = set()
    for row in session.run(statements.census(plan, also=versions.columns(plan))).to_pylist():
        part = _part(plan, row, _keys(row["least"]))
        parts.append(part)
        offered = _keys(row["uniform"])
        uniform.setdefault(part.window, []).extend(offered)
        if part.met:
            meeting.update(part.least, offered)
    keep = plan.checked.protocol.sampling.population
    whole = [_whole(number, own, uniform[number], keep) for number, own in sorted(_by_window(parts).items())]
    return parts, whole, frozenset(meeting)


def _part(plan: ScanPlan, row: Mapping[str, Any], least: tuple[str, ...]) -> PopulationPart:
    every = plan.checked.criteria
    numbers = [row[f"pattern_{at}"] for at in range(len(criteria.patterns(plan)))]
    found = criteria.standing(every, criteria.digits(numbers, len(every)))
    strata = plan.checked.protocol.sampling.strata
    return PopulationPart(
        window=row["remiss_window"],
        stratum=tuple(value_of(row[f"stratum_{at}"], plan.shapes[one]) for at, one in enumerate(strata)),
        met=found.met,
        undecided=found.undecided,
        outside=found.outside,
        ruled_out=found.ruled_out,
        nulls=found.nulls,
        version=versions.version_of(plan, row),
        population=row["population"],
        labelled=row["labelled"],
        least=least,
    )


def _keys(found: Sequence[str] | None) -> tuple[str, ...]:
    """Return keys as `sampling.key` writes them; the engine leaves out the colon."""
    return tuple(f"{one[: sampling.DIGITS]}:{one[sampling.DIGITS :]}" for one in found or ())


def _by_window(parts: Sequence[PopulationPart]) -> dict[int, list[PopulationPart]]:
    found: dict[int, list[PopulationPart]] = {}
    for part in parts:
        found.setdefault(part.window, []).append(part)
    return found


def _whole(number: int, parts: Sequence[PopulationPart], keys: Sequence[str], keep: int) -> PopulationPart:
    return PopulationPart(
        window=number,
        stratum=(),
        met=(),
        undecided=(),
        population=sum(part.population for part in parts),
        labelled=sum(part.labelled for part in parts),
        least=tuple(sorted(keys)[: keep + 1]),
    )


def all_refused(session: Session, plan: ScanPlan, seen: RowChecks) -> dict[str, int]:
    """Return how many rows of this run were refused for each reason, the reader's own among them."""
    counts = Counter(seen.refused)
    for reasons in seen.placed.values():
        counts.update(reasons)
    if plan.checked.protocol.labels is not None:
        counts[requirements.UNREADABLE_LABEL] = sum(one.count for one in session.unreadable(LABELS).values())
        counts.update(plan.labels_refused)
    return counts


def refusals(session: Session, plan: ScanPlan, seen: RowChecks) -> Refusals:
    """Return all refusals, with the first rows of each reason."""
    rows: list[RefusedRow] = []
    unreadable = {requirements.UNREADABLE: [one for file, one in session.unreadable(EVENTS).items() if file in seen.placed]}
    if plan.checked.protocol.labels is not None:
        unreadable[requirements.UNREADABLE_LABEL] = list(session.unreadable(LABELS).values())
    for reason, found in unreadable.items():
        first = [row for one in found for row in one.rows][: requirements.LISTED]
        rows += [RefusedRow(reason=reason, file=one.file, row=one.row, detail=one.detail) for one in first]
    counts = requirements.in_order(all_refused(session, plan, seen), plan.checked)
    rows += row_checks.refused_labels(session, plan)
    reasons = [reason for reason in counts if reason not in requirements.OF_LABELS and reason not in unreadable]
    if reasons:
        for row in session.run(statements.refused(plan, reasons, tuple(seen.placed))).to_pylist():
            detail = requirements.explain(row["reason"]) + (f" (id {value_of(row['id'], Shape.TEXT)})" if row["id"] else "")
            rows.append(RefusedRow(reason=row["reason"], file=row["file"], row=row["line"], detail=detail))
    order = {reason: at for at, reason in enumerate(counts)}
    # The sort is stable: within a reason rows stay in the order of files and rows.
    return Refusals(counts=counts, rows=tuple(sorted(rows, key=lambda one: order[one.reason])))


def run_windows(
    parts: Sequence[PopulationPart], starts: Mapping[int, datetime], left_out: Mapping[int, int]
) -> tuple[RunWindow, ...]:
    """Return the windows of the run, in order; those without events too.

    Parameters
    ----------
    left_out : how many rows of each window the protocol is not about
    """
    by_window = _by_window(parts)
    return tuple(_run_window(start, by_window.get(number, ()), left_out.get(number, 0)) for number, start in starts.items())


def _run_window(start: datetime, parts: Sequence[PopulationPart], left_out: int) -> RunWindow:
    nulls: Counter[str] = Counter()
    for part in parts:
        nulls.update(dict.fromkeys(part.nulls, part.population))
    return RunWindow(
        window=start,
        population=sum(part.population for part in parts),
        labelled=sum(part.labelled for part in parts),
        provisional=False,
        left_out=left_out,
        nulls=dict(nulls),
    )


def _stratum(plan: ScanPlan, values: tuple[Scalar, ...]) -> dict[str, Scalar]:
    return dict(zip(plan.checked.protocol.sampling.strata, values, strict=True))


def _order(values: tuple[Scalar, ...]) -> tuple[tuple[bool, str], ...]:
    """Return what strata are sorted by: null last, others as text, so that unlike types compare."""
    return tuple((value is None, str(value)) for value in values)


def groups(plan: ScanPlan, samples: Mapping[GroupName, GroupSample], starts: Mapping[int, datetime]) -> tuple[Group, ...]:
    """Return the groups by window, stratum and criterion."""
    found = sorted(samples.items(), key=lambda one: (one[0].window, _order(one[0].stratum or ()), one[0].criterion))
    return tuple(
        Group(
            criterion=name.criterion,
            window=starts[name.window],
            stratum={} if name.stratum is None else _stratum(plan, name.stratum),
            population=group.population,
            labelled=group.labelled,
            kept=len(group.kept),
            threshold=group.threshold,
        )
        for name, group in found
    )


def cells(plan: ScanPlan, parts: Sequence[PopulationPart], starts: Mapping[int, datetime]) -> tuple[Cell, ...]:
    """Return the cells by window, stratum, pattern and version."""
    # Values that the engine tells apart may be one here (texts with a zero byte): cells stay disjoint.
    counts: dict[Pattern, _Count] = {}
    for part in parts:
        pattern = (part.window, part.stratum, part.met, part.undecided, part.outside, part.version)
        counts.setdefault(pattern, _Count()).add(part)
    found = sorted(counts.items(), key=lambda one: (one[0][0], _order(one[0][1]), one[0][2:5], versions.order(one[0][5])))
    return tuple(
        Cell(
            window=starts[number],
            stratum=_stratum(plan, stratum),
            met=met,
            undecided=undecided,
            outside=outside,
            version=version,
            population=count.population,
            labelled=count.labelled,
            ruled_out=dict(count.ruled_out),
        )
        for (number, stratum, met, undecided, outside, version), count in found
    )


class _Count:
    """What the parts of one cell add up to."""

    def __init__(self) -> None:
        self.population = self.labelled = 0
        self.ruled_out: Counter[str] = Counter()

    def add(self, part: PopulationPart) -> None:
        self.population += part.population
        self.labelled += part.labelled
        self.ruled_out.update(dict.fromkeys(part.ruled_out, part.population))
