"""An estimate as a person reads it on a terminal."""

from __future__ import annotations

import click

from remiss.faces.cli import render
from remiss.records.estimate import Estimate, EstimateRow

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
            ", ".join(_remarks(row)),
        )
        for row in found.rows
    ]
    if shape == "csv":
        click.echo(render.as_csv(COLUMNS, lines), nl=False)
        return
    shown = COLUMNS if found.by else COLUMNS[1:]
    render.table(shown, lines if found.by else [line[1:] for line in lines])
    if found.denominator:
        render.say(f"among {found.denominator}" if not found.denominator.startswith("among") else found.denominator)
    for note in found.notes:
        render.say(note)
    for note in _notes_of_rows(found):
        render.say(note)


def _notes_of_rows(found: Estimate) -> list[str]:
    """Return what is true of every row once, and before that what is true of some rows, with their keys."""
    shared = list(dict.fromkeys(note for row in found.rows for note in row.notes))
    shared = [note for note in shared if all(note in row.notes for row in found.rows)]
    own = [f"{row.key}: {note}" for row in found.rows for note in row.notes if note not in shared]
    return [*own, *shared]


def _remarks(row: EstimateRow) -> list[str]:
    return [name for name, holds in (("few", row.few), ("provisional", row.provisional)) if holds]
