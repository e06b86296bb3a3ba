"""Blinding: who may see what of a case before their own labelling is in. One rule, as data.

Until a case is decided a labelling is for its author's eyes alone, so that the next annotator labels independently. When two
differ, they and the person who may settle it see both. What those who have labelled a case say of it elsewhere, in comments and
findings, would tell what they think as well. So would why a case was caught: a case without a suggestion would have been
cleared by one person, had they found no failure. The operator of a catalog of their own sees everything: they could read the
tables.

`RULE` says what is blinded, in which states of the case, for whom, and until when. What Python decides of one case (`blinded`)
and the conditions that lists bear in SQL (`edges/stores/blinding.py`) are both made from it. Whether a case is decided is a
matter of now: what is asked as of an earlier position is blinded by the same rule.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from remiss.records.case import Revision
from remiss.records.labelling import Labelled, Labelling
from remiss.records.states import DECIDED, Status

SECOND = "not visible until a second person has labelled the case independently"
THIRD = "not visible until a third person has settled the dispute"
ANEW = "not visible while the case is labelled again"
IN_HAND = "not visible until you have labelled the case, which you have in hand"
OPEN = "not visible as long as you may label the event"

# In the place of a name that is blinded.
UNNAMED = "(hidden)"
LABELLING = frozenset({"case.annotate", "case.verify", "case.adjudicate"})
REVISING = "case.revise"
CAPTURED = "captured"
# Where a case came from: a control that nobody has found fault with, and one that people found a failure in.
MISSED = "missed"
CONTROL = "control"
FROM_CONTROLS = frozenset({CONTROL, MISSED})


class BlindedPart(StrEnum):
    """What of a case may be blinded."""

    LABELLINGS = "labellings"  # what others found, and who did
    ABSTENTIONS = "abstentions"  # that others could not tell, and who could not: nothing says that there is something blinded
    WORDS = "words"  # comments, findings, files and changes of title and note, of those who have labelled it
    SUGGESTIONS = "suggestions"  # criteria, how it was drawn, suggested mode and severity, and all states before its annotation
    ORIGIN = "origin"  # whether it came from a control
    SAMPLED = "sampled"  # in lists of what was sampled: how it was drawn, whether it is a case, what became of it


class Fact(StrEnum):
    """What the rule asks of who looks at a case, and of the case."""

    OPERATOR = "operator"  # they are the operator of the catalog
    LABELLED = "labelled"  # they gave one of the labellings in force
    HELD = "held"  # the queue gave them the case, and it is still theirs
    VERIFIES = "verifies"  # they may verify cases of its team, and do not own its model
    SETTLES = "settles"  # they may settle disputes of its team, and do not own its model
    STALE = "stale"  # its event has changed since, and it waits to be annotated anew
    ANNOTATES = "annotates"  # they may annotate cases of its team


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """A part is blinded in some states of the case, for those of whom some facts hold and some do not; `until` says why."""

    part: BlindedPart
    states: frozenset[Status]
    until: str
    holds: frozenset[Fact] = frozenset()
    lacks: frozenset[Fact] = frozenset({Fact.OPERATOR})


UNDECIDED = frozenset(Status) - DECIDED
UNLABELLED = frozenset({Status.CANDIDATE, Status.CONTROL})
_ANNOTATED, _DISPUTED = frozenset({Status.ANNOTATED}), frozenset({Status.DISPUTED})
_ANEW = UNDECIDED - _ANNOTATED - _DISPUTED
_NOT_SETTLING = frozenset({Fact.OPERATOR, Fact.LABELLED, Fact.SETTLES})
_NOT_LABELLED = frozenset({Fact.OPERATOR, Fact.LABELLED})
_HELD, _VERIFIES = frozenset({Fact.HELD}), frozenset({Fact.VERIFIES})

# Of each part the first clause that applies says until when.
_RULE = (
    Clause(part=BlindedPart.LABELLINGS, states=_ANNOTATED, until=SECOND),
    Clause(part=BlindedPart.LABELLINGS, states=_DISPUTED, until=THIRD, lacks=_NOT_SETTLING),
    Clause(part=BlindedPart.LABELLINGS, states=_ANEW, until=ANEW),
    Clause(part=BlindedPart.ABSTENTIONS, states=UNDECIDED, until=ANEW),
    Clause(part=BlindedPart.ABSTENTIONS, states=DECIDED, until=ANEW, holds=frozenset({Fact.STALE})),
    Clause(part=BlindedPart.WORDS, states=_ANNOTATED, until=SECOND, lacks=_NOT_LABELLED),
    Clause(part=BlindedPart.WORDS, states=_DISPUTED, until=THIRD, lacks=_NOT_SETTLING),
    Clause(part=BlindedPart.WORDS, states=_ANEW, until=ANEW, lacks=_NOT_LABELLED),
    Clause(part=BlindedPart.SUGGESTIONS, states=_ANNOTATED, until=SECOND, holds=_VERIFIES, lacks=_NOT_LABELLED),
    Clause(part=BlindedPart.SUGGESTIONS, states=_ANNOTATED, until=SECOND, holds=_HELD, lacks=_NOT_LABELLED),
    Clause(part=BlindedPart.SUGGESTIONS, states=frozenset(Status) - _ANNOTATED, until=IN_HAND, holds=_HELD, lacks=_NOT_LABELLED),
    # From everybody: who knows that an annotated case was a control knows its annotation, for no failure would be cleared.
    Clause(part=BlindedPart.ORIGIN, states=UNDECIDED, until=SECOND, lacks=frozenset()),
)
_MAY_ANNOTATE = frozenset({Fact.ANNOTATES})
# Where controls stand beside cases, what nobody has labelled yet may not be told apart by whoever may be the first to.
_OF_SAMPLES = (
    Clause(part=BlindedPart.SAMPLED, states=UNLABELLED, until=OPEN, holds=_MAY_ANNOTATE, lacks=_NOT_LABELLED),
    Clause(
        part=BlindedPart.SAMPLED, states=frozenset(Status), until=OPEN, holds=_MAY_ANNOTATE | {Fact.STALE}, lacks=_NOT_LABELLED
    ),
    Clause(part=BlindedPart.SAMPLED, states=_DISPUTED, until=OPEN, holds=frozenset({Fact.SETTLES}), lacks=_NOT_LABELLED),
    *(replace(each, part=BlindedPart.SAMPLED, until=OPEN) for each in _RULE if each.part is BlindedPart.SUGGESTIONS),
)
RULE = (*_RULE, *_OF_SAMPLES)


def clauses(part: BlindedPart) -> tuple[Clause, ...]:
    """Return what the rule says of a part."""
    return tuple(each for each in RULE if each.part is part)


# Of who looks at a case: what tells of each fact, asked only where the rule depends on it.
Facts = Mapping[Fact, Callable[[], bool]]


def blinded(part: BlindedPart, status: Status, facts: Facts) -> str | None:
    """Return why a part of a case that stands so is blinded for somebody; None where they may see it."""
    for each in clauses(part):
        # In the order of `Fact`: what has to be looked up comes last.
        if status in each.states and all(
            facts[fact]() is (fact in each.holds) for fact in Fact if fact in each.holds | each.lacks
        ):
            return each.until
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """Who looks, and what they may label.

    `adjudicates` says of a team whether they may settle disputes of its cases. `labels` is whether they may have cases in hand at
    all, `verifies` and `annotates` the teams whose cases they may verify or annotate (None: of every team), `now` the time up to
    which what they have in hand is theirs. `estimates` says of a team whether they may know its figures.
    `curates` says of a team whether they keep its patterns, and so know what those say.
    """

    name: str
    operator: bool
    adjudicates: Callable[[str], bool]
    labels: bool
    verifies: frozenset[str] | None
    now: Callable[[], datetime]
    annotates: frozenset[str] | None = frozenset()
    estimates: Callable[[str], bool] = lambda _team: False
    curates: Callable[[str], bool] = lambda _team: False

    def may_verify(self, team: str) -> bool:
        """Return whether they may verify cases of a team, as far as roles go."""
        return self.verifies is None or team in self.verifies

    def facts(
        self,
        people: frozenset[str],
        team: str,
        *,
        settles: Callable[[], bool] = lambda: False,
        held: Callable[[], bool] = lambda: False,
        owns: Callable[[], bool] = lambda: False,
        stale: bool = False,
    ) -> Facts:
        """Return what the rule asks of this viewer and a case.

        Parameters
        ----------
        people : who has labelled it, by what is in force now
        team : whose it is
        settles, held, owns : whether they may settle a dispute of it, have it in hand, own its model; asked only where it matters
        stale : whether its event has changed since people labelled it
        """
        return {
            Fact.OPERATOR: lambda: self.operator,
            Fact.LABELLED: lambda: self.name in people,
            Fact.HELD: held,
            Fact.VERIFIES: lambda: self.may_verify(team) and not owns(),
            Fact.SETTLES: settles,
            Fact.STALE: lambda: stale,
            Fact.ANNOTATES: lambda: self.annotates is None or team in self.annotates,
        }


def seen(
    labellings: Sequence[Labelling], abstentions: Sequence[Labelling], name: str, why: Mapping[BlindedPart, str | None]
) -> Labelled | None:
    """Return what somebody may see of some labellings of a case: their own where the others are blinded, and `why` those are.

    That others could not tell is left out without a word, for a case that waits for another person because of that looks like
    one that nobody has looked at.
    """

    def told(given: Sequence[Labelling], part: BlindedPart) -> list[Labelling]:
        return [each for each in given if why[part] is None or each.person == name]

    own = told(labellings, BlindedPart.LABELLINGS)
    found = sorted([*own, *told(abstentions, BlindedPart.ABSTENTIONS)], key=lambda each: each.position)
    if not labellings and not found:
        return None
    return Labelled(labellings=tuple(found), hidden=None if len(own) == len(labellings) else why[BlindedPart.LABELLINGS])


def why_blinded(status: Status) -> str:
    """Return why something that people say of a case that stands so is blinded."""
    return next((each.until for each in clauses(BlindedPart.WORDS) if status in each.states), ANEW)


def history_for(history: Sequence[Revision], name: str, *, names: bool, hidden: str | None) -> tuple[Revision, ...]:
    """Return the states of a case as somebody may know them.

    Parameters
    ----------
    names : whether they may know who labelled it
    hidden : why what was suggested is blinded. Then so are mode, severity, and every state before the first labelling of the
        present round: a candidate was a case before somebody labelled it, and a control was none
    """
    if hidden is not None:
        shown = history[begun([each.status for each in history]) :]
        history = [replace(each, mode=None, severity=None, hidden=hidden) for each in shown]
    if names:
        return tuple(history)
    return tuple(replace(each, actor=UNNAMED) if each.action in LABELLING and each.actor != name else each for each in history)


def words_without(history: Sequence[Revision], people: frozenset[str]) -> tuple[Revision, ...]:
    """Return the states of a case with title and note as they were before some people changed them, whose words are blinded.

    What somebody filed a case with is what there is to be labelled, and stays.
    """
    found: list[Revision] = []
    title = note = None
    before: Revision | None = None
    for each in history:
        theirs = each.action == REVISING and each.actor in people
        if not theirs and (before is None or each.title != before.title):
            title = each.title
        if not theirs and (before is None or each.note != before.note):
            note = each.note
        found.append(replace(each, title=title, note=note, actor=UNNAMED if theirs else each.actor))
        before = each
    return tuple(found)


def begun(states: Sequence[Status]) -> int:
    """Return at which of the states that a case was in its present round of labelling begins; 0 where it is not undecided.

    That is its first labelling since it was last decided. Where it has none since then, it is the state that it was reopened to.

    >>> begun([Status.CANDIDATE, Status.ANNOTATED, Status.ANNOTATED]), begun([Status.CANDIDATE])
    (1, 0)
    >>> begun([Status.CONTROL, Status.CLEARED, Status.CANDIDATE]), begun([Status.CONTROL, Status.ANNOTATED, Status.DISPUTED])
    (2, 1)
    """
    at = next((at for at in range(len(states), 0, -1) if states[at - 1] not in UNDECIDED), 0)
    return next((first for first in range(at, len(states)) if states[first] not in UNLABELLED), 0 if at == len(states) else at)


def origin_for(origin: str, status: Status) -> str:
    """Return how a case came here, as everybody is told: while it is blinded, a control is not told from a candidate."""
    return CAPTURED if origin in FROM_CONTROLS and blinded(BlindedPart.ORIGIN, status, {}) is not None else origin
