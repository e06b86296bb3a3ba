"""Does a slice fail more often than the rest of the log? A score test between windows, and what all tests together may claim.

The residuals of a slice are taken from the rate of the rest, what would be expected of it if it were like the rest: so they vary
also where nothing failed. Windows are what varies: whole weeks go wrong, and the events of one are not independent.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy

from remiss.understand.variance import TOP, Numbers, lengthened

# Standard errors within which a correlation may be chance, and of how many slices at most it is taken to be the mean.
UNSURE, REPEATED = 2.0, 3
# What windows differ by beyond this part of their squares is more than an error of rounding.
ALIKE = 1e-12


class WindowCounts(NamedTuple):
    """Weighted events and failures in each window of what slices are part of, of shape (windows,); no slice is the whole."""

    among: Numbers
    failing: Numbers

    def without(self, part: WindowCounts) -> WindowCounts:
        """Return what is left when a part of the events is taken out."""
        return WindowCounts(self.among - part.among, self.failing - part.failing)


class Scores(NamedTuple):
    """Of each slice: how many failures of the log it has beyond those expected, its t statistic, degrees and p-value.

    `excess` is what the slice would have less if it were like the rest. The p-value is one-sided: small where more failed.
    """

    excess: Numbers
    t: Numbers
    degrees: Numbers
    p: Numbers


def scores(among: Numbers, failing: Numbers, whole: WindowCounts, correlation: float = 0.0) -> Scores:
    """Return the score test of slices against the rest of what they are part of.

    The variance of the excess is that of what windows add to it (`window_parts`). It has as many degrees of freedom as the
    slice has windows, of which four large among small ones are four.

    Parameters
    ----------
    among, failing : weighted events and failures of each slice in each window, of shape (slices, windows)
    correlation : of what one window adds with what the next adds, in [0, 1)

    Source: Cochran, Sampling techniques, 1977, section 6.4 (the linearised ratio); Satterthwaite, Biometrics Bulletin 2 (1946)
    110-114 (the degrees of freedom).

    >>> whole = WindowCounts(np.full(8, 1000.0), np.array([54.0, 53, 55, 53, 57, 55, 53, 53]))
    >>> found = scores(np.full((1, 8), 100.0), np.array([[9.0, 8, 10, 9, 11, 10, 9, 8]]), whole)
    >>> round(float(found.excess[0]), 2), bool(found.p[0] < 1e-4)
    (34.11, True)
    """
    count, own, failed = among.shape[1], among.sum(axis=1), failing.sum(axis=1)
    rest = float(whole.among.sum()) - own
    rate, share = (float(whole.failing.sum()) - failed) / rest, own / rest
    # The sum of squares of `window_parts`, multiplied out: of tens of thousands of slices they are never all in memory.
    ones, both = 1 + share, np.column_stack(whole)
    of_failing, of_among = failing @ both, among @ both
    squares = np.einsum("sw,sw->s", among, among)
    inner = np.einsum("sw,sw->s", failing, failing) - 2 * rate * np.einsum("sw,sw->s", failing, among) + rate**2 * squares
    cross = of_failing[:, 1] - rate * (of_failing[:, 0] + of_among[:, 1]) + rate**2 * of_among[:, 0]
    outer = whole.failing @ whole.failing - 2 * rate * (whole.failing @ whole.among) + rate**2 * (whole.among @ whole.among)
    excess = failed - rate * own
    spread = np.maximum(ones**2 * inner - 2 * ones * share * cross + share**2 * outer - excess**2 / count, 0.0)
    variance = spread * count / (count - 1) * float(lengthened(count, np.array(correlation)))
    degrees = np.maximum(1.0, own**2 / squares - 1)
    t = np.divide(excess, np.sqrt(variance), out=np.zeros(len(excess)), where=spread > ALIKE * outer)
    return Scores(excess, t, degrees, scipy.special.stdtr(degrees, -t))


def window_parts(among: Numbers, failing: Numbers, whole: WindowCounts) -> Numbers:
    """Return what each window adds to the excess of each slice, of shape (slices, windows).

    Of a slice with N of the events and F of the failures, the rest N' and F' at the rate R = F'/N', window w adds
    (F_w - R N_w) - N/N' (F'_w - R N'_w); the second term is that R is estimated, and adds up to nothing.
    """
    own = among.sum(axis=1)
    rest = float(whole.among.sum()) - own
    rate = ((float(whole.failing.sum()) - failing.sum(axis=1)) / rest)[:, None]
    share = (own / rest)[:, None]
    parts: Numbers = (1 + share) * (failing - rate * among) - share * (whole.failing - rate * whole.among)
    return parts


def pooled_correlation(parts: Numbers) -> float:
    """Return how alike windows are that follow each other, from all slices together; 0 where chance may have made it.

    One slice has too few windows to tell. The mean over slices of the correlation of each with its next window, less the -1/m
    that independent windows have in the mean; it counts as 0 up to two standard errors of as many slices as are there, and
    as three fields alone, however many there are: slices of the same events repeat each other.

    Parameters
    ----------
    parts : of shape (slices, windows)

    Source: Marriott and Pope, Bias in the estimation of autocorrelations, Biometrika 41 (1954) 390-402.
    """
    away = parts - parts.mean(axis=1, keepdims=True)
    squares = np.sum(away**2, axis=1)
    there = squares > 0
    count = parts.shape[1]
    if not there.any():
        return 0.0
    each = np.sum(away[there, 1:] * away[there, :-1], axis=1) / squares[there]
    found = float(each.mean()) + 1 / count
    chance = UNSURE / np.sqrt(count * min(int(there.sum()), REPEATED))
    return min(TOP, found) if found > chance else 0.0
