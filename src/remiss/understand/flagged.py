"""Estimates: how many events, or what share of them, a question is about, each with its method, basis and interval.

A question that cuts no cell is answered by adding exact counts. Any other is answered from the sampled events, weighted
by the inverse of their inclusion probability (Horvitz and Thompson, JASA 47, 1952). Which formula gives the interval is
in `estimators.py`; why it is right is in the explanation of estimation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from remiss.records.estimate import COUNTED, LOG, WEIGHTED, EstimateRow
from remiss.understand.domain import NO_KEY, DomainCell, DomainCells, Key, windows_of_key
from remiss.understand.intervals import FEW
from remiss.understand.notes import notes_of, remarks, shares_of
from remiss.understand.periods import PERIODS
from remiss.understand.sample_arrays import SampleArrays, in_order, of_key, sample_arrays_of
from remiss.understand.sampling_facts import Ground, Pattern, pattern_of
from remiss.understand.sums import Past, counted, history_of, weighted
from remiss.understand.variance import HISTORY


def estimate_rows(
    field: DomainCells, ground: Ground, counts: Mapping[Pattern, int], *, reference: DomainCells | None = None
) -> tuple[EstimateRow, ...]:
    """Return one row, or one for each key of `by`, sorted by key with null last.

    Parameters
    ----------
    field : the settled question laid out on a ground; unless cells answer it, with every sampled event in scope, `inside` by
        the plan's query and `of` by `plan.among`
    ground : one source, one protocol digest
    counts : how many events of each cell were sampled; needed where cells answer
    reference : the field without limits in time; process figures of under 8 windows take from the windows before the scope
        how much windows differ

    Returns
    -------
    Rows in events (totals) or fractions (rates). A key that no sampled event and no cell shows is absent. Nothing at all
    when no window is in scope.
    """
    if not field.windows:
        return ()
    past = None
    if reference is not None and field.plan.question.basis != LOG:
        past = Past(field=reference, sheet=sample_arrays_of(reference.plan, reference.sampled, reference.windows))
    sheet = sample_arrays_of(field.plan, field.sampled, field.windows)
    notes = notes_of(field, ground)
    return tuple(row(field, sheet, past, key, notes, counts) for key in keys(field, sheet))


def keys(field: DomainCells, sheet: SampleArrays) -> tuple[Key, ...]:
    """Return the keys to report: those of cells where cells decide, else those of sampled events."""
    if field.plan.question.by is None:
        return (NO_KEY,)
    if not field.whole:
        return sheet.keys
    return tuple(in_order({placed.key for placed in field.cells if placed.among is not False and placed.key is not None}))


def row(
    field: DomainCells, sheet: SampleArrays, past: Past | None, key: Key, notes: tuple[str, ...], counts: Mapping[Pattern, int]
) -> EstimateRow:
    """Return the figure of one key; `counts` says how many events of each cell were sampled where cells answer."""
    question = field.plan.question
    windows = windows_of_key(field, key)
    starts = tuple(field.windows[at] for at in windows)
    cells = tuple(placed for placed in field.cells if placed.key in {None, key})
    domain, unjudged = of_key(sheet, key, windows)
    history = None
    if past is not None and len(starts) < HISTORY:
        history = history_of(past, NO_KEY if question.by in PERIODS else key, starts[0])
    figure = counted(question, cells, starts, history) if field.whole else weighted(question, domain, cells, history)
    sampled = sampled_in(cells, counts) if field.whole else int(domain.y.sum())
    judged, bounds = shares_of(field, cells, domain, unjudged)
    return EstimateRow(
        key=key[1],
        value=figure.value,
        low=figure.low,
        high=figure.high,
        method=COUNTED if field.whole else WEIGHTED,
        basis=question.basis,
        sampled=sampled,
        effective=figure.effective,
        few=not field.whole and sampled < FEW and figure.low != figure.high,
        provisional=any(start in field.provisional for start in starts),
        judged=judged,
        bounds=bounds,
        notes=(*figure.notes, *remarks(field, cells, starts), *notes),
    )


def sampled_in(cells: Iterable[DomainCell], counts: Mapping[Pattern, int]) -> int:
    """Return how many sampled events stand behind an exact count."""
    counted_cells = (placed.cell for placed in cells if placed.numerator)
    return sum(counts.get(pattern_of(cell.window, cell.stratum, cell.met, cell.undecided), 0) for cell in counted_cells)
