"""Histograms of a run: how many events of each window have which bin of every field, exactly, while the log is there.

What the chapters after this one ask of a population (has it drifted, in which slice do failures gather, how late do labels come)
is answered from these, for samples of hundreds see a shift only when it is large.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from remiss.capture import sampling
from remiss.capture.bins import BinChoice, Sample, bins_for
from remiss.capture.margins import Margins
from remiss.capture.sampled_rows import Content
from remiss.capture.sampling import GroupName, GroupSample, PopulationPart, Selection
from remiss.capture.sql import criteria
from remiss.capture.sql.criteria import patterns, stated
from remiss.capture.sql.plan import LabelHistory, ScanPlan, Shape
from remiss.capture.sql.scan import steps
from remiss.capture.sql.spelling import literal, name
from remiss.capture.sql.statements import shown
from remiss.protocol.check_result import CheckedCriterion
from remiss.protocol.ports import Session
from remiss.records.event import Scalar
from remiss.records.histogram import DELAY, LABEL_DELAY, MISSING_BIN, VERSION, Axes, Bins, FieldBins, WindowHistograms
from remiss.records.identity import format_time
from remiss.records.run import ALL

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

# Pairs of more fields would be more than a catalog should hold of a window.
MOST_PAIRED = 16
# How late a label may come: before its event, within a minute, an hour, a day, and so on.
DELAYS = tuple(
    timedelta(**{unit: number}) // timedelta(microseconds=1)
    for unit, numbers in (
        ("minutes", (0, 1, 10)),
        ("hours", (1, 6)),
        ("days", (1, 2, 3, 5, 7, 10, 14, 21, 28, 42, 56, 91, 182, 365)),
    )
    for number in numbers
)


def histograms(
    session: Session,
    plan: ScanPlan,
    parts: Sequence[PopulationPart],
    bins: Bins,
    starts: Mapping[int, datetime],
) -> tuple[WindowHistograms, ...]:
    """Return the exact counts of every window that has events, oldest first.

    Parameters
    ----------
    parts : the census, which says what patterns there are
    bins : those of `bins_of`, or of the run that is derived again
    starts : the start of each window by its number
    """
    states = _patterns(plan.checked.criteria, parts)
    if not states:
        return ()
    found = [spelled(_numbers(plan, digits)) for digits in states]
    axes = Axes(
        sizes={name: of.size for name, of in bins.fields.items()},
        patterns=tuple("".join(map(str, digits)) for digits in states),
        versions=bins.fields[VERSION].size if VERSION in bins.fields else 1,
    )
    margins = Margins(axes, paired(bins))
    for batch in session.batches(binned(plan, bins, found)):
        margins.add(batch.column("number").to_numpy(), _places(batch, bins))
    return tuple(
        WindowHistograms(
            window=starts[number],
            axes=axes,
            single={names[0]: counts for names, counts in of.items() if len(names) == 1},
            pairs={(names[0], names[1]): counts for names, counts in of.items() if len(names) > 1},
        )
        for number, of in margins.done().items()
    )


def _places(batch: pa.RecordBatch, bins: Bins) -> NDArray[np.uint16]:
    """Return what `Margins.add` takes of a piece of the answer to `binned`."""
    values = {name: batch.column(f"field_{at}").to_numpy(zero_copy_only=False) for at, name in enumerate(bins.fields)}
    places = {
        name: found if (edges := bins.fields[name].edges) is None else placed(found, edges) for name, found in values.items()
    }
    version = places.get(VERSION, np.zeros(batch.num_rows, dtype=np.uint16))
    return np.stack([version, batch.column("pattern").to_numpy(), *places.values()], dtype=np.uint16)


def placed(values: NDArray[np.float64], edges: Sequence[float]) -> NDArray[np.uint8]:
    """Return the bin of each value; NaN is missing, and less than no edge.

    >>> placed(np.array([np.nan, 1.0, 2.0, 9.0]), (2.0, 3.0)).tolist()
    [0, 1, 2, 3]
    """
    found = (~np.isnan(values)).astype(np.uint8)
    # Comparing with each of a few edges is several times as fast as searching them.
    for edge in edges:
        found += values >= edge
    return found


def bins_of(
    plan: ScanPlan,
    parts: Sequence[PopulationPart],
    content: Content | None,
    selected: Sequence[Selection],
    samples: Mapping[GroupName, GroupSample],
    starts: Mapping[int, datetime],
    choice: BinChoice,
) -> Bins:
    """Return the bins of a run, by the uniform sample that it drew where the choice leaves any open."""
    if choice.fixed and choice.former is not None:
        return choice.former
    weights = {starts[name.window]: of.population / max(len(of.kept), 1) for name, of in samples.items() if name.criterion == ALL}
    values: dict[datetime, dict[str, list[Scalar]]] = {}
    places = content.places if content else {}
    for one in selected:
        if content is not None and ALL in one.groups:
            at = places[one.window, sampling.event_of(one.key)]
            own = values.setdefault(starts[one.window], {name: [] for name in content.values})
            for name, column in content.values.items():
                own[name].append(column[at])
    bins = bins_for(plan, Sample(weights, values), choice, _versions(parts))
    if not delayed(plan):
        return bins
    fixed = FieldBins(expression=LABEL_DELAY, kind=DELAY, edges=tuple(map(float, DELAYS)), size=len(DELAYS) + 2)
    return Bins({**bins.fields, LABEL_DELAY: fixed})


def _versions(parts: Sequence[PopulationPart]) -> tuple[str, ...]:
    """Return the model versions that the census told apart, the commonest first."""
    found: Counter[str] = Counter()
    for part in parts:
        if part.version is not None and part.version.name is not None:
            found[part.version.name] += part.population
    return tuple(sorted(found, key=lambda one: (-found[one], one)))


def paired(bins: Bins) -> tuple[str, ...]:
    """Return the fields whose pairs are counted: the first ones that tell events apart at all."""
    telling = (name for name, of in bins.fields.items() if name != LABEL_DELAY and of.size > MISSING_BIN + 2)
    return tuple(telling)[:MOST_PAIRED]


def _patterns(every: Sequence[CheckedCriterion], parts: Sequence[PopulationPart]) -> list[tuple[int, ...]]:
    """Return what the criteria are on events, a state for each criterion, commonest first."""
    found: Counter[tuple[int, ...]] = Counter()
    for part in parts:
        found[criteria.states_of(every, part)] += part.population
    return sorted(found, key=lambda states: (-found[states], states))


def _numbers(plan: ScanPlan, states: Sequence[int]) -> list[int]:
    width = criteria.CRITERIA_A_PATTERN
    return [
        sum(state * criteria.STATES**at for at, state in enumerate(states[start : start + width]))
        for start in range(0, len(plan.checked.criteria), width)
    ]


def unlike_counts(before: Sequence[WindowHistograms], after: Sequence[WindowHistograms]) -> tuple[str, ...]:
    """Return, in words, where the histograms of two derivations by the same bins part."""
    filed, again = ({each.window: each for each in found} for found in (before, after))
    return tuple(
        f"the histograms of the window of {format_time(window)} differ"
        for window in sorted({*filed, *again})
        if filed.get(window) != again.get(window)
    )


def delayed(plan: ScanPlan) -> bool:
    """Return whether labels have times of their own, so that it is known how late they come."""
    return plan.checked.protocol.labels is not None and plan.history is not LabelHistory.NONE


def binned(plan: ScanPlan, bins: Bins, found: Sequence[str]) -> str:
    """Return the statement: `number`, `pattern`, and `field_0` on in the order of the bins.

    A category comes as its bin, a number as it is, for its bin is found faster outside.

    Parameters
    ----------
    found : all patterns that occur, as `spelled` gives them; the place in this list is what is given
    """
    values = []
    for at, (one, of) in enumerate(bins.fields.items()):
        value, kind = (_number(plan, one), "DOUBLE") if of.edges is not None else (_category(one, of.values or ()), "UTINYINT")
        values.append(f"CAST({value} AS {kind}) AS field_{at}")
    columns = [
        "CAST(remiss_window AS INTEGER) AS number",
        f"CAST(list_position([{', '.join(found)}], {_pattern(plan)}) - 1 AS USMALLINT) AS pattern",
        *values,
    ]
    lateness = LABEL_DELAY in bins.fields
    return f"{steps(plan, labels=True, lateness=lateness)}, stated AS ({stated(plan)}) SELECT {', '.join(columns)} FROM stated"


def _pattern(plan: ScanPlan) -> str:
    numbers = patterns(plan)
    return f"({numbers[0]})" if len(numbers) == 1 else f"concat_ws(':', {', '.join(numbers)})"


def spelled(numbers: Sequence[int]) -> str:
    """Return a pattern's integers as a literal of what tells patterns apart: one, or where there are many criteria a text.

    >>> spelled([12]), spelled([12, 7])
    ('12', "'12:7'")
    """
    return str(numbers[0]) if len(numbers) == 1 else literal(":".join(map(str, numbers)))


def _number(plan: ScanPlan, field: str) -> str:
    if field == LABEL_DELAY:
        return "remiss_first - remiss_at"
    return shown(plan, field) if plan.shapes[field] is Shape.INSTANT else name(field)


def _category(field: str, values: Sequence[str]) -> str:
    other = len(values) + 1
    found = f"list_position([{', '.join(map(literal, values))}], CAST({name(field)} AS VARCHAR))"
    named = f"COALESCE(NULLIF({found}, 0), {other})" if values else str(other)
    return f"CASE WHEN {name(field)} IS NULL THEN {MISSING_BIN} ELSE {named} END"
