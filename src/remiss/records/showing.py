"""What shows itself in notebooks, without knowing how.

The tables and charts of records are made of records, and so stand above them. A record only says that it is `Shown`; how,
`notebook.py` registers, which whatever opens a catalog loads.
"""

from __future__ import annotations

from functools import singledispatch


@singledispatch
def as_html(record: object) -> str | None:
    """Return a record as a notebook shows it; None, upon which it shows text, while nothing is registered for it."""
    return None


class Shown:
    """A record that a notebook shows in its own way."""

    __slots__ = ()

    def _repr_html_(self) -> str | None:
        return as_html(self)
