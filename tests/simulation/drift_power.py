"""How likely an arrow is: what a window would have shown if one of its numbers had moved by so much."""

from __future__ import annotations

import numpy as np

from remiss.understand.drift.measures import NUMBER, FieldCounts
from remiss.understand.drift.testing import LEVEL, field_scores

DRAWS = 400
# Cells of a normal: narrow enough that what they round away is far below what chance does.
GRID = np.linspace(-5, 5, 65)
# Measures that each field has in the mean: what it shares the false discovery rate with.
MEASURES = 4


def power(
    *, shift: float, between: float, events: int, references: int, fields: int, level: float = LEVEL, draws: int = DRAWS
) -> float:
    """Return the chance that a number that moved has an arrow, of so many fields of which the others did not.

    It is drawn and not worked out: normal values of windows whose means differ normally, by the very test.

    Parameters
    ----------
    shift : by how much the field moved, in standard deviations of an event
    between : the standard deviation of the mean of a window, likewise
    events : sampled events of each window
    references : reference windows
    fields : how many fields are tested, with this one

    >>> power(shift=0.5, between=0.0, events=500, references=12, fields=12, draws=20)
    1.0
    """
    rng = np.random.default_rng(20)
    return sum(_seen(rng, shift, between, events, references, MEASURES * fields, level) for _ in range(draws)) / draws


def _seen(rng: np.random.Generator, shift: float, between: float, events: int, references: int, tests: int, level: float) -> bool:
    means = between * rng.standard_normal(references + 1)
    means[-1] += shift
    values = rng.standard_normal((references + 1, events)) + means[:, None]
    cells = np.searchsorted(GRID, values)
    counts = np.stack([np.bincount(own, minlength=len(GRID) + 1) for own in cells])
    places = np.concatenate([[GRID[0]], (GRID[1:] + GRID[:-1]) / 2, [GRID[-1]]])
    field = FieldCounts(
        name="power",
        kind=NUMBER,
        values=tuple(places.tolist()),
        counts=counts,
        missing=np.zeros(references + 1, dtype=np.int64),
        scale=np.ones(references + 1),
        distinct=events,
    )
    scored = field_scores(field, references, np.arange(references)).scores
    p = np.sort([each.p for each in scored if each.p is not None])
    # By Benjamini and Hochberg, as if of the others none were in the way.
    return bool((p <= level * np.arange(1, len(p) + 1) / tests).any())
