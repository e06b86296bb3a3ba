"""What one reading showed, as entries of the log of views: one that names all of it.

A page of a case shows the case, how it was drawn, its history, threads and files: that is one look at one case, and one entry
says so. What is another team's is an entry of its own, since whoever may read a team's entries may know of nothing else; another
case is, so that an entry is found by what it is about; and so are raw evidence, which is on the disk before anybody has it, and
refusals.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from remiss.records.view_entry import ViewEntry, ViewKind

# What is shown by so many actions is named by several entries, so that none is longer than somebody would read.
MOST = 100
ALONE = frozenset({ViewKind.EVIDENCE, ViewKind.REFUSED})
# What an entry is about first of all; the others are named beside it. A figure comes first, being shown least often.
WEIGHT = (ViewKind.FIGURE, ViewKind.CASE, ViewKind.LIST)


@dataclass(frozen=True, slots=True)
class Seen:
    """A look, and the action by whose answer it was."""

    action: str
    look: ViewEntry


# What one entry names: what it is about, then what was shown beside that.
Entered: TypeAlias = tuple[Seen, ...]


def entered(seen: Iterable[Seen], team: str) -> tuple[Entered, ...]:
    """Return what each entry names of some looks; of looks that are alike one.

    Parameters
    ----------
    team : of whoever looked, whose a look is that is at no team's thing

    >>> case, threads = ViewEntry(kind=ViewKind.CASE, subject="k", team="a"), ViewEntry(kind=ViewKind.LIST, subject="k", team="a")
    >>> [[each.action for each in entry] for entry in entered([Seen("thread.list", threads), Seen("case.show", case)], "a")]
    [['case.show', 'thread.list']]
    """
    found: list[list[Seen]] = []
    open_: list[list[Seen]] = []
    # In the order in which they were shown, but what is at no one thing joins what is.
    for each in sorted(seen, key=lambda each: each.look.subject is None):
        entry = None if each.look.kind in ALONE else next((entry for entry in open_ if _joins(each.look, entry, team)), None)
        if entry is None:
            found.append([each])
            if each.look.kind not in ALONE:
                open_.append(found[-1])
        elif each not in entry:
            entry.append(each)
    return tuple(tuple(sorted(entry, key=lambda each: _weight(each.look.kind))) for entry in found)


def _joins(look: ViewEntry, entry: Sequence[Seen], team: str) -> bool:
    """Return whether a look is named by an entry that there is: of the same team, and at the same thing or at none."""
    first = entry[0].look
    return len(entry) < MOST and (look.team or team) == (first.team or team) and look.subject in {first.subject, None}


def _weight(kind: ViewKind) -> int:
    return WEIGHT.index(kind) if kind in WEIGHT else 0


def beside(kind: str) -> tuple[str, ...]:
    """Return of which kinds entries are that may name something of a kind beside what they are about.

    >>> beside("list"), beside("figure")
    (('figure', 'case'), ())
    """
    return tuple(each.value for each in WEIGHT[: WEIGHT.index(ViewKind(kind))]) if kind in WEIGHT else ()
