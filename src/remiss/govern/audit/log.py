"""Entries of the audit log: what is hashed of one, how it is linked to the one before, and sealed under the catalog's key.

The leaf of an entry is the Merkle hash over its canonical text and the seal of the entry before; its seal is an HMAC over its
number and its leaf. So one leaf speaks for all entries before it, a root over the leaves speaks for the seals too, and who
lacks the key can make no seal that fits.

Digests in the logs: of what was there before and after, of what was asked, of what was given; never what it was.

Each is made under the catalog's key and of its own place: of the case that stood so, of the person who asked so. Alike content in
two places has digests that are not alike. Else a reader of the log would find out what they are not shown, by having the same
written of something else, and looking whether the digests are the same.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from remiss.govern.audit.merkle import HASH_BYTES, NO_LEAVES, Frontier, leaf_hash
from remiss.records.identity import canonical


def digested(secret: bytes, *place: str, content: object) -> str:
    """Return the digest of content in a place, in hex.

    Parameters
    ----------
    place : what it is the content of, for example the id of a case, or who did what
    content : what canonical JSON can hold

    >>> digested(b"key", "case 1", content="late") == digested(b"key", "case 2", content="late")
    False
    """
    return hmac.digest(secret, canonical([*place, content]), "sha256").hex()


JOURNAL, VIEWS = "journal", "views"
LOGS = (JOURNAL, VIEWS)
# Where an entry of the log of views names what was shown beside what it is about: each with what differs from that.
ALSO = "also"
# Where it names from where another server led the viewer to it; no entry of whoever came by themselves has it.
CAME_FROM = "came_from"
# What the first entry is linked to.
NOTHING = bytes(HASH_BYTES)

_encode = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


def text_of(fields: Mapping[str, object]) -> str:
    """Return an entry's canonical text: JSON with sorted keys and no spaces, of texts, whole numbers, lists and objects.

    >>> text_of({"n": 7, "action": "case.show", "role": None})
    '{"action":"case.show","n":7,"role":null}'
    """
    return _encode(fields)


def secret_of(log: str, catalog: str | None) -> str:
    """Return the name of the secret that a log of a catalog is sealed with.

    Parameters
    ----------
    catalog : its id; None of a log of before secrets were of one catalog
    """
    return f"audit {log}" if catalog is None else f"audit {log} {catalog}"


def leaf_of(entry: bytes, link: bytes) -> bytes:
    """Return the leaf of an entry that follows the one with the seal `link`."""
    return leaf_hash(entry + link)


def seal_of(secret: bytes, number: int, leaf: bytes) -> bytes:
    """Return the seal of entry `number`, counted from 1."""
    return hmac.digest(secret, number.to_bytes(8) + leaf, "sha256")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """An entry as it is kept: its number in its log, and what proves that it is the one that was written there."""

    number: int
    leaf: bytes
    seal: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Where a log ends: the frontier of its tree and the seal of its last entry, themselves under a seal.

    It is replaced in the transaction that appends, so that a person who cuts entries off cannot make the head fit.
    """

    frontier: Frontier = NO_LEAVES
    link: bytes = NOTHING
    seal: bytes = b""

    @property
    def size(self) -> int:
        return self.frontier.size

    def sealed(self, secret: bytes) -> Head:
        """Return the same head under its seal."""
        return replace(self, seal=self._seal(secret))

    def holds(self, secret: bytes) -> bool:
        """Return whether the seal is the one that belongs here."""
        return hmac.compare_digest(self.seal, self._seal(secret))

    def _seal(self, secret: bytes) -> bytes:
        return hmac.digest(secret, b"head" + self.size.to_bytes(8) + self.frontier.root + self.link, "sha256")


# How an entry's text is made once its number is known.
Written = Callable[[int], str]


def append(head: Head, secret: bytes, entries: Sequence[Written]) -> tuple[tuple[Sealed, ...], tuple[str, ...], Head]:
    """Return what to keep of entries that follow a head, their texts, and the head that they leave.

    Parameters
    ----------
    entries : each is given its number and returns its canonical text
    """
    kept, texts, link = [], [], head.link
    for number, written in enumerate(entries, head.size + 1):
        text = written(number)
        leaf = leaf_of(text.encode(), link)
        link = seal_of(secret, number, leaf)
        kept.append(Sealed(number=number, leaf=leaf, seal=link))
        texts.append(text)
    after = Head(frontier=head.frontier.grown([each.leaf for each in kept]), link=link)
    return tuple(kept), tuple(texts), after.sealed(secret)
