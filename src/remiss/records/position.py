"""Positions: as of which committed transaction a catalog is read."""

from __future__ import annotations

from remiss.errors import InputError


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
