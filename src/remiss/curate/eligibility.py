"""Who may label what: nobody verifies their own annotation or a model of their own, and a third person settles a dispute."""

from __future__ import annotations

from remiss.curate.grounds import named, owns
from remiss.curate.standing import Standing
from remiss.errors import Denied
from remiss.records.labelling import LabellingKind

SOMEBODY_ELSE = "leave it to somebody else"


def obstacle(kind: LabellingKind, standing: Standing, person: str, owners: frozenset[str]) -> str | None:
    """Return why a person may not give a labelling of that kind, whatever the case's state; None when they may."""
    if kind is LabellingKind.ANNOTATION:
        return None
    # Whoever opens a database directly is called as the operating system has it, which may be in other letters.
    if named(person) in map(named, standing.people):
        return f"{person} has labelled case {standing.case} already"
    if owns(person, owners):
        return f"{person} owns the model {standing.model}, and owners do not judge its cases"
    return None


def check_eligible(kind: LabellingKind, standing: Standing, person: str, owners: frozenset[str]) -> None:
    """Refuse somebody who may not give a labelling of that kind.

    Raises
    ------
    Denied
    """
    because = obstacle(kind, standing, person, owners)
    if because is not None:
        raise Denied(because, do=SOMEBODY_ELSE)
