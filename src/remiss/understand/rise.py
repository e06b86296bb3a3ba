"""Did a rate rise beyond what its own history lets expect? The rule by which a page warns, until there are alerts.

The latest window is compared with a prediction interval for one more value of a normal sample: mean + t(m-1) s sqrt(1 + 1/m),
one-sided, at one false warning in 52 windows over all rules that are watched. Windows that are correlated or have a season
bring more than that.

Source: Hahn and Meeker, Statistical intervals, 1991, section 4.5 (a prediction interval for one future observation).
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module

from remiss.records.estimate import EstimateRow
from remiss.records.event import Scalar

# So many windows before say what is usual.
LEAST_WINDOWS = 8
WINDOWS_A_WARNING = 52
# What a window is called unusual at, up or down, when nobody is warned.
UNUSUAL = 0.025
ROSE, FELL, AS_USUAL = "rose", "fell", "as usual"


@dataclass(frozen=True, slots=True, kw_only=True)
class LatestWindow:
    """The last whole window of a rate whose labels are in, beside those before it; shares are fractions.

    `key` is where it begins, as the row has it. `usual` is the mean of the windows before. `change` is `rose` or `fell` beyond
    what one window in forty does, `as usual` otherwise, and empty with too little history. `warns` is the rule of this module.
    """

    key: Scalar
    share: float
    usual: float
    change: str
    warns: bool


def latest_of(rows: Sequence[EstimateRow], watched: int) -> LatestWindow | None:
    """Return how the last window stands to those before it; None with fewer than two whose labels are in.

    Parameters
    ----------
    rows : a rate by window, in order of time
    watched : among how many rules a warning may come, 0 when this one is not watched
    """
    mature = [(row.key, float(row.value)) for row in rows if row.value is not None and not row.incomplete]
    if len(mature) < 2:
        return None
    (key, share), before = mature[-1], [value for _, value in mature[:-1]]
    usual, change = statistics.fmean(before), ""
    if len(before) >= LEAST_WINDOWS:
        away = prediction_limit(before, UNUSUAL) - usual
        change = ROSE if share > usual + away else FELL if share < usual - away else AS_USUAL
    limit = limit_of(before, watched) if watched else None
    return LatestWindow(key=key, share=share, usual=usual, change=change, warns=limit is not None and share > limit)


def prediction_limit(before: Sequence[float], level: float) -> float:
    """Return the value above which one more of a sample lies with the probability `level`.

    Parameters
    ----------
    before : at least two values, in any unit
    level : of the upper tail, a fraction

    >>> round(prediction_limit([0.10, 0.12, 0.11, 0.13, 0.09, 0.11, 0.12, 0.10], 0.01), 3)
    0.152
    """
    size = len(before)
    spread = statistics.stdev(before) * math.sqrt(1 + 1 / size)
    # Loaded by the first who asks: a server names this module when it starts, and is a fifth larger with what computes.
    quantile: float = import_module("scipy.special").stdtrit(size - 1, 1 - level)
    return statistics.fmean(before) + float(quantile) * spread


def limit_of(before: Sequence[float], rules: int) -> float | None:
    """Return what the latest window of one of so many rules must pass to be warned of; None with too little history.

    >>> limit_of([0.0] * 7, 2) is None, limit_of([0.0] * 8, 2)
    (True, 0.0)
    """
    return None if len(before) < LEAST_WINDOWS else prediction_limit(before, 1 / (WINDOWS_A_WARNING * rules))
