"""What of one case is blinded for the viewer, as the case stands now: decided by the rule itself (`curate/blinding.py`).

A list of many cases bears the same rule as conditions (`blinding.py`), and so do entries of the audit. Whatever somebody who has
labelled a case did with it names them: what they looked at before, and what they were refused. That somebody could not tell what
an event is is blinded whole, for nothing says of that that there is something blinded.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Row, bindparam, exists, not_, select

from remiss.curate.blinding import UNNAMED, BlindedPart, Fact, Facts, blinded, history_for, seen
from remiss.edges.stores.abstentions import abstentions_of
from remiss.edges.stores.blinding import is_blinded, settled
from remiss.edges.stores.dialect.conditions import among
from remiss.edges.stores.labelling_reading import in_force, labellers_of, of_case
from remiss.edges.stores.protocol_rows import owned_when_captured, settles
from remiss.edges.stores.reading import Reading
from remiss.edges.stores.tables import abstentions, cases, labellings, reservations
from remiss.govern.audit.log import JOURNAL
from remiss.govern.audit.search import AuditEntry, AuditSearch, subjects_of
from remiss.records.case import Revision
from remiss.records.labelling import Labelled
from remiss.records.states import Status

# What stands in the place of who did something, and of what would tell that: by which roles, and in which request.
NOBODY: Mapping[str, str | None] = {"actor": UNNAMED, "role": None, "request": None}
NOTHING: Mapping[str, str | None] = {**NOBODY, "subject": UNNAMED}
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


def blinded_entries(reading: Reading, found: Sequence[AuditEntry]) -> Sequence[AuditEntry]:
    """Return entries with what the viewer may not know of each."""
    people = _people_blinded(reading, (subject for each in found for subject in subjects_of(each)))
    abstained = _abstentions_blinded(reading, (each.number for each in found if each.log == JOURNAL))

    def shown(each: AuditEntry) -> AuditEntry:
        if each.log == JOURNAL and each.number in abstained:
            return replace(each, blinded=NOTHING)
        theirs = any(each.fields["actor"] in people.get(subject, ()) for subject in subjects_of(each))
        return replace(each, blinded=NOBODY) if theirs else each

    return [shown(each) for each in found]


def asked_for(entry: AuditEntry, wanted: AuditSearch) -> bool:
    """Return whether an entry is among what was asked for because of what is blinded of it."""
    return any(name in entry.blinded and getattr(wanted, name) is not None for name in ("actor", "subject"))


def _people_blinded(reading: Reading, ids: Iterable[str]) -> Mapping[str, frozenset[str]]:
    """Return who has ever labelled each of some cases of which the viewer may not know who did; not the viewer themselves."""
    viewer = reading.viewer
    own = labellings.alias("own")
    labelled = exists().where(own.c.case_key == cases.c.key, in_force(of=own), own.c.person == viewer.name)
    hidden = is_blinded(BlindedPart.LABELLINGS, {Fact.LABELLED: labelled, Fact.SETTLES: settled(reading)})
    theirs = (
        select(cases.c.id, labellings.c.person)
        .join(labellings, labellings.c.case_key == cases.c.key)
        .where(among(cases.c.id, sorted(frozenset(ids))), hidden, labellings.c.person != viewer.name)
        .distinct()
    )
    found: dict[str, set[str]] = defaultdict(set)
    for case, person in reading.connection.execute(theirs):
        found[case].add(person)
    return {case: frozenset(people) for case, people in found.items()}


def _abstentions_blinded(reading: Reading, positions: Iterable[int]) -> frozenset[int]:
    """Return at which of some positions somebody else could not tell what an event is of which that is blinded for the viewer."""
    told = not_(is_blinded(BlindedPart.ABSTENTIONS, {Fact.STALE: cases.c.stale}))
    decided = exists().where(cases.c.event_key == abstentions.c.event_key, told)
    others = select(abstentions.c.position).where(
        among(abstentions.c.position, sorted(frozenset(positions))), abstentions.c.person != reading.viewer.name, not_(decided)
    )
    return frozenset(reading.connection.execute(others).scalars())
