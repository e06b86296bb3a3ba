"""Which differences somebody has explained: `changes/golden.md`, read as a list of patterns with a reason each.

A line that explains is an item of a list:

    - `*/help/remiss case form*`: The command says what the form is for.

The pattern is of an address, or of a whole line as `compare` prints it; `*` in it stands for anything. Other lines are for
readers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from scripts.golden.comparing import Difference

ITEM = re.compile(r"^- `(.+?)`(?::| -) *(.*)$", re.MULTILINE)


@dataclass(slots=True)
class Reason:
    """Why some differences are meant to be, and how many of them there were."""

    pattern: str
    reason: str
    explained: int = 0
    _compiled: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        self._compiled = re.compile(".*".join(re.escape(part) for part in self.pattern.split("*")), re.DOTALL)

    def explains(self, difference: Difference) -> bool:
        return any(self._compiled.fullmatch(each) is not None for each in (difference.address, str(difference)))


def reasons(path: Path) -> tuple[Reason, ...]:
    """Return the reasons of a file; none if there is no such file.

    Raises
    ------
    ValueError : a pattern without a reason
    """
    found = tuple(Reason(*item) for item in ITEM.findall(path.read_text("utf-8"))) if path.exists() else ()
    for each in found:
        if not each.reason.strip():
            raise ValueError(f"{path}: {each.pattern} has no reason")
    return found


def unexplained(differences: Iterable[Difference], known: Sequence[Reason]) -> list[Difference]:
    """Return the differences that no reason explains, and count at each reason those that it does."""
    left = []
    for difference in differences:
        for each in known:
            if each.explains(difference):
                each.explained += 1
                break
        else:
            left.append(difference)
    return left
