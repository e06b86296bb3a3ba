"""Growing a tree from leaves as they are read, with its roots at some sizes on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from remiss.govern.audit.merkle import NO_LEAVES, Frontier


@dataclass(frozen=True, slots=True)
class BuiltTree:
    """A tree as far as it has grown, and the roots that it had at those of the wanted sizes that it has reached."""

    frontier: Frontier = NO_LEAVES
    roots: Mapping[int, bytes] = field(default_factory=dict)


class TreeBuilder(Protocol):
    """What leaves are given to, wherever the tree grows."""

    def add(self, leaves: Sequence[bytes]) -> None:
        """Take the next leaves, 32 bytes each. A few at a time would each climb the tree by themselves: give thousands."""
        ...

    def end(self) -> BuiltTree:
        """Return what has grown of all of them."""
        ...


# Given the sizes at which the root is wanted, in their order.
Grow: TypeAlias = Callable[[Sequence[int]], AbstractContextManager[TreeBuilder]]


class Growing:
    """A tree that grows here and now."""

    def __init__(self, sizes: Sequence[int], frontier: Frontier = NO_LEAVES) -> None:
        self.frontier = frontier
        self._sizes = sizes
        self._roots = {frontier.size: frontier.root} if frontier.size in sizes else {}

    def add(self, leaves: Sequence[bytes]) -> None:
        """Take the next leaves."""
        start, at = self.frontier.size, 0
        for size in self._sizes:
            if start < size <= start + len(leaves):
                self.frontier, at = self.frontier.grown(leaves[at : size - start]), size - start
                self._roots[size] = self.frontier.root
        self.frontier = self.frontier.grown(leaves[at:])

    def end(self) -> BuiltTree:
        """Return what has grown."""
        return BuiltTree(self.frontier, self._roots)


@contextmanager
def here(sizes: Sequence[int]) -> Iterator[TreeBuilder]:
    """Grow a tree here and now."""
    yield Growing(sizes)
