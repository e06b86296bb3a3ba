"""How one person's labels compare with those of others, of the cases that are settled.

Whoever labels learns from what others saw. Until a case is settled nothing is told of it, not even that somebody else has looked:
only decided cases are counted, and of these only whose labellings the person may read anyway.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from remiss.action import action
from remiss.catalog.query.parsing import parse
from remiss.curate.ports.labelling import AgreementWorkspace
from remiss.curate.steps import Verdicts, agree
from remiss.parameters import Position
from remiss.records.agreement import Double, Given, OwnAgreement
from remiss.records.catalog import reached
from remiss.records.view_entry import ViewEntry, ViewKind

# Under so many settled cases a share says nothing of a person.
FEWEST_SETTLED = 20
SETTLED = parse("status:verified OR status:rejected OR status:resolved OR status:regressed")


def _shown(_: AgreementWorkspace, given: Mapping[str, Any], found: OwnAgreement) -> Sequence[ViewEntry]:
    count = len(found.different)
    return (ViewEntry(kind=ViewKind.LIST, position=found.position, ids=found.different, count=count),)


@action("agreement.own", permission="queue:work", http="GET /agreement/own", reads=True, views=_shown)
def show_own_agreement(ws: AgreementWorkspace, *, as_of: Position | None = None) -> OwnAgreement:
    """Say how often others labelled the cases that you labelled as you did.

    Only settled cases count, and from 20 of them on it is said how many agreed. Those that the other person labelled differently
    are named. Nothing is told of a case that is not settled.

    Example: remiss agreement own
    """
    head = ws.position()
    position = reached(as_of, head)
    at = head if position is None else position
    person = ws.actor.name
    found = sorted(ws.double_labelled.labelled_twice(SETTLED, at, person=person), key=lambda each: each.at, reverse=True)
    return own_agreement([each for each in found if each.visible], person, at)


def own_agreement(settled: Sequence[Double], person: str, position: int) -> OwnAgreement:
    """Return how the labels of one person compare, of settled cases that two people labelled of whom they are one."""
    different = tuple(each.case for each in settled if not agree(_verdicts(each.first), _verdicts(each.second)))
    enough = len(settled) >= FEWEST_SETTLED
    return OwnAgreement(
        person=person,
        position=position,
        settled=len(settled),
        agreed=len(settled) - len(different) if enough else None,
        different=different,
    )


def _verdicts(given: Given) -> Verdicts:
    return Verdicts(verdict=given.verdict, mode=given.mode, severity=given.severity)
