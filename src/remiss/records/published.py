"""What a record says of its published form: the kind that `remiss schema` names it by, and where its keys differ from its fields.

Most records are published as they are. Those that are not say so beside their fields, in plain values that `remiss.codec`
reads; so a record and its JSON are changed in one place, and records need no library for it.

`Rows` has plain values in columns; where a list is of records with parts of their own, it is published as `Items`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, TypeVar, overload

from remiss.parameters import Range

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


R = TypeVar("R", bound=type)
A = TypeVar("A")

# The key of a record whose own keys stand among those of the record that has it.
INLINE = ""
_MARK = "__published__"


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """How a record is published.

    `kind` is its name in `remiss schema`; None of a record that is only a part of others. `keys` gives, by field, the key that it
    has instead of its name: with dots for a key within an object (`source.rows`), `INLINE` for a record whose keys are put among
    these. `also` gives, by property, the key that it is told under besides. One that is `part` does not name its kind in a
    `schema` key: it is never an answer by itself. `read` is the field that says at which position an answer was read: whoever
    performs the action fills it in (`read_at_position`), and what is only a part of an answer does not tell it.
    """

    kind: str | None = None
    keys: Mapping[str, str] = field(default_factory=dict)
    also: Mapping[str, str] = field(default_factory=dict)
    part: bool = False
    read: str | None = None


AS_IT_IS = Published()
_NONE: Mapping[str, str] = MappingProxyType({})


def published(
    kind: str | None = None,
    *,
    keys: Mapping[str, str] = _NONE,
    also: Mapping[str, str] = _NONE,
    part: bool = False,
    read: str | None = None,
) -> Callable[[R], R]:
    """Return a decorator that says how a record is published; see `Published`."""
    said = Published(kind=kind, keys=keys, also=also, part=part, read=read)

    def mark(record: R) -> R:
        setattr(record, _MARK, said)
        return record

    return mark


def published_as(record: type) -> Published:
    """Return how a record is published."""
    found: Published = vars(record).get(_MARK, AS_IT_IS)
    return found


def read_at_position(answer: A, position: Callable[[], int]) -> A:
    """Return an answer that says at which position it was read, where it has room to say so."""
    field_ = published_as(type(answer)).read
    return answer if field_ is None else replace(answer, **{field_: position()})  # type: ignore[type-var]


def position_of(answer: object) -> int | None:
    """Return the position at which an answer says that it was read; None of one that says nothing of it."""
    found: int | None = getattr(answer, published_as(type(answer)).read or "position", None)
    return found


@dataclass(frozen=True, slots=True)
class Several:
    """How a tuple that an action returns is published: `Annotated[tuple[Check, ...], Several("checks")]`.

    Without it a tuple of records that have a kind is a `list` of these. `items` is the key that they stand under; `of` what a
    `list` says that it is a list of. `also` gives keys that are told besides, each with what makes its value of all of them.
    """

    kind: str = "list"
    items: str = "items"
    of: str | None = None
    also: tuple[tuple[str, Callable[[Any], object]], ...] = ()


Count = Annotated[int, Range(0)]
Share = Annotated[float, Range(0, 1)]
Amount = Annotated[float, Range(0)]
