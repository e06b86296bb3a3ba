"""Groups of cases that lie close together, and what the cases of each have in common.

A place where many lie is a cluster only if what its cases have in common is together more often than it would be if fields and
words had nothing to do with one another: else ten carriers at ten airports would be a hundred clusters. What is in none is noise.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np
from scipy.special import bdtrc

from remiss.understand.clusters.vectors import ClusterCase, Points, compared, is_number, learning, points

# How many neighbours say how dense a place is.
NEIGHBOURS = 5
# Places no farther from one another are one: two cases that differ in one field alone are 1 apart.
ONE_FIELD = 1.25
# What so large a share of a cluster has is common to it; of these so many are put to the test.
COMMON, TESTED = 0.8, 3
# So many words and so many values of fields are in a name.
WORDS, VALUES = 3, 2
# It is telling where it is this many times as common as among all.
TELLING = 1.5
# So probable at most is what is called a cluster by chance, over all that are looked at.
LEVEL = 0.01
# Into so many equally common bins numbers are cut, to say what cases have in common.
BINS = 4
# So many cases must have a value before it is told, and so many are told as typical.
FEWEST, TYPICAL = 3, 3
WORD = re.compile(r"[^\W\d_]{3,}")

# A field and its value in words; of words the field is empty.
Item = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseGroup:
    """A group of cases: their ids, what they have in common, the most telling first, and the ids of those at its middle."""

    members: frozenset[str]
    terms: tuple[str, ...]
    typical: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseGroups:
    """All groups, the largest first, with the fields that cases were compared by, and in how many dimensions."""

    groups: tuple[CaseGroup, ...]
    fields: tuple[str, ...]
    dimensions: int


def groups(cases: Sequence[ClusterCase], least: int) -> CaseGroups:
    """Return the groups of at least so many cases; the order in which they are given changes nothing."""
    ordered = sorted(cases, key=lambda case: case.id)
    names = compared(ordered)
    if len(ordered) < max(least, NEIGHBOURS) + 1:
        return CaseGroups(groups=(), fields=names, dimensions=0)
    where = points(ordered, names)
    if not where.shape[1]:
        return CaseGroups(groups=(), fields=names, dimensions=0)
    known = items(ordered, names)
    common = Counter(item for own in known for item in own)
    kinds = Counter(field for field, _ in common)
    places = _places(where, known, common, least)
    found = [
        CaseGroup(
            members=frozenset(ordered[row].id for row in each.rows),
            terms=_named(each.telling),
            typical=tuple(ordered[row].id for row in _middle(where, each.rows)),
        )
        for each in places
        if _together(known, each.telling, common, kinds, len(places))
    ]
    largest = sorted(found, key=lambda each: (-len(each.members), min(each.members)))
    return CaseGroups(groups=tuple(largest), fields=names, dimensions=where.shape[1])


@dataclass(frozen=True, slots=True)
class _Place:
    """A dense place: the rows of its cases, their mean, and what they have in common, the most telling first."""

    rows: Sequence[int]
    middle: Points
    telling: Sequence[Item]

    def is_same(self, other: _Place) -> bool:
        """Return whether two places are one to people: they have one name, or differ in one field and have most in common."""
        if self.telling and _named(self.telling) == _named(other.telling):
            return True
        near = float(np.linalg.norm(self.middle - other.middle)) <= ONE_FIELD
        return near and len({*self.telling} & {*other.telling}) >= 2


def _places(where: Points, known: Sequence[AbstractSet[Item]], common: Counter[Item], least: int) -> list[_Place]:
    """Return the dense places; those that are the same are joined, and what was joined is compared with all others again."""

    def place(rows: Sequence[int]) -> _Place:
        telling = _telling([known[row] for row in rows], common, len(known))
        return _Place(rows, where[rows].mean(axis=0), [*telling])

    labels = learning("cluster").HDBSCAN(min_cluster_size=least, min_samples=NEIGHBOURS, copy=True).fit(where).labels_
    left = [place(np.flatnonzero(labels == label).tolist()) for label in range(int(labels.max()) + 1)]
    places: list[_Place] = []
    while left:
        own = left.pop(0)
        at = next((at for at, other in enumerate(places) if own.is_same(other)), None)
        if at is None:
            places.append(own)
        else:
            left.insert(0, place(sorted((*own.rows, *places.pop(at).rows))))
    return places


def items(cases: Sequence[ClusterCase], names: Sequence[str]) -> list[frozenset[Item]]:
    """Return what each case has that others may have in common with it: words, values, and bins of numbers."""
    said = [{("", word) for word in WORD.findall(case.text.casefold())} for case in cases]
    for name in names:
        values = [case.fields.get(name) for case in cases]
        short = name.partition(".")[2]
        numbers = [float(str(value)) for value in values if is_number(value)]
        numeric = len({*numbers}) > BINS and len(numbers) == sum(value is not None for value in values)
        edges = np.unique(np.quantile(numbers, np.linspace(0, 1, BINS + 1))) if numeric else np.array([])
        for own, value in zip(said, values, strict=True):
            if value is None:
                own.add((short, "missing"))
            elif numeric:
                at = int(np.clip(np.searchsorted(edges, float(str(value)), side="right"), 1, len(edges) - 1))
                own.add((short, f"{edges[at - 1]:.4g} to {edges[at]:.4g}"))
            else:
                own.add((short, str(value)))
    return [*map(frozenset, said)]


def _telling(own: Sequence[AbstractSet[Item]], common: Counter[Item], every: int) -> Iterator[Item]:
    """Yield what most of a group has and few others, the most telling first."""
    counted = Counter(item for each in own for item in each)
    shares = {item: number / len(own) for item, number in counted.items() if number >= max(FEWEST, COMMON * len(own))}
    lifts = {item: share / (common[item] / every) for item, share in shares.items()}
    # Of words that are as telling the longer say more.
    scored = [(-round(shares[item] * math.log(lift), 9), -len(item[1]), item) for item, lift in lifts.items() if lift >= TELLING]
    yield from (item for *_, item in sorted(scored))


def _named(telling: Sequence[Item]) -> tuple[str, ...]:
    words = [value for field, value in telling if not field][:WORDS]
    return (*words, *[f"{field} {value}" for field, value in telling if field][:VALUES])


def _together(
    known: Sequence[AbstractSet[Item]], telling: Sequence[Item], common: Counter[Item], kinds: Counter[str], looked_at: int
) -> bool:
    """Return whether what is telling is together more often than chance would have it, of all that could have been told."""
    tested = telling[:TESTED]
    if len(tested) < 2:
        return False
    every = len(known)
    seen = sum(all(item in own for item in tested) for own in known)
    by_chance = math.prod(common[item] / every for item in tested)
    probability = float(bdtrc(seen - 1, every, by_chance))
    choices = sum(math.log(max(1, kinds[field])) for field, _ in tested)
    return probability == 0 or math.log(probability) + choices + math.log(looked_at) <= math.log(LEVEL)


def _middle(where: Points, rows: Sequence[int]) -> Sequence[int]:
    own = where[rows]
    far = ((own - own.mean(axis=0)) ** 2).sum(axis=1)
    return [int(rows[at]) for at in np.lexsort((rows, far.round(9)))[:TYPICAL]]
