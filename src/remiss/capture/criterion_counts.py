"""What each criterion is on how many events, counted exactly, and what of that nobody can have meant.

A criterion that meets nearly every event, nearly none, or that finds a null nearly everywhere says more of itself than of the
model: a threshold in seconds over milliseconds, a column that is null where all went well, a text that is spelt otherwise.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from remiss.present.legible import counted, share
from remiss.records.published import Count, published
from remiss.records.run import Cell, RunWindow

# Of the events that a criterion could judge.
NEARLY_ALL = 0.9
NEARLY_NONE = 1e-4
MOSTLY_NULL = 0.5
# Of fewer judged events nothing is nearly none: some criteria are about what is rare.
ENOUGH = 10_000


class PatternCount(NamedTuple):
    """How many events have these criteria met, undecided and outside."""

    met: Sequence[str]
    undecided: Sequence[str]
    outside: Sequence[str]
    population: int


@published("criterion_count", part=True)
@dataclass(frozen=True, slots=True, kw_only=True)
class CriterionCount:
    """How many events met a criterion, were judged at all, were undecided, and were outside of its population at risk.

    `nulls` are the judged ones, and those of the undecided that their criterion wants so, on which `when` was null although no
    label was missing.
    """

    criterion: str
    met: Count
    judged: Count
    undecided: Count
    outside: Count
    nulls: Count

    @property
    def warning(self) -> str | None:
        """What is odd about it, with numbers, in a sentence; None where nothing is."""
        of = f"of {counted(self.judged, 'event')} that it could judge"
        nulls = f"; on {self.nulls:,} of them a value that it reads was null" if self.nulls else ""
        at_risk = self.judged + self.undecided
        if self.nulls > MOSTLY_NULL * at_risk:
            # Of over half of them it is so: they cannot be among the others as well.
            wanted = self.nulls > self.judged
            missing = "they count as not met, as it has no `nulls: undecided`"
            become = "they are undecided on it, as it says" if wanted else missing
            of = f"{self.nulls:,} ({share(self.nulls / at_risk)}) of {counted(at_risk, 'event')}"
            return f"criterion {self.criterion} read a null on {of}: {become}"
        if self.judged and self.met >= NEARLY_ALL * self.judged:
            return f"criterion {self.criterion} caught {self.met:,} ({share(self.met / self.judged)}) {of}{nulls}"
        if self.judged >= ENOUGH and self.met <= NEARLY_NONE * self.judged:
            return f"criterion {self.criterion} caught {self.met or 'none'} {of}{nulls}"
        if not self.judged and self.undecided:
            return f"criterion {self.criterion} could judge none of {counted(self.undecided, 'event')}: their labels are missing"
        return None


def criterion_counts(
    names: Sequence[str], patterns: Iterable[PatternCount], nulls: Iterable[Mapping[str, int]]
) -> tuple[CriterionCount, ...]:
    """Return what each criterion is on how many of some events.

    Parameters
    ----------
    names : the criteria, in the order in which they are returned
    patterns : disjoint counts of the events
    nulls : by criterion, of some windows each
    """
    met, undecided, outside, null = (Counter[str]() for _ in range(4))
    population = 0
    for each in patterns:
        population += each.population
        for counts, whose in ((met, each.met), (undecided, each.undecided), (outside, each.outside)):
            counts.update(dict.fromkeys(whose, each.population))
    for found in nulls:
        null.update(found)
    return tuple(
        CriterionCount(
            criterion=name,
            met=met[name],
            judged=population - undecided[name] - outside[name],
            undecided=undecided[name],
            outside=outside[name],
            nulls=null[name],
        )
        for name in names
    )


def of_cells(names: Sequence[str], cells: Iterable[Cell], windows: Iterable[RunWindow]) -> tuple[CriterionCount, ...]:
    """Return what each criterion is on how many events of a run."""
    patterns = (PatternCount(cell.met, cell.undecided, cell.outside, cell.population) for cell in cells)
    return criterion_counts(names, patterns, (window.nulls for window in windows))


def warnings(counts: Iterable[CriterionCount]) -> tuple[str, ...]:
    """Return what is odd about some criteria, in sentences."""
    return tuple(found for found in (one.warning for one in counts) if found is not None)
