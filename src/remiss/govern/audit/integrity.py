"""Verification of a log: whether it is still what was written, and if not, which entry is the first that is not.

The quick pass hashes every entry, grows the tree and compares its root with what was sealed or signed: since each leaf is
linked to the seal before it, nothing of any row is left out. Only when something does not fit, a second pass looks at the seal
of every entry, and so finds the first.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from remiss.govern.audit.log import LOGS, NOTHING, Head, leaf_of, seal_of
from remiss.govern.audit.merkle import BuiltTree, Grow, TreeBuilder, here
from remiss.parameters import OneOf, Range
from remiss.records.published import Count, Items, published

if TYPE_CHECKING:
    from remiss.govern.audit.checkpoint import Checkpoint

# Number, canonical text as UTF-8, leaf and seal as they are kept; in the order of their numbers.
Row = tuple[int, bytes, bytes | None, bytes | None]
Blocks = Callable[[], Iterable[Sequence[Row]]]
# So many leaves go into the tree at once: a few at a time would each climb it by themselves.
AHEAD = 4096
NO_KEY = "with the catalog's key the seals say which"


LogName = Annotated[str, OneOf(LOGS)]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogIntegrity:
    """What was found of one log.

    `first` is the number of the first entry that is not what was written there; `what` says how, and is empty when the log is
    sound. `root` is the root over the `entries` that are there, in hex. `against` says what the log was held against.
    """

    log: LogName
    entries: Count
    root: str
    sound: bool
    first: Annotated[int, Range(1)] | None = None
    what: str = ""
    against: tuple[str, ...] = ()


@published("verification", keys={"items": "logs"}, also={"sound": "sound"})
@dataclass(frozen=True, slots=True)
class Verification(Items[LogIntegrity]):
    """What was found of each log. `position` is the catalog's when it began."""

    items: tuple[LogIntegrity, ...]

    @property
    def sound(self) -> bool:
        """Whether every log is still what was written."""
        return all(each.sound for each in self.items)


@dataclass(frozen=True, slots=True)
class _Wrong:
    first: int
    what: str


def check(
    log: str,
    blocks: Blocks,
    head: Head | None,
    secret: bytes | None,
    checkpoints: Sequence[Checkpoint] = (),
    *,
    begun: bool = False,
    grow: Grow = here,
) -> LogIntegrity:
    """Hold a log against its own seals, as far as the key is there, and against checkpoints.

    Parameters
    ----------
    blocks : reads the log from its beginning, again each time it is called
    head : what is kept as the log's end; None when it has none
    secret : what the log is sealed with; None when only checkpoints can be relied on
    checkpoints : of this log, signed by the catalog's key
    begun : whether the log is known to have been sealed: then its head may not be missing
    grow : where its tree grows
    """
    with grow(sorted({each.size for each in checkpoints})) as grower:
        reading = _Reading(grower)
        linked = reading.to_the_end(blocks())
        grown = grower.end()
    against = (*(("the catalog's key",) if secret else ()), *(f"the checkpoint of {each.size:,} entries" for each in checkpoints))
    exact = [] if linked is None else [linked]
    if secret is not None:
        exact += _sealed(grown, reading, head, secret, begun=begun)
        if exact and (found := _first_unsealed(blocks(), secret)) is not None:
            exact.append(found)
    # What is told of one entry says more than what is told of a stretch that it is in.
    wrong = exact or list(_signed(grown, checkpoints, sealed=secret is not None))
    first = min(wrong, key=lambda each: each.first, default=None)
    return LogIntegrity(
        log=log,
        entries=grown.frontier.size,
        root=grown.frontier.root.hex(),
        sound=first is None,
        first=None if first is None else first.first,
        what="" if first is None else first.what,
        against=against,
    )


class _Reading:
    """A log as it is read: where its tree grows, its last seal, and how many entries have none."""

    def __init__(self, grower: TreeBuilder) -> None:
        self.link = NOTHING
        self.unsealed = 0
        self._grower = grower
        self._given = 0
        self._ahead: list[bytes] = []

    def to_the_end(self, blocks: Iterable[Sequence[Row]]) -> _Wrong | None:
        """Read to the end, or to the first row that does not follow from the one before, and say which."""
        wrong = None
        for block in blocks:
            wrong = self._follow(block)
            if len(self._ahead) >= AHEAD:
                self._grow()
            if wrong is not None:
                break
        self._grow()
        return wrong

    def _follow(self, block: Sequence[Row]) -> _Wrong | None:
        """Read rows, and say what is wrong with the first that is not as it is kept, or does not follow."""
        # Neither by `leaf_hash` nor in several passes: of a long log, half of the time would go into calls and into tuples.
        sha256, link, add = hashlib.sha256, self.link, self._ahead.append
        for at, (number, entry, leaf, seal) in enumerate(block, self._given + len(self._ahead) + 1):
            found = sha256(b"\x00" + entry + link).digest()
            add(found)
            if found == leaf and number == at and seal is not None:
                link = seal
            # Without a seal are entries of before the log was sealed, which is the first thing that is done with a catalog.
            elif number == at and leaf is None and seal is None:
                self.unsealed += 1
            else:
                self._ahead.pop()
                self.link = link
                return _misplaced(at, number)
        self.link = link
        return None

    def _grow(self) -> None:
        """Put what was read ahead into the tree."""
        self._grower.add(self._ahead)
        self._given, self._ahead = self._given + len(self._ahead), []


def _misplaced(expected: int, number: int) -> _Wrong:
    if number > expected:
        return _Wrong(expected, f"entry {expected} was removed")
    return _Wrong(expected, f"entry {expected} was altered, or another stands in its place")


def _signed(grown: BuiltTree, checkpoints: Sequence[Checkpoint], *, sealed: bool) -> Iterator[_Wrong]:
    """What does not fit the checkpoints: the earliest stretch between two of them, or an end that is missing.

    Of a log whose seals all hold it is known that what is there was written there; then it was cut off, or written anew by
    somebody with the key.
    """
    sound = 0
    for each in sorted(checkpoints, key=lambda each: each.size):
        root, size = grown.roots.get(each.size), grown.frontier.size
        if root is None and sealed:
            yield _Wrong(size + 1, f"entry {size + 1:,} and all after it were cut off: a checkpoint was signed of {each.size:,}")
            return
        if root != each.root:
            which = f"one of the entries {sound + 1:,} to {each.size:,}" if each.size > sound + 1 else f"entry {each.size:,}"
            how = f"there are {size:,} entries, and a checkpoint was signed of {each.size:,}: " if root is None else ""
            yield _Wrong(sound + 1, f"{how}{which} was removed, or is not what was there when a checkpoint was signed; {NO_KEY}")
            return
        sound = each.size


def _sealed(grown: BuiltTree, reading: _Reading, head: Head | None, secret: bytes, *, begun: bool) -> Iterator[_Wrong]:
    """What does not fit the head, which is under a seal."""
    size = grown.frontier.size
    if head is None:
        if begun or reading.unsealed < size:
            after = f": nothing proves that entry {size:,} is the last" if size else ", and with it whatever there was"
            yield _Wrong(size + 1, f"the end of the log is missing{after}")
        return
    if not head.holds(secret):
        yield _Wrong(size + 1, "what is kept of the end of the log was altered, or the key is not this catalog's")
    elif head.size > size:
        yield _Wrong(size + 1, f"entry {size + 1:,} and all after it were cut off: there were {head.size:,}")
    elif head.size < size:
        yield _Wrong(head.size + 1, f"entry {head.size + 1:,} was added by somebody without the key")
    elif head.frontier != grown.frontier or head.link != reading.link or reading.unsealed:
        yield _Wrong(size, f"entry {size:,} is not the one that was written there")


def _first_unsealed(blocks: Iterable[Sequence[Row]], secret: bytes) -> _Wrong | None:
    """The first entry whose seal is not the one that belongs there."""
    link, expected = NOTHING, 0
    for block in blocks:
        for number, entry, leaf, seal in block:
            expected += 1
            if number != expected:
                return _misplaced(expected, number)
            found = leaf_of(entry, link)
            if leaf != found:
                return _Wrong(number, f"entry {number:,} was altered, or another stands in its place")
            if seal != seal_of(secret, number, found):
                return _Wrong(number, f"entry {number:,} was replaced by somebody without the key")
            link = seal
    return None
