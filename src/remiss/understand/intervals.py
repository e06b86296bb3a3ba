"""95 % intervals for what sampling cannot know exactly: totals, totals of few or none, and rates.

Each function takes plain numbers and returns (low, high) in the units of its value: events for totals, a fraction for
rates. Where the numbers come from is the business of `variance.py` and `estimating.py`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

# Not scipy.stats: scipy.special has the same quantiles, ten times as fast. It is loaded when the first of its functions is
# called: that takes longer than to count a catalog's sampled events.
import scipy

LEVEL = 0.95
TAIL = (1 - LEVEL) / 2
# scipy.special.ndtri(1 - TAIL) to the last bit, which the standard library's differs in.
Z = 1.959963984540054
# Below this many sampled events a log-normal shape is not to be trusted and the gamma interval takes over.
FEW = 10

Interval = tuple[float, float]


def quantile(degrees: float | None) -> float:
    """Return the two-sided 95 % quantile: Student's t with that many degrees of freedom, the normal's for None.

    >>> round(quantile(None), 3), round(quantile(9), 3)
    (1.96, 2.262)
    """
    return Z if degrees is None or math.isinf(degrees) else float(scipy.special.stdtrit(degrees, 1 - TAIL))


def total_interval(total: float, variance: float, *, at_least: float = 0.0, degrees: float | None = None) -> Interval:
    """Return T exp(-+ q se/T) for an estimated total, the lower end at least what was seen.

    A total is positive and its error is skewed to the right; on the log scale it is nearly symmetric.

    Parameters
    ----------
    total : the estimate, in events, above 0
    variance : its estimated variance, in events squared
    at_least : how many such events were really sampled
    degrees : of freedom of the variance; None when it comes from known inclusion probabilities

    Raises
    ------
    ValueError : total <= 0, for which there is `none_upper`

    Source: Burnham and others, Design and analysis methods for fish survival experiments, 1987 (log-based intervals of
    abundance), here with se/T, its first-order form.

    >>> [round(end, 1) for end in total_interval(100.0, 400.0)]
    [67.6, 148.0]
    >>> total_interval(100.0, 400.0, at_least=80)[0]
    80.0
    """
    if total <= 0:
        raise ValueError("no log-scale interval around a total of nothing")
    spread = quantile(degrees) * math.sqrt(variance) / total
    # Beyond e^700 a double overflows; nobody can use such an end anyway.
    high = total * math.exp(min(spread, 700.0))
    return max(float(at_least), total * math.exp(-min(spread, 700.0))), high


def few_interval(total: float, variance: float, greatest: float) -> Interval:
    """Return the gamma interval for a weighted sum of few Poisson counts.

    Parameters
    ----------
    total : the sum of the weights 1/p of the sampled events, above 0
    variance : the sum of the squared weights, or a greater one where events come in clusters
    greatest : the greatest weight that an event in scope could have had, sampled or not

    Returns
    -------
    (low, high), in events. With unit weights these are Garwood's exact Poisson limits.

    Raises
    ------
    ValueError : a total or variance of nothing

    Source: Fay and Feuer, Confidence intervals for directly standardized rates: a method based on the gamma distribution,
    Statistics in Medicine 16 (1997) 791-801.

    >>> [round(end, 3) for end in few_interval(5.0, 5.0, 1.0)]
    [1.623, 11.668]
    """
    if total <= 0 or variance <= 0:
        raise ValueError("no gamma interval around a total of nothing; see none_upper")
    low = variance / total * float(scipy.special.gammaincinv(total * total / variance, TAIL))
    more, wider = total + greatest, variance + greatest * greatest
    high = wider / more * float(scipy.special.gammaincinv(more * more / wider, 1 - TAIL))
    return low, high


def none_upper(least_probability: float) -> float:
    """Return the greatest total that seeing none leaves plausible at 95 %, one-sided.

    If T events each had at least that chance to be sampled, none of them is with probability at most (1 - p)^T; that is
    5 % at T = ln 0.05 / ln(1 - p). For small p this is the rule of three, 3/p.

    Parameters
    ----------
    least_probability : the least inclusion probability in scope, in (0, 1]; at 1 nothing could have been missed

    Raises
    ------
    ValueError : a probability outside (0, 1]

    Source: Hanley and Lippman-Hand, If nothing goes wrong, is everything all right?, JAMA 249 (1983) 1743-1745.

    >>> round(none_upper(0.01), 1), none_upper(1.0)
    (298.1, 0.0)
    """
    if not 0 < least_probability <= 1:
        raise ValueError(f"{least_probability} is not an inclusion probability")
    if least_probability == 1:
        return 0.0
    return math.log(1 - LEVEL) / math.log1p(-least_probability)


def none_upper_of_process(least_probability: float) -> float:
    """Return the same for the long-run number of independent events: T at which exp(-p T) is 5 %.

    Where everything is kept (p = 1) seeing none still leaves a process with up to three plausible.

    >>> round(none_upper_of_process(1.0), 3)
    2.996
    """
    return -math.log(1 - LEVEL) / least_probability


def rate_interval(rate: float, effective: float, *, degrees: float | None = None) -> Interval:
    """Return the Clopper-Pearson interval of a rate at an effective sample size, which need not be whole.

    Parameters
    ----------
    rate : the estimate, in [0, 1]
    effective : R(1 - R)/V, or Kish's size when V is 0; above 0
    degrees : of freedom of V, when it was estimated between windows: the size shrinks by (z/t)^2

    Raises
    ------
    ValueError : a rate outside [0, 1] or no effective size

    Source: Korn and Graubard, Confidence intervals for proportions with small expected number of positive counts estimated
    from survey data, Survey Methodology 24 (1998) 193-201; Clopper and Pearson, Biometrika 26 (1934) 404-413.

    >>> [round(end, 4) for end in rate_interval(0.1, 100)]
    [0.049, 0.1762]
    >>> rate_interval(0.0, 20)[0], round(rate_interval(0.0, 20)[1], 4)
    (0.0, 0.1684)
    """
    if not 0 <= rate <= 1 or not effective > 0:
        raise ValueError(f"no interval for a rate of {rate} at effective size {effective}")
    size = effective * (Z / quantile(degrees)) ** 2
    successes = rate * size
    low = float(scipy.special.betaincinv(successes, size - successes + 1, TAIL)) if successes > 0 else 0.0
    high = float(scipy.special.betaincinv(successes + 1, size - successes, 1 - TAIL)) if rate < 1 else 1.0
    return low, high


def one_sided(yes: Sequence[float], no: Sequence[float], *, heard: tuple[bool, bool]) -> Interval:
    """Return the ends that a share has at least where all verdicts of large batches are on one side; (1, 0) where not.

    A small batch is labelled whole, and of a large one a few are, which all agree. Then the spread that is seen is that of the
    small one, which stands for hardly anything, while of the large one some may well be on the other side: as many as the gamma
    interval of that side says, or the rule of three, at the greatest weight that a verdict has.

    Parameters
    ----------
    yes, no : the weight of each verdict that says so and that does not; 1 of those that were sure to be seen
    heard : whether a verdict of a large batch says so, and whether one does not

    >>> one_sided([20.0] * 9, [20.0, 1.0], heard=(True, True))
    (1.0, 0.0)
    >>> ends = one_sided([20.0] * 10, [1.0] * 10, heard=(True, False))  # up to 3 times 20 of the others may not have been seen
    >>> [round(end, 2) for end in ends]
    [0.75, 0.0]
    """
    greatest = max([*yes, *no], default=1.0)
    low, high = 1.0, 0.0
    if greatest > 1 and not heard[1]:
        low = sum(yes) / (sum(yes) + _most(no, greatest))
    if greatest > 1 and not heard[0]:
        high = _most(yes, greatest) / (_most(yes, greatest) + sum(no))
    return low, high


def _most(weights: Sequence[float], greatest: float) -> float:
    """Return how many events may be on a side whose verdicts have these weights, if one more may have had the greatest."""
    drawn = [weight for weight in weights if weight > 1]
    if not drawn:
        return len(weights) + none_upper(1 / greatest)
    sure = len(weights) - len(drawn)
    return sure + few_interval(sum(drawn), sum(weight * weight for weight in drawn), greatest)[1]
