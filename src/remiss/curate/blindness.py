"""Blindness: what of a case's labellings a person may see.

Until a case is decided a labelling is for its author's eyes alone, so that whoever labels next does so by themselves. When
two differ, they and whoever may settle it see both. The operator of a catalog of their own sees everything: they could read
the tables. Whether a case is decided is a matter of now: what is asked as of an earlier position is hidden by the same rule.

What those who have labelled a case say of it elsewhere, in comments and findings, would tell what they think as well. So would
why a case was caught: what nobody suggested would have been cleared by one person, had they found no failure.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from remiss.curate.steps import CONTROL, MISSED
from remiss.records.case import Revision
from remiss.records.labelling import Labelled, Labelling
from remiss.records.states import DECIDED, Status

HIDDEN = {
    Status.ANNOTATED: "hidden until a second person has labelled the case by themselves",
    Status.DISPUTED: "hidden until a third person has settled what two see differently",
}
ANEW = "hidden while the case is labelled anew"
IN_HAND = "hidden until you have labelled the case, which you have in hand"

# In the place of a name that is hidden.
UNNAMED = "(hidden)"
LABELLING = frozenset({"case.annotate", "case.verify", "case.adjudicate"})
REVISING = "case.revise"
CAPTURED = "captured"
FROM_CONTROLS = frozenset({CONTROL, MISSED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """Who looks, and what they may label.

    `adjudicates` says of a team whether they may settle disputes of its cases. `labels` is whether they may have cases in hand at
    all, `verifies` the teams whose cases they may verify (None: of every team), `now` the time up to which what they have in hand
    is theirs.
    """

    name: str
    operator: bool
    adjudicates: Callable[[str], bool]
    labels: bool
    verifies: frozenset[str] | None
    now: Callable[[], datetime]


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


def suggestions_hidden(
    people: frozenset[str], status: Status, team: str, viewer: Viewer, *, in_hand: bool, owns: Callable[[], bool]
) -> str | None:
    """Return why a viewer may not know what was suggested of a case; None when they may.

    Hidden are the criteria it met, how it was drawn, suggested mode and severity: from whoever is about to label it, and from
    whoever may give its second labelling.

    Parameters
    ----------
    people : who has labelled it, by what is in force now
    status, team : where the case stands now, and whose it is
    in_hand : whether the viewer was given the case to label
    owns : whether the viewer owns its model; asked only of who could verify it otherwise
    """
    if viewer.operator or viewer.name in people:
        return None
    if status is Status.ANNOTATED and (viewer.verifies is None or team in viewer.verifies) and not owns():
        return HIDDEN[status]
    return (HIDDEN[status] if status is Status.ANNOTATED else IN_HAND) if in_hand else None


def why_hidden(status: Status) -> str:
    """Return why something is hidden of a case that stands so."""
    return HIDDEN.get(status, ANEW)


def told(history: Sequence[Revision], viewer: Viewer, *, everything: bool, hidden: str | None) -> tuple[Revision, ...]:
    """Return the states of a case as a viewer may know them: without the names of others who labelled it, unless `everything`.

    Where what was suggested is `hidden`, and why, so are mode, severity, and every state before the annotation: a candidate was
    a case before somebody labelled it, and a control was none.
    """
    if hidden is not None:
        shown = history[begun([each.status for each in history]) :]
        history = [replace(each, mode=None, severity=None, hidden=hidden) for each in shown]
    if everything:
        return tuple(history)
    return tuple(
        replace(each, actor=UNNAMED) if each.action in LABELLING and each.actor != viewer.name else each for each in history
    )


def words_told(history: Sequence[Revision], silent: frozenset[str]) -> tuple[Revision, ...]:
    """Return the states of a case with title and note as they were before the `silent`, whose words are withheld, changed them.

    What somebody filed a case with is what there is to be labelled, and stays.
    """
    found: list[Revision] = []
    title = note = None
    before: Revision | None = None
    for each in history:
        theirs = each.action == REVISING and each.actor in silent
        if not theirs and (before is None or each.title != before.title):
            title = each.title
        if not theirs and (before is None or each.note != before.note):
            note = each.note
        found.append(replace(each, title=title, note=note, actor=UNNAMED if theirs else each.actor))
        before = each
    return tuple(found)


def begun(states: Sequence[Status]) -> int:
    """Return at which of the states that a case was in its present annotation begins; 0 where it is not annotated.

    >>> begun([Status.CANDIDATE, Status.ANNOTATED, Status.ANNOTATED]), begun([Status.CANDIDATE])
    (1, 0)
    """
    at = len(states)
    while at and states[at - 1] is Status.ANNOTATED:
        at -= 1
    return 0 if at == len(states) else at


def origin_told(origin: str, status: Status) -> str:
    """Return how a case came here, as everybody is told: until people have decided it, a control is not told from a candidate.

    For who knows that an annotated case was a control knows its annotation: it would be cleared if it were no failure.
    """
    return CAPTURED if origin in FROM_CONTROLS and status not in DECIDED else origin
