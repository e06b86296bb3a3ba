"""What of one case is blinded for the viewer, as the case stands now: decided by the rule itself (`curate/blinding.py`).

A list of many cases bears the same rule as conditions (`blinding.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, bindparam, exists, select

from remiss.curate.blinding import BlindedPart, Facts, blinded, history_for, seen
from remiss.edges.stores.abstentions import abstentions_of
from remiss.edges.stores.labelling_reading import labellers_of, of_case
from remiss.edges.stores.protocol_rows import owned_when_captured, settles
from remiss.edges.stores.reading import Reading
from remiss.edges.stores.tables import reservations
from remiss.records.case import Revision
from remiss.records.labelling import Labelled
from remiss.records.states import Status

_HELD = select(
    exists().where(
        reservations.c.event_key == bindparam("event"),
        reservations.c.person == bindparam("person"),
        reservations.c.expires_at > bindparam("now"),
    )
)


def facts_of(reading: Reading, case: Row[Any]) -> Facts:
    """Return what the rule asks of the viewer and a case; `case` is its row as it is now, which decides on what is blinded."""
    return reading.viewer.facts(
        labellers_of(reading, case.key),
        case.team_id,
        settles=lambda: settles(reading, case.team_id, case.model, case.event_key),
        held=lambda: reading.viewer.labels and held(reading, case.event_key),
        owns=lambda: owned_when_captured(reading, case.team_id, case.event_key),
        stale=bool(case.stale),
    )


def why_blinded(reading: Reading, part: BlindedPart, case: Row[Any]) -> str | None:
    """Return why a part of a case is blinded for the viewer; None where they may see it."""
    return blinded(part, Status(case.status), facts_of(reading, case))


def labelled(reading: Reading, case: Row[Any]) -> Labelled | None:
    """Return what the viewer may see of the labellings that are, or were, in force; None when there are none."""
    why = {part: why_blinded(reading, part, case) for part in (BlindedPart.LABELLINGS, BlindedPart.ABSTENTIONS)}
    found, abstained = of_case(reading, case.key), abstentions_of(reading, case.event_key)
    return seen(found, abstained, reading.viewer.name, why)


def blinded_people(reading: Reading, case: Row[Any]) -> frozenset[str]:
    """Return whose words about a case the viewer may not read: comments, findings, files, and what they made of its title."""
    return labellers_of(reading, case.key) if why_blinded(reading, BlindedPart.WORDS, case) is not None else frozenset()


def history_shown(reading: Reading, case: Row[Any], history: Sequence[Revision]) -> tuple[Revision, ...]:
    """Return the states of a case as the viewer may know them."""
    names = why_blinded(reading, BlindedPart.LABELLINGS, case) is None
    return history_for(history, reading.viewer.name, names=names, hidden=why_blinded(reading, BlindedPart.SUGGESTIONS, case))


def held(reading: Reading, event_key: int) -> bool:
    """Return whether the viewer was given an event to label, and it is still theirs."""

    def read() -> bool:
        viewer = reading.viewer
        ((found,),) = reading.rows(_HELD, event=event_key, person=viewer.name, now=viewer.now())
        return bool(found)

    return reading.once_for_viewer(("held", event_key), read)
