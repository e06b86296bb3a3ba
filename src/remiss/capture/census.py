"""Census: exact counts and least keys by window, stratum and pattern, and what anomalies are measured against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from remiss.capture import sampling
from remiss.capture.row_checks import RowChecks
from remiss.capture.sampling import PopulationPart
from remiss.capture.sql import criteria, statements
from remiss.capture.sql.plan import BOUNDS, REFERENCE, ScanPlan
from remiss.capture.values import value_of
from remiss.govern.ports.machine import Progress
from remiss.protocol.ports import Session

# Exact medians keep 8 bytes a value in memory: 80 MB for each anomaly at most, unless one window alone is larger.
REFERENCE_ROWS = 10_000_000


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
    return _census(session, plan, own)


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
    names = [one.criterion.name for one in plan.checked.criteria]
    strata = plan.checked.protocol.sampling.strata
    parts: list[PopulationPart] = []
    uniform: dict[int, list[str]] = {}
    meeting: set[str] = set()
    for row in session.run(statements.census(plan)).to_pylist():
        met, undecided = _pattern(row, names)
        part = PopulationPart(
            window=row["remiss_window"],
            stratum=tuple(value_of(row[f"stratum_{at}"], plan.shapes[one]) for at, one in enumerate(strata)),
            met=met,
            undecided=undecided,
            population=row["population"],
            labelled=row["labelled"],
            least=_keys(row["least"]),
        )
        parts.append(part)
        offered = _keys(row["uniform"])
        uniform.setdefault(part.window, []).extend(offered)
        if met:
            meeting.update(part.least, offered)
    keep = plan.checked.protocol.sampling.population
    whole = [_whole(number, own, uniform[number], keep) for number, own in sorted(_by_window(parts).items())]
    return parts, whole, frozenset(meeting)


def _keys(found: Sequence[str] | None) -> tuple[str, ...]:
    """Return keys as `sampling.key` writes them; the engine leaves out the colon."""
    return tuple(f"{one[: sampling.DIGITS]}:{one[sampling.DIGITS :]}" for one in found or ())


def _pattern(row: Mapping[str, int], names: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    digits = [
        row[f"pattern_{at // criteria.CRITERIA_A_PATTERN}"] >> (2 * (at % criteria.CRITERIA_A_PATTERN)) & 3
        for at in range(len(names))
    ]
    met = tuple(name for name, digit in zip(names, digits, strict=True) if digit == criteria.MET)
    undecided = tuple(name for name, digit in zip(names, digits, strict=True) if digit == criteria.UNDECIDED)
    return met, undecided


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
