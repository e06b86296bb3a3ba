"""Health: what could go wrong with a machine and a catalog, asked before it does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from remiss.records.published import Several


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `level` is `ok`, `note` (know it) or `bad` (do something)."""

    name: str
    level: Literal["ok", "note", "bad"]
    says: str
    do: str = ""


Checks = Annotated[tuple[Check, ...], Several("checks")]
