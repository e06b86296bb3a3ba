"""Advice for an unknown name: the nearest known one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


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
    if found:
        return f"write {by_lower[found[0]]}"
    if not names:
        return f"{otherwise} none"
    shown = ", ".join(names[:12])
    return f"{otherwise} {shown}" + (f" and {len(names) - 12} more" if len(names) > 12 else "")
