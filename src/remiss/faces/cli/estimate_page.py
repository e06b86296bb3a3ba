"""An estimate as a person reads it on a terminal."""

from __future__ import annotations

import click

from remiss.faces.cli import render
from remiss.faces.spreadsheet import as_csv, figures
from remiss.records import facts
from remiss.records.estimate import Estimate


def show(found: Estimate, shape: str) -> None:
    """Print the figures, then in words what they are of and what to know about them."""
    columns, lines = figures(found)
    if shape == "csv":
        click.echo(as_csv(columns, lines), nl=False)
        return
    shown = columns if found.by else columns[1:]
    render.table(shown, lines if found.by else [line[1:] for line in lines])
    if words := facts.among(found):
        render.say(words)
    for note in facts.notes(found):
        render.say(note)
