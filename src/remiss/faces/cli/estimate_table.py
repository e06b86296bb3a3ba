"""An estimate as a person reads it on a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from remiss.faces.cli import render
from remiss.present import estimate_facts
from remiss.present.legible import number
from remiss.records.estimate import CONFIRMED, Estimate, EstimateRow


def estimate(found: Estimate) -> None:
    """Print the figures, then in words what they are of and what to know about them."""
    level = next((row.level for row in found.rows), 0.95)
    titles = [
        found.by or "",
        "value",
        estimate_facts.INTERVAL.format(level=f"{level * 100:g}"),
        "method",
        "variance",
        "sampled",
        "effective",
    ]
    titles += ["remarks", *(["flagged", "precision"] if found.kind == CONFIRMED else [])]
    start = 0 if found.by else 1
    numbers = {at - start for at, title in enumerate(titles) if title not in ("method", "variance", "remarks", found.by)}
    render.table(titles[start:], [tuple(_line(found, row))[start:] for row in found.rows], numbers=numbers)
    if words := estimate_facts.among(found):
        render.say(words)
    for note in estimate_facts.notes(found):
        render.say(note)


def _line(found: Estimate, row: EstimateRow) -> Iterator[object]:
    """Yield the cells of a row, each figure in the digits that its interval allows; JSON and CSV have all digits."""
    value, interval = estimate_facts.figure_of(row, rate=found.rate)
    yield estimate_facts.key_of(row)
    yield value
    yield interval or ("" if row.value is None else "exact" if row.exact else "unknown")
    yield row.method
    yield row.variance
    yield row.sampled
    yield None if row.effective is None else number(row.effective)
    yield estimate_facts.remarks(row)
    if found.kind == CONFIRMED:
        yield estimate_facts.flagged_of(row)
        yield estimate_facts.precision_of(row)
