"""The catalog itself: what it is, where it lies, how much it holds.

Positions: as of which committed transaction a catalog is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from remiss.errors import InputError
from remiss.records.published import Count, published


def read_at(as_of: int | None, head: int) -> int:
    """Return the position that an answer says it was read at: what was asked for, else the head of its snapshot.

    Raises
    ------
    InputError : a position that the catalog has not reached

    >>> read_at(3, head=5), read_at(None, head=5)
    (3, 5)
    """
    position = reached(as_of, head)
    return head if position is None else position


def reached(as_of: int | None, head: int) -> int | None:
    """Return the position to read at; None where that is now.

    Parameters
    ----------
    as_of : what was asked for; None is now
    head : the catalog's own position

    Raises
    ------
    InputError : a position that the catalog has not reached

    >>> reached(3, head=5), reached(5, head=5)
    (3, None)
    """
    if as_of is not None and not 0 <= as_of <= head:
        raise InputError(f"the catalog has no position {as_of}", do=f"give one from 0 to {head}")
    return None if as_of == head else as_of


@published("catalog")
@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogFacts:
    """What a catalog is and holds, in the order in which it is told.

    `position` is where it was read, and `protocols`, `runs`, `events` and `cases` are how many there were then. The rest is of
    now. `bytes` is the size of a catalog that is a file, else None. `address` is None to those who may not look at the machine.
    """

    address: str | None
    database: str
    schema_version: Count
    catalog: str
    created: datetime
    position: Count
    protocols: Count
    runs: Count
    events: Count
    cases: Count
    bytes: Count | None = None
