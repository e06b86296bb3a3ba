"""Which fields of a window have drifted: every measure of every field is tested, and they share one false discovery rate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from zlib import crc32

import numpy as np

from remiss.understand.drift.measures import (
    CATEGORY,
    JENSEN_SHANNON,
    MISSING,
    NEW,
    ORDERED,
    POWERS,
    PSI,
    VANISHED,
    WASSERSTEIN,
    Counts,
    FieldCounts,
    Pool,
    jensen_shannon,
    new_share,
    others,
    pool,
    psi,
    vanished_share,
    wasserstein,
)
from remiss.understand.drift.null import PERMUTATIONS, Null, fitted, missing_by_chance, together_by_chance
from remiss.understand.multiple_testing import benjamini_hochberg
from remiss.understand.variance import HISTORY, Indices, Numbers

LEVEL = 0.05
DECILES, MOST_BINS = 10, 50
# Of fewer events with a value no distribution is told.
LEAST = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedBins:
    """The bins in which the shares of a field are compared: of numbers deciles of the references, else the commonest values."""

    coarse: Indices
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One measure of a field in a window, and how probable one as great is of a window like the references.

    `references` are those of the reference windows against each other. `p` and `q` are None where there are too few of these.
    """

    measure: str
    value: float
    references: Numbers
    null: Null | None = None
    p: float | None = None
    q: float | None = None

    def upto(self, p: float) -> float | None:
        """Return the score that has such a p-value; None without a null."""
        return None if self.null is None else self.null.upper(p) ** (1 / POWERS[self.measure])


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldScores:
    """All measures of a field in a window; `spread` is the standard deviation of a field of numbers in the references."""

    field: FieldCounts
    bins: SharedBins
    scores: tuple[Score, ...]
    spread: float = 0.0

    def found(self, level: float) -> tuple[Score, ...]:
        """Return the scores that are told, the surest first."""
        sure = [each for each in self.scores if each.q is not None and each.q <= level]
        return tuple(sorted(sure, key=lambda each: (each.q, each.p)))


def drifted(fields: Sequence[FieldCounts], window: int, references: Indices) -> tuple[FieldScores, ...]:
    """Return the scores of every field of a window against reference windows, with q-values over all of them.

    Parameters
    ----------
    window, references : places among the windows that the fields are counted in; the window is none of the references
    """
    scored = [field_scores(field, window, references) for field in fields]
    p = [score.p for each in scored for score in each.scores if score.p is not None]
    q = iter(benjamini_hochberg(p).tolist() if p else ())
    return tuple(replace(each, scores=tuple(s if s.p is None else replace(s, q=next(q)) for s in each.scores)) for each in scored)


def field_scores(field: FieldCounts, window: int, references: Indices) -> FieldScores:
    """Return the scores of one field of a window; reference windows in which it has hardly a value are left out."""
    sizes = field.sizes
    kept = references[sizes[references] >= LEAST]
    counts, scale = field.counts[kept], field.scale[kept]
    beside = pool(counts, scale) if len(kept) else Pool(np.zeros(field.counts.shape[1]), np.array(0.0))
    bins = bins_of(field, beside.shares)
    found = []
    if len(kept) and sizes[window] >= LEAST:
        own = field.counts[window]
        one = measures(field, bins, own, beside)
        if len(kept) > 1:
            rest = others(counts, scale)
            each = measures(field, bins, counts, rest)
            fit = _Fit(field, bins, own, beside)
            noise = 1 / sizes[kept] + 1 / rest.size
            found = [fit.score(name, float(one[name]), each[name], noise) for name in one]
        else:
            found = [Score(measure=name, value=float(value), references=np.zeros(0)) for name, value in one.items()]
    missing = missing_score(field, window, references)
    return FieldScores(
        field=field, bins=bins, scores=(*found, *([missing] if missing else [])), spread=spread_of(field, beside.shares)
    )


def measures(field: FieldCounts, bins: SharedBins, own: Counts, beside: Pool) -> dict[str, Numbers]:
    """Return the measures of a field, by name, for one window or many."""
    found = {
        PSI: psi(own, beside, bins.coarse, bins.count),
        JENSEN_SHANNON: jensen_shannon(own, beside, bins.coarse, bins.count),
    }
    if field.kind in ORDERED:
        found[WASSERSTEIN] = wasserstein(own, beside, field.places)
    if field.kind == CATEGORY:
        found |= {NEW: new_share(own, beside), VANISHED: vanished_share(own, beside)}
    return found


class _Fit:
    """A window beside the pooled references, with the scores of permutations of their events."""

    def __init__(self, field: FieldCounts, bins: SharedBins, own: Counts, beside: Pool) -> None:
        self._own, self._size = own, int(own.sum())
        self._rest = np.rint(beside.shares * beside.size).astype(np.int64)
        self._noise = 1 / self._size + 1 / float(beside.size)
        # The same events in the same order of mind for whoever asks, whatever other fields are asked for.
        rng = np.random.default_rng(crc32(field.name.encode()))
        total = own + self._rest
        drawn = rng.multivariate_hypergeometric(total, self._size, size=PERMUTATIONS, method="marginals")
        left = total - drawn
        size = max(1, int(self._rest.sum()))
        self._permuted = measures(field, bins, drawn, Pool(left / size, np.full(PERMUTATIONS, float(size))))

    def score(self, name: str, value: float, references: Numbers, noise: Numbers) -> Score:
        power = POWERS[name]
        if len(references) < HISTORY:
            return Score(measure=name, value=value, references=references)
        rare = name in {NEW, VANISHED}
        permuted = np.zeros(0) if rare else self._permuted[name] ** power
        null = fitted(references**power, permuted, self._noise, noise)
        p = null.p(value**power)
        if rare:
            p = max(p, self._together(name))
        return Score(measure=name, value=value, references=references, null=null, p=p)

    def _together(self, name: str) -> float:
        own, rest = (self._own, self._rest) if name == NEW else (self._rest, self._own)
        alone = int(own[rest <= 0].sum())
        return together_by_chance(own + rest, float(own.sum() / max(1, own.sum() + rest.sum())), alone)


def missing_score(field: FieldCounts, window: int, references: Indices) -> Score | None:
    """Return how far the share of missing values is from that of the references; None where none is missing.

    It is judged by its logarithmic odds: what goes missing in one week in a hundred goes missing by multiples.
    """
    every = field.sizes + field.missing
    kept = references[every[references] > 0]
    # Where nothing is missing on either side there is nothing to test.
    if not len(kept) or not every[window] or not field.missing[[*kept, window]].any():
        return None
    counts, scale = np.column_stack([field.sizes, field.missing]), field.scale
    beside = pool(counts[kept], scale[kept])
    value = abs(float(field.missing[window] / every[window]) - float(beside.shares[1]))
    if len(kept) < 2:
        return Score(measure=MISSING, value=value, references=np.zeros(0))
    rest = others(counts[kept], scale[kept])
    each = np.abs(field.missing[kept] / every[kept] - rest.shares[:, 1])
    if len(kept) < HISTORY:
        return Score(measure=MISSING, value=value, references=each)
    own = (_odds(counts[window], every[window]) - _odds(beside.shares * beside.size, beside.size)) ** 2
    apart = (_odds(counts[kept], every[kept]) - _odds(rest.shares * rest.size[:, None], rest.size)) ** 2
    null = fitted(apart, np.zeros(0), 1.0, np.ones(len(kept)))
    size = round(float(beside.size))
    gone = round(float(beside.shares[1]) * size)
    exact = missing_by_chance(int(field.missing[window]), int(every[window]), gone, size)
    return Score(measure=MISSING, value=value, references=each, p=max(null.p(float(own)), exact))


def _odds(counts: Numbers | Counts, every: Numbers | Counts) -> Numbers:
    """Return the logarithm of the odds of a missing value, with half an event on each side."""
    missing = np.asarray(counts)[..., 1]
    found: Numbers = np.log((missing + 0.5) / (every - missing + 0.5))
    return found


def bins_of(field: FieldCounts, shares: Numbers) -> SharedBins:
    """Return the bins in which shares are compared, given those of the references: deciles, or the commonest values."""
    count = len(field.values)
    if field.kind in ORDERED:
        middle = np.cumsum(shares) - shares / 2
        deciles, coarse = np.unique(np.clip((middle * DECILES).astype(np.intp), 0, DECILES - 1), return_inverse=True)
        return SharedBins(coarse=coarse.astype(np.intp), count=len(deciles))
    if count <= MOST_BINS:
        return SharedBins(coarse=np.arange(count), count=count)
    coarse = np.full(count, MOST_BINS - 1, dtype=np.intp)
    common = np.argsort(-shares, kind="stable")[: MOST_BINS - 1]
    coarse[common] = np.arange(len(common))
    return SharedBins(coarse=coarse, count=MOST_BINS)


def spread_of(field: FieldCounts, shares: Numbers) -> float:
    """Return the standard deviation of a field of numbers; 0 of others."""
    if field.kind not in ORDERED or not len(field.values):
        return 0.0
    mean = float(shares @ field.places)
    return float(np.sqrt(max(0.0, float(shares @ (field.places - mean) ** 2))))
