"""How a steered queue is worded, on a terminal and on a page alike: what is open, what holds it up, what brings a figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from remiss.curate.steering import BatchScope, First, Steer
from remiss.curate.steering_view import GroupState, HeldUp, Steered, Way
from remiss.present.legible import counted, one_line

FIRST = {First.GRAVEST: "the gravest suggestion first, then the oldest period", First.NEWEST: "the newest period first"}


def day(at: datetime) -> str:
    """Return when a period begins."""
    return f"{at:%Y-%m-%d}" if not (at.hour or at.minute) else f"{at:%Y-%m-%d %H:%M}"


def strata(stratum: Mapping[str, str]) -> Sequence[str]:
    """Return the values of a stratum as they are typed."""
    return [one_line(f"{name}={value}") for name, value in sorted(stratum.items())]


def scope(which: BatchScope) -> str:
    """Return which batches an act is of.

    >>> scope(BatchScope()), scope(BatchScope(criterion="slow", stratum={"airport": "EWR"}))
    ('everything', 'slow, airport=EWR')
    """
    period = [] if which.period is None else [f"the period of {day(which.period)}"]
    named = [] if which.criterion is None else [one_line(which.criterion)]
    return ", ".join([*named, *period, *strata(which.stratum)]) or "everything"


def act(made: Steer) -> str:
    """Return an act in words."""
    return f"{'open' if made.open else 'closed'}: {scope(made.which)}"


def state(of: Steered) -> str:
    """Return how a queue is steered, in one line."""
    acts = "; ".join(map(act, of.steers)) or "all open"
    return f"{one_line(of.protocol)}, revision {of.revision}: {FIRST[of.first]}; {acts}"


def opened(group: GroupState) -> str:
    """Return how much of a group is open."""
    if not group.open and group.beginnings:
        return "begun only"
    return {0: "no", group.periods: "yes"}.get(group.open, f"{group.open:,} of {group.periods:,}")


def held(each: HeldUp) -> str:
    """Return what holds up a batch."""
    who = "all who label" if each.all else counted(each.people, "person", "people")
    return f"{who} passed it or could not tell: {one_line(each.group)} from {day(each.period)} counts only up to there"


def way(each: Way) -> str:
    """Return what a choice costs, and which figure it brings."""
    where = ", ".join([*map(day, each.periods[:3]), *(["..."] if len(each.periods) > 3 else []), *strata(each.stratum)])
    cost = f"{counted(each.annotations, 'annotation')} and about {counted(each.verifications, 'second labelling')}"
    return f"{one_line(each.criterion)} ({where}): {cost} give a confirmed rate{'' if each.open else ', once it is open'}"
