"""Refusals: which attempts that came to nothing are entered in the log of views, and what is said of them.

What may not be seen is not there for whoever asks, and so both are entered alike: under the team of whoever asked, by what they
named. Else whoever reads their own team's entries would learn from them which things of others there are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from remiss.errors import Denied, NotFound, RemissError
from remiss.records.view_entry import ViewEntry, ViewKind

# What ids and names are made of. Anything else that somebody typed is content, and a log has none.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@:/-]{0,63}", re.ASCII)


@dataclass(frozen=True, slots=True)
class NamedSubject:
    """What somebody tried something at, as they named it; and the team whose it is, where they may see it."""

    text: str
    team: str | None = None


def refusal(error: RemissError, named: NamedSubject | None, *, sees_all: bool) -> ViewEntry | None:
    """Return the entry of an attempt that ended with an error; None where nobody was refused anything.

    Parameters
    ----------
    sees_all : whether nothing is hidden from whoever tried: then what they do not find is not there

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
