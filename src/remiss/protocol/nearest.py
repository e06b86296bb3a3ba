"""Advice for an unknown name: the nearest known one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence


def nearest(name: str, known: Iterable[str], otherwise: str) -> str:
    """Return what to write instead of `name`: the nearest known name, else `otherwise` and a few known ones.

    >>> nearest("latency_sec", ["latency_ms", "status"], "the fields are")
    'write latency_ms'
    >>> nearest("zzz", ["latency_ms", "status"], "the fields are")
    'the fields are latency_ms, status'
    """
    names = list(known)
    by_lower = {candidate.lower(): candidate for candidate in names}
    found = difflib.get_close_matches(name.lower(), list(by_lower), n=1, cutoff=0.6)
    return f"write {by_lower[found[0]]}" if found else _known(names, otherwise)


def near(name: str, known: Iterable[str]) -> list[str]:
    """Return up to three known names that are nearly the name, the nearest first.

    >>> near("anna", ["ana", "bo", "hanna"])
    ['hanna', 'ana']
    """
    return difflib.get_close_matches(name, list(known), n=3, cutoff=0.5)


def nearest_part(name: str, known: Iterable[str], otherwise: str) -> str:
    """Return what to write instead of a column, where columns have parts: those whose last part is called so, or nearly.

    >>> nearest_part("ms", ["cost.wall.ms", "cost.try", "user.id", "order.id"], "the columns are")
    'write cost.wall.ms'
    >>> nearest_part("id", ["cost.wall.ms", "cost.try", "user.id", "order.id"], "the columns are")
    'write user.id or order.id'
    >>> nearest_part("country", ["cost.wall.ms", "cost.try"], "the columns are")
    'the columns are cost.wall.ms, cost.try'
    """
    names = list(known)
    by_last: dict[str, list[str]] = {}
    for candidate in names:
        by_last.setdefault(candidate.lower().rpartition(".")[2], []).append(candidate)
    found = difflib.get_close_matches(name.lower().rpartition(".")[2], list(by_last), n=1, cutoff=0.7)
    return f"write {' or '.join(by_last[found[0]][:3])}" if found else _known(names, otherwise)


def _known(names: Sequence[str], otherwise: str) -> str:
    if not names:
        return f"{otherwise} none"
    shown = ", ".join(names[:12])
    return f"{otherwise} {shown}" + (f" and {len(names) - 12} more" if len(names) > 12 else "")
