"""Who may label what: nobody verifies their own annotation or a model of their own, and a third person settles a dispute."""

from __future__ import annotations

from remiss.curate.guidelines import Owners, named, owns
from remiss.curate.labelling_state import LabellingState
from remiss.errors import Denied
from remiss.records.labelling import LabellingKind

SOMEBODY_ELSE = "leave it to somebody else"


def obstacle(kind: LabellingKind, standing: LabellingState, person: str, owners: Owners) -> str | None:
    """Return why a person may not give a labelling of that kind, whatever the case's state; None when they may.

    Who is named as an owner is told by which protocols, of which teams, also when they see none of these: a team can bar
    another's verifiers so, and it is to be known which did.
    """
    if kind is LabellingKind.ANNOTATION:
        return None
    if has_labelled(standing, person):
        return f"{person} has labelled case {standing.case} already"
    if owns(person, owners):
        by = " and ".join(owners[named(person)])
        return f"{person} owns the model {standing.model}, by protocol {by}, and owners do not judge its cases"
    return None


def check_eligible(kind: LabellingKind, standing: LabellingState, person: str, owners: Owners) -> None:
    """Refuse somebody who may not give a labelling of that kind.

    Raises
    ------
    Denied
    """
    because = obstacle(kind, standing, person, owners)
    if because is not None:
        raise Denied(because, do=SOMEBODY_ELSE, by=() if has_labelled(standing, person) else owners[named(person)])


def has_labelled(standing: LabellingState, person: str) -> bool:
    """Return whether a person has labelled a case, by the labellings in force."""
    # Whoever opens a database directly is called as the operating system has it, which may be in other letters.
    return named(person) in map(named, standing.people)
