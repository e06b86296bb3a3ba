"""The cards of the first page, four of them, by what whoever looks may do: their own work first, then what they answer for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

from remiss import safeguard, understand
from remiss.catalog import actions as catalog
from remiss.curate import discussion_actions as discussion
from remiss.curate import labelling_actions as labelling
from remiss.curate import queue_actions as queue
from remiss.faces.web.rendering import address, segment
from remiss.govern import access_actions, people_actions
from remiss.govern import audit_actions as audit
from remiss.present.facts import points
from remiss.present.gate_report import verdict_words
from remiss.present.legible import number, share
from remiss.present.sampling import day_in_words
from remiss.records.gate import GateVerdict, WaiverState
from remiss.records.slice import SliceState

if TYPE_CHECKING:
    from remiss.capture.capture_status import CaptureStatus
    from remiss.records.gate import GateDecision
    from remiss.workspace import Workspace

OPEN = "(status:candidate OR status:annotated OR status:disputed OR status:verified OR status:regressed)"
SEVERE = f"severity:<=2 {OPEN}"
CRITICAL = "severity:1"
TWICE = f"{CRITICAL} (status:verified OR status:resolved OR status:regressed)"
DISPUTED = "status:disputed"
STALE = "is:stale"
UNSETTLED = f"({DISPUTED} OR {STALE})"
LOOKS_DAYS = 7
# What a page has room for, and what is read in five seconds.
MOST = 4
# What stands for a figure that is still worked out.
LATER = "…"
# A waiver that ends within so long is told of.
SOON = timedelta(days=14)
# So many cases can be named by their ids in one address.
MOST_NAMED = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeCard:
    """One figure with what it is of, a note below it, and where it leads; `disputes` is whether one waits for who looks."""

    of: str
    figure: str
    note: str
    href: str
    disputes: bool = False


def cards(ws: Workspace, status: Sequence[CaptureStatus] | None = None) -> tuple[HomeCard, ...]:
    """Return the cards of who looks, four at most: what their roles ask of them before what anybody may look at.

    Parameters
    ----------
    status : how the protocols stand on their sources, where that is known
    """

    def may(permission: str) -> bool:
        return ws.authority.may(ws.actor, permission)

    labels, runs, watches = may("queue:work"), may("queue:steer"), may("audit:read")
    administers = runs and may("person:add") and may("token:list")
    made: tuple[tuple[bool, Callable[[Workspace], Iterator[HomeCard]]], ...] = (
        (labels and not administers, lambda of: _own_work(of, alone=not runs)),
        (runs, lambda _: _captures(status)),
        (may("case:adjudicate"), _unsettled),
        (labels and not may("case:adjudicate"), _stale),
        (administers, _without_a_way_in),
        (may("gate:read") and not labels, _last_gate),
        (may("case:read"), _severe),
        (watches, _critical),
        (watches, _audit),
        (may("estimate:read"), _confirmed_slice),
        (may("inbox:read"), _mentions),
    )
    return tuple(islice((card for wanted, make in made if wanted for card in make(ws)), MOST))


def _own_work(ws: Workspace, *, alone: bool) -> Iterator[HomeCard]:
    """Yield what waits for who labels, and if that is their work `alone`, how far they are today and how their labels compare."""
    left = queue.list_queue(ws, brief=True).left
    parts = ((left.annotation, "to label"), (left.verification, "to verify"), (left.adjudication, "to decide"))
    kinds = ", ".join(f"{number(count)} {words}" for count, words in parts if count)
    yield HomeCard(
        of="Waiting for you",
        figure=number(left.total),
        note=kinds or "Nothing waits",
        href="/queue",
        disputes=left.adjudication > 0,
    )
    if not alone:
        return
    goal = left.mine + left.total
    note = f"Of {number(goal)} that were yours to do in 24 hours" if goal else "Nothing was yours to do in 24 hours"
    yield HomeCard(of="Done today", figure=number(left.mine), note=note, href="/queue")
    own = labelling.show_own_agreement(ws)
    if own.agreed is not None:
        note = f"They labelled {number(own.agreed)} of {number(own.settled)} settled cases as you did"
        yield HomeCard(of="Agreement with others", figure=share(own.agreed / own.settled), note=note, href="/agreement")
    if own.settled:
        named = " OR ".join(f"id:{case}" for case in own.different[:MOST_NAMED])
        note = f"Of your {number(own.settled)} settled cases"
        href = address("/cases", query=named) if named else "/agreement"
        yield HomeCard(of="Others saw it differently", figure=number(len(own.different)), note=note, href=href)


def _captures(status: Sequence[CaptureStatus] | None) -> Iterator[HomeCard]:
    """Yield which windows wait for a capture, and how many rows the last ones refused."""
    if status is None:
        # The sources are still looked at: what stands here is as large as the answer.
        yield HomeCard(
            of="Windows due or provisional", figure=LATER, note="The logs are being looked at, window by window", href="/runs"
        )
        yield HomeCard(of="Rows refused", figure=LATER, note="The logs are being looked at, window by window", href="/runs")
        return
    if not status:
        return
    due, provisional = sum(each.due or 0 for each in status), sum(each.provisional for each in status)
    note = f"{number(due)} due, {number(provisional)} provisional: labels may still change"
    note = note if due or provisional else "Every window is captured, and its labels are in"
    yield HomeCard(of="Windows due or provisional", figure=number(due + provisional), note=note, href="/runs")
    worst = max(status, key=lambda each: each.refused_share)
    note = f"The most of any source, by {worst.protocol}" if worst.refused_share else "Every row could be read"
    yield HomeCard(of="Rows refused", figure=share(worst.refused_share), note=note, href="/runs")


def _severe(ws: Workspace) -> Iterator[HomeCard]:
    oldest = catalog.search(ws, SEVERE, sort="occurred", limit=1)
    since = [day_in_words(at) for each in oldest if isinstance(at := each["occurred"], datetime)]
    note = f"Severity 1 and 2, the oldest of {since[0]}" if since else "Severity 1 and 2"
    href = address("/cases", query=SEVERE, sort="severity")
    yield HomeCard(of="Open critical and severe cases", figure=number(oldest.total or 0), note=note, href=href)


def _unsettled(ws: Workspace) -> Iterator[HomeCard]:
    """Yield how many cases people disagree on, or labelled before they changed."""
    found = catalog.search(ws, UNSETTLED, limit=1).total or 0
    disputed = (catalog.search(ws, DISPUTED, limit=1).total or 0) if found else 0
    stale = (catalog.search(ws, STALE, limit=1).total or 0) if found else 0
    note = f"{number(disputed)} disputed, {number(stale)} changed since people labelled them"
    note = note if found else "Nobody disagrees, and no labelled case has changed"
    yield HomeCard(
        of="Disputed or stale cases",
        figure=number(found),
        note=note,
        href=address("/cases", query=UNSETTLED),
        disputes=disputed > 0 and queue.list_queue(ws, brief=True).left.adjudication > 0,
    )


def _stale(ws: Workspace) -> Iterator[HomeCard]:
    if found := catalog.search(ws, STALE, limit=1).total:
        href = address("/cases", query=STALE)
        yield HomeCard(of="Stale cases", figure=number(found), note="Changed since people labelled them", href=href)


def _without_a_way_in(ws: Workspace) -> Iterator[HomeCard]:
    """Yield how many people hold roles, and have neither a token that works nor a session."""
    people, without = access_actions.ways_in(people_actions.list_people(ws), access_actions.list_tokens(ws), ws.now)
    note = f"Of {number(len(people))} with a role: invite them" if without else "Everybody with a role can sign in"
    yield HomeCard(of="People without a way in", figure=number(len(without)), note=note, href="/people")


def _critical(ws: Workspace) -> Iterator[HomeCard]:
    """Yield which share of what is critical two people have verified."""
    every = catalog.search(ws, CRITICAL, limit=1).total or 0
    if every:
        twice = catalog.search(ws, TWICE, limit=1).total or 0
        note = f"{number(twice)} of {number(every)}, by two people"
        yield HomeCard(
            of="Critical cases verified", figure=share(twice / every), note=note, href=address("/cases", query=CRITICAL)
        )


def _last_gate(ws: Workspace) -> Iterator[HomeCard]:
    """Yield what a gate decided last, what stood in the way, and which waiver ends soon."""
    for last in safeguard.list_gates(ws).items[:1]:
        failed = [each.name for each in last.conditions if each.verdict is last.verdict and each.waived is None]
        note = f"{last.model} against {last.baseline}: " + (
            "every condition that counts passes"
            if last.verdict is GateVerdict.PASS
            else failed[0] + (f" and {number(len(failed) - 1)} more" if failed[1:] else "")
        )
        yield HomeCard(
            of="Last gate", figure=verdict_words(last), note=note + _ends_soon(ws, last), href=f"/gates/{segment(last.id)}"
        )


def _ends_soon(ws: Workspace, decision: GateDecision) -> str:
    waivers = safeguard.list_waivers(ws, model=str(decision.model)).items
    ends = [each.until for each in waivers if each.state is WaiverState.IN_FORCE and each.until - ws.now <= SOON]
    return f"; a waiver ends on {day_in_words(min(ends))}" if ends else ""


def _confirmed_slice(ws: Workspace) -> Iterator[HomeCard]:
    """Yield where failures were found commoner last, and later windows agreed."""
    for newest in understand.list_slices(ws, state=SliceState.CONFIRMED).items[:1]:
        held = [each for each in newest.attempts if each.confirmed][-1]
        note = f"{newest.words}: fails more often than the rest, {points(held.low)} to {points(held.high)}"
        yield HomeCard(of="Newest confirmed slice", figure=points(held.told), note=note, href=f"/slices/{segment(newest.name)}")


def _audit(ws: Workspace) -> Iterator[HomeCard]:
    """Yield how often raw evidence was looked at of late, and when the logs were last found sound."""
    since = (ws.now - timedelta(days=LOOKS_DAYS)).replace(hour=0, minute=0, second=0, microsecond=0)
    found = audit.search_audit(ws, log="views", kind="evidence", since=since, limit=50)
    figure = f"{len(found)}{'+' if found.next else ''}"
    checked = audit.search_audit(ws, log="views", subject=audit.VERIFIED, limit=1)
    last = [at for each in checked if isinstance(at := each["at"], datetime)]
    verified = f"logs verified on {day_in_words(last[0])}" if last else "nobody has verified the logs yet"
    href = address("/audit", kind="evidence", since=f"{since:%Y-%m-%d}")
    yield HomeCard(of="Looks at raw evidence", figure=figure, note=f"In the last 7 days; {verified}", href=href)


def _mentions(ws: Workspace) -> Iterator[HomeCard]:
    found = discussion.list_inbox(ws, limit=1)
    note = "Comments that mention you and wait" if found.total else "No comment waits for you"
    yield HomeCard(of="Asked of you", figure=number(found.total or 0), note=note, href="/inbox")
