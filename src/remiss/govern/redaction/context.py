"""Stretches: how much of a line detectors read around a hint.

A line, but where it is long only as far as the next end of a clause that is well away from the hint: a small letter, a full
stop or the like, a space, a letter. Nothing that a detector finds goes over one of these, but for what is in quotes before
an `@`, and that is shorter than the distance.
"""

from __future__ import annotations

import re

# Longer than anything with spaces in it that a detector finds, with the word before that announces it.
AWAY = 120
# Where no clause ends within so much more, the stretch goes to the bounds of the line.
NEAR = 600
CLAUSE = re.compile(rb"(?<=[a-z][.,;!] )(?=[A-Za-z])")


def around(seen: bytes, at: int, after: int) -> tuple[int, int]:
    r"""Return the bounds of the stretch around a place; it begins at or behind `after`, the end of the last one.

    >>> around(b"one\ntwo\nthree", 5, 0)
    (4, 7)
    >>> text = b"It began well. " * 20 + b"ana@example.org" + b" and so on, we hope" * 20
    >>> first, last = around(text, 310, 0)
    >>> text[first:last].startswith(b"It began"), first > 100, last < 500
    (True, True, True)
    """
    first = max(seen.rfind(b"\n", after, at) + 1, after)
    if at - first > AWAY:
        for clause in CLAUSE.finditer(seen, max(first, at - AWAY - NEAR), at - AWAY):
            first = clause.start()
    last = seen.find(b"\n", at, at + AWAY)
    if last < 0 and (end := CLAUSE.search(seen, at + AWAY, at + AWAY + NEAR)):
        last = seen.find(b"\n", at + AWAY, end.start())
        last = end.start() if last < 0 else last
    if last < 0:
        last = seen.find(b"\n", at)
    return first, len(seen) if last < 0 else last
