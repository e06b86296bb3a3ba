"""Which cluster of today is which of before: ids by maximum overlap, and what was split, merged and ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

# A cluster of before goes on in one that has at least this share of the smaller of both, of the cases that were there both times.
GOES_ON = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """How clusters follow from those before: of each the id that it keeps, what was merged into it, and what it was a part of.

    `ended` are the clusters of before of whose cases no more than half are together in one.
    """

    kept: tuple[str | None, ...]
    merged: tuple[tuple[str, ...], ...]
    split_from: tuple[str | None, ...]
    ended: tuple[str, ...]


def lineage(before: Mapping[str, AbstractSet[str]], now: Sequence[AbstractSet[str]], everyone: AbstractSet[str]) -> Lineage:
    """Return how clusters follow from those before, so that the cases that stay together are as many as can be.

    Parameters
    ----------
    before : the cases of each cluster of before, by its id
    now : those of each cluster of today
    everyone : all cases that were compared today: what left says nothing of whether a cluster goes on

    >>> lineage({"a": {"1", "2", "3"}, "b": {"4", "5"}}, [{"1", "2", "3", "4", "5"}], {"1", "2", "3", "4", "5"})
    Lineage(kept=('a',), merged=(('b',),), split_from=(None,), ended=())
    """
    ids = sorted(before)
    # In an order of their own, so that among equals the order in which they are given decides nothing.
    order = sorted(range(len(now)), key=lambda at: sorted(now[at]))
    then = [before[each] & everyone for each in ids]
    shared = np.array([[len(old & now[at]) for at in order] for old in then], dtype=np.int64).reshape(len(ids), len(order))
    kept: dict[int, str] = {}
    for row, column in zip(*linear_sum_assignment(shared, maximize=True), strict=True):
        smaller = min(len(then[row]), len(now[order[column]]))
        if shared[row, column] and shared[row, column] >= GOES_ON * smaller:
            kept[order[column]] = ids[row]
    merged: dict[int, list[str]] = {}
    ended: list[str] = []
    for row, old in enumerate(ids):
        if old in kept.values():
            continue
        most = int(shared[row].argmax()) if order else -1
        if order and shared[row, most] > GOES_ON * len(then[row]):
            merged.setdefault(order[most], []).append(old)
        else:
            ended.append(old)
    split: dict[int, str] = {}
    for column, at in enumerate(order):
        most = int(shared[:, column].argmax()) if ids else -1
        if ids and at not in kept and shared[most, column] > GOES_ON * len(now[at] & frozenset().union(*then)):
            split[at] = ids[most]
    each = range(len(now))
    return Lineage(
        kept=tuple(kept.get(at) for at in each),
        merged=tuple(tuple(merged.get(at, ())) for at in each),
        split_from=tuple(split.get(at) for at in each),
        ended=tuple(ended),
    )
