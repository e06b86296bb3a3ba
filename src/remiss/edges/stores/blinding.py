"""What is blinded, as conditions that lists, counts and queries bear; made of the rule (`curate/blinding.py`).

Of one case the rule itself is asked (`blinded_case.py`), which says the same. A statement that is made once and asked often is
made for a kind of viewer (`BlindedKind`); who looks is bound when it is asked. For a person who labels nothing, nothing is
blinded but what is so for everybody, and their statements have no such conditions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, Text, and_, exists, literal, not_, or_, select, true, tuple_
from sqlalchemy import case as sql_case
from sqlalchemy.types import TypeEngine

from remiss.curate.blinding import CAPTURED, FROM_CONTROLS, REVISING, UNDECIDED, UNLABELLED, BlindedPart, Fact, Viewer, clauses
from remiss.edges.stores.dialect.conditions import among_listed
from remiss.edges.stores.dialect.types import to_json
from remiss.edges.stores.labelling_reading import in_force
from remiss.edges.stores.prepared import BlindedKind, BlindedViewer, Parameters, parameter
from remiss.edges.stores.protocol_rows import captured_by, keys_listed, own_versions, settles
from remiss.edges.stores.reading import Reading
from remiss.edges.stores.tables import cases, events, labellings, reservations, revisions
from remiss.edges.stores.tables.base import Instant
from remiss.records.states import DECIDED, Status

# The keys of the filter language, and the fields of facets, that tell what was suggested.
OWN = labellings.alias("own_labelling")
HELD = reservations.alias("held")
REVISED = revisions.alias("revised")


def may_be_blinded(viewer: Viewer) -> bool:
    """Return whether anything may be blinded for a viewer that is not so for everybody."""
    return not viewer.operator and (viewer.labels or viewer.verifies is None or bool(viewer.verifies))


def blinded_viewer(reading: Reading) -> BlindedViewer | None:
    """Return with what a statement is asked for the viewer; None for a viewer who knows everything, or labels nothing."""
    viewer = reading.viewer
    if not may_be_blinded(viewer):
        return None
    teams = viewer.verifies
    verifies = teams is None or bool(teams)
    owned = own_versions(reading) if verifies else frozenset()
    return BlindedViewer(
        kind=BlindedKind(verifies=verifies, every_team=teams is None, owns=bool(owned)),
        person=viewer.name,
        teams=to_json(sorted(teams or ())),
        owned=keys_listed(owned),
        now=viewer.now(),
    )


def is_blinded(part: BlindedPart, facts: Mapping[Fact, ColumnElement[bool]]) -> ColumnElement[bool]:
    """Return the condition that a part of the case at hand is blinded.

    Parameters
    ----------
    facts : what the rule asks of who looks, as conditions; for the operator it is left out
    """
    states_of: dict[tuple[frozenset[Fact], frozenset[Fact]], frozenset[Status]] = {}
    for each in clauses(part):
        who = each.holds, each.lacks - {Fact.OPERATOR}
        states_of[who] = states_of.get(who, frozenset()) | each.states
    # What every clause says is said once, and last: first what one look at the case's row answers, which is no for nearly all.
    always = frozenset.intersection(*(lacks for _, lacks in states_of))
    ways = [
        and_(*_stands(states), *(facts[each] for each in sorted(holds)), *(not_(facts[each]) for each in sorted(lacks - always)))
        for (holds, lacks), states in states_of.items()
    ]
    return and_(or_(*ways), *(not_(facts[each]) for each in sorted(always)))


def sampled_blinded(reading: Reading, viewer: BlindedViewer) -> ColumnElement[bool]:
    """Return the condition that of the sampled event at hand nothing is told that its case, or that it has none, would tell.

    Statements select from `events`, with the event's case from `cases` where it has one.
    """
    facts = {
        Fact.LABELLED: labelled_by(viewer),
        Fact.HELD: held(cases.c.event_key, viewer),
        Fact.VERIFIES: verifies(viewer),
        Fact.SETTLES: settled(reading),
        Fact.STALE: cases.c.stale,
        Fact.ANNOTATES: _annotates(reading.viewer, cases.c.team_id),
    }
    uncased = and_(cases.c.key.is_(None), or_(_annotates(reading.viewer, events.c.team_id), held(events.c.key, viewer)))
    return or_(uncased, and_(cases.c.key.is_not(None), is_blinded(BlindedPart.SAMPLED, facts)))


def _annotates(viewer: Viewer, team: ColumnElement[str]) -> ColumnElement[bool]:
    """Return the condition that the viewer may annotate events of a team."""
    return true() if viewer.annotates is None else among_listed(team, literal(to_json(sorted(viewer.annotates)), Text()))


def _stands(states: frozenset[Status]) -> list[ColumnElement[bool]]:
    """Return the condition that the case at hand is in one of some states; none where it is in any."""
    any_of = _among(cases.c.status, states)
    return [] if len(any_of) == len(Status) else [or_(*any_of)]


def suggestions_blinded(viewer: BlindedViewer | BlindedKind) -> ColumnElement[bool]:
    """Return the condition that the suggestions of the case at hand are blinded. Of a mere kind, who looks is a parameter."""
    facts = {
        Fact.LABELLED: labelled_by(viewer),
        Fact.HELD: held(cases.c.event_key, viewer),
        Fact.VERIFIES: verifies(viewer),
    }
    return is_blinded(BlindedPart.SUGGESTIONS, facts)


def state_blinded(viewer: BlindedViewer | BlindedKind) -> ColumnElement[bool]:
    """Return the condition that the state at hand of the case at hand, of before its present round of labelling, is not shown.

    There was a case then of what had been caught, and none of a control. What Python says of it is `begun`.
    """
    then, now = revisions.c.status, cases.c.status
    later = REVISED.c.revision >= revisions.c.revision
    decided = exists().where(REVISED.c.case_key == cases.c.key, later, or_(*_among(REVISED.c.status, DECIDED)))
    before = and_(or_(*_among(then, UNLABELLED)), or_(*_among(now, UNDECIDED - UNLABELLED)))
    return and_(or_(*_among(now, UNDECIDED)), suggestions_blinded(viewer), or_(before, decided))


def _among(status: ColumnElement[str], states: frozenset[Status]) -> list[ColumnElement[bool]]:
    # One by one, for the text of a statement that is made once may not depend on how many there are.
    return [status == each.value for each in Status if each in states]


def title_blinded(viewer: BlindedViewer | BlindedKind) -> ColumnElement[bool]:
    """Return the condition that somebody may have changed title or note of the case at hand who gave its first labelling.

    Not for who gave it. Until there is a second, a list has no title of such a case, and no words find it.
    """
    theirs = labellings.alias("theirs")
    wrote = exists().where(
        REVISED.c.case_key == theirs.c.case_key, REVISED.c.actor == theirs.c.person, REVISED.c.action == REVISING
    )
    by_labeller = exists().where(theirs.c.case_key == cases.c.key, in_force(of=theirs), wrote)
    return and_(cases.c.status == Status.ANNOTATED.value, by_labeller, not_(labelled_by(viewer)))


def words_visible(reading: Reading, wrote: Callable[[FromClause], ColumnElement[bool]]) -> ColumnElement[bool]:
    """Return the condition that the viewer may read something said of the case at hand.

    Parameters
    ----------
    wrote : the condition that the person of a labelling, of which it gets the table, wrote it
    """
    viewer = reading.viewer
    if viewer.operator:
        return true()
    theirs, own = labellings.alias("theirs"), labellings.alias("own")
    by_labeller = exists().where(theirs.c.case_key == cases.c.key, in_force(of=theirs), wrote(theirs))
    labelled = exists().where(own.c.case_key == cases.c.key, in_force(of=own), own.c.person == viewer.name)
    facts = {Fact.LABELLED: labelled, Fact.SETTLES: settled(reading)}
    return not_(and_(is_blinded(BlindedPart.WORDS, facts), by_labeller))


def settled(reading: Reading) -> ColumnElement[bool]:
    """Return the condition that the viewer may settle a dispute of the case at hand."""
    # That is a matter of team and model, of which there are few.
    kinds: Select[Any] = select(cases.c.team_id, cases.c.model).where(cases.c.status == Status.DISPUTED.value).distinct()
    disputes = reading.once("disputes", lambda: reading.connection.execute(kinds).all())
    theirs = [(each.team_id, each.model) for each in disputes if settles(reading, each.team_id, each.model)]
    owned = own_versions(reading)
    captured = [captured_by(literal(keys_listed(owned), Text()), cases.c.event_key, cases.c.team_id)] if owned else []
    return and_(tuple_(cases.c.team_id, cases.c.model).in_(theirs), *map(not_, captured))


def revised_by(labelled: FromClause) -> ColumnElement[bool]:
    """Return the condition that the person of a labelling changed what is said of its case: title or note, for example."""
    said = revisions.alias("said")
    return exists().where(said.c.case_key == labelled.c.case_key, said.c.actor == labelled.c.person, said.c.action == REVISING)


def origin_shown() -> ColumnElement[str]:
    """Return how a case came here, as `blinding.origin_for` has it."""
    control = or_(*(cases.c.origin == origin for origin in sorted(FROM_CONTROLS)))
    return sql_case((and_(is_blinded(BlindedPart.ORIGIN, {}), control), CAPTURED), else_=cases.c.origin)


def labelled_by(viewer: BlindedViewer | BlindedKind) -> ColumnElement[bool]:
    """Return the condition that the viewer has labelled the case at hand, as it is labelled now."""
    bound = _binding(viewer)
    return exists().where(OWN.c.case_key == cases.c.key, in_force(of=OWN), OWN.c.person == bound(_person, Text()))


def verifies(viewer: BlindedViewer | BlindedKind) -> ColumnElement[bool]:
    """Return the condition that the viewer may verify cases of the team of the case at hand, or may come to.

    Not who owned its model when it was captured: they never do.
    """
    bound, kind = _binding(viewer), viewer.kind if isinstance(viewer, BlindedViewer) else viewer
    if not kind.verifies:
        return literal(1) == literal(0)
    theirs = [] if kind.every_team else [among_listed(cases.c.team_id, bound(lambda each: each.teams, Text()))]
    owned = [captured_by(bound(lambda each: each.owned, Text()), cases.c.event_key, cases.c.team_id)] if kind.owns else []
    return and_(true(), *theirs, *map(not_, owned))


def held(event_key: ColumnElement[int], viewer: BlindedViewer | BlindedKind) -> ColumnElement[bool]:
    """Return the condition that an event is in the viewer's hand."""
    bound = _binding(viewer)
    theirs = select(HELD.c.event_key).where(
        HELD.c.person == bound(_person, Text()), HELD.c.expires_at > bound(lambda each: each.now, Instant())
    )
    return event_key.in_(theirs)


def _viewer(parameters: Parameters) -> BlindedViewer:
    if parameters.viewer is None:
        raise ValueError("a statement for somebody who is blinded is asked by somebody who is not")
    return parameters.viewer


def _person(viewer: BlindedViewer) -> str:
    return viewer.person


def _binding(
    viewer: BlindedViewer | BlindedKind,
) -> Callable[[Callable[[BlindedViewer], Any], TypeEngine[Any]], ColumnElement[Any]]:
    """Return how a value of who looks stands in a statement: as it is, or as a parameter."""

    def bound(value: Callable[[BlindedViewer], Any], type_: TypeEngine[Any]) -> ColumnElement[Any]:
        if isinstance(viewer, BlindedViewer):
            return literal(value(viewer), type_)
        return parameter(lambda given: value(_viewer(given)), type_)

    return bound
