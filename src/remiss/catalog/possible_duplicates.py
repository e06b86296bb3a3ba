"""When a case is so like others that whoever files it is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from remiss.records.rows import Rows

# A list of cases that one is like; columns are only added.
COLUMNS = ("id", "likeness", "fields", "occurred", "same")
# From this likeness on, in two fields or more, somebody who files a case is told that it may be a duplicate; but when it is so
# like more than a few, that sets none of them apart.
LIKE = 0.8
FEW = 3
# How many to ask for, so that more than a few are known to be.
ASKED = FEW + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PossibleDuplicate:
    """A case that another may be a duplicate of: how like in [0, 1], in how many fields, and which are wholly the same."""

    id: str
    likeness: float
    fields: int
    occurred: datetime
    same: str


def possible_duplicates(found: Rows) -> tuple[PossibleDuplicate, ...]:
    """Return the cases worth telling of, of the first `ASKED` that a case is like; none when it is as like many.

    >>> row = lambda id, likeness, fields: (id, likeness, fields, datetime(2013, 6, 3), "output")
    >>> rows = lambda *found: Rows("alike", COLUMNS, found, 1)
    >>> [each.id for each in possible_duplicates(rows(row("a", 1.0, 2), row("b", 0.8, 9), row("c", 0.79, 9), row("d", 1.0, 1)))]
    ['a', 'b']
    >>> possible_duplicates(rows(*(row(id, 1.0, 2) for id in "abcd")))
    ()
    """
    every = (PossibleDuplicate(**cast("dict[str, Any]", line)) for line in found)
    told = tuple(each for each in every if each.likeness >= LIKE and each.fields > 1)
    return told if len(told) <= FEW else ()
