"""Sampling: which events of a group are kept, and with what probability each was.

Everything here is pure and is the definition: an engine that does the same over millions of rows must agree with it
exactly. Priorities are a function of seed and id alone, so the order of rows, the split into files and the number of
workers cannot change a sample, and the groups of one run share their priorities (coordinated bottom-k sampling).

Where a protocol names a unit (a flight, a user, a request) its text is hashed in place of the id: all events of one unit have one
priority, and a group keeps the events of the k units of least priority.

Sources: Cohen and Kaplan, Summarizing data using bottom-k sketches, PODC 2007 (rank conditioning); Duffield, Lund and
Thorup, Priority sampling, J. ACM 2007; Cohen, Kaplan and Sen, VLDB 2009, and Ting 2017 for overlapping groups.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import nsmallest

from remiss.records.event import ModelVersion, Scalar
from remiss.records.run import ALL, CONTROL, UNDECIDED

# 13 hex digits are 52 bits: the most that a double holds exactly, so that every engine computes the same fraction.
DIGITS = 13
SPAN = 1 << (4 * DIGITS)


def priority(seed: str, event_id: str) -> str:
    """Return the priority of an event: the first 13 hex digits of md5(seed:id), compared as text, least first.

    md5, not a faster hash: DuckDB, Spark and every warehouse compute it alike, and nothing here guards a secret.

    >>> priority("2026", "flight-1")
    '5e5427fb462ab'
    """
    return hashlib.md5(f"{seed}:{event_id}".encode(), usedforsecurity=False).hexdigest()[:DIGITS]


def as_fraction(digits: str) -> float:
    """Return a priority as a number in [0, 1).

    >>> as_fraction("8000000000000")
    0.5
    """
    return int(digits, 16) / SPAN


def fraction(purpose: str, seed: str, event_id: str) -> float:
    """Return the fraction in [0, 1) by which a later choice about an event is made.

    Each purpose (labelling order, verification, sealing) has its own: the sampled events are those of least capture
    priority, so choosing by that priority again would choose nearly all of them.

    >>> fraction("label", "2026", "flight-1") == fraction("verify", "2026", "flight-1")
    False
    """
    return as_fraction(priority(f"{purpose}:{seed}", event_id))


def key(seed: str, event_id: str, unit: str | None = None) -> str:
    """Return `priority:id`: its order as text is the order of sampling, ties by id.

    The priority is that of the unit, and of the id where there is none (null or empty).

    >>> key("2026", "flight-1")
    '5e5427fb462ab:flight-1'
    >>> key("2026", "answer-2", unit="flight-1")
    '5e5427fb462ab:answer-2'
    """
    return f"{priority(seed, unit or event_id)}:{event_id}"


def event_of(sampling_key: str) -> str:
    """Return the event id of a key; ids may hold colons themselves."""
    return sampling_key[DIGITS + 1 :]


def group_threshold(priorities: Sequence[float], keep: int) -> float:
    """Return tau, the priority below which an event of this group is kept.

    Parameters
    ----------
    priorities : numbers in [0, 1), the whole group or at least its keep + 1 least, in any order
    keep : how many to keep, at least 1

    Returns
    -------
    The (keep + 1)-th least priority, or 1.0 when there are no more than `keep`.

    Raises
    ------
    ValueError : keep < 1

    >>> group_threshold([0.7, 0.1, 0.4], keep=2)
    0.7
    >>> group_threshold([0.7, 0.1], keep=2)
    1.0
    """
    if keep < 1:
        raise ValueError("keep is at least 1")
    return 1.0 if len(priorities) <= keep else nsmallest(keep + 1, priorities)[keep]


def least_keys(keys: Iterable[str], keep: int, *, by_unit: bool) -> tuple[str, ...]:
    """Return the keep + 1 least keys in order; by units the keys of the keep + 1 least units, which share their priorities.

    >>> least_keys(["0000000000007:c", "0000000000001:a", "0000000000001:b", "0000000000009:d"], 1, by_unit=True)
    ('0000000000001:a', '0000000000001:b', '0000000000007:c')
    """
    if not by_unit:
        return tuple(nsmallest(keep + 1, keys))
    every = list(keys)
    among = frozenset(nsmallest(keep + 1, {one[:DIGITS] for one in every}))
    return tuple(sorted(one for one in every if one[:DIGITS] in among))


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupSample:
    """What is known of a group after some of its events were seen: enough to go on, and enough to stop.

    `least` holds the keep + 1 least keys in order: those kept and the one that sets the threshold. `by_unit`: `keep` counts
    units, and it holds those of the keep + 1 least units.
    """

    keep: int
    population: int
    labelled: int
    least: tuple[str, ...]
    by_unit: bool = False

    @property
    def kept(self) -> tuple[str, ...]:
        if not self.by_unit:
            return self.least[: self.keep]
        among = frozenset(self._drawn[: self.keep])
        return tuple(one for one in self.least if one[:DIGITS] in among)

    @property
    def threshold(self) -> float:
        return group_threshold([as_fraction(one) for one in self._drawn], self.keep)

    @property
    def _drawn(self) -> list[str]:
        """The priorities of what is drawn, events or units, in order."""
        found = [one[:DIGITS] for one in self.least]
        return list(dict.fromkeys(found)) if self.by_unit else found


def sample(keys: Iterable[str], keep: int, *, labelled: int = 0, by_unit: bool = False) -> GroupSample:
    """Return the bottom-k sample of one group.

    Parameters
    ----------
    keys : the key of each event of the group once, in any order
    keep : how many to keep, at least 1
    labelled : how many of the events have a label
    by_unit : `keep` counts units, which share their priorities, each with all of its events

    >>> sample(["7:c", "1:a", "4:b"], keep=1).kept
    ('1:a',)
    """
    every = list(keys)
    least = least_keys(every, keep, by_unit=by_unit)
    return GroupSample(keep=keep, population=len(every), labelled=labelled, least=least, by_unit=by_unit)


def merge(parts: Iterable[GroupSample], keep: int, *, by_unit: bool = False) -> GroupSample:
    """Return the sample of the union of disjoint parts, each sampled with at least this `keep`.

    >>> merge([sample(["7:c", "1:a"], keep=1), sample(["4:b"], keep=1)], keep=1) == sample(["7:c", "1:a", "4:b"], keep=1)
    True
    """
    pieces = list(parts)
    return GroupSample(
        keep=keep,
        population=sum(piece.population for piece in pieces),
        labelled=sum(piece.labelled for piece in pieces),
        least=least_keys((one for piece in pieces for one in piece.least), keep, by_unit=by_unit),
        by_unit=by_unit,
    )


def inclusion_probability(thresholds: Iterable[float]) -> float:
    """Return the probability with which an event came into the sample: the greatest tau of the groups that kept it.

    Groups share priorities, so an event is in the union of their samples exactly if its priority is below the greatest.

    >>> inclusion_probability([0.01, 0.2])
    0.2
    """
    return max(thresholds)


@dataclass(frozen=True, slots=True, kw_only=True)
class PopulationPart:
    """The events of one window and stratum with one pattern, or of a whole window for `all`: disjoint and counted.

    `window` is the index of the window, `stratum` the values in the order of the protocol's strata. `least` are at least
    the keep + 1 least keys (fewer only where the part has fewer events), by units those of the keep + 1 least units. Nothing is
    drawn by the `version`, which is None where versions are not told apart.
    """

    window: int
    stratum: tuple[Scalar, ...]
    met: tuple[str, ...]
    undecided: tuple[str, ...]
    outside: tuple[str, ...] = ()
    ruled_out: tuple[str, ...] = ()
    nulls: tuple[str, ...] = ()
    version: ModelVersion | None = None
    population: int
    labelled: int
    least: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GroupName:
    """Which group of a run: `stratum` is None for `all`, which knows no strata."""

    window: int
    stratum: tuple[Scalar, ...] | None
    criterion: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """One selected event: in which groups it was kept, and its inclusion probability."""

    key: str
    window: int
    groups: tuple[str, ...]
    probability: float


def groups_of(part: PopulationPart) -> tuple[str, ...]:
    """Return the names of the groups whose events a part's events are.

    One per criterion met; `control` when none was met and all were decided; `undecided` when none was met and some were
    not decided.
    """
    return part.met or ((UNDECIDED,) if part.undecided else (CONTROL,))


def groups(
    parts: Iterable[PopulationPart], whole: Iterable[PopulationPart], sizes: Mapping[str, int], *, by_unit: bool = False
) -> dict[GroupName, GroupSample]:
    """Return every group of a run with its sample.

    Parameters
    ----------
    parts : the census, disjoint by window, stratum and pattern
    whole : one part per window with the keys of the `all` group
    sizes : how many the groups of each name keep; `by_unit`: units, each with all of its events
    """
    pieces: dict[GroupName, list[GroupSample]] = {}
    for part in parts:
        for criterion in groups_of(part):
            keep = sizes[criterion]
            piece = GroupSample(keep=keep, population=part.population, labelled=part.labelled, least=part.least)
            pieces.setdefault(GroupName(part.window, part.stratum, criterion), []).append(piece)
    merged = {name: merge(found, sizes[name.criterion], by_unit=by_unit) for name, found in pieces.items()}
    for part in whole:
        found = GroupSample(keep=sizes[ALL], population=part.population, labelled=part.labelled, least=part.least)
        merged[GroupName(part.window, None, ALL)] = merge([found], sizes[ALL], by_unit=by_unit)
    return merged


def selections(samples: Mapping[GroupName, GroupSample], order: Sequence[str]) -> tuple[Selection, ...]:
    """Return every event kept in some group, by window and key.

    Parameters
    ----------
    samples : what `groups` returned
    order : the names of the criteria in the order of the protocol; an event's groups are listed in it, reserved names last
    """
    place = {name: at for at, name in enumerate((*order, CONTROL, UNDECIDED, ALL))}
    held: dict[tuple[int, str], list[tuple[str, float]]] = {}
    for name, found in samples.items():
        tau = found.threshold
        for one in found.kept:
            held.setdefault((name.window, one), []).append((name.criterion, tau))
    return tuple(
        Selection(
            key=one,
            window=window,
            groups=tuple(sorted((criterion for criterion, _ in found), key=place.__getitem__)),
            probability=inclusion_probability(tau for _, tau in found),
        )
        for (window, one), found in sorted(held.items())
    )
