"""Merkle trees as in RFC 6962 and RFC 9162: one hash that stands for a log, and short proofs about what is in it.

A tree over a log that only grows is known by its `Frontier`: the roots of its complete subtrees, one for each bit that is set
in its size, the largest first. That is all that has to be kept to grow it, however long the log is. A tree is grown from
leaves as they are read, with its roots at some sizes on the way.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

HASH_BYTES = 32
EMPTY = hashlib.sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of an entry, as a leaf.

    >>> leaf_hash(b"").hex()[:16]
    '6e340b9cffb37a98'
    """
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hashes(level: Sequence[bytes]) -> list[bytes]:
    """Return the hashes of the nodes above a level of an even number of nodes."""
    # Not by the function below: half of the time would go into calling it.
    sha256, pairs = hashlib.sha256, iter(level)
    return [sha256(b"\x01" + left + right).digest() for left, right in zip(pairs, pairs, strict=True)]


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of a node above two others."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Frontier:
    """The roots of a tree's complete subtrees, the largest first, and how many leaves are below them all.

    Raises
    ------
    ValueError : other than one root for each bit of the size
    """

    size: int = 0
    roots: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if self.size < 0 or len(self.roots) != self.size.bit_count() or any(len(each) != HASH_BYTES for each in self.roots):
            raise ValueError(f"{len(self.roots)} roots are no tree of {self.size} leaves")

    def grown(self, leaves: Sequence[bytes]) -> Frontier:
        """Return the frontier of the same tree with more leaves."""
        size, roots = self.size, list(self.roots)
        level, height = list(leaves), 0
        # Level by level: what of the leaves forms pairs is hashed at once, and what stands alone joins a root or becomes one.
        tail: list[bytes] = []
        while level or height < size.bit_length():
            if size >> height & 1 and level:
                level.insert(0, roots.pop())
            elif size >> height & 1:
                break
            if len(level) & 1:
                tail.append(level.pop())
            level = node_hashes(level)
            height += 1
        return Frontier(size + len(leaves), (*roots, *reversed(tail)))

    @property
    def root(self) -> bytes:
        """The hash that stands for all leaves in their order."""
        if not self.roots:
            return EMPTY
        found = self.roots[-1]
        for each in reversed(self.roots[:-1]):
            found = node_hash(each, found)
        return found

    def to_bytes(self) -> bytes:
        """Return the roots one after the other; with the size they are the frontier."""
        return b"".join(self.roots)

    @classmethod
    def from_bytes(cls, size: int, content: bytes) -> Frontier:
        """Return the frontier that `to_bytes` wrote of a tree of that size.

        Raises
        ------
        ValueError : it is none
        """
        return cls(size, tuple(content[at : at + HASH_BYTES] for at in range(0, len(content), HASH_BYTES)))


NO_LEAVES = Frontier()


def root_of(leaves: Iterable[bytes]) -> bytes:
    """Return the root over some leaves."""
    return NO_LEAVES.grown(list(leaves)).root


def inclusion_path(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """Return the hashes that lead from leaf `index`, counted from 0, to the root over `leaves`, the lowest first.

    Raises
    ------
    IndexError : there is no such leaf
    """
    if not 0 <= index < len(leaves):
        raise IndexError(index)
    path: list[bytes] = []
    level, last = list(leaves), len(leaves) - 1
    while last:
        in_own_process = index ^ 1
        if in_own_process <= last:
            path.append(level[in_own_process])
        pairs = zip(level[::2], level[1::2], strict=False)
        level = [node_hash(left, right) for left, right in pairs] + ([level[-1]] if len(level) & 1 else [])
        index, last = index >> 1, last >> 1
    return tuple(path)


def included(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Return whether a path proves that a leaf stands at `index` of the tree of `size` leaves with that root.

    RFC 9162, section 2.1.3.2.
    """
    if not 0 <= index < size:
        return False
    at, last, found = index, size - 1, leaf
    for each in path:
        if last == 0:
            return False
        if at & 1 or at == last:
            found = node_hash(each, found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = node_hash(found, each)
        at, last = at >> 1, last >> 1
    return last == 0 and found == root


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


class LocalTreeBuilder:
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
    yield LocalTreeBuilder(sizes)
