"""What somebody could do to a log who may write to the database and lacks the key; and which entry is the first it is done to."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace

from remiss.govern.audit.integrity import Row
from remiss.govern.audit.log import NOTHING, Head, leaf_of
from remiss.govern.audit.merkle import Frontier

Rows = list[Row]
Deed = Callable[[random.Random, Rows, Head], tuple[Rows, Head, int]]


def _bytes(draw: random.Random, content: bytes) -> bytes:
    at = draw.randrange(len(content))
    return content[:at] + bytes([content[at] ^ draw.randrange(1, 256)]) + content[at + 1 :]


def _refitted(rows: Sequence[Row], head: Head) -> tuple[Rows, Head]:
    """Number and hash everything again, as whoever has read the documentation would."""
    fitted: Rows = []
    link = NOTHING
    for number, (_, entry, _, seal) in enumerate(rows, 1):
        fitted.append((number, entry, leaf_of(entry, link), seal))
        link = seal or NOTHING
    frontier = Frontier().grown([row[2] or b"" for row in fitted])
    return fitted, replace(head, frontier=frontier, link=link)


def alter_text(draw: random.Random, rows: Rows, head: Head) -> tuple[Rows, Head, int]:
    """Change a byte of an entry."""
    at = draw.randrange(len(rows))
    number, entry, leaf, seal = rows[at]
    rows[at] = (number, _bytes(draw, entry), leaf, seal)
    return rows, head, at + 1


def alter_text_refitted(draw: random.Random, rows: Rows, head: Head) -> tuple[Rows, Head, int]:
    """Change a byte of an entry and make every hash fit."""
    rows, head, first = alter_text(draw, rows, head)
    return *_refitted(rows, head), first


def alter_leaf(draw: random.Random, rows: Rows, head: Head) -> tuple[Rows, Head, int]:
    """Change a byte of a leaf."""
    at = draw.randrange(len(rows))
    number, entry, leaf, seal = rows[at]
    rows[at] = (number, entry, _bytes(draw, leaf or b""), seal)
    return rows, head, at + 1


def alter_seal(draw: random.Random, rows: Rows, head: Head) -> tuple[Rows, Head, int]:
    """Change a byte of a seal."""
    at = draw.randrange(len(rows))
    number, entry, leaf, seal = rows[at]
    rows[at] = (number, entry, leaf, _bytes(draw, seal or b""))
    return rows, head, at + 1


def remove(draw: random.Random, rows: Rows, head: Head) -> tuple[Rows, Head, int]:
    """Take an entry out of the middle."""
    at = draw.randrange(len(rows) - 1)
    return rows[:at] + rows[at + 1 :], head, at + 1


def remove_refitted(draw: random.Random, rows: Rows, head: Head) -> tuple[Rows, Head, int]:
    """Take an entry out of the middle, number the others again and make every hash fit."""
    rows, head, first = remove(draw, rows, head)
    return *_refitted(rows, head), first


def swap(draw: random.Random, rows: Rows, head: Head) -> tuple[Rows, Head, int]:
    """Have two entries change places."""
    low, high = sorted(draw.sample(range(len(rows)), 2))
    one, other = rows[low], rows[high]
    rows[low], rows[high] = (one[0], *other[1:]), (other[0], *one[1:])
    return rows, head, low + 1


def swap_refitted(draw: random.Random, rows: Rows, head: Head) -> tuple[Rows, Head, int]:
    """Have two entries change places and make every hash fit."""
    rows, head, first = swap(draw, rows, head)
    return *_refitted(rows, head), first


def insert(draw: random.Random, rows: Rows, head: Head) -> tuple[Rows, Head, int]:
    """Put an entry in, number the others again and make every hash fit."""
    at = draw.randrange(len(rows) + 1)
    made = (0, b'{"actor":"nobody"}', draw.randbytes(32), draw.randbytes(32))
    return *_refitted([*rows[:at], made, *rows[at:]], head), at + 1


def add(draw: random.Random, rows: Rows, head: Head) -> tuple[Rows, Head, int]:
    """Put an entry behind the last."""
    size = len(rows)
    return [*rows, (size + 1, b"{}", leaf_of(b"{}", head.link), draw.randbytes(32))], head, size + 1


def copy(draw: random.Random, rows: Rows, head: Head) -> tuple[Rows, Head, int]:
    """Put an entry in another's place, seal and all."""
    source, at = draw.sample(range(len(rows)), 2)
    rows[at] = (rows[at][0], *rows[source][1:])
    return rows, head, at + 1


def cut_off(draw: random.Random, rows: Rows, head: Head) -> tuple[Rows, Head, int]:
    """Cut the end off."""
    left = draw.randrange(len(rows))
    return rows[:left], head, left + 1


def cut_off_refitted(draw: random.Random, rows: Rows, head: Head) -> tuple[Rows, Head, int]:
    """Cut the end off and make the head fit."""
    rows, head, first = cut_off(draw, rows, head)
    return *_refitted(rows, head), first


def alter_head(draw: random.Random, rows: Rows, head: Head) -> tuple[Rows, Head, int]:
    """Change what is kept of the end, which leaves the entries as they were."""
    which = draw.choice(("link", "seal"))
    return rows, replace(head, **{which: _bytes(draw, getattr(head, which))}), len(rows) + 1


WITH_SEALS: tuple[Deed, ...] = (alter_seal, alter_leaf, alter_head)
DEEDS: tuple[Deed, ...] = (
    alter_text,
    alter_text_refitted,
    remove,
    remove_refitted,
    swap,
    swap_refitted,
    insert,
    add,
    copy,
    cut_off,
    cut_off_refitted,
    *WITH_SEALS,
)


def tampered(draw: random.Random, deed: Deed, rows: Sequence[Row], head: Head, *, seals: bool = True) -> tuple[Rows, Head, int]:
    """Do a deed to a copy of a log; return it, its head, and the number of the first entry that is not what was written.

    Parameters
    ----------
    seals : False leaves seals and the head alone, which prove nothing to whoever lacks the key
    """
    if not seals and deed in WITH_SEALS:
        return list(rows), head, len(rows) + 1
    return deed(draw, list(rows), head)
