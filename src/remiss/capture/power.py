"""The least effects that samples of a size detect: at a level of 5 % with a power of 80 %, by normal approximation.

Each function says of which test it speaks, and the simulations hold its power against that very test. All of them know sampling
alone: windows that differ among themselves, as weeks do, hide more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import sqrt
from statistics import NormalDist

LEVEL, POWER = 0.05, 0.8
# Two-sided for a comparison; the same for a lower end of 95 %, which is one-sided at 0.025.
OF_LEVEL, OF_POWER = NormalDist().inv_cdf(1 - LEVEL / 2), NormalDist().inv_cdf(POWER)
# Under so many cases on which two versions differ the approximation says more than there is.
FEW_DIFFERENCES = 10


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
