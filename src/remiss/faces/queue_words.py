"""How a steered queue is worded, on a terminal and on a page alike: what is open, what holds it up, what brings a figure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from remiss.curate.steering import BatchScope, First, Steer
from remiss.curate.steering_view import GroupState, HeldUp, Steered, Way
from remiss.present.legible import counted, one_line

NONE: Mapping[str, str] = MappingProxyType({})
FIRST = {First.GRAVEST: "the most severe suggestion first, then the oldest period", First.NEWEST: "the newest period first"}


def day(at: datetime) -> str:
    """Return when a period begins."""
    return f"{at:%Y-%m-%d}" if not (at.hour or at.minute) else f"{at:%Y-%m-%d %H:%M}"


def strata(stratum: Mapping[str, str]) -> Sequence[str]:
    """Return the values of a stratum as they are typed."""
    return [one_line(f"{name}={value}") for name, value in sorted(stratum.items())]


def shown(stratum: Mapping[str, str], labels: Mapping[str, str]) -> Sequence[str]:
    """Return the values of a stratum as people call them, of fields without a label as they are typed.

    >>> shown({"context.airport": "EWR", "season": "winter"}, {"context.airport": "Airport"})
    ['Airport EWR', 'season=winter']
    """
    return [
        one_line(f"{labels[name]} {value}" if name in labels else f"{name}={value}") for name, value in sorted(stratum.items())
    ]


def scope(which: BatchScope, labels: Mapping[str, str] = NONE) -> str:
    """Return which batches an act is of.

    >>> scope(BatchScope()), scope(BatchScope(criterion="slow", stratum={"airport": "EWR"}))
    ('everything', 'slow, airport=EWR')
    """
    period = [] if which.period is None else [f"the period of {day(which.period)}"]
    named = [] if which.criterion is None else [one_line(which.criterion)]
    return ", ".join([*named, *period, *shown(which.stratum, labels)]) or "everything"


def act(made: Steer, labels: Mapping[str, str] = NONE) -> str:
    """Return an act in words."""
    return f"{'open' if made.open else 'closed'}: {scope(made.which, labels)}"


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


def way(each: Way, labels: Mapping[str, str] = NONE) -> str:
    """Return what a choice costs, and which figure it brings."""
    periods = [*map(day, each.periods[:3]), *(["..."] if len(each.periods) > 3 else [])]
    where = ", ".join([*periods, *shown(each.stratum, labels)])
    cost = f"{counted(each.annotations, 'label')} and about {counted(each.verifications, 'verification')}"
    return f"{one_line(each.criterion)}, from {where}: {cost} give a confirmed rate{'' if each.open else ', once it is open'}"


def added_by_versions(runs: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return how many cases the newest version of each protocol added that had others before, and when, in words."""
    found: dict[str, dict[int, list[Mapping[str, Any]]]] = {}
    for run in runs:
        name, _, version = run["protocol"].rpartition("@")
        found.setdefault(name, {}).setdefault(int(version), []).append(run)
    newest = ((name, max(versions), versions[max(versions)]) for name, versions in found.items() if len(versions) > 1)
    return tuple(
        f"Version {version} of {name} added {counted(sum(each['cases'] for each in brought), 'case')} "
        f"since it was first applied on {min(each['as_of'] for each in brought):%Y-%m-%d}."
        for name, version, brought in newest
    )
