"""Agreement between people who labelled the same cases without knowing of each other.

A case is trusted because a second person saw the same failure. This module measures how often that happens, corrected for
chance in two ways that mislead in different places: Krippendorff's alpha takes a rare category for what chance would hardly
give, and so falls towards 0 where nearly everything is alike; Gwet's AC does not. It decides nothing of any case.

Each case has a weight, one divided by the probability with which it was captured, annotated and chosen for a second labelling,
so that figures are of what happens in production and neither of what the sample was made to hold nor of the grades that are
verified most. Only the proportions of weights matter.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from remiss.curate.agreement_statistics import Floats, Metric


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldLabels:
    """What independent people said of one case in one field.

    `labels` are theirs, in any order; who said nothing of the field is not among them. `weight` is 1/(p12 p3).
    """

    case: str
    labels: tuple[Hashable, ...]
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Ratings:
    """The labels of a field as numbers: n cases by q categories.

    `counts` (n x q) says how many chose what of each case, `weights` (n) what a case weighs.
    """

    categories: tuple[Hashable, ...]
    counts: Floats
    weights: Floats

    @classmethod
    def of(cls, labelled: Iterable[FieldLabels], scale: Sequence[Hashable] | None = None) -> Self:
        """Return the labels as numbers.

        Parameters
        ----------
        labelled : one for each case
        scale : every category that people could choose, in its order; default: those that occur

        Raises
        ------
        ValueError : a label that the scale has not, a weight that is no positive number
        """
        cases = [each for each in labelled if each.labels]
        found = dict.fromkeys(label for each in cases for label in each.labels)
        categories = tuple(scale) if scale is not None else tuple(sorted(found, key=_to_text))
        place = {category: at for at, category in enumerate(categories)}
        counts = np.zeros((len(cases), len(categories)))
        for row, each in enumerate(cases):
            if not (each.weight > 0 and np.isfinite(each.weight)):
                raise ValueError(f"case {each.case} weighs {each.weight}")
            for label in each.labels:
                if label not in place:
                    raise ValueError(f"{label!r} is not on the scale")
                counts[row, place[label]] += 1
        return cls(categories, counts, np.array([each.weight for each in cases]))

    @property
    def once(self) -> Floats:
        """Every case once: what resampling varies (1 x n)."""
        return np.ones((1, len(self.weights)))

    @property
    def pairable(self) -> Floats:
        """Which cases two people or more labelled (n, 0 or 1)."""
        found: Floats = (self.counts.sum(axis=1) >= 2).astype(np.float64)
        return found


def _to_text(label: Hashable) -> tuple[str, ...]:
    """Return what categories without a scale are sorted by, so that the same labels give the same sums to the last bit."""
    return tuple(sorted(map(str, label))) if isinstance(label, frozenset) else (str(label),)


def alphas(ratings: Ratings, metric: Metric, copies: Floats) -> Floats:
    """Return Krippendorff's alpha of resamples: 1 less the observed disagreement divided by what chance would give.

    Chance pairs any two labels of different people or cases, each pair with the product of its weights. With equal weights
    that is Krippendorff's n(n - 1); so it does not matter what the weights add up to.

    Parameters
    ----------
    metric : the squared difference of categories
    copies : how often each case is in each resample (B x n)

    Returns
    -------
    B numbers up to 1; not a number where only one category occurs, or nothing was labelled twice

    Source: Krippendorff, Content analysis, 3rd edition, 2013, chapter 12; here with weights.
    """
    kept = ratings.pairable > 0
    counts, weights, copies = ratings.counts[kept], ratings.weights[kept], copies[:, kept]
    people = counts.sum(axis=1)
    weighed = copies * weights
    chosen = weighed @ counts
    total = chosen.sum(axis=1)
    apart = metric(ratings.categories, chosen)
    # Pairs within a case, each label as often as it has partners: every label counts once, no matter with whom.
    partners = np.maximum(people - 1, 1)
    if apart.ndim == 2:
        within = np.einsum("nc,ck,nk->n", counts, apart, counts) / partners
        observed = weighed @ within
        expected = np.einsum("bc,ck,bk->b", chosen, apart, chosen)
    else:
        pairs = counts[:, :, None] * counts[:, None, :] / partners[:, None, None]
        observed = np.einsum("bck,bck->b", np.tensordot(weighed, pairs, axes=1), apart)
        expected = np.einsum("bc,bck,bk->b", chosen, apart, chosen)
    all_pairs = total**2 - copies @ (weights**2 * people)
    return _one_less(observed * all_pairs, total * expected)


def acs(ratings: Ratings, weights: Floats, copies: Floats) -> Floats:
    """Return Gwet's AC2 of resamples; with `agreement_statistics.same` as weights it is AC1.

    Parameters
    ----------
    weights : how much two categories count as agreeing (q x q), 1 for the same
    copies : how often each case is in each resample (B x n)

    Returns
    -------
    B numbers up to 1; not a number where only one category occurs, or nothing was labelled twice

    Source: Gwet, Computing inter-rater reliability and its variance in the presence of high agreement, British Journal of
    Mathematical and Statistical Psychology 61 (2008) 29-48; with weights and missing labels: Handbook of inter-rater
    reliability, 4th edition, 2014, chapters 3 and 5.
    """
    size = len(ratings.categories)
    people = ratings.counts.sum(axis=1)
    weighed = copies * ratings.weights
    agreed = shares(ratings, weights, copies)
    with np.errstate(invalid="ignore", divide="ignore"):
        chosen = weighed @ (ratings.counts / people[:, None]) / weighed.sum(axis=1, keepdims=True)
        by_chance = weights.sum() / max(size * (size - 1), 1) * (chosen * (1 - chosen)).sum(axis=1)
    alone = (chosen > 0).sum(axis=1) < 2
    return np.where(alone, np.nan, _one_less(1 - agreed, 1 - by_chance))


def shares(ratings: Ratings, weights: Floats, copies: Floats) -> Floats:
    """Return the share of pairs of labels of the same case that agree, in resamples; not a number without any pair.

    Parameters
    ----------
    weights : how much two categories count as agreeing (q x q), 1 for the same
    copies : how often each case is in each resample (B x n)
    """
    kept = ratings.pairable > 0
    counts = ratings.counts[kept]
    people = counts.sum(axis=1)
    within = (counts * (counts @ weights.T - 1)).sum(axis=1) / (people * (people - 1))
    weighed = copies[:, kept] * ratings.weights[kept]
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Floats = weighed @ within / weighed.sum(axis=1)
    return found


def specific_shares(ratings: Ratings, category: Hashable, copies: Floats) -> Floats:
    """Return, in resamples, how often another person says `category` of a case where one says it.

    Twice the pairs who both say it, divided by how often it is said in any pair. Source: Cicchetti and Feinstein, High
    agreement but low kappa: II, Journal of Clinical Epidemiology 43 (1990) 551-558.
    """
    at = ratings.categories.index(category)
    kept = ratings.pairable > 0
    counts = ratings.counts[kept]
    people = counts.sum(axis=1)
    said = counts[:, at]
    weighed = copies[:, kept] * ratings.weights[kept]
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Floats = (weighed @ (said * (said - 1) / (people - 1))) / (weighed @ said)
    return found


def _one_less(part: Floats, whole: Floats) -> Floats:
    """Return 1 - part/whole; not a number where the whole is nothing."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(whole > 0, 1 - part / np.where(whole > 0, whole, 1), np.nan)
