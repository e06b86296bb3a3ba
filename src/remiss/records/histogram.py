"""Histograms: how many events of a window had each field's value in which bin, exactly, by model version and criteria.

Bin 0 of a field is its missing values. Of a number, bin i holds what is at least the edge before it and below its own; of a
category, bin i is the i-th named value and the last one all others. Bins are fixed once, so that windows compare.

Counts are kept as pairs of a cell and how often it occurs, cells in ascending order; a cell is one number made of the places of
what it counts (`Axes`). As bytes they are an Arrow stream, which anything that reads Arrow can open.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import pyarrow as pa

from remiss.records.identity import digest, format_time, from_micros
from remiss.records.window import format_width

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Not a field of events: for how long after its event a label was first known.
LABEL_DELAY = "label_delay"
# The field whose bins tell versions apart in all others.
VERSION = "model_version"
# The bin of events that have no value, and what it is called.
MISSING_BIN = 0
MISSING = "missing"
Kind: TypeAlias = Literal["number", "time", "delay", "category"]
NUMBER: Kind = "number"
DELAY: Kind = "delay"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldBins:
    """The bins of one field: `edges` in ascending order of a number, `values` of a category, or neither where they are `sealed`.

    `expression` is the digest of what the field is read by: bins of one reading say nothing of another. Edges of a time are
    microseconds since 1970, and those of a delay microseconds.
    """

    expression: str
    kind: Kind = NUMBER
    edges: tuple[float, ...] | None = None
    values: tuple[str, ...] | None = None
    sealed: str | None = None
    size: int

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON, without what is not set."""
        given = {"edges": self.edges, "values": self.values, "sealed": self.sealed}
        return {
            "expression": self.expression,
            "kind": self.kind,
            "size": self.size,
            **{name: value if isinstance(value, str) else list(value) for name, value in given.items() if value is not None},
        }

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> FieldBins:
        """Return what `to_json` wrote."""
        return cls(
            expression=found["expression"],
            kind=found["kind"],
            size=found["size"],
            edges=tuple(map(float, found["edges"])) if "edges" in found else None,
            values=tuple(found["values"]) if "values" in found else None,
            sealed=found.get("sealed"),
        )


@dataclass(frozen=True, slots=True)
class Bins:
    """The bins of all fields that are counted, by canonical name, in the order in which they are counted."""

    fields: Mapping[str, FieldBins]

    def names(self, field: str) -> tuple[str, ...]:
        """Return what people call the bins of a field, in order."""
        return named(self.fields[field])

    @property
    def versions(self) -> tuple[str, ...]:
        """What people call the model versions that are told apart; none where fields are not counted by them."""
        return self.names(VERSION)[1:] if VERSION in self.fields else ()

    @property
    def digest(self) -> str:
        """What names these bins: SHA-256, in hex, over their canonical JSON."""
        return digest(self.to_json())

    def to_json(self) -> list[dict[str, Any]]:
        """Return them as JSON."""
        return [{"field": name, **of.to_json()} for name, of in self.fields.items()]

    @classmethod
    def from_json(cls, found: Iterable[Mapping[str, Any]]) -> Bins:
        """Return what `to_json` wrote."""
        return cls({of["field"]: FieldBins.from_json(of) for of in found})


@dataclass(frozen=True, slots=True)
class Counts:
    """How often each cell occurs, of those that occur: `cells` ascending, `numbers` beside them."""

    cells: NDArray[np.int64]
    numbers: NDArray[np.int64]

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Counts) and np.array_equal(self.cells, other.cells) and np.array_equal(self.numbers, other.numbers)
        )

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True, slots=True, kw_only=True)
class Axes:
    """What the cells of a window are made of.

    `sizes` are the numbers of bins of each field. `patterns` say what the criteria are on an event, a digit for each in the order
    of the protocol: 0 not met, 1 met, 2 undecided, 3 outside, 4 undecided but false whatever its label, 5 null. `versions` is how
    many bins the model version has. A cell of one field is (version x patterns + pattern) x bins + bin; of two it is
    (pattern x bins of the first + bin) x bins of the second + bin.
    """

    sizes: Mapping[str, int]
    patterns: tuple[str, ...]
    versions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowHistograms:
    """The counts of one window: of each field by version and pattern, and of pairs of fields by pattern."""

    window: datetime
    axes: Axes
    single: Mapping[str, Counts]
    pairs: Mapping[tuple[str, str], Counts]

    def by_version(self, field: str) -> NDArray[np.int64]:
        """Return how many events there were: shape (versions, bins)."""
        counts, size = self.single[field], self.axes.sizes[field]
        found = np.zeros((self.axes.versions, size), dtype=np.int64)
        version, rest = np.divmod(counts.cells, len(self.axes.patterns) * size)
        np.add.at(found, (version, rest % size), counts.numbers)
        return found

    def by_pattern(self, field: str) -> NDArray[np.int64]:
        """Return how many events there were: shape (patterns, bins)."""
        counts, size = self.single[field], self.axes.sizes[field]
        found = np.zeros((len(self.axes.patterns), size), dtype=np.int64)
        pattern, its_bin = np.divmod(counts.cells, size)
        np.add.at(found, (pattern % len(self.axes.patterns), its_bin), counts.numbers)
        return found

    def of_pair(self, first: str, second: str) -> NDArray[np.int64]:
        """Return how many events there were: shape (patterns, bins of the first, bins of the second)."""
        counts = self.pairs[first, second]
        shape = (len(self.axes.patterns), self.axes.sizes[first], self.axes.sizes[second])
        found = np.zeros(shape, dtype=np.int64)
        found.reshape(-1)[counts.cells] = counts.numbers
        return found

    def stored(self) -> tuple[bytes, bytes]:
        """Return the counts of single fields and those of pairs as bytes."""
        single = [((name,), counts) for name, counts in self.single.items()]
        return _written(self.axes, single), _written(self.axes, list(self.pairs.items()))

    @classmethod
    def read(cls, window: datetime, single: bytes, pairs: bytes | None = None) -> WindowHistograms:
        """Return what `stored` wrote; of single fields alone, where pairs are not given."""
        axes, of_one = _read(single)
        of_two = [] if pairs is None else _read(pairs)[1]
        return cls(
            window=window,
            axes=axes,
            single={names[0]: counts for names, counts in of_one},
            pairs={(names[0], names[1]): counts for names, counts in of_two},
        )


def _written(axes: Axes, every: Sequence[tuple[tuple[str, ...], Counts]]) -> bytes:
    ends = np.cumsum([0, *(len(counts.cells) for _, counts in every)], dtype=np.int32)
    # Differences of ascending cells are small, and small numbers are what compresses.
    steps = [np.diff(counts.cells, prepend=0) for _, counts in every]
    numbers = [counts.numbers for _, counts in every]
    columns = {
        "fields": pa.array([list(names) for names, _ in every], type=pa.list_(pa.string())),
        **{
            name: pa.ListArray.from_arrays(pa.array(ends), pa.array(np.concatenate([np.zeros(0, np.int64), *found])))
            for name, found in (("steps", steps), ("numbers", numbers))
        },
    }
    about = {"sizes": axes.sizes, "patterns": axes.patterns, "versions": axes.versions}
    table = pa.table(columns).replace_schema_metadata({"axes": json.dumps(about)})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def _read(content: bytes) -> tuple[Axes, list[tuple[tuple[str, ...], Counts]]]:
    with pa.ipc.open_stream(content) as reader:
        table = reader.read_all().combine_chunks()
    about = json.loads((table.schema.metadata or {})[b"axes"])
    axes = Axes(sizes=about["sizes"], patterns=tuple(about["patterns"]), versions=about["versions"])
    fields, steps, numbers = table.column("fields").to_pylist(), _each(table.column("steps")), _each(table.column("numbers"))
    found = [(tuple(names), Counts(np.cumsum(step), number)) for names, step, number in zip(fields, steps, numbers, strict=True)]
    return axes, found


def _each(lists: pa.ChunkedArray) -> list[NDArray[np.int64]]:
    """Return the numbers of each list of a column.

    They are taken from its bytes: pyarrow's own way to an array loads pandas, where it is installed, which takes longer.
    """
    found: list[NDArray[np.int64]] = []
    whole = pa.list_(pa.int64())
    for column in (lists if lists.type == whole else lists.cast(whole)).chunks:
        _, ends = column.buffers()[:2]
        bounds = np.frombuffer(ends, dtype=np.int32)[column.offset : column.offset + len(column) + 1]
        first, numbers = column.values.offset, column.values.buffers()[1]
        values = np.frombuffer(numbers, dtype=np.int64)[first:] if numbers else np.zeros(0, dtype=np.int64)
        found += (values[start:end] for start, end in pairwise(bounds))
    return found


def named(of: FieldBins) -> tuple[str, ...]:
    """Return what people call the bins, in order; of sealed ones their numbers.

    >>> named(FieldBins(expression="x", edges=(1.0, 2.0), size=4))
    ('missing', 'below 1', '1 to below 2', '2 and more')
    >>> named(FieldBins(expression="x", kind="delay", edges=(0.0, 6e7), size=4))
    ('missing', 'before the event', '0 minutes to below 1 minute', '1 minute and more')
    """
    if of.values is not None:
        return (MISSING, *of.values, "other")
    if of.edges is None:
        return (MISSING, *(f"bin {at}" for at in range(1, of.size)))
    texts = [_edge(of.kind, edge) for edge in of.edges]
    if not texts:
        return (MISSING, "any")
    first = "before the event" if of.kind == DELAY else f"below {texts[0]}"
    return (MISSING, first, *(f"{one} to below {other}" for one, other in pairwise(texts)), f"{texts[-1]} and more")


def _edge(kind: Kind, edge: float) -> str:
    match kind:
        case "time":
            return format_time(from_micros(round(edge)))
        case "delay":
            return format_width(timedelta(microseconds=edge)) if edge else "0 minutes"
        case _:
            return f"{edge:.6g}"
