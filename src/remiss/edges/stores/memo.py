"""What was read of one snapshot, so that nothing of it is read twice.

A snapshot never changes, and a page of a case asks ten times which case it is of. Of a transaction that writes nothing is kept:
what it reads may be other a moment later.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")


class Memo:
    """What was read, by the question; nothing unless it `keeps`."""

    def __init__(self, *, keeps: bool = False) -> None:
        self._keeps = keeps
        self._found: dict[Hashable, Any] = {}

    def once(self, question: Hashable, read: Callable[[], T]) -> T:
        """Return the answer to a question: the one that is known, or what is read now. What it raises is not kept."""
        if not self._keeps:
            return read()
        if question not in self._found:
            self._found[question] = read()
        found: T = self._found[question]
        return found
