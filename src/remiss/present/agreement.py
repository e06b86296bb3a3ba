"""Agreement as a person reads it: words for fields and figures, and one table for every face."""

from __future__ import annotations

from remiss.records.agreement import Agreement, AgreementRow, By, Field, Figure

WORDS = {Field.VERDICT: "verdict", Field.MODE: "failure mode", Field.SEVERITY: "severity", Field.MODES: "set of modes"}
# Whose AC: AC2 where labels may be near.
AC = {Field.VERDICT: "AC1", Field.MODE: "AC1", Field.SEVERITY: "AC2", Field.MODES: "AC2"}
UNDEFINED = "undefined"
UNANIMOUS = "no interval: all say the same"


def figure(of: Figure, *, percent: bool = False) -> str:
    """Return a figure with its interval; empty where it is undefined.

    Where everybody says the same, resampling finds nothing else, and an interval without width would pretend.

    >>> figure(Figure(value=0.8123, low=0.7, high=0.9)), figure(Figure(value=0.8123, low=0.7, high=0.9), percent=True)
    ('0.81 (0.70 to 0.90)', '81 % (70 to 90 %)')
    >>> figure(Figure(value=1.0, low=1.0, high=1.0), percent=True)
    '100 %'
    """
    if of.value is None:
        return ""

    def one(value: float) -> str:
        return f"{100 * value:.0f}" if percent else f"{value:.2f}"

    unit = " %" if percent else ""
    value = f"{one(of.value)}{unit}"
    if of.low is None or of.high is None or of.low == of.high:
        return value
    return f"{value} ({one(of.low)} to {one(of.high)}{unit})"


def titles(found: Agreement) -> list[str]:
    """Return the titles of the table. By mode there is one field and no coefficient: how often both say a mode is all."""
    if found.by is By.MODE:
        return ["mode", "cases", "say the same", "remarks"]
    return [*([found.by.value] if found.by else []), "field", "cases", "say the same", "alpha", "AC", "remarks"]


def cells(row: AgreementRow, by: By | None) -> tuple[object, ...]:
    """Return a row as the cells of the table; figures that are not there are empty, and the remarks say why."""
    if by is By.MODE:
        return row.key, row.cases, figure(row.agreed, percent=True), row.note or _unanimous(row.agreed)
    ac = figure(row.ac)
    return (
        *([row.key] if by else []),
        WORDS[row.field],
        row.cases,
        figure(row.agreed, percent=True),
        figure(row.alpha) or _undefined(row),
        f"{AC[row.field]} {ac}" if ac else _undefined(row),
        row.note or _unanimous(row.agreed),
    )


def _unanimous(of: Figure) -> str:
    return UNANIMOUS if of.low is not None and of.low == of.high else ""


def _undefined(row: AgreementRow) -> str:
    return UNDEFINED if row.note.startswith(UNDEFINED) else ""


def table(found: Agreement) -> tuple[list[str], list[tuple[object, ...]]]:
    """Return the titles and lines of the table; where nothing is to be remarked there is no column of remarks."""
    lines = [cells(row, found.by) for row in found.rows]
    told = None if any(line[-1] for line in lines) else -1
    return titles(found)[:told], [line[:told] for line in lines]


def columns(found: Agreement) -> tuple[list[str], list[tuple[object, ...]]]:
    """Return names and rows with a column for each number, for programs."""
    figures = ("agreed", "alpha", "ac")
    names = ["key", "field", "cases", *(f"{name}{end}" for name in figures for end in ("", "_low", "_high")), "note"]
    rows: list[tuple[object, ...]] = []
    for row in found.rows:
        numbers = [number for of in (row.agreed, row.alpha, row.ac) for number in (of.value, of.low, of.high)]
        rows.append((row.key, row.field.value, row.cases, *numbers, row.note))
    return names, rows
