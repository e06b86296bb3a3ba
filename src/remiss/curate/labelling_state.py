"""Where a case stands when somebody is about to label it: all that the rules of labelling are told of it.

Who may label what: nobody verifies their own annotation or a model of their own, and a third person settles a dispute.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from remiss.curate.guidelines import Owners, named, owns
from remiss.errors import Denied
from remiss.records.event import Event, FieldLabel
from remiss.records.labelling import Labelling, LabellingKind, Link
from remiss.records.states import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class LabellingState:
    """A case and its labellings in force.

    Parameters
    ----------
    round : of the labellings in force, or the next when there are none
    attempts : how many annotations that round has had
    caught_by : names and versions of the protocols whose runs met its event, the latest first
    link : by which it takes another case's verdict, if it does
    followed : whether other cases take its verdict
    suggested : mode and severity that it had before people decided
    checked_share : of a control, of how many such a second person labels them even if the first clears them
    abstentions : of those who cannot tell what it is, in force, at most one of a person
    title : what its protocol calls the event
    show : how fields of the event are shown
    """

    case: str
    revision: int
    status: Status
    team: str
    model: str
    origin: str
    stale: bool
    event: Event
    labellings: tuple[Labelling, ...]
    round: int
    attempts: int
    caught_by: tuple[tuple[str, int], ...]
    link: Link | None
    suggested: tuple[str | None, int | None]
    followed: bool = False
    checked_share: float = 0.0
    abstentions: tuple[Labelling, ...] = ()
    title: str | None = None
    show: Mapping[str, FieldLabel] = field(default_factory=dict)

    def labelling(self, kind: LabellingKind) -> Labelling | None:
        """Return the labelling of that kind that is in force."""
        return next((each for each in self.labellings if each.kind is kind), None)

    @property
    def people(self) -> frozenset[str]:
        """Who has labelled it."""
        return frozenset(each.person for each in self.labellings)


SOMEBODY_ELSE = "leave it to another person"


def obstacle(kind: LabellingKind, state: LabellingState, person: str, owners: Owners) -> str | None:
    """Return why a person may not give a labelling of that kind, whatever the case's state; None when they may.

    Who is named as an owner is told by which protocols, of which teams, also when they see none of these: a team can bar
    another's verifiers so, and it is to be known which did.
    """
    if kind is LabellingKind.ANNOTATION:
        return None
    if has_labelled(state, person):
        return f"{person} has labelled case {state.case} already"
    if owns(person, owners):
        by = " and ".join(owners[named(person)])
        return f"{person} owns the model {state.model}, by protocol {by}, and owners do not judge its cases"
    return None


def check_eligible(kind: LabellingKind, state: LabellingState, person: str, owners: Owners) -> None:
    """Refuse somebody who may not give a labelling of that kind.

    Raises
    ------
    Denied
    """
    because = obstacle(kind, state, person, owners)
    if because is not None:
        raise Denied(because, do=SOMEBODY_ELSE, by=() if has_labelled(state, person) else owners[named(person)])


def has_labelled(state: LabellingState, person: str) -> bool:
    """Return whether a person has labelled a case, by the labellings in force."""
    # A person who opens a database directly is called as the operating system has it, which may be in other letters.
    return named(person) in map(named, state.people)
