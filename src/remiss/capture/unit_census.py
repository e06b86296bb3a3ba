"""Census by units: counts of cells, and the events of the least units of each, where a protocol draws flights, users or requests.

The k least keys of a cell tell nothing here: a user with a thousand events fills them alone. So the census is taken in two
passes. The first counts cells, and about how many units each has. The second brings the units under a bound of each cell, which
almost surely reaches as many as are kept; only these are grouped, however many units a log has.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from remiss.capture import versions
from remiss.capture.sampling import (
    DIGITS,
    SPAN,
    GroupName,
    PopulationPart,
    Selection,
    as_fraction,
    groups_of,
    least_keys,
)
from remiss.capture.sql import statements
from remiss.capture.sql.criteria import patterns, stated
from remiss.capture.sql.plan import BOUNDS, ScanPlan
from remiss.capture.sql.scan import refusing_labels, steps
from remiss.capture.sql.spelling import literal, name
from remiss.capture.sql.statements import NO_BOUND, labelled, priority, shown
from remiss.errors import Location, ProtocolError
from remiss.protocol.group_sizes import sizes_of
from remiss.protocol.ports import Session
from remiss.records.identity import format_time, from_micros
from remiss.records.run import ALL

UNIT_CELLS = "remiss_unit_cells"
# Of one unit in one window; a sample that grows by more is refused.
MOST_EVENTS = 1_000
# From so many events of one unit on a run says that they are one draw.
MANY = 100


def columns(plan: ScanPlan) -> list[str]:
    """Return the names of what tells cells apart."""
    strata = [f"stratum_{at}" for at in range(len(plan.checked.protocol.sampling.strata))]
    return ["remiss_window", *strata, *(f"pattern_{at}" for at in range(len(patterns(plan)))), *versions.columns(plan)]


def placed(plan: ScanPlan, more: str) -> str:
    """Return the steps up to `placed`: each event with what tells its cell, and further columns."""
    strata = [f"{shown(plan, one)} AS {name(f'stratum_{at}')}" for at, one in enumerate(plan.checked.protocol.sampling.strata)]
    counted = {f"pattern_{at}": sql for at, sql in enumerate(patterns(plan))} | dict(versions.columns(plan))
    numbers = [f"{sql} AS {name(column)}" for column, sql in counted.items()]
    return (
        f"{steps(plan, labels=True)}, stated AS ({stated(plan)}), "
        f"placed AS (SELECT remiss_window, {', '.join([*strata, *numbers])}, {more} FROM stated)"
    )


def unit(plan: ScanPlan) -> str:
    """Return the text of an event's unit, null where it has none."""
    return f"NULLIF(CAST({name(plan.checked.protocol.sampling.unit or 'id')} AS VARCHAR), '')"


def cells(plan: ScanPlan) -> str:
    """Return the statement that numbers and counts the cells, with a guess at how many units each has; for `UNIT_CELLS`.

    `alone` are the events without a unit, each drawn by its id.
    """
    label = ', "label"' if "label" in plan.checked.fields else ""
    own = ", ".join(columns(plan))
    return (
        f"{placed(plan, f'id, {unit(plan)} AS remiss_unit{label}')}, counted AS (SELECT {own}, COUNT(*) AS population, "
        f"{labelled(plan)} AS labelled, approx_count_distinct(COALESCE(remiss_unit, id)) AS units, "
        f"COUNT(*) - COUNT(remiss_unit) AS alone FROM placed GROUP BY {own}) "
        "SELECT ROW_NUMBER() OVER () AS number, * FROM counted"
    )


def offered(plan: ScanPlan) -> str:
    """Return the statement that gives the events of units under the bound of each cell of `UNIT_CELLS`.

    Of a unit that has more events in a cell than may be sampled only as many are told as show that.
    """
    same = " AND ".join(f"placed.{one} IS NOT DISTINCT FROM cells.{one}" for one in columns(plan))
    # Not the least ids by MIN(id, n), which takes room for n of every unit.
    turn = "ROW_NUMBER() OVER (PARTITION BY cells.number, remiss_priority ORDER BY id)"
    return (
        f"{placed(plan, f'id, {priority(plan)} AS remiss_priority')}, under AS (SELECT cells.number AS number, "
        f"concat(remiss_priority, ':', id) AS key, {turn} AS turn FROM placed INNER JOIN {UNIT_CELLS} AS cells ON {same} "
        f"INNER JOIN {BOUNDS} AS bounds ON cells.number = bounds.number WHERE remiss_priority < bounds.remiss_bound) "
        f"SELECT number, key FROM under WHERE turn <= {MOST_EVENTS + 1}"
    )


def events_of(plan: ScanPlan, window: int, given: str) -> str:
    """Return the statement that counts the events of one window that have a priority, and tells the id of one."""
    return (
        f"{steps(plan, labels=refusing_labels(plan))} SELECT COUNT(*) AS events, MIN(id) AS first FROM admitted "
        f"WHERE remiss_window = {window} AND {priority(plan)} = {literal(given)}"
    )


def wanted(keep: int) -> float:
    """Return how many units are to be expected under a bound: twice as many as decide the sample, and eight deviations."""
    mean = 2 * (keep + 1)
    return mean + 8 * math.sqrt(mean) + 16


def bound(units: float, keep: int) -> str:
    """Return a priority under which almost surely lie `keep` + 1 of about that many units.

    The number of units is a guess, of cells that may share some: when it fails, the census shows it and the bound is raised.

    >>> bound(100, 500), bound(1_000_000, 2)
    ('g', '0002b9dd1b720')
    """
    share = wanted(keep) / max(units, 1.0)
    return NO_BOUND if share >= 1 else f"{int(share * SPAN):013x}"


def counted(
    session: Session, plan: ScanPlan, part_of: Callable[[Mapping[str, Any]], PopulationPart]
) -> tuple[list[PopulationPart], list[PopulationPart], frozenset[str]]:
    """Return the cells, the whole windows, and the keys of those that met a criterion, each with the keys of its least units.

    Parameters
    ----------
    part_of : makes a part without keys of a row of counts
    """
    session.keep(UNIT_CELLS, cells(plan))
    rows = {row["number"]: row for row in session.run(f"SELECT * FROM {UNIT_CELLS} ORDER BY number").to_pylist()}
    bare = {number: part_of(row) for number, row in rows.items()}
    members, sizes = _members(bare), sizes_of(plan.checked.protocol)
    guesses = {number: row["units"] for number, row in rows.items()}
    bounds = {group: bound(_guess(bare, guesses, its), sizes[group.criterion]) for group, its in members.items()}
    found = _under(session, plan, members, bounds)
    most = max(size for name, size in sizes.items() if name != ALL)
    parts = [replace(part, least=least_keys(found[number], most, by_unit=True)) for number, part in bare.items()]
    whole = [
        PopulationPart(
            window=group.window,
            stratum=(),
            met=(),
            undecided=(),
            population=sum(bare[number].population for number in its),
            labelled=sum(bare[number].labelled for number in its),
            least=least_keys((one for number in its for one in found[number]), sizes[ALL], by_unit=True),
        )
        for group, its in sorted(members.items(), key=lambda one: one[0].window)
        if group.criterion == ALL
    ]
    meeting = frozenset(one for number, part in bare.items() if part.met for one in found[number])
    return parts, whole, meeting


def _members(bare: Mapping[int, PopulationPart]) -> dict[GroupName, list[int]]:
    """Return which cells each group is made of, by their numbers; that of a whole window too."""
    found: dict[GroupName, list[int]] = {}
    for number, part in bare.items():
        for criterion in groups_of(part):
            found.setdefault(GroupName(part.window, part.stratum, criterion), []).append(number)
        found.setdefault(GroupName(part.window, None, ALL), []).append(number)
    return found


def _guess(bare: Mapping[int, PopulationPart], guesses: Mapping[int, int], its: Iterable[int]) -> int:
    """Return about how many units there are in some cells: of those that differ in the version alone the most of one.

    That the versions of a model answer the same flights is what units are for, and few of the bounds are too low then.
    """
    found: dict[PopulationPart, int] = {}
    for number in its:
        alike = replace(bare[number], version=None, population=0, labelled=0)
        found[alike] = max(guesses[number], found.get(alike, 0))
    return sum(found.values())


def _under(
    session: Session, plan: ScanPlan, members: Mapping[GroupName, Sequence[int]], bounds: dict[GroupName, str]
) -> dict[int, list[str]]:
    """Return the keys under the bound of each cell, raising bounds until every group shows as many units as decide its sample.

    A cell has the greatest bound of its groups, so that under a group's own bound every event of it is seen.
    """
    while True:
        of_cell: dict[int, str] = {}
        for group, its in members.items():
            of_cell |= {number: max(bounds[group], of_cell.get(number, "")) for number in its}
        session.keep(BOUNDS, statements.bounds(of_cell))
        keys: dict[int, list[str]] = {number: [] for number in of_cell}
        told = session.run(offered(plan))
        for number, key in zip(told.column("number").to_pylist(), told.column("key").to_pylist(), strict=True):
            keys[number].append(key)
        short = _short(sizes_of(plan.checked.protocol), members, bounds, keys)
        if not short:
            return keys
        bounds |= short


def _short(
    sizes: Mapping[str, int],
    members: Mapping[GroupName, Sequence[int]],
    bounds: Mapping[GroupName, str],
    keys: Mapping[int, list[str]],
) -> dict[GroupName, str]:
    """Return the groups of which too few units lie under their bound, each with a higher one."""
    found = {}
    for group, limit in bounds.items():
        keep = sizes[group.criterion]
        if limit == NO_BOUND:
            continue
        seen = len({one[:DIGITS] for number in members[group] for one in keys[number] if one[:DIGITS] < limit})
        if seen <= keep:
            # At least four times as high, or to where as many as are wanted are to be expected.
            share = as_fraction(limit)
            found[group] = bound(min(max(1, seen) / share, units_at_most(share, keep)), keep)
    return found


def units_at_most(share: float, keep: int) -> float:
    """Return a number of units for which a bound is four times this share at least.

    >>> as_fraction(bound(units_at_most(0.01, 5), 5)) > 0.0399
    True
    """
    return wanted(keep) / (4 * share)


def check_sizes(session: Session, plan: ScanPlan, selected: Iterable[Selection]) -> None:
    """Refuse a sample that one unit would fill.

    Raises
    ------
    ProtocolError : names how many events it has, and one of them
    """
    sampling, protocol = plan.checked.protocol.sampling, plan.checked.protocol
    if sampling.unit is None:
        return
    counts = Counter((one.window, one.key[:DIGITS]) for one in selected)
    (window, given), most = max(counts.items(), key=lambda one: (one[1], one[0]), default=((0, ""), 0))
    if most <= MOST_EVENTS:
        return
    found = session.run(events_of(plan, window, given)).to_pylist()[0]
    start = format_time(from_micros(plan.base + window * (plan.width // timedelta(microseconds=1))))
    raise ProtocolError(
        f"one value of the unit {sampling.unit} has {found['events']:,} events in the window of {start} (one of them is "
        f"{found['first']}), and over {MOST_EVENTS:,} of them would be sampled at once",
        where=Location(protocol.path, protocol.lines.get("sampling.unit")),
        do="leave such events out by admit, or name a smaller unit, for example a session or a request",
    )


def notes(session: Session, plan: ScanPlan, selected: Sequence[Selection]) -> tuple[str, ...]:
    """Say by what was sampled, how many units and events that gave, and how many events have no unit."""
    unit = plan.checked.protocol.sampling.unit
    if unit is None or not selected:
        return ()
    drawn = len({one.key[:DIGITS] for one in selected})
    sizes = Counter((one.window, one.key[:DIGITS]) for one in selected)
    alone = session.run(f"SELECT CAST(SUM(alone) AS BIGINT) AS alone FROM {UNIT_CELLS}").to_pylist()[0]["alone"]
    largest = max(sizes.values())
    said = [
        f"sampled by unit {unit}: {drawn:,} {'unit' if drawn == 1 else 'units'} with {len(selected):,} "
        f"{'event' if len(selected) == 1 else 'events'}, those of a unit together"
    ]
    if alone:
        said.append(f"{alone:,} {'event has' if alone == 1 else 'events have'} no {unit}, each drawn by its id")
    if largest >= MANY:
        said.append(f"one unit has {largest:,} of the sampled events of a window, and counts as one draw")
    return tuple(said)
