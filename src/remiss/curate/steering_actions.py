"""The actions by which whoever runs the labelling steers the queue: open and close batches, and say what comes first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated

from remiss.action import action
from remiss.curate.batches import UNFLAGGED, starting
from remiss.curate.labelling_form import QueueState
from remiss.curate.ports.labelling import QueueWorkspace
from remiss.curate.queue_actions import listed, queue_state
from remiss.curate.steering import STEER, UNSTEERED, BatchScope, First, Steer, Steering, chosen_stratum
from remiss.curate.tally import BatchOrder
from remiss.errors import Conflict, InputError, NotFound
from remiss.parameters import Help, Option, ProtocolName, Revision
from remiss.protocol.nearest import nearest

# What people are given beside what is open, and nobody opens by itself.
MIXED = "controls and undecided events are mixed in, at the same share whatever is open"
Criterion = Annotated[str, Help("A criterion of the protocol. Default: all.")]
Period = Annotated[datetime, Help("A time in the labelling period. Default: all periods, those to come as well.")]
Stratum = Annotated[
    tuple[str, ...],
    Help("A value of a stratum, for example context.airport=EWR; only where the protocol labels strata apart."),
    Option("--stratum", "NAME=VALUE"),
]
Read = Annotated[Revision, Help("The revision of the queue's steering that you read; see `queue list`.")]


@action("queue.open", permission=STEER, http="POST /queue/batches/{protocol}/open", subject="protocol", views=listed)
def open_batches(
    ws: QueueWorkspace,
    protocol: ProtocolName,
    revision: Read,
    *,
    criterion: Criterion | None = None,
    period: Period | None = None,
    stratum: Stratum = (),
    only: bool = False,
) -> QueueState:
    """Open batches of PROTOCOL.

    People are given their events from now on, and of other batches with events that met the criterion the first two, which its
    figure needs. Events keep their order within a batch, and controls their share, so that figures stay what they are. Labellers
    are not told.

    Example: remiss queue open arrival-delay --revision 1 --criterion missed-delay --only

    Parameters
    ----------
    only : close everything else

    Raises
    ------
    Precondition : somebody else has steered since; NotFound : no such protocol; InputError : no such criterion or stratum
    """
    return _steered(ws, protocol, revision, (criterion, period, stratum), opens=True, alone=only)


@action("queue.close", permission=STEER, http="POST /queue/batches/{protocol}/close", subject="protocol", views=listed)
def close_batches(
    ws: QueueWorkspace,
    protocol: ProtocolName,
    revision: Read,
    *,
    criterion: Criterion | None = None,
    period: Period | None = None,
    stratum: Stratum = (),
) -> QueueState:
    """Close batches of PROTOCOL.

    People are given none of their events until somebody opens them, but for the first two of a batch that the figure of an open
    criterion needs. What they have in hand stays theirs, and second labellings and disputes are given out as ever.

    Example: remiss queue close arrival-delay --revision 2 --criterion on-the-fence

    Raises
    ------
    Precondition : somebody else has steered since; NotFound : no such protocol; InputError : no such criterion or stratum
    """
    return _steered(ws, protocol, revision, (criterion, period, stratum), opens=False)


@action("queue.order", permission=STEER, http="POST /queue/batches/{protocol}/order", subject="protocol", views=listed)
def order_batches(ws: QueueWorkspace, protocol: ProtocolName, revision: Read, first: First) -> QueueState:
    """Say which open batches of PROTOCOL come first.

    Once a period is begun, each of its batches gets two, and then its part of the budget, before any gets more.

    Example: remiss queue order arrival-delay newest --revision 3

    Parameters
    ----------
    first : `gravest`: those of the gravest suggestion, and then of the oldest period; `newest`: those of the newest period

    Raises
    ------
    Precondition : somebody else has steered since; NotFound : no such protocol
    """
    _found(ws, protocol)
    now = ws.queue.steering().get(protocol, UNSTEERED)
    return _written(ws, protocol, revision, replace(now, first=first))


@action("queue.undo", permission=STEER, http="POST /queue/batches/{protocol}/undo", subject="protocol", views=listed)
def undo_steering(ws: QueueWorkspace, protocol: ProtocolName, revision: Read) -> QueueState:
    """Take back the last act of steering the queue of PROTOCOL.

    Done twice, it brings that act back.

    Example: remiss queue undo arrival-delay --revision 4

    Raises
    ------
    Precondition : somebody else has steered since; NotFound : no such protocol; Conflict : nobody has steered it
    """
    _found(ws, protocol)
    if ws.queue.steering().get(protocol, UNSTEERED).revision == UNSTEERED.revision:
        raise Conflict(f"nobody has steered the queue of {protocol}", do="see how it stands with remiss queue list")
    return _written(ws, protocol, revision, ws.queue.steering_at(protocol, max(1, revision - 1)))


def _steered(
    ws: QueueWorkspace,
    protocol: str,
    revision: int,
    asked: tuple[str | None, datetime | None, Sequence[str]],
    *,
    opens: bool,
    alone: bool = False,
) -> QueueState:
    orders = _found(ws, protocol)
    which = _selection(orders, *asked)
    now = ws.queue.steering().get(protocol, UNSTEERED)
    return _written(ws, protocol, revision, replace(now, steers=now.after(Steer(open=opens, which=which), alone=alone)))


def _written(ws: QueueWorkspace, protocol: str, revision: int, made: Steering) -> QueueState:
    teams = sorted({ownership.team for order in _found(ws, protocol) for each in order.ownerships.values() for ownership in each})
    ws.queue.steer(protocol, teams[0], made, revision)
    return queue_state(ws)


def _found(ws: QueueWorkspace, protocol: str) -> Sequence[BatchOrder]:
    """Return the orders of a protocol that the actor sees and may steer.

    Raises
    ------
    NotFound, Denied
    """
    found = [order for order in ws.queue.orders() if order.protocol == protocol and order.batches]
    held = {ownership for order in found for each in order.ownerships.values() for ownership in each}
    if not found or not all(ws.scope.sees(each.team, each.sensitivity) for each in held):
        raise NotFound(f"no event of a protocol {protocol} waits to be labelled", do="see what waits with remiss queue list")
    for each in sorted({each.team for each in held}):
        ws.allow(STEER, each)
    return found


def _selection(
    orders: Sequence[BatchOrder], criterion: str | None, period: datetime | None, stratum: Sequence[str]
) -> BatchScope:
    """Return which batches are meant.

    Raises
    ------
    InputError
    """
    if criterion is not None:
        if criterion in UNFLAGGED:
            raise InputError(f"{criterion} is not a criterion: {MIXED}", do="open or close a criterion or a period")
        known = {name for order in orders for name in order.severities}
        if criterion not in known:
            raise InputError(f"the protocol has no criterion {criterion}", do=nearest(criterion, known, "its criteria are"))
    every = max(orders, key=lambda order: max(batch.period for batch in order.batches)).labelling.every
    return BatchScope(
        criterion=criterion,
        period=None if period is None else starting(period, every),
        stratum=chosen_stratum((batch for order in orders for batch in order.batches), stratum),
    )
