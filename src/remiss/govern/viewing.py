"""What one reading showed, as entries of the log of views: one that names all of it.

A page of a case shows the case, how it was drawn, its history, threads and files: that is one look at one case, and one entry
says so. What is another team's is an entry of its own, since whoever may read a team's entries may know of nothing else; and so
are raw evidence, which is on the disk before anybody has it, and refusals.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from remiss.records.look import Kind, Look

# What is shown by so many actions is named by several entries, so that none is longer than somebody would read.
MOST = 100
ALONE = frozenset({Kind.EVIDENCE, Kind.REFUSED})
# What an entry is about first of all; the others are named beside it.
WEIGHT = {Kind.CASE: 0, Kind.FIGURE: 1, Kind.LIST: 2}


@dataclass(frozen=True, slots=True)
class Seen:
    """A look, and the action by whose answer it was."""

    action: str
    look: Look


# What one entry names: what it is about, then what was shown beside that.
Entered: TypeAlias = tuple[Seen, ...]


def entered(seen: Iterable[Seen], team: str) -> tuple[Entered, ...]:
    """Return what each entry names of some looks; of looks that are alike one.

    Parameters
    ----------
    team : of whoever looked, whose a look is that is at no team's thing

    >>> case, threads = Look(kind=Kind.CASE, subject="k", team="a"), Look(kind=Kind.LIST, subject="k", team="a")
    >>> [[each.action for each in entry] for entry in entered([Seen("thread.list", threads), Seen("case.show", case)], "a")]
    [['case.show', 'thread.list']]
    """
    found: list[list[Seen]] = []
    by_team: dict[str, list[Seen]] = {}
    for each in seen:
        if each.look.kind in ALONE:
            found.append([each])
            continue
        of = each.look.team or team
        entry = by_team.get(of)
        if entry is None or len(entry) == MOST:
            entry = by_team[of] = []
            found.append(entry)
        if each not in entry:
            entry.append(each)
    return tuple(tuple(sorted(entry, key=lambda each: WEIGHT.get(each.look.kind, 0))) for entry in found)


class Gathering(threading.local):
    """What a block has shown so far whose answer is held back until it ends; None without such a block. Of each thread."""

    seen: list[Seen] | None = None

    def end(self) -> Sequence[Seen]:
        """Return what was gathered, and gather no more."""
        seen, self.seen = self.seen, None
        return seen or ()
