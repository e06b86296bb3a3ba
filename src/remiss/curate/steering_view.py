"""What whoever steers the queue sees: how far each group is, what holds it up, and which choice brings which figure soonest.

What a choice costs is made of sizes and shares alone, never of what people said.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import takewhile
from typing import TypeAlias

from remiss.curate.batches import CLEARED, LEAST_PREFIX, LEAST_VERDICTS, UNFLAGGED, Batch
from remiss.curate.queueing import Desk
from remiss.curate.steering import First, OpenBatches, Steer, Steering, opened, values_of
from remiss.curate.tally import BatchOrder, in_any_order
from remiss.records.published import Count

MOST_WAYS = 5
MOST_HELD = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupState:
    """How far the labelling of a group is: of `periods` periods (and strata, where these are apart) so many are `open`.

    Of so many others people are given the `beginnings`, for the figures of other criteria.
    `severity` is what the criterion suggests; None of controls and undecided events. Of `size` sampled events so many are `done`
    in all and `in_turn`.
    """

    group: str
    severity: int | None
    periods: Count
    open: Count
    beginnings: Count = 0
    size: Count
    done: Count
    in_turn: Count


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldUp:
    """An event that holds up its batch: so many `people` could not tell what it is, or passed it; `all` who label if so."""

    case: str
    group: str
    period: datetime
    people: Count
    all: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """What brings a confirmed figure of a criterion over some periods, or a stratum in one: so many first and second labellings.

    `open` says whether all that it needs is open.
    """

    criterion: str
    periods: tuple[datetime, ...]
    stratum: Mapping[str, str] = field(default_factory=dict)
    open: bool
    annotations: Count
    verifications: Count


@dataclass(frozen=True, slots=True, kw_only=True)
class Steered:
    """The queue of one source and protocol, as who steers it sees it. `apart` says whether it can be opened by stratum.

    `held` has what holds it up, at most 20, and `held_count` how many there are; `steers` the acts that hold, of which the last
    one that covers a batch says whether it is open; `ways` the five that bring a figure soonest.
    """

    source: str
    protocol: str
    revision: Count
    first: First
    steers: tuple[Steer, ...]
    person: str | None
    at: datetime | None
    apart: bool
    held: tuple[HeldUp, ...]
    held_count: Count
    groups: tuple[GroupState, ...]
    ways: tuple[Way, ...]


# Of each batch: how many events it has, how many are done, and how many in turn.
Done: TypeAlias = Mapping[Batch, tuple[int, int, int]]


def done_of(desk: Desk, order: BatchOrder) -> Done:
    """Return how far each batch of an order has come."""
    done = frozenset(filter(desk.done, desk.progress))
    counts = {batch: sum(map(done.__contains__, in_any_order(events))) for batch, events in order.batches.items()}
    return {
        batch: (len(events), counts[batch], sum(1 for _ in takewhile(done.__contains__, events)) if counts[batch] else 0)
        for batch, events in order.batches.items()
    }


def steered(order: BatchOrder, progress: Done, steering: Steering, held: Sequence[HeldUp], held_count: int) -> Steered:
    """Return what who steers an order sees of it."""
    open_ = opened(order.batches, order.criteria, steering)
    return Steered(
        source=order.source,
        protocol=order.protocol,
        revision=steering.revision,
        first=steering.first,
        steers=steering.steers,
        person=steering.person,
        at=steering.at,
        apart=order.labelling.apart,
        held=tuple(held),
        held_count=held_count,
        groups=tuple(_groups(order, open_, progress)),
        ways=tuple(sorted(_ways(order, open_.whole, progress), key=lambda way: (way.annotations, way.criterion))[:MOST_WAYS]),
    )


def of_versions(parts: Sequence[Steered]) -> Steered:
    """Return the queues of several versions of a protocol, oldest first, as the one that is steered under its name.

    Of a rule that several versions have its batches are added up; what it suggests is said by the last.
    """
    groups: dict[str, GroupState] = {}
    for each in (group for part in parts for group in part.groups):
        before = groups.get(each.group)
        counts = ("periods", "open", "beginnings", "size", "done", "in_turn")
        groups[each.group] = (
            each if before is None else replace(each, **{name: getattr(before, name) + getattr(each, name) for name in counts})
        )
    held = sorted((each for part in parts for each in part.held), key=lambda each: (not each.all, each.period))
    ways = sorted((way for part in parts for way in part.ways), key=lambda way: (way.annotations, way.criterion))
    return replace(
        parts[-1],
        apart=any(part.apart for part in parts),
        held=tuple(held[:MOST_HELD]),
        held_count=sum(part.held_count for part in parts),
        groups=tuple(groups.values()),
        ways=tuple(ways[:MOST_WAYS]),
    )


def _groups(order: BatchOrder, open_: OpenBatches, progress: Done) -> Iterator[GroupState]:
    of: dict[str, list[Batch]] = defaultdict(list)
    for batch in order.batches:
        of[batch.group].append(batch)
    for group in sorted(of, key=lambda name: (name in UNFLAGGED, order.severities.get(name, 0), name)):
        size, done, in_turn = map(sum, zip(*(progress[batch] for batch in of[group]), strict=True))
        yield GroupState(
            group=group,
            severity=order.severities.get(group),
            periods=len(of[group]),
            open=sum(batch in open_.whole for batch in of[group]),
            beginnings=sum(batch in open_.beginnings for batch in of[group]),
            size=size,
            done=done,
            in_turn=in_turn,
        )


@dataclass(frozen=True, slots=True)
class _Need:
    """What a criterion needs of the batches of a period and stratum: `begin` annotations for a beginning of each.

    With these so many are `had` in turn of its own batch, and after them `rest` are left. `open` says whether that one is.
    """

    place: tuple[datetime, str]
    open: bool
    begin: int
    had: int
    rest: int


def _ways(order: BatchOrder, open_: Collection[Batch], progress: Done) -> Iterator[Way]:
    # As many as are sure to be verified at least, whatever their annotator finds.
    share = min(part for name, part in order.labelling.verify.items() if name != CLEARED)
    enough = math.ceil(LEAST_VERDICTS / share)
    for criterion in order.severities:
        needs = list(_needs(order, criterion, open_, progress))
        if not needs:
            continue
        chosen, cost, have = _cheapest(needs, enough)
        if cost == 0 and have >= enough:
            alone = [(_cheapest([need], enough), need) for need in needs if need.begin or need.had < enough]
            reached = [(way[1], need) for way, need in alone if way[2] >= enough]
            if not reached:
                continue
            cost, need = min(reached, key=lambda pair: (pair[0], pair[1].place))
            chosen = [need]
        elif have < enough:
            continue
        yield _way(criterion, chosen, cost, share)


def _way(criterion: str, chosen: Sequence[_Need], cost: int, share: float) -> Way:
    strata = {need.place[1] for need in chosen}
    return Way(
        criterion=criterion,
        periods=tuple(sorted({need.place[0] for need in chosen})),
        stratum=values_of(strata.pop()) if len(strata) == 1 else {},
        open=all(need.open for need in chosen),
        annotations=cost,
        verifications=math.ceil(cost * share),
    )


def _needs(order: BatchOrder, criterion: str, open_: Collection[Batch], progress: Done) -> Iterator[_Need]:
    of: dict[tuple[datetime, str], list[Batch]] = defaultdict(list)
    for batch in order.batches:
        if batch.group not in UNFLAGGED and criterion in {batch.group, *order.criteria.get(batch, ())}:
            of[batch.period, batch.stratum].append(batch)
    for place, batches in of.items():
        begin = had = rest = 0
        for batch in batches:
            size, _, in_turn = progress[batch]
            least = max(in_turn, min(LEAST_PREFIX, size))
            begin += least - in_turn
            if batch.group == criterion:
                had, rest = least, size - least
        yield _Need(place, any(batch in open_ for batch in batches if batch.group == criterion), begin, had, rest)


def _cheapest(needs: Sequence[_Need], enough: int) -> tuple[list[_Need], int, int]:
    """Return of which places people get so many annotated in turn soonest, how many more that takes, and how many it makes.

    What is begun counts without being worked at; of the rest what is open comes first, then the largest.
    """
    begun = [need for need in needs if not need.begin]
    have, cost, chosen = sum(need.had for need in begun), 0, []
    if have >= enough:
        return begun, 0, have
    for need in sorted(needs, key=lambda each: (each.begin, not each.open, -each.rest, each.place)):
        cost, have = cost + need.begin, have + (need.had if need.begin else 0)
        more = max(0, min(enough - have, need.rest))
        cost, have = cost + more, have + more
        chosen += [need] if more or need.begin else []
        if have >= enough:
            break
    return chosen, cost, have
