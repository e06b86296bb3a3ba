"""Items: a list of whole records, and the position at which it was read.

`Rows` has plain values in columns; where a list is of records with parts of their own, it comes in one of these.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeVar, overload

T = TypeVar("T")
# What a published list says besides the things.
LISTED = {"of": "of", "total": "total", "next": "next"}


@dataclass(frozen=True, slots=True)
class Items(Sequence[T]):
    """A list of records. `position` is that of the catalog in the snapshot in which they were read, or which was asked for.

    What is of one kind declares `items` anew, with that kind.

    >>> found = Items(position=3, items=("a", "b"))
    >>> len(found), found[-1], [*found], found.position
    (2, 'b', ['a', 'b'], 3)
    """

    # What the things are, as published lists say it.
    OF: ClassVar[str] = "text"

    position: int
    items: tuple[T, ...]

    @property
    def of(self) -> str:
        """What the things are."""
        return self.OF

    @property
    def total(self) -> int:
        """How many there are; all of them are here."""
        return len(self.items)

    @property
    def next(self) -> str | None:
        """Nothing: there are no further ones."""
        return None

    def __len__(self) -> int:
        return len(self.items)

    @overload
    def __getitem__(self, at: int) -> T: ...

    @overload
    def __getitem__(self, at: slice) -> tuple[T, ...]: ...

    def __getitem__(self, at: int | slice) -> T | tuple[T, ...]:
        return self.items[at]
