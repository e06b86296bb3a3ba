"""An estimate as a person reads it on a terminal."""

from __future__ import annotations

from remiss.faces.cli import render
from remiss.present import estimate_facts
from remiss.records.estimate import Estimate


def estimate(found: Estimate) -> None:
    """Print the figures, then in words what they are of and what to know about them."""
    titles, lines = estimate_facts.figures(found)
    render.table(titles, lines, numbers={at for at, title in enumerate(titles) if title in estimate_facts.FIGURES})
    for note in (estimate_facts.among(found), *estimate_facts.notes(found)):
        if note:
            render.say(note)
