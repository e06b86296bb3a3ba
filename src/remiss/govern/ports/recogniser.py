"""What knows names of people and places."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol


class Recogniser(Protocol):
    """A model that knows names of people and places when it sees them in a sentence."""

    @property
    def version(self) -> str:
        """What names the model and its weights."""
        ...

    def names(self, text: str) -> Iterator[tuple[int, int, str, str]]:
        """Yield start, end, `person` or `place`, and the name in one spelling, from left to right, not overlapping."""
        ...
