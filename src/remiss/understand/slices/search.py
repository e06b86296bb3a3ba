"""The search for slices: every one with support is tested, and what is found is told once.

Of a fault in one place a hundred slices know: those that ask for less, those that ask for more, and those that ask for
something else of the same events. Each is put beside the stronger ones that are kept, and what adds nothing to them is folded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain, groupby

import numpy as np

from remiss.errors import QueryError
from remiss.protocol.nearest import nearest_part
from remiss.protocol.predicate import check_predicate
from remiss.protocol.terms import CONTEXT, INPUTS, Criterion, Protocol, Type
from remiss.understand.multiple_testing import benjamini_hochberg
from remiss.understand.question import rules_of
from remiss.understand.slices.counting import ALIKE, DEEPEST, Part, SliceCounts, SliceSample, Support, counted_slices
from remiss.understand.slices.testing import WindowCounts, pooled_correlation, scores, window_parts
from remiss.understand.variance import Flags, Indices

LEVEL = 0.05
# A slice is kept beside a stronger one when what it adds has at most this p-value.
ADDS = 0.05
# So many that are kept are enough to read; so many are looked at for them.
MOST_KEPT, MOST_LOOKED_AT = 50, 500
VERSION = "model_version"
# What the model says and what turned out to be true are no reason why it failed.
ANSWERS = frozenset({"output", "label", "confidence"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundSlice:
    """A slice that fails more often than the rest: `q` is the share of false ones among all that are at least as sure.

    `adds` is the p-value of what it adds to those before it that it overlaps with; 0 of the first. Where that is too large, it
    is folded `into` the one of them, by its place, with which it has most events in common.
    """

    parts: tuple[Part, ...]
    p: float
    q: float
    t: float
    adds: float = 0.0
    into: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceSearch:
    """All that was found, the surest first, and among how many tests. Of `few` there is too little support to say anything.

    `same` have the events of a shorter slice. `correlation` is that of windows that follow each other, over all slices.
    """

    found: tuple[FoundSlice, ...]
    significant: int
    tested: int
    few: int
    same: int
    correlation: float


def search(sample: SliceSample, *, needed: Support, depth: int = DEEPEST, level: float = LEVEL) -> SliceSearch:
    """Test all slices with support, and return those that are found at a false discovery rate.

    Parameters
    ----------
    depth : of how many predicates at most
    level : the false discovery rate, Benjamini and Hochberg's over all slices tested
    """
    counted = counted_slices(sample, needed, depth)
    by_depth = groupby(counted, key=lambda each: len(each.fields))
    first = list(next(by_depth, (1, ()))[1])
    singles = [window_parts(each.among, each.failing, sample.whole) for each in first if len(each.codes)]
    correlation = pooled_correlation(np.concatenate(singles)) if singles else 0.0
    groups = [*first, *chain.from_iterable(those for _, those in by_depth)]
    scored = [scores(each.among, each.failing, sample.whole, correlation) for each in groups]
    p = np.concatenate([np.zeros(0), *(each.p for each in scored)])
    t = np.concatenate([np.zeros(0), *(each.t for each in scored)])
    q = benjamini_hochberg(p) if len(p) else p
    begins = np.cumsum([0, *(len(each.codes) for each in groups)])
    # Of equally sure ones those that ask for less come first, then by the order of fields.
    sure = [at for at in np.argsort(p, kind="stable").tolist() if q[at] <= level and t[at] > 0]
    found = [
        FoundSlice(parts=_parts(groups, begins, at), p=float(p[at]), q=float(q[at]), t=float(t[at]))
        for at in sure[:MOST_LOOKED_AT]
    ]
    return SliceSearch(
        found=folded(found, sample, correlation),
        significant=len(sure),
        tested=len(p),
        few=sum(each.few for each in groups),
        same=sum(each.same for each in groups),
        correlation=correlation,
    )


def _parts(groups: Sequence[SliceCounts], begins: Indices, at: int) -> tuple[Part, ...]:
    """Return the parts of a slice by its place among all that were tested."""
    group = int(np.searchsorted(begins, at, side="right")) - 1
    codes = groups[group].codes[at - int(begins[group])]
    return tuple(zip(groups[group].fields, codes.tolist(), strict=True))


@dataclass(frozen=True, slots=True)
class _Kept:
    """A slice that is kept: its place among those found, its events, which these are, and what they are in each window."""

    place: int
    events: Indices
    mask: Flags
    whole: WindowCounts


def folded(found: Sequence[FoundSlice], sample: SliceSample, correlation: float = 0.0) -> tuple[FoundSlice, ...]:
    """Return what was found, each that adds nothing to those that are kept folded into one of them.

    A slice within one that is kept has to fail more often than what else is in that one; any other more often than the rest. In
    both, events of the others that are kept are left out. Of so many questions chance answers some: each is asked at its part of
    `ADDS`. The surest come first; in the end those that were kept are asked again beside those that came after them.

    Parameters
    ----------
    found : the surest first
    """
    kept: list[_Kept] = []
    told: list[FoundSlice] = []
    for place, each in enumerate(found):
        if len(kept) >= MOST_KEPT:
            break
        one = _kept(place, sample.events(each.parts), sample)
        adds, common = _adds(one, kept, sample, correlation)
        if not kept or adds <= ADDS / len(found):
            kept.append(one)
            common = None
        told.append(replace(each, adds=adds, into=common))
    for one in list(kept):
        others = [each for each in kept if each is not one]
        adds, common = _adds(one, others, sample, correlation)
        if others and adds > ADDS / len(found):
            kept = others
            told[one.place] = replace(told[one.place], adds=adds, into=common)
    return tuple(replace(each, into=_last(told, each.into)) for each in told)


def _last(told: Sequence[FoundSlice], place: int | None) -> int | None:
    """Return the slice that one is folded into in the end, where what it was folded into is folded itself."""
    while place is not None and told[place].into is not None:
        place = told[place].into
    return place


def _kept(place: int, events: Indices, sample: SliceSample) -> _Kept:
    mask = np.zeros(len(sample.weights), dtype=bool)
    mask[events] = True
    return _Kept(place, events, mask, sample.counted(events))


def _adds(one: _Kept, others: Sequence[_Kept], sample: SliceSample, correlation: float) -> tuple[float, int | None]:
    """Return the p-value of what a slice adds to others, and the place of the one that it has most events in common with."""
    if not others:
        return 0.0, None
    own = sample.weights[one.events]
    common = [float(own[each.mask[one.events]].sum()) for each in others]
    around = [shared >= float(own.sum()) * (1 - ALIKE) for shared in common]
    beside = np.zeros(len(sample.weights), dtype=bool)
    for each, holds in zip(others, around, strict=True):
        if not holds:
            beside |= each.mask
    some = sample.counted(one.events[~beside[one.events]])
    within = [
        each.whole.without(sample.counted(each.events[beside[each.events]]))
        for each, holds in zip(others, around, strict=True)
        if holds
    ]
    adds = max(
        _beyond(some, those, correlation) for those in within or [sample.whole.without(sample.counted(np.flatnonzero(beside)))]
    )
    return adds, others[int(np.argmax(common))].place


def _beyond(some: WindowCounts, whole: WindowCounts, correlation: float) -> float:
    """Return the p-value of some events failing as often as the rest of those that they are part of."""
    if not 0 < some.among.sum() < whole.among.sum() * (1 - ALIKE):
        return 1.0
    return float(scores(some.among[None], some.failing[None], whole, correlation).p[0])


def chosen_fields(document: Protocol, criteria: Sequence[str], fields: str | None) -> tuple[str, ...]:
    """Return the fields that slices may ask for, by name.

    Raises
    ------
    QueryError : a field that was named is none of them
    """
    read = {name for each in document.criteria if each.name in criteria for name in read_by(document, each)} | ANSWERS
    same = {document.fields[name].sql for name in read if name in document.fields}
    rules = rules_of(document, 0)
    open_to = [name for name in rules.fields if name.startswith((INPUTS, CONTEXT)) or name == VERSION]
    allowed = sorted(name for name in open_to if name not in read and document.fields[name].sql not in same)
    if fields is None:
        return tuple(allowed)
    named = [name.strip() for name in fields.split(",") if name.strip()]
    for name in named:
        if name not in allowed:
            why = "is read by the criterion, so it is no reason for it" if name in read else "is no field that slices ask for"
            do = nearest_part("" if name in read else name, allowed, "choose among")
            raise QueryError(f"{name[:80]} {why}", do=do, field="fields")
    return tuple(sorted(set(named)))


def read_by(document: Protocol, criterion: Criterion) -> frozenset[str]:
    """Return the fields that a criterion reads, which say nothing of why it is met."""
    written = [each.sql for each in (criterion.when, criterion.among) if each is not None]
    types = dict.fromkeys(document.fields, Type.UNKNOWN)
    found = [check_predicate(each, types, unread=document.unread).reads for each in written]
    return frozenset({name for each in found for name in each} | ({criterion.of} if criterion.of else set()))
