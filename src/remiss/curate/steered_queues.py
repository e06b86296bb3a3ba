"""What holds up a batch: events that somebody could not tell, or that all who label have passed, and that nobody has annotated.

What comes after one of these is not in turn until somebody annotates it. As long as somebody is left who is given it, whoever
may label it is told nothing: the queue gives it out, and who knows that another could not tell would look at it otherwise. When
nobody is left, whoever steers the queue is told, and labels it by its id, or finds somebody who can.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from remiss.curate.batches import Batch
from remiss.curate.guidelines import named
from remiss.curate.labelling_form import BatchState
from remiss.curate.ports.labelling import QueueWorkspace
from remiss.curate.queueing import Desk
from remiss.curate.steering import STEER, UNSTEERED, values_of
from remiss.curate.steering_view import MOST_HELD, Done, HeldUp, Steered, done_of, of_versions, steered
from remiss.curate.tally import BatchOrder, Ownership
from remiss.govern.roles import ROLES
from remiss.records.labelling import LabellingKind
from remiss.records.person import EVERY_TEAM, Person

LABEL = frozenset({"queue:work", "case:annotate"})


def batch_states(order: BatchOrder, progress: Done) -> Iterator[BatchState]:
    """Yield how far each batch of an order has come, the most urgent first: for who steers it.

    Whoever else labels would know by what becomes less which batch the case was in that somebody labelled.
    """
    for batch in sorted(order.batches, key=order.rank):
        size, done, in_turn = progress[batch]
        yield BatchState(
            source=order.source,
            protocol=order.protocol,
            group=batch.group,
            period=batch.period,
            stratum=values_of(batch.stratum),
            size=size,
            done=done,
            in_turn=in_turn,
        )


def steered_orders(ws: QueueWorkspace, desk: Desk) -> Sequence[tuple[BatchOrder, Done]]:
    """Return the orders that the actor steers, with how far their batches are: in teams in which they may, if they see all."""
    orders = desk.orders if ws.may(STEER, None) else ()
    return [(order, done_of(desk, order)) for order in orders if order.batches and _steers(ws, order)]


def steered_queues(ws: QueueWorkspace, desk: Desk, own: Sequence[tuple[BatchOrder, Done]]) -> Iterator[Steered]:
    """Yield the queues that the actor steers, one a protocol.

    Parameters
    ----------
    own : the orders that they steer, with how far their batches have come
    """
    declined = ws.queue.declined() if own else ({}, {})
    people = ws.people.everybody(None) if any(declined) else ()
    found: dict[tuple[str, str], list[Steered]] = {}
    for order, done in own:
        held = held_up(desk, order, *declined, lambda each: labellers(people, each))
        places = ws.queue.where(each.event for each in held[:MOST_HELD])
        lines = [each.line(places[each.event].case) for each in held if each.event in places]
        one = steered(order, done, desk.steering().get(order.protocol, UNSTEERED), lines, len(held))
        found.setdefault((order.source, order.protocol), []).append(one)
    yield from map(of_versions, found.values())


def _steers(ws: QueueWorkspace, order: BatchOrder) -> bool:
    teams = {each.team for of_period in order.ownerships.values() for each in of_period}
    return all(order.seen_by(ws.scope, period) for period in order.ownerships) and all(ws.may(STEER, each) for each in teams)


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined:
    """An event that holds up its batch; so many people have declined it, all who label if so."""

    event: int
    batch: Batch
    people: int
    all: bool

    def line(self, case: str) -> HeldUp:
        """Return what the asker is told of it, given its id."""
        return HeldUp(case=case, group=self.batch.group, period=self.batch.period, people=self.people, all=self.all)


def held_up(
    desk: Desk,
    order: BatchOrder,
    abstained: Mapping[int, Collection[str]],
    passed: Mapping[int, Collection[str]],
    labellers_of: Callable[[Iterable[Ownership]], Collection[str]],
) -> Sequence[Declined]:
    """Return what holds up the batches of an order, as far as the asker may know: first what nobody is left for.

    Parameters
    ----------
    abstained : who could not annotate an event, as names are compared
    passed : who passed it
    labellers_of : who is given events of such teams and sensitivities to annotate, as names are compared
    """
    found = []
    for event in {*abstained, *passed} & order.of.keys():
        ownerships = order.ownerships[order.of[event].period]
        declined = {*abstained.get(event, ()), *map(named, passed.get(event, ()))}
        by_all = declined >= set(labellers_of(ownerships))
        # Of one that somebody is left for only an abstention is worth telling, to whoever does not label it.
        labels = not desk.operator and any(desk.theirs(LabellingKind.ANNOTATION, each) for each in ownerships)
        if not desk.done(event) and (by_all or (event in abstained and not labels)):
            found.append(Declined(event=event, batch=order.of[event], people=len(declined), all=by_all))
    return sorted(found, key=lambda each: (not each.all, each.batch.period, each.event))


def labellers(people: Iterable[Person], ownerships: Iterable[Ownership]) -> frozenset[str]:
    """Return who is given events of such teams and sensitivities to annotate, as names are compared.

    Who steers may label too but mostly does not; they count only where nobody else labels. Who may do everything as an admin does
    not count as one who labels.
    """
    held = list(ownerships)
    label: set[str] = set()
    steer: set[str] = set()
    for person in people:
        of_team = {each.team: set[str]() for each in held}
        for grant in person.grants:
            for each in held:
                if grant.team in {each.team, EVERY_TEAM} and grant.clearance >= each.sensitivity:
                    of_team[each.team] |= ROLES.get(grant.role, frozenset())
        if person.position_to is None and any(permissions >= LABEL for permissions in of_team.values()):
            (steer if any(STEER in permissions for permissions in of_team.values()) else label).add(named(person.name))
    return frozenset(label or steer)
