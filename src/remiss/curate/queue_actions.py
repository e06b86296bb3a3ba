"""The actions of the queue: take the next case to label, see what is left, put a case back."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from itertools import chain, islice
from typing import Annotated, Any

from remiss.action import action
from remiss.catalog.identifying import prefix_of
from remiss.curate.guidelines import guidelines_of, named, owners_of, read
from remiss.curate.labelling_form import InHand, Left, QueueState, Served, Task, labelling_form_of
from remiss.curate.ports.labelling import QueueWorkspace, Reserved, Whereabouts
from remiss.curate.queueing import ANYTHING, Desk, TaskChoice
from remiss.curate.steered_queues import batch_states, steered_orders, steered_queues
from remiss.curate.steering import chosen_stratum, values_of
from remiss.curate.tally import Ownership
from remiss.errors import Conflict, NotFound
from remiss.parameters import CaseId, Help, Option
from remiss.records.labelling import LabellingKind
from remiss.records.states import Status
from remiss.records.view_entry import ViewEntry, ViewKind

WORK = "queue:work"
# What a person must be permitted in the team of a case to be given it.
NEEDED = {
    LabellingKind.ADJUDICATION: "case:adjudicate",
    LabellingKind.VERIFICATION: "case:verify",
    LabellingKind.ANNOTATION: "case:annotate",
}
DUE = {LabellingKind.VERIFICATION: Status.ANNOTATED, LabellingKind.ADJUDICATION: Status.DISPUTED}
HOLD = timedelta(minutes=30)
DAY = timedelta(hours=24)
OfPeriod = Annotated[datetime, Help("A time; only cases of the labelling period in which it lies.")]
OfStratum = Annotated[
    tuple[str, ...],
    Help("Only cases of strata with this value, for example context.airport=EWR, where a protocol labels strata apart."),
    Option("--stratum", "NAME=VALUE"),
]
# How many cases somebody may have in hand at once.
MOST_IN_HAND = 20
# How many events are looked up at once, of which the first that one may see is taken.
AT_ONCE = 25


def _served(ws: QueueWorkspace, given: Mapping[str, Any], found: Served) -> Sequence[ViewEntry]:
    if found.task is None:
        return ()
    case = found.task.form.case
    return (ViewEntry(kind=ViewKind.CASE, subject=case, team=ws.labellings.team(case)),)


def listed(_: QueueWorkspace, given: Mapping[str, Any], found: QueueState) -> Sequence[ViewEntry]:
    """Return what an answer shows: cases that are in hand, or hold up the queue."""
    held = (each.case for queue in found.steered for each in queue.held)
    ids = [*(each.case for each in found.in_hand), *held]
    return (ViewEntry(kind=ViewKind.LIST, ids=ids, count=len(ids)),)


@action("queue.next", permission=WORK, http="POST /queue/next", views=_served)
def take(
    ws: QueueWorkspace,
    *,
    kind: LabellingKind | None = None,
    exclude: Annotated[tuple[str, ...], Option("--exclude", "CASE")] = (),
    period: OfPeriod | None = None,
    stratum: OfStratum = (),
) -> Served:
    """Take the next case to label.

    Its evidence, the questions and the failure modes are shown. Nobody else is given it for 30 minutes, or until it is labelled
    or released. Disputes come first, then verifications, then annotations. What waits is as of now, never of an earlier position.

    Example: remiss queue next --kind verification

    Parameters
    ----------
    kind : only cases for this; default: the most urgent
    exclude : a case that you have in hand already, not to be given again

    Raises
    ------
    Conflict : too many cases in hand; InputError : no such stratum
    """
    return _taken(ws, kind, exclude, _choice(ws, period, stratum))


def _choice(ws: QueueWorkspace, period: datetime | None, stratum: Sequence[str]) -> TaskChoice:
    """Return what somebody asks to be given: of strata there are for them only those of runs that they see."""
    orders = ws.queue.orders() if stratum else ()
    seen = (batch for order in orders for batch in order.batches if order.seen_by(ws.scope, batch.period))
    return TaskChoice(at=period, stratum=chosen_stratum(seen, stratum))


def _taken(ws: QueueWorkspace, kind: LabellingKind | None, exclude: Sequence[str], choice: TaskChoice = ANYTHING) -> Served:
    now, person = ws.now, ws.actor.name
    everything = _desk(ws, reserved := ws.queue.reserved(now))
    desk = replace(everything, choice=choice)
    held = [each for each in reserved if each.person == person and _due(desk, each) and desk.chosen(each.event)]
    kinds = tuple(NEEDED) if kind is None else (kind,)
    for event, wanted, place in chain(_in_hand(ws, held, kinds, exclude), _coming(ws, desk, held, kinds)):
        if ws.queue.reserve(event, wanted, person, now, now + HOLD):
            task = _task(ws, event, wanted, place, now + HOLD)
            if task.form.kind is wanted and task.form.obstacle is None:
                ws.allow(NEEDED[wanted], place.team)
                return Served(task=task, left=_left(ws, everything))
            # Somebody has labelled it since this began, and it was free again.
            ws.queue.release([event], person)
    return Served(task=None, left=_left(ws, everything))


@action("queue.list", permission=WORK, http="GET /queue", reads=True, views=listed)
def list_queue(ws: QueueWorkspace, *, brief: bool = False) -> QueueState:
    """List what you have in hand, and what is left for you.

    It also names the periods and strata of which you may ask for cases. Whoever steers the queue is told first what holds it up,
    how far the batches have come, what is open, and which choice brings a confirmed figure soonest. All is as of now, never of an
    earlier position.

    Example: remiss queue list

    Parameters
    ----------
    brief : without the batches, and how they are steered
    """
    return queue_state(ws, brief=brief)


@action("queue.release", permission=WORK, http="POST /queue/{case}/release", subject="case")
def release(ws: QueueWorkspace, case: CaseId) -> QueueState:
    """Put back CASE, which you have in hand, for somebody else to take.

    Example: remiss queue release k7m4-qp

    Parameters
    ----------
    case : the id, or a prefix of six or more characters that no other case in hand shares

    Raises
    ------
    NotFound : the actor has no such case in hand
    """
    ws.queue.release(_in_hand_named(ws, case), ws.actor.name)
    return queue_state(ws)


@action("queue.pass", permission=WORK, http="POST /queue/{case}/pass", subject="case", views=_served)
def pass_on(
    ws: QueueWorkspace,
    case: CaseId,
    *,
    period: OfPeriod | None = None,
    stratum: OfStratum = (),
) -> Served:
    """Put CASE back for somebody else, and take another one.

    You are not given it again. That is no verdict, and nobody is told. You may still label the case by its id.

    Example: remiss queue pass k7m4-qp

    Parameters
    ----------
    case : the id, or a prefix of six or more characters that no other case in hand shares

    Raises
    ------
    NotFound : the actor has no such case in hand; Conflict : too many cases in hand; InputError : no such stratum
    """
    choice = _choice(ws, period, stratum)
    ws.queue.let_pass(_in_hand_named(ws, case), ws.actor.name, ws.now)
    return _taken(ws, None, (), choice)


def _in_hand_named(ws: QueueWorkspace, case: CaseId) -> Sequence[int]:
    """Return the events that the actor has in hand under an id.

    Raises
    ------
    NotFound
    """
    wanted = prefix_of(case)
    held = [each for each in ws.queue.reserved(ws.now) if each.person == ws.actor.name]
    places = ws.queue.where(each.event for each in held)
    events = [event for event, place in places.items() if place.case.startswith(wanted)]
    if not events:
        raise NotFound(f"you have no case {wanted} in hand", do="see what you have with remiss queue list")
    ws.allow(WORK, places[events[0]].team)
    return events


def queue_state(ws: QueueWorkspace, *, brief: bool = False) -> QueueState:
    """Return how the queue stands, for the actor."""
    desk = _desk(ws, reserved := ws.queue.reserved(ws.now))
    held = [each for each in reserved if each.person == ws.actor.name and _due(desk, each)]
    places = ws.queue.where(each.event for each in held)
    titles = {} if brief else ws.queue.titles(places)
    orders = () if brief else desk.orders
    steered = () if brief else steered_orders(ws, desk)
    told = [batch for order in orders for batch in order.batches if desk.shows(order, batch.period)]
    return QueueState(
        in_hand=tuple(
            InHand(case=places[each.event].case, title=titles.get(each.event), kind=each.kind, until=each.until)
            for each in held
            if each.event in places
        ),
        left=_left(ws, desk),
        waiting=desk.waiting(),
        periods=tuple(sorted({each.period for each in told})),
        strata=tuple(sorted({f"{name}={of}" for each in told for name, of in values_of(each.stratum).items()})),
        batches=tuple(each for order, done in steered for each in batch_states(order, done)),
        steered=tuple(steered_queues(ws, desk, steered)),
    )


def _desk(ws: QueueWorkspace, reserved: Sequence[Reserved]) -> Desk:
    """Return all that the queue is made of for the actor; what they have in hand themselves is not taken from them."""
    taken: dict[LabellingKind, set[int]] = {}
    for each in reserved:
        if each.person != ws.actor.name:
            taken.setdefault(each.kind, set()).add(each.event)
    secret = ws.keys.secret("queue")
    protocols = list(read(ws.protocols.binding()))
    return Desk(
        person=ws.actor.name,
        orders=ws.queue.orders(),
        progress=ws.queue.progress(),
        passed=ws.queue.passed(ws.actor.name),
        abstained=ws.queue.abstained(ws.actor.name),
        taken=taken,
        owned=ws.queue.owned(),
        steering=ws.queue.steering,
        operator=ws.viewer.operator,
        owners=cache(lambda team, model: owners_of(team, model, protocols)),
        theirs=cache(lambda kind, ownership: _may_give(ws, kind, ownership)),
        chance=lambda name: int.from_bytes(hmac.digest(secret, name.encode(), hashlib.sha256)[:6]) / 2**48,
    )


def _may_give(ws: QueueWorkspace, kind: LabellingKind, ownership: Ownership) -> bool:
    """Return whether the actor sees what is guarded so, and may take it from the queue to give it a labelling of a kind."""
    seen = ws.scope.sees(ownership.team, ownership.sensitivity)
    return seen and ws.may(WORK, ownership.team) and ws.may(NEEDED[kind], ownership.team)


def _due(desk: Desk, held: Reserved) -> bool:
    """Return whether what somebody has in hand still awaits that labelling of theirs."""
    found = desk.progress.get(held.event)
    if held.kind is LabellingKind.ANNOTATION:
        return not desk.done(held.event) or (found is not None and found.stale)
    return found is not None and found.status is DUE[held.kind] and named(held.person) not in found.people and not found.stale


Candidate = tuple[int, LabellingKind, Whereabouts]


def _in_hand(
    ws: QueueWorkspace, held: Sequence[Reserved], kinds: Sequence[LabellingKind], exclude: Sequence[str]
) -> Iterator[Candidate]:
    """Yield what the actor has in hand and did not name."""
    places = ws.queue.where(each.event for each in held)
    for each in held:
        place = places.get(each.event)
        if each.kind in kinds and place is not None and place.case not in exclude and ws.may(NEEDED[each.kind], place.team):
            yield each.event, each.kind, place


def _coming(ws: QueueWorkspace, desk: Desk, held: Sequence[Reserved], kinds: Sequence[LabellingKind]) -> Iterator[Candidate]:
    """Yield what waits for the actor and is in nobody's hand, the most urgent first."""
    if len(held) >= MOST_IN_HAND:
        raise Conflict(f"you have {len(held)} cases in hand", do="label them, or put some back with remiss queue release")
    mine = {(each.event, each.kind) for each in held}
    for kind in kinds:
        work = (event for event in desk.work(kind) if (event, kind) not in mine)
        while some := list(islice(work, AT_ONCE)):
            places = ws.queue.where(some)
            for event in some:
                place = places.get(event)
                if place is not None and ws.may(NEEDED[kind], place.team) and ws.may(WORK, place.team):
                    yield event, kind, place


def _task(ws: QueueWorkspace, event: int, kind: LabellingKind, place: Whereabouts, until: datetime) -> Task:
    named = ws.queue.offer(event, place)
    state = ws.labellings.read_state(named)
    guidelines = guidelines_of(state.team, state.model, state.caught_by, ws.protocols.binding(), ws.protocols.versions())
    form = labelling_form_of(state, ws.actor.name, guidelines)
    both = state.labellings if kind is LabellingKind.ADJUDICATION else ()
    return Task(kind=kind, until=until, form=form, labellings=both)


def _left(ws: QueueWorkspace, desk: Desk) -> Left:
    """Return what waits for the actor, of the labellings that they may give anywhere."""
    counts = {kind.value: desk.left(kind) for kind in NEEDED}
    return Left(**counts, mine=ws.queue.given(ws.actor.name, ws.now - DAY), anew=desk.left_anew())
