"""What the sample of a protocol can detect, worked out from one counted window: drift, slices that fail more, gates.

Other windows are taken to be like the one that was counted, and sampling to be all that is uncertain; so what is told here is the
least that has a chance to be seen, and not what will be.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from math import ceil

from remiss.capture.criterion_counts import CriterionCount, of_cells
from remiss.capture.power import LEVEL, POWER, effective, least_lift, least_margin, least_move, least_shift
from remiss.protocol.check_result import Detectable, DetectableDrift, DetectableLift, DetectableMargin, LeastEffect
from remiss.protocol.group_sizes import note_on_default, sizes_of
from remiss.protocol.terms import Protocol
from remiss.records.identity import canonical
from remiss.records.run import ALL, CONTROL, UNDECIDED, Cell, RunWindow

# A slice is tested on no fewer windows, and drift of a window is judged against no fewer; then three times as many.
WINDOWS = (8, 24)
SHARES_BEFORE = (0.1, 0.5)
SHARES_OF_SLICES = (0.05, 0.1, 0.2)
SHARES_DIFFERING = (0.02, 0.05, 0.1)
# A slice is tested with at least so many expected failures; under so many sampled a figure is a count without a percentage.
EXPECTED = 10

OF_UNITS = (
    "sampling.unit: each unit that is kept is taken for one event here, as if all events of a unit were alike; where they are "
    "not, the sample sees more"
)
GUARD, PRODUCTION = "guard", "production"
# A stratum in canonical form, and the name of a group in it: how many events it has.
_Groups = Mapping[tuple[bytes, str], int]


def detectable(protocol: Protocol, window: RunWindow, cells: Sequence[Cell]) -> Detectable | None:
    """Return what the sample can detect if other windows are like this one; None of a window without events.

    Parameters
    ----------
    cells : of that window
    """
    if not window.population:
        return None
    sizes = sizes_of(protocol)
    uniform = min(sizes[ALL], window.population)
    groups = _groups(cells)
    counts = of_cells([each.name for each in protocol.criteria], cells, [window])
    judged = [each for each in counts if each.judged >= each.undecided and each.met]
    kept = {each.criterion: _kept(groups, each.criterion, sizes) for each in judged}
    decided = [cell for cell in cells if not cell.undecided]
    suites: dict[str, Sequence[tuple[float, float]]] = {
        PRODUCTION: [
            (cell.population, cell.population * _probability(cell, groups, sizes, uniform / window.population))
            for cell in decided
        ],
        GUARD: _kept(groups, CONTROL, sizes),
    }
    return Detectable(
        window=window.window,
        events=window.population,
        sampled=uniform,
        level=LEVEL,
        power=POWER,
        drift=tuple(_drift(window.population, uniform)),
        lifts=tuple(
            _lift(each, kept[each.criterion], over, uniform * each.judged / window.population)
            for each in judged
            for over in WINDOWS
        ),
        margins=tuple(_margin(question, pairs, over) for question, pairs in suites.items() for over in WINDOWS),
        notes=(
            *(note for note in [note_on_default(protocol)] if note is not None),
            *(() if protocol.sampling.unit is None else (OF_UNITS,)),
            *_notes(counts, kept, sum(cell.population for cell in decided), window.population),
        ),
    )


def _groups(cells: Iterable[Cell]) -> _Groups:
    found: Counter[tuple[bytes, str]] = Counter()
    for cell in cells:
        for name in _names(cell):
            found[canonical(cell.stratum), name] += cell.population
    return found


def _names(cell: Cell) -> tuple[str, ...]:
    return cell.met or ((UNDECIDED,) if cell.undecided else (CONTROL,))


def _kept(groups: _Groups, name: str, sizes: Mapping[str, int]) -> list[tuple[float, float]]:
    """Return of the groups of a name how many events each has, and how many of them are kept."""
    return [(events, min(events, sizes[name])) for (_, own), events in groups.items() if own == name]


def _probability(cell: Cell, groups: _Groups, sizes: Mapping[str, int], least: float) -> float:
    """Return with which probability an event of a cell is sampled: the greatest of its groups, and of the uniform sample."""
    stratum = canonical(cell.stratum)
    return min(1.0, max(least, *(sizes[name] / groups[stratum, name] for name in _names(cell))))


def _drift(events: int, uniform: int) -> Iterable[DetectableDrift]:
    pooled = WINDOWS[0]
    for before in SHARES_BEFORE:
        yield DetectableDrift(
            measure="share",
            before=before,
            sample=least_shift(before, uniform, uniform),
            pooled=least_shift(before, uniform, pooled * uniform),
            histogram=least_shift(before, events, events),
        )
    yield DetectableDrift(
        measure="mean",
        before=None,
        sample=least_move(uniform, uniform),
        pooled=least_move(uniform, pooled * uniform),
        histogram=least_move(events, events),
    )


def _lift(count: CriterionCount, kept: Sequence[tuple[float, float]], windows: int, at_risk: float) -> DetectableLift:
    failures = windows * sum(sampled for _, sampled in kept)
    size = windows * effective(kept)
    return DetectableLift(
        criterion=count.criterion,
        windows=windows,
        failures=round(failures),
        effective=size,
        slices=tuple(
            LeastEffect(of=share, least=None if failures * share < EXPECTED else least_lift(share, size, windows * at_risk))
            for share in SHARES_OF_SLICES
        ),
    )


def _margin(question: str, kept: Sequence[tuple[float, float]], windows: int) -> DetectableMargin:
    size = windows * effective(kept)
    return DetectableMargin(
        question=question,
        windows=windows,
        cases=round(windows * sum(sampled for _, sampled in kept)),
        effective=size,
        versions=tuple(LeastEffect(of=share, least=least_margin(size, share)) for share in SHARES_DIFFERING),
    )


def _notes(
    counts: Iterable[CriterionCount], kept: Mapping[str, Sequence[tuple[float, float]]], decided: int, events: int
) -> Iterable[str]:
    unjudged = [each.criterion for each in counts if each.judged < each.undecided]
    if unjudged:
        yield f"most events of this window are undecided on {', '.join(unjudged)}: of slices of it nothing is worked out"
    unmet = [each.criterion for each in counts if each.judged >= each.undecided and not each.met]
    if unmet:
        yield f"no event of this window met {', '.join(unmet)}: of slices of it nothing can be said"
    if decided < events / 2:
        yield f"{events - decided:,} of {events:,} events of this window are undecided on some criterion, and are in no gate"
    for name, pairs in kept.items():
        sampled = round(sum(each for _, each in pairs))
        if sampled < EXPECTED:
            yield (
                f"{sampled} sampled of {name} in this window: over fewer than {ceil(EXPECTED / sampled)} windows like it a "
                "figure of what people confirmed is a count without a percentage"
            )
