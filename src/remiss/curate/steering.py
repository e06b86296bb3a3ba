"""Steering: which batches people are given to label, and in which order, as whoever runs the labelling decides.

A batch is open or closed as a whole, and its events keep their order: whatever is opened, closed or put first, what is labelled
is the beginning of that order, and figures stay what they are. The figure of a criterion needs a beginning of the batches of all
the patterns that it is in: where it is open and such a batch is not, people are given that beginning and no more. Controls and
undecided events are neither opened nor closed: they come with what is open in their period and stratum, at the share that the
protocol names.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from functools import lru_cache
from itertools import dropwhile

from remiss.curate.batches import UNFLAGGED, Batch
from remiss.errors import InputError
from remiss.protocol.nearest import nearest
from remiss.records.event import to_text
from remiss.records.published import Count


class First(Enum):
    """What comes first among open batches: the gravest suggestion and then the oldest period, or the newest period."""

    GRAVEST = "gravest"
    NEWEST = "newest"


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchScope:
    """Which batches somebody opens or closes: of a criterion, of a period, of strata with some values; None and empty is any."""

    criterion: str | None = None
    period: datetime | None = None
    stratum: Mapping[str, str] = field(default_factory=dict)

    def covers(self, criterion: str | None, batch: Batch) -> bool:
        """Return whether it is of a criterion in the period and stratum of a batch; None asks for none in particular."""
        return (
            (self.criterion is None or self.criterion == criterion)
            and (self.period is None or self.period == batch.period)
            and (not self.stratum or within(self.stratum, batch.stratum))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Steer:
    """One act of opening or closing."""

    open: bool
    which: BatchScope


@dataclass(frozen=True, slots=True, kw_only=True)
class Steering:
    """How the queue of a protocol is steered: of the acts that cover something the last one holds, and what none covers is open.

    `revision` counts the acts, from 1 where nobody has steered; `person` did the last one.
    """

    revision: Count = 1
    first: First = First.GRAVEST
    steers: tuple[Steer, ...] = ()
    person: str | None = None
    at: datetime | None = None

    def opens(self, criterion: str | None, batch: Batch) -> bool:
        """Return whether a criterion is open in the period and stratum of a batch."""
        return next((each.open for each in reversed(self.steers) if each.which.covers(criterion, batch)), True)

    def after(self, made: Steer, *, alone: bool = False) -> tuple[Steer, ...]:
        """Return the acts that hold with another one.

        Parameters
        ----------
        alone : whether all else is closed
        """
        kept = (Steer(open=not made.open, which=BatchScope()),) if alone else self.steers
        # What the new one covers whole has no say any more, and to open what nobody closed before says nothing.
        whole = (*(each for each in kept if not _wider(made.which, each.which)), made)
        return tuple(dropwhile(lambda each: each.open, whole))


UNSTEERED = Steering()
STEER = "queue:steer"


@dataclass(frozen=True, slots=True)
class OpenBatches:
    """Which batches are open, and of which others people are given the beginning that the figure of an open criterion needs."""

    whole: frozenset[Batch]
    beginnings: frozenset[Batch] = frozenset()


def opened(batches: Mapping[Batch, Sequence[int]], criteria: Mapping[Batch, Collection[str]], steering: Steering) -> OpenBatches:
    """Return which batches are open.

    Parameters
    ----------
    criteria : which criteria the events of each flagged batch met
    """
    if not steering.steers:
        return OpenBatches(frozenset(batches))
    flagged = [batch for batch in batches if batch.group not in UNFLAGGED]
    found = {batch for batch in flagged if steering.opens(batch.group, batch)}
    places, with_open = {_place(batch) for batch in flagged}, {_place(batch) for batch in found}
    needed = (batch for batch in flagged if any(steering.opens(each, batch) for each in criteria.get(batch, ())))
    mixed = (
        batch
        for batch in batches
        if batch.group in UNFLAGGED
        and (_place(batch) in with_open or (_place(batch) not in places and steering.opens(None, batch)))
    )
    return OpenBatches(frozenset({*found, *mixed}), frozenset(needed) - found)


def within(wanted: Mapping[str, str], stratum: str) -> bool:
    """Return whether a stratum, as canonical JSON, has some values; nothing has any where strata are labelled together.

    >>> within({"a": "x"}, '{"a":"x","b":1}'), within({"a": "x"}, '{"a":"y"}'), within({"a": "x"}, "")
    (True, False, False)
    """
    values = values_of(stratum)
    return all(name in values and values[name] == of for name, of in wanted.items())


@lru_cache(4096)
def values_of(stratum: str) -> Mapping[str, str]:
    """Return the values of a stratum as text, the missing one as nothing.

    >>> values_of('{"airport":"EWR","gate":null,"open":true}')
    {'airport': 'EWR', 'gate': '', 'open': 'true'}
    """
    return {name: to_text(value) or "" for name, value in json.loads(stratum or "{}").items()}


def chosen_stratum(batches: Iterable[Batch], given: Sequence[str]) -> Mapping[str, str]:
    """Return the values of a stratum that somebody named, each as NAME=VALUE.

    Raises
    ------
    InputError : no stratum that is labelled apart has them
    """
    if not given:
        return {}
    strata = {batch.stratum for batch in batches if batch.stratum}
    if not strata:
        raise InputError(
            "strata are labelled together, in one order",
            do="leave the stratum out; or write labelling: {strata: apart} in the next version of the protocol",
        )
    values = {f"{name}={of}" for each in strata for name, of in values_of(each).items()}
    for each in given:
        if each not in values:
            raise InputError(f"no stratum has {each}", do=nearest(each, values, "the values are"))
    return dict(each.split("=", 1) for each in given)


def _place(batch: Batch) -> tuple[datetime, str]:
    return batch.period, batch.stratum


def _wider(which: BatchScope, other: BatchScope) -> bool:
    """Return whether a selection covers all that another one does."""
    return (
        which.criterion in {None, other.criterion}
        and which.period in {None, other.period}
        and all(name in other.stratum and other.stratum[name] == of for name, of in which.stratum.items())
    )
