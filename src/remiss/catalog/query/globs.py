r"""Globs: text in which `*` stands for anything, and `\*` for itself.

A pattern is taken apart here once, so that no store ever sees its wildcard syntax mixed with what the user wrote.
"""

from __future__ import annotations

from collections.abc import Sequence


def pieces(pattern: str) -> tuple[str, ...]:
    r"""Return the literal texts between the stars of a pattern: one more than there are stars.

    >>> pieces(r"1.*")
    ('1.', '')
    >>> pieces(r"a\*b")
    ('a*b',)
    """
    found = [""]
    letters = iter(pattern)
    for letter in letters:
        if letter == "*":
            found.append("")
        else:
            found[-1] += next(letters, "\\") if letter == "\\" else letter
    return tuple(found)


def pattern(parts: Sequence[str]) -> str:
    r"""Return the pattern whose pieces these are.

    >>> pattern(("1.", ""))
    '1.*'
    """
    return "*".join(part.replace("\\", "\\\\").replace("*", "\\*") for part in parts)


def fits(parts: Sequence[str], text: str) -> bool:
    """Return whether `text` begins with the first piece, ends with the last and has the others in order between.

    >>> fits(("remiss:model/", ""), "remiss:model/weak-slice")
    True
    """
    first, *middle = parts
    if not middle:
        return text == first
    last = middle.pop()
    if not text.startswith(first) or len(text) < len(first) + len(last) or not text.endswith(last):
        return False
    at, end = len(first), len(text) - len(last)
    for part in middle:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True
