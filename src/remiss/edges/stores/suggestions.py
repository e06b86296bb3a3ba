"""From whom it is withheld why a case was caught, by `blindness.suggestions_hidden`.

Of one case the rule itself is asked; a list of many cases bears it as a condition, which says the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, Row, Text, and_, exists, literal, not_, or_, select
from sqlalchemy.types import TypeEngine

from remiss.curate.blindness import REVISING, suggestions_hidden
from remiss.curate.grounds import named
from remiss.edges.stores.blinkers import Blinkers, Cut, owners
from remiss.edges.stores.dialect.conditions import among_listed
from remiss.edges.stores.labelling_reading import in_force, labellers_of
from remiss.edges.stores.late import Asking, late
from remiss.edges.stores.reading import Reading
from remiss.edges.stores.tables import cases, labellings, reservations, revisions
from remiss.edges.stores.tables.base import Instant
from remiss.records.states import Status

# The keys of the filter language, and the fields of facets, that tell what was suggested.
TELLING = frozenset({"criterion", "mode", "severity", "suggested_mode"})
OWN = labellings.alias("own_labelling")
HELD = reservations.alias("held")
SAID = revisions.alias("said")


def hidden_of(reading: Reading, case: Row[Any]) -> str | None:
    """Return why the suggestions of a case are withheld from the viewer, as it stands now; `case` is its row."""
    viewer = reading.viewer
    if viewer.operator:
        return None
    return suggestions_hidden(
        labellers_of(reading, case.key),
        Status(case.status),
        case.team_id,
        viewer,
        in_hand=viewer.labels and in_hand(reading, case.event_key),
        owns=lambda: named(viewer.name) in owners(reading).get(case.model, ()),
    )


def unbegun(worn: Blinkers | Cut, status: ColumnElement[str]) -> ColumnElement[bool]:
    """Return the condition that the case at hand is not shown as it stood in `status`, which was before its present annotation.

    There was a case then of what had been caught, and none of a control.
    """
    before = or_(status == Status.CANDIDATE.value, status == Status.CONTROL.value)
    return and_(before, cases.c.status == Status.ANNOTATED.value, withheld(worn))


def in_hand(reading: Reading, event_key: int) -> bool:
    """Return whether the viewer was given an event to label, and it is still theirs."""

    def read() -> bool:
        viewer = reading.viewer
        held = exists().where(HELD.c.event_key == event_key, HELD.c.person == viewer.name, HELD.c.until > viewer.now())
        return bool(reading.connection.execute(select(held)).scalar())

    return reading.once_for_viewer(("in hand", event_key), read)


def withheld(worn: Blinkers | Cut) -> ColumnElement[bool]:
    """Return the condition that the suggestions of the case at hand are withheld from whoever wears some blinkers.

    Of a mere cut what is worn is bound late, by what the asking brings.
    """
    # First what one look at the case's row answers, which is no for nearly all.
    hers = or_(to_verify(worn), held(cases.c.event_key, worn))
    return and_(hers, not_(own(worn)))


def reworded(worn: Blinkers | Cut) -> ColumnElement[bool]:
    """Return the condition that somebody may have changed title or note of the case at hand who gave its first labelling.

    Not for who gave it. Until there is a second, a list has no title of such a case, and no words find it.
    """
    theirs = labellings.alias("theirs")
    wrote = exists().where(SAID.c.case_key == theirs.c.case_key, SAID.c.actor == theirs.c.person, SAID.c.action == REVISING)
    by_labeller = exists().where(theirs.c.case_key == cases.c.key, in_force(of=theirs), wrote)
    return and_(cases.c.status == Status.ANNOTATED.value, by_labeller, not_(own(worn)))


def own(worn: Blinkers | Cut) -> ColumnElement[bool]:
    """Return the condition that the wearer has labelled the case at hand, as it is labelled now."""
    bound = _binding(worn)
    return exists().where(OWN.c.case_key == cases.c.key, in_force(of=OWN), OWN.c.person == bound(_person, Text()))


def to_verify(worn: Blinkers | Cut) -> ColumnElement[bool]:
    """Return the condition that the wearer may give the case at hand its second labelling, had they not given its first."""
    bound, cut = _binding(worn), worn.cut if isinstance(worn, Blinkers) else worn
    annotated = cases.c.status == Status.ANNOTATED.value
    if not cut.verifies:
        return and_(annotated, literal(1) == literal(0))
    theirs = [] if cut.every_team else [among_listed(cases.c.team_id, bound(lambda worn: worn.teams, Text()))]
    return and_(annotated, *theirs, not_(among_listed(cases.c.model, bound(lambda worn: worn.owned, Text()))))


def held(event_key: ColumnElement[int], worn: Blinkers | Cut) -> ColumnElement[bool]:
    """Return the condition that an event is in the wearer's hand."""
    bound = _binding(worn)
    theirs = select(HELD.c.event_key).where(
        HELD.c.person == bound(_person, Text()), HELD.c.until > bound(lambda worn: worn.now, Instant())
    )
    return event_key.in_(theirs)


def _worn(asking: Asking) -> Blinkers:
    if asking.worn is None:
        raise ValueError("a statement for whoever wears blinkers is asked by somebody without")
    return asking.worn


def _person(worn: Blinkers) -> str:
    return worn.person


def _binding(worn: Blinkers | Cut) -> Callable[[Callable[[Blinkers], Any], TypeEngine[Any]], ColumnElement[Any]]:
    """Return how a value of what is worn stands in a statement: as it is, or late."""

    def bound(value: Callable[[Blinkers], Any], type_: TypeEngine[Any]) -> ColumnElement[Any]:
        if isinstance(worn, Blinkers):
            return literal(value(worn), type_)
        return late(lambda asking: value(_worn(asking)), type_)

    return bound
