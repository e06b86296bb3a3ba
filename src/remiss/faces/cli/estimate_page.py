"""An estimate as a person reads it on a terminal."""

from __future__ import annotations

import click

from remiss.faces.cli import render
from remiss.records import facts
from remiss.records.estimate import CONFIRMED, Estimate

CONFIRMED_COLUMNS = ("flagged", "precision")
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
            *((row.flagged, facts.precision_of(row)) if found.kind == CONFIRMED else ()),
        )
        for row in found.rows
    ]
    columns = (*COLUMNS, *(CONFIRMED_COLUMNS if found.kind == CONFIRMED else ()))
    if shape == "csv":
        click.echo(render.as_csv(columns, lines), nl=False)
        return
    shown = columns if found.by else columns[1:]
    render.table(shown, lines if found.by else [line[1:] for line in lines])
    if words := facts.among(found):
        render.say(words)
    for note in facts.notes(found):
        render.say(note)
