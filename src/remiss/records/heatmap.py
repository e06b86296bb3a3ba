"""Heatmaps: how often something happens by two things at once, and how sure each cell is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from remiss.parameters import OneOf
from remiss.records import arrow
from remiss.records.estimate import ConfirmedVerdict, EstimateRow, FigureKind, IntervalKind, Method, Variance
from remiss.records.published import Amount, Count, published
from remiss.records.rows import Shown

if TYPE_CHECKING:
    import pyarrow as pa

# What a cell shows: a figure, that nothing was found of what was sampled, that nothing was sampled, that there is no figure yet.
FIGURE, ZERO, EMPTY, NONE = "figure", "zero", "empty", "none"
CellState = Annotated[str, OneOf((FIGURE, ZERO, EMPTY, NONE))]
RATE, TOTAL = "rate", "total"
# Of its columns in Arrow.
TYPES = {
    **dict.fromkeys(("row", "column", "query", "state", "method", "variance", "interval"), arrow.TEXT),
    **dict.fromkeys(("value", "low", "high", "among", "effective"), arrow.REAL),
    **dict.fromkeys(("sampled", "support"), arrow.WHOLE),
    **dict.fromkeys(("few", "provisional"), arrow.YES_NO),
    "notes": arrow.TEXTS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatAxis:
    """What rows or columns are: `by` which field, and of each value how it is called and what its events match.

    `left_out` is how many values have no place, the rarest ones, of periods the oldest.
    """

    by: str
    labels: tuple[str, ...]
    queries: tuple[str, ...]
    left_out: Count = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatCell:
    """One figure, at a row and a column, counted from 0; as `estimate` gives it of `query`, which its cases match.

    `state` tells three kinds of nothing apart: `zero`, none of the sampled events is such; `empty`, there was nothing to sample;
    `none`, a figure cannot be given yet. `support` is how many sampled events the figure is of, of a rate those that it is among,
    and `sampled` how many of them are such; `few` marks a support that is too small to be shown like others. The others are as
    in an estimate.
    """

    row: Count
    column: Count
    query: str
    state: CellState
    value: float | int | None = None
    low: float | None = None
    high: float | None = None
    method: Method
    variance: Variance
    interval: IntervalKind
    among: Amount | None = None
    sampled: Count = 0
    effective: float | None = None
    support: Count = 0
    few: bool = False
    provisional: bool = False
    notes: tuple[str, ...] = ()

    @property
    def figure(self) -> EstimateRow:
        """The same as a row of an estimate."""
        names = ("value", "low", "high", "method", "variance", "sampled", "effective", "few", "provisional", "among", "notes")
        return EstimateRow(**{name: getattr(self, name) for name in names})


@published("heatmap")
@dataclass(frozen=True, slots=True, kw_only=True)
class Heatmap(Shown):
    """What `remiss chart heatmap` answers: a figure for each row and column, row after row.

    `query`, `of`, `source`, `protocol`, `kind`, `verdict` and `level` are as in an estimate. `measure` is `rate` or `total`, and
    `denominators` say in words what rates are among: one for all, or one for each row, or each column, where they differ.
    `least` is the support under which a cell is marked `few`.
    """

    query: str
    of: str | None
    measure: Annotated[str, OneOf((RATE, TOTAL))]
    rows: HeatAxis
    columns: HeatAxis
    cells: tuple[HeatCell, ...]
    denominators: tuple[str, ...]
    least: Count
    source: str
    protocol: str
    kind: FigureKind
    verdict: ConfirmedVerdict | None = None
    level: Annotated[float, OneOf((0.95,))] = 0.95
    position: Count
    notes: tuple[str, ...] = ()

    @property
    def rate(self) -> bool:
        """Whether the figures are fractions."""
        return self.measure == RATE

    def lines(self) -> Iterator[tuple[str, tuple[HeatCell, ...]]]:
        """Yield what each row is called, and its cells."""
        across = len(self.columns.labels)
        for at, label in enumerate(self.rows.labels):
            yield label, self.cells[at * across : (at + 1) * across]

    def to_arrow(self) -> pa.Table:
        """Return an Arrow table with a line for each cell."""
        named = {"row": self.rows.labels, "column": self.columns.labels}
        columns = {name: [getattr(each, name) for each in self.cells] for name in HeatCell.__slots__}
        columns |= {name: [labels[at] for at in columns[name]] for name, labels in named.items()}
        return arrow.table(columns, TYPES)

    def to_pandas(self) -> Any:
        """Return a pandas data frame with a line for each cell; needs pandas."""
        return arrow.to_pandas(self.to_arrow())
