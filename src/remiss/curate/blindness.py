"""Blindness: what of a case's labellings a person may see.

Until a case is decided a labelling is for its author's eyes alone, so that whoever labels next does so by themselves. When
two differ, they and whoever may settle it see both. The operator of a catalog of their own sees everything: they could read
the tables. Whether a case is decided is a matter of now: what is asked as of an earlier position is hidden by the same rule.

What those who have labelled a case say of it elsewhere, in comments and findings, would tell what they think as well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from remiss.curate.steps import CONTROL, MISSED
from remiss.records.case import Revision
from remiss.records.labelling import Labelled, Labelling
from remiss.records.states import DECIDED, Status

HIDDEN = {
    Status.ANNOTATED: "hidden until a second person has labelled the case by themselves",
    Status.DISPUTED: "hidden until a third person has settled what two see differently",
}
ANEW = "hidden while the case is labelled anew"

# In the place of a name that is hidden.
UNNAMED = "(hidden)"
LABELLING = frozenset({"case.annotate", "case.verify", "case.adjudicate"})
CAPTURED = "captured"
FROM_CONTROLS = frozenset({CONTROL, MISSED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """Who looks. `adjudicates` says of a team whether they may settle disputes of its cases."""

    name: str
    operator: bool
    adjudicates: Callable[[str], bool]


def open_to(people: frozenset[str], status: Status, viewer: Viewer, settles: Callable[[], bool]) -> bool:
    """Return whether a viewer may know everything that people said of a case, and who did.

    Parameters
    ----------
    people : who has labelled it, by what is in force now
    status : where the case stands now
    settles : whether the viewer is one who may settle a dispute of it; asked only when there is one
    """
    if viewer.operator or status in DECIDED:
        return True
    return status is Status.DISPUTED and (viewer.name in people or settles())


def seen(
    labellings: Sequence[Labelling], people: frozenset[str], status: Status, viewer: Viewer, settles: Callable[[], bool]
) -> Labelled | None:
    """Return what a viewer may see of some labellings of a case, by the rule of `open_to`; None when there are none."""
    if not labellings:
        return None
    if open_to(people, status, viewer, settles):
        return Labelled(labellings=tuple(labellings))
    own = tuple(each for each in labellings if each.person == viewer.name)
    hidden = None if len(own) == len(labellings) else why_hidden(status)
    return Labelled(labellings=own, hidden=hidden)


def withheld(people: frozenset[str], status: Status, viewer: Viewer, settles: Callable[[], bool]) -> frozenset[str]:
    """Return whose comments and findings about a case a viewer may not read, by the rule of `open_to`.

    Whoever has labelled the case reads everybody's: they can no longer be led.
    """
    return frozenset() if viewer.name in people or open_to(people, status, viewer, settles) else people


def why_hidden(status: Status) -> str:
    """Return why something is hidden of a case that stands so."""
    return HIDDEN.get(status, ANEW)


def told(history: Sequence[Revision], viewer: Viewer, *, everything: bool) -> tuple[Revision, ...]:
    """Return the states of a case as a viewer may know them: without the names of others who labelled it, unless `everything`."""
    if everything:
        return tuple(history)
    return tuple(
        replace(each, actor=UNNAMED) if each.action in LABELLING and each.actor != viewer.name else each for each in history
    )


def origin_told(origin: str, status: Status) -> str:
    """Return how a case came here, as everybody is told: until people have decided it, a control is not told from a candidate.

    For who knows that an annotated case was a control knows its annotation: it would be cleared if it were no failure.
    """
    return CAPTURED if origin in FROM_CONTROLS and status not in DECIDED else origin
