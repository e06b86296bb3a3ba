"""What the sample of a protocol can detect, worked out from one counted window: drift, slices that fail more, gates.

Other windows are taken to be like the one that was counted, and sampling to be all that is uncertain; so what is told here is the
least that has a chance to be seen, and not what will be: the least effects that samples of a size detect at a level of 5 % with
a power of 80 %, by normal approximation. Each function of these says of which test it speaks, and the simulations hold its power
against that very test. All of them know sampling alone: windows that differ among themselves, as weeks do, hide more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import ceil, sqrt
from statistics import NormalDist

from remiss.capture.criterion_counts import CriterionCount, of_cells
from remiss.protocol.check_result import Detectable, DetectableDrift, DetectableLift, DetectableMargin, LeastEffect
from remiss.protocol.group_sizes import note_on_default, sizes_of
from remiss.protocol.terms import Protocol
from remiss.records.identity import canonical
from remiss.records.run import ALL, CONTROL, UNDECIDED, Cell, RunWindow

LEVEL, POWER = 0.05, 0.8
# Two-sided for a comparison; the same for a lower end of 95 %, which is one-sided at 0.025.
OF_LEVEL, OF_POWER = NormalDist().inv_cdf(1 - LEVEL / 2), NormalDist().inv_cdf(POWER)
# Under so many cases on which two versions differ the approximation says more than there is.
FEW_DIFFERENCES = 10
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


def least_shift(share: float, changed: float, others: float) -> float | None:
    """Return by how much the share of a category must rise to be detected by a score test of two shares.

    Parameters
    ----------
    share : of the category before, in (0, 1)
    changed, others : the sizes of the samples with and without the change, above 0

    Returns
    -------
    The difference of the shares; None where no rise would be detected.

    Source: Fleiss, Levin and Paik, Statistical Methods for Rates and Proportions, 2003, 4.2 (for unequal sizes as there).

    >>> round(least_shift(0.1, 2000, 2000), 3), round(least_shift(0.5, 500, 500), 3), least_shift(0.5, 5, 5)
    (0.028, 0.088, None)
    """

    def surplus(rise: float) -> float:
        after = share + rise
        mean = (changed * after + others * share) / (changed + others)
        together = mean * (1 - mean) * (1 / changed + 1 / others)
        apart = after * (1 - after) / changed + share * (1 - share) / others
        return rise - OF_LEVEL * sqrt(together) - OF_POWER * sqrt(apart)

    return _root(surplus, 1 - share)


def least_move(first: float, second: float) -> float:
    """Return by how much a mean must move, in standard deviations, to be detected between two samples of these sizes.

    Source: Cohen, Statistical Power Analysis for the Behavioral Sciences, 1988, 2 (his d).

    >>> round(least_move(2000, 2000), 3)
    0.089
    """
    return (OF_LEVEL + OF_POWER) * sqrt(1 / first + 1 / second)


def least_lift(share: float, failures: float, events: float) -> float | None:
    """Return the least ratio of the failure rate within a slice to that elsewhere that is detected.

    Among failures the slice then has a greater share than among events, which a score test of two shares finds: a sample of
    failures and one of events say of rates what a case-control study does.

    Parameters
    ----------
    share : of the events that lie in the slice, in (0, 1)
    failures, events : the effective sizes of the samples of failures and of events, above 0

    >>> round(least_lift(0.1, 400, 16_000), 2)
    1.52
    """
    rise = least_shift(share, failures, events)
    if rise is None:
        return None
    within = share + rise
    # All failures lie in the slice: no ratio is so large that it is certain.
    return None if within >= 1 else within * (1 - share) / ((1 - within) * share)


def least_margin(cases: float, differing: float) -> float | None:
    """Return the least margin of non-inferiority that a version which is as good as the other passes with the power.

    Both versions answer the same cases, and differ on a share of them: there one is right and the other wrong. The margin is
    passed where the lower end of Tango's score interval, one-sided at 0.025, lies above its negative.

    Parameters
    ----------
    cases : the effective number of cases, above 0
    differing : the share of the cases on which the two versions differ, in (0, 1)

    Returns
    -------
    The margin as a difference of pass rates; None of too few cases on which versions would differ.

    Source: Tango, Equivalence test and confidence interval for the difference in proportions for the paired-sample design,
    Statistics in Medicine 17 (1998); Liu, Hsueh, Hsieh and Chen, Statistics in Medicine 21 (2002), for its power.

    >>> round(least_margin(4000, 0.05), 4), least_margin(100, 0.05)
    (0.01, None)
    """
    if cases * differing < FEW_DIFFERENCES:
        return None

    def surplus(margin: float) -> float:
        return margin - OF_LEVEL * sqrt(_variance_at(margin, differing) / cases) - OF_POWER * sqrt(differing / cases)

    return _root(surplus, 1)


def effective(sizes: Iterable[tuple[float, float]]) -> float:
    """Return the effective size of strata of so many events, so many of them sampled: that of as good a sample without weights.

    Source: Kish, Survey Sampling, 1965, 11.7.

    >>> effective([(100, 50), (100, 50)]), round(effective([(1000, 50), (100, 50)]), 1)
    (100.0, 59.9)
    """
    pairs = [(events, sampled) for events, sampled in sizes if events and sampled]
    weights = sum(events * events / sampled for events, sampled in pairs)
    return sum(events for events, _ in pairs) ** 2 / weights if pairs else 0.0


def _variance_at(margin: float, differing: float) -> float:
    """Return the variance of one case's difference where the true difference is the margin, at the likeliest such shares."""
    # Of two equal versions half of the differences are the one's; q is the share of those that the other one lost.
    a, b = 2.0, -differing - 2 * margin
    c = differing / 2 * margin * (1 + margin)
    lost = (sqrt(max(b * b - 4 * a * c, 0.0)) - b) / (2 * a)
    return 2 * lost - margin * (1 + margin)


def _root(surplus: Callable[[float], float], most: float) -> float | None:
    """Return where a function that ends above 0 comes to be so, to a millionth of the range; None where it does not end so."""
    low, high = 0.0, most
    if surplus(most) <= 0:
        return None
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (low, middle) if surplus(middle) > 0 else (middle, high)
    return high
