"""Blindness: what of a case's labellings a person may see.

Until a case is decided a labelling is for its author's eyes alone, so that whoever labels next does so by themselves. When
two differ, they and whoever may settle it see both. The operator of a catalog of their own sees everything: they could read
the tables. Whether a case is decided is a matter of now: what is asked as of an earlier position is hidden by the same rule.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from remiss.records.labelling import Labelled, Labelling
from remiss.records.states import DECIDED, Status

HIDDEN = {
    Status.ANNOTATED: "hidden until a second person has labelled the case by themselves",
    Status.DISPUTED: "hidden until a third person has settled what two see differently",
}
ANEW = "hidden while the case is labelled anew"


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """Who looks. `adjudicates` says of a team whether they may settle disputes of its cases."""

    name: str
    operator: bool
    adjudicates: Callable[[str], bool]


def seen(
    labellings: Sequence[Labelling], people: frozenset[str], status: Status, viewer: Viewer, settles: Callable[[], bool]
) -> Labelled | None:
    """Return what a viewer may see of some labellings of a case; None when there are none.

    Parameters
    ----------
    people : who has labelled it, by what is in force now
    status : where the case stands now
    settles : whether the viewer is one who may settle a dispute of it; asked only when there is one
    """
    if not labellings:
        return None
    party = status is Status.DISPUTED and (viewer.name in people or settles())
    if viewer.operator or status in DECIDED or party:
        return Labelled(labellings=tuple(labellings))
    own = tuple(each for each in labellings if each.person == viewer.name)
    hidden = None if len(own) == len(labellings) else HIDDEN.get(status, ANEW)
    return Labelled(labellings=own, hidden=hidden)
