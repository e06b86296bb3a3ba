"""One case as a person reads it on a terminal."""

from __future__ import annotations

from remiss.faces.cli import render
from remiss.records import facts
from remiss.records.case import Case


def show(case: Case) -> None:
    """Print what happened, what caught it, and how it was sampled."""
    render.facts(facts.of_case(case))
    if case.captures:
        render.table(facts.CAPTURES, facts.captures(case))
