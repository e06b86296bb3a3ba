"""Comparing two records: each difference as one line with its address, and which of them somebody has explained.

What databases are asked is compared by plan (`plans.py`): statements may change as long as answers do not, so that how many there
are is told as figures.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from scripts.golden import plans
from scripts.golden.masking import masked_value
from scripts.golden.record import answers
from scripts.golden.renames import Rename, called, renamed
from scripts.golden.shaping import shaped

ASKED = "/asked/"
# What of a question's figures is no number.
LISTED = frozenset({"shapes", "plans"})
NOTHING = "(nothing)"
# A line of a page may be long; what is beyond this is not needed to see what it is about.
LONGEST = 300


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it was: the address of an answer, where in it, what it was and what it is."""

    address: str
    was: str
    now: str

    def __str__(self) -> str:
        return f"{self.address}: {self.was} -> {self.now}"


def compared(old: Path, new: Path, renames: Sequence[Rename]) -> Iterator[Difference]:
    """Yield every difference between two records, in the order of the old one; then what only the new one has."""
    # Masked again, so that a record of before a mask was added can still be compared.
    found = {address: masked_value(value, {}) for address, value in answers(new)}
    for address, value in answers(old):
        value = masked_value(value, {})
        there = called(address, renames)
        if ASKED in address:
            yield from _planned(there, renamed(value, address, renames), found.pop(there, {}))
        elif there in found:
            yield from differences(there, shaped(there, renamed(value, address, renames)), shaped(there, found.pop(there)))
        else:
            yield Difference(there, "answered", NOTHING)
    for address in found:
        if ASKED not in address:
            yield Difference(address, NOTHING, "answered")


def _planned(address: str, was: Any, now: Any) -> Iterator[Difference]:
    """Yield how the plans of a question differ; nothing where one of the records has none, for it is of before there were any."""
    if "plans" in was and "plans" in now:
        for what, before, after in plans.compared(was["plans"], now["plans"]):
            yield Difference(f"{address} {_cut(what)}", _cut(before), _cut(after))


def differences(address: str, was: Any, now: Any) -> Iterator[Difference]:
    """Yield how two answers differ; the order of an object's keys is no difference.

    >>> [str(each) for each in differences("a", {"x": [1, 2]}, {"x": [1, 3]})]
    ['a.x[1]: 2 -> 3']
    """
    # As text, for 1 and true and 1.0 are equal in Python and not in JSON.
    if _text(was, whole=True) == _text(now, whole=True):
        return
    match was, now:
        case dict(), dict():
            for name in dict.fromkeys((*was, *now)):
                if name in was and name in now:
                    yield from differences(f"{address}.{name}", was[name], now[name])
                else:
                    yield Difference(f"{address}.{name}", _shown(was, name), _shown(now, name))
        case list(), list():
            yield from _of_lists(address, was, now)
        case _:
            yield Difference(address, _text(was), _text(now))


def _of_lists(address: str, was: list[Any], now: list[Any]) -> Iterator[Difference]:
    """Yield how two lists differ, with what was put in or left out found first."""
    before, after = ([_text(each, whole=True) for each in items] for items in (was, now))
    lines = all(isinstance(each, str) for each in (*was, *now))
    for kind, first, past, start, end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        for at in range(max(past - first, end - start)):
            # Lines of a text are named by what they say: their numbers change with each line before them.
            where = address if lines else f"{address}[{(first if at < past - first else start) + at}]"
            left, right = first + at < past, start + at < end
            if left and right and not lines:
                yield from differences(where, was[first + at], now[start + at])
            else:
                gone = _text(was[first + at]) if left else NOTHING
                come = _text(now[start + at]) if right else NOTHING
                yield Difference(where, gone, come)


def _shown(value: Mapping[str, Any], name: str) -> str:
    return _text(value[name]) if name in value else NOTHING


def _text(value: Any, *, whole: bool = False) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if whole else _cut(text)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}... ({len(text)} characters)"


def figures(old: Path, new: Path, renames: Sequence[Rename]) -> Iterator[str]:
    """Yield what the database is asked otherwise: for each question, statements, transactions and commits before and now."""
    found = {address: value for address, value in answers(new) if ASKED in address}
    for address, was in answers(old):
        now = found.get(called(address, renames))
        if ASKED not in address or now is None or was == now:
            continue
        counts = [f"{name} {was[name]} -> {now[name]}" for name in was if name not in LISTED and was[name] != now.get(name)]
        other = len(set(was["shapes"]) ^ set(now["shapes"]))
        yield f"{address}: {', '.join(counts) or 'as many'}" + (f"; {other} other statements" if other else "")
