"""Entries of the log of views: what one reading showed, and what somebody was refused.

What one reading showed is one entry that names all of it. A page of a case shows the case, how it was drawn, its history,
threads and files: that is one look at one case, and one entry says so. What is another team's is an entry of its own, since
whoever may read a team's entries may know of nothing else; another case is, so that an entry is found by what it is about; and
so are raw evidence, which is on the disk before anybody has it, and refusals.

Of attempts that came to nothing those are entered that were refused. What may not be seen is not there for the asker, and so
both are entered alike: under the team of the asker, by what they named. Else a reader of their own team's entries would
learn from them which things of others there are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from remiss.errors import Denied, NotFound, RemissError
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
    view: ViewEntry


# What one entry names: what it is about, then what was shown beside that.
Entered: TypeAlias = tuple[Seen, ...]


def entered(seen: Iterable[Seen], team: str) -> tuple[Entered, ...]:
    """Return what each entry names of some looks; of looks that are alike one.

    Parameters
    ----------
    team : of the viewer, whose a look is that is at no team's thing

    >>> case, threads = ViewEntry(kind=ViewKind.CASE, subject="k", team="a"), ViewEntry(kind=ViewKind.LIST, subject="k", team="a")
    >>> [[each.action for each in entry] for entry in entered([Seen("thread.list", threads), Seen("case.show", case)], "a")]
    [['case.show', 'thread.list']]
    """
    found: list[list[Seen]] = []
    open_: list[list[Seen]] = []
    # In the order in which they were shown, but what is at no one thing joins what is.
    for each in sorted(seen, key=lambda each: each.view.subject is None):
        entry = None if each.view.kind in ALONE else next((entry for entry in open_ if _joins(each.view, entry, team)), None)
        if entry is None:
            found.append([each])
            if each.view.kind not in ALONE:
                open_.append(found[-1])
        elif each not in entry:
            entry.append(each)
    return tuple(tuple(sorted(entry, key=lambda each: _weight(each.view.kind))) for entry in found)


def _joins(view: ViewEntry, entry: Sequence[Seen], team: str) -> bool:
    """Return whether a look is named by an entry that there is: of the same team, and at the same thing or at none."""
    first = entry[0].view
    return len(entry) < MOST and (view.team or team) == (first.team or team) and view.subject in {first.subject, None}


def _weight(kind: ViewKind) -> int:
    return WEIGHT.index(kind) if kind in WEIGHT else 0


def beside(kind: str) -> tuple[str, ...]:
    """Return of which kinds entries are that may name something of a kind beside what they are about.

    >>> beside("list"), beside("figure")
    (('figure', 'case'), ())
    """
    return tuple(each.value for each in WEIGHT[: WEIGHT.index(ViewKind(kind))]) if kind in WEIGHT else ()


# What ids and names are made of. Anything else that somebody typed is content, and a log has none.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@:/-]{0,63}", re.ASCII)


@dataclass(frozen=True, slots=True)
class NamedSubject:
    """What somebody tried something at, as they named it; and the team whose it is, where they may see it."""

    text: str
    team: str | None = None


def refusal(error: RemissError, named: NamedSubject | None, *, sees_all: bool) -> ViewEntry | None:
    """Return the entry of an attempt that ended with an error; None where nothing was refused.

    Parameters
    ----------
    sees_all : whether nothing is hidden from the person who tried: then what they do not find is not there

    >>> refusal(NotFound("there is no case"), NamedSubject("k7m4-qp2x-9w3d"), sees_all=False).subject
    'k7m4-qp2x-9w3d'
    >>> refusal(Denied("ana may not do this"), NamedSubject("Ana <ana@example.org>"), sees_all=False).subject is None
    True
    """
    refused = isinstance(error, Denied) or (isinstance(error, NotFound) and named is not None and not sees_all)
    if not refused:
        return None
    by = " and ".join(error.by) or None if isinstance(error, Denied) else None
    if named is None or not NAME.fullmatch(named.text):
        return ViewEntry(kind=ViewKind.REFUSED, purpose=by)
    return ViewEntry(kind=ViewKind.REFUSED, subject=named.text, team=named.team, purpose=by)
