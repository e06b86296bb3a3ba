"""What governance needs of the machine: how far work is, what recognises names, and whether all is well.

How whatever takes long tells how far it is.

What knows names of people and places.

Health: what could go wrong with a machine and a catalog, asked before it does.

What is looked at to say whether machine and catalog are well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from remiss.action import Performs
from remiss.records.published import Count, Items, published

# Called with the name of a stage and the share of the work that is done, in [0, 1].
Progress: TypeAlias = Callable[[str, float], None]


class Recogniser(Protocol):
    """A model that knows names of people and places when it sees them in a sentence."""

    @property
    def version(self) -> str:
        """What names the model and its weights."""
        ...

    def names(self, text: str) -> Iterator[tuple[int, int, str, str]]:
        """Yield start, end, `person` or `place`, and the name in one spelling, from left to right, not overlapping."""
        ...


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `level` is `ok`, `note` (know it) or `bad` (do something)."""

    name: str
    level: Literal["ok", "note", "bad"]
    says: str
    do: str = ""


@published("checks")
@dataclass(frozen=True, slots=True)
class HealthChecks(Items[Check]):
    """All that was looked at. `position` is that of the catalog; None without one, or where it cannot be read."""

    position: Count | None  # type: ignore[assignment]
    items: tuple[Check, ...]


class Health(Protocol):
    """What is looked at of a machine and, where there is one, of the catalog that is open."""

    @property
    def position(self) -> int | None:
        """The position of the catalog that is open, if one is and it can be read."""
        ...

    def checks(self) -> Iterator[Check]:
        """Yield what was found, each thing as soon as it is known."""
        ...


class GovernWorkspace(Performs, Protocol):
    """The ports that governance's actions take."""

    @property
    def health(self) -> Health: ...
