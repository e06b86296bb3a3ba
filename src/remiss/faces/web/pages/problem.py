"""Errors as pages: the same what and do as everywhere, in the shell of the pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemPage:
    """problem.html: what went wrong, and what to do."""

    template: ClassVar[str] = "problem.html"
    heading: str
    what: str
    do: str
