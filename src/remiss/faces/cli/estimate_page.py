"""An estimate as a person reads it on a terminal."""

from __future__ import annotations

import click

from remiss.faces.cli import render
from remiss.records import facts
from remiss.records.estimate import Estimate

COLUMNS = ("key", "value", "low", "high", "method", "basis", "sampled", "effective", "remarks")


def show(found: Estimate, shape: str) -> None:
    """Print the figures, then in words what they are of and what to know about them."""
    lines = [
        (
            row.key,
            row.value,
            row.low,
            row.high,
            row.method,
            row.basis,
            row.sampled,
            row.effective,
            facts.remarks(row),
        )
        for row in found.rows
    ]
    if shape == "csv":
        click.echo(render.as_csv(COLUMNS, lines), nl=False)
        return
    shown = COLUMNS if found.by else COLUMNS[1:]
    render.table(shown, lines if found.by else [line[1:] for line in lines])
    if words := facts.among(found):
        render.say(words)
    for note in facts.notes(found):
        render.say(note)
