"""The events of a suite by columns: what stands in its files, and the digests over it.

A row is a line of JSON with sorted keys (`suite_content`). Of a hundred thousand rows these lines are put together by Arrow, from
columns in which each distinct value was written once; only what says of an event which it is and which ones it is nearly the same
as is hashed one by one.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from json.encoder import encode_basestring
from typing import Any, NamedTuple, TypeAlias, overload

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from remiss.records.identity import from_micros, plain
from remiss.records.suite import SuitePart, SuiteRow
from remiss.safeguard.suite_rows import coarse, encoded, hashed_ids, words

# Of so many rows the lines of JSON are in memory at once; a part of a file is of as many.
AT_ONCE = 8_192
# Of fewer rows with the same inputs it is quicker to write each by itself.
FEW = 32
TEXT = pa.large_binary()
_KINDS = {str: pa.large_string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}
_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode

Indices = npt.NDArray[np.intp]
Flags = npt.NDArray[np.bool_]
Column: TypeAlias = "Sequence[Any] | npt.NDArray[Any]"


class Coded(NamedTuple):
    """A column by its distinct values, in the order in which they come, and which of them each row has."""

    values: Sequence[Any]
    codes: Indices

    def arrow(self, kind: pa.DataType) -> pa.Array:
        """Return the values of all rows."""
        return pa.array(self.values, kind).take(pa.array(self.codes))

    def mapped(self, made: Callable[[Any], Any]) -> Coded:
        """Return what is made of the value of each row."""
        return Coded([made(value) for value in self.values], self.codes)

    def flags(self, holds: Callable[[Any], bool]) -> Flags:
        """Return of which rows something holds."""
        return np.array([holds(value) for value in self.values], dtype=bool)[self.codes]

    def texts(self, made: Callable[[Any], str | None]) -> pa.Array:
        """Return the text that is made of the value of each row."""
        if len(self.values) > len(self.codes):
            # Of a part of the rows, only what is there.
            there, codes = np.unique(self.codes, return_inverse=True)
            return Coded([self.values[at] for at in there], codes).texts(made)
        return binary([made(value) for value in self.values]).take(pa.array(self.codes))


def coded(column: Column) -> Coded:
    """Return a column by its distinct values; 1, 1.0 and true are three, as 0.0 and -0.0 are two."""
    if isinstance(column, np.ndarray) and column.dtype != object:
        kind = pa.from_numpy_dtype(column.dtype)
    else:
        column = [*column]
        kinds = {*map(type, column)} - {type(None)}
        kind = _KINDS.get(next(iter(kinds), bool)) if len(kinds) < 2 else None
    try:
        made = None if kind is None else pa.array(column, kind)
    except (pa.ArrowException, OverflowError, UnicodeError):
        made = None
    if made is None:
        return Coded([*column], np.arange(len(column)))
    bits = made.view(pa.int64()) if pa.types.is_floating(kind) else made
    found = bits.dictionary_encode(null_encoding="encode")
    values = found.dictionary.view(kind) if pa.types.is_floating(kind) else found.dictionary
    return Coded(values.to_pylist(), found.indices.to_numpy().astype(np.intp))


def together(*columns: Coded) -> Coded:
    """Return several columns as one, whose values are tuples."""
    place = np.zeros(len(columns[0].codes), dtype=np.intp)
    for each in columns:
        place = _numbered(place * len(each.values) + each.codes)
    first = np.zeros(int(place.max(initial=-1)) + 1, dtype=np.intp)
    first[place[::-1]] = np.arange(len(place))[::-1]
    return Coded([tuple(each.values[each.codes[at]] for each in columns) for at in first], place)


def _numbered(codes: Indices) -> Indices:
    """Return codes as numbers from 0 without gaps, in the same order."""
    if int(codes.max(initial=0)) > 4 * len(codes):
        return np.unique(codes, return_inverse=True)[1]
    there = np.zeros(int(codes.max(initial=-1)) + 1, dtype=bool)
    there[codes] = True
    return (np.cumsum(there) - 1)[codes]


def binary(texts: Column) -> pa.Array:
    """Return texts as Arrow has them; half of a pair of surrogates by itself too, which is no text elsewhere."""
    try:
        return pa.array(texts, TEXT)
    except UnicodeEncodeError:
        return pa.array([None if each is None else each.encode("utf-8", "surrogatepass") for each in texts], TEXT)


def joined(*parts: pa.Array | str) -> pa.Array:
    """Return texts one behind the other, row by row."""
    those = [pa.scalar(each.encode("utf-8", "surrogatepass"), TEXT) if isinstance(each, str) else each for each in parts]
    return pc.binary_join_element_wise(*those, pa.scalar(b"", TEXT))


def cell(value: Any) -> str:
    """Return a value that a log decides as canonical JSON."""
    kind = type(value)
    if kind is str:
        return encode_basestring(value)
    return repr(value) if kind is float and math.isfinite(value) else _encode(plain(value))


def _coarse_cell(value: Any) -> str:
    return f'"{value:.2e}"' if type(value) is float and math.isfinite(value) else encoded(coarse(value))


def quoted(texts: Column) -> pa.Array:
    """Return texts of which few come again as JSON."""
    if None in (said := [*texts]):
        return binary(["null" if each is None else encode_basestring(each) for each in said])
    return binary([*map(encode_basestring, said)])


class Objects(NamedTuple):
    """Rows of values as texts: as canonical JSON, and as near-duplicates have them."""

    cells: pa.Array
    alike: pa.Array

    def where(self, those: Flags) -> Objects:
        """Return the rows that are marked."""
        mask = pa.array(those)
        return self if those.all() else Objects(self.cells.filter(mask), self.alike.filter(mask))

    def with_mark(self) -> Flags:
        """Return which rows may have a mark of redaction in them, as far as its first letter tells."""
        return np.asarray(pc.match_substring(self.cells, "["), dtype=bool)


def objects(rows: Column, *, alike: bool = True) -> Objects:
    """Return rows of values, those with the same names together: as canonical JSON, and as near-duplicates have them.

    Parameters
    ----------
    alike : whether the second is asked for; else it is as the first
    """
    once = {id(row): row for row in rows}
    if 2 * len(once) < len(rows):
        # Some rows are one and the same.
        place_of = dict(zip(once, range(len(once)), strict=True))
        those = pa.array([place_of[id(row)] for row in rows])
        found = objects([*once.values()], alike=alike)
        return Objects(found.cells.take(those), found.alike.take(those))
    shapes: dict[tuple[str, ...], list[int]] = {}
    for at, row in enumerate(rows):
        shapes.setdefault(tuple(row), []).append(at)
    places: list[int] = []
    cells: list[pa.Array] = []
    coarsened: list[pa.Array] = []
    for names, those in shapes.items():
        places += those
        if len(those) < FEW or not names:
            cells.append(binary([_encode(plain(rows[at])) for at in those]))
            coarsened.append(binary([encoded({name: coarse(value) for name, value in rows[at].items()}) for at in those]))
            continue
        # All have the same names in the same order.
        values = zip(names, zip(*(rows[at].values() for at in those), strict=True), strict=True)
        columns = sorted((name, coded(column)) for name, column in values)
        cells.append(_object([(name, each.texts(cell)) for name, each in columns]))
        coarsened.append(_object([(name, each.texts(_coarse_cell)) for name, each in columns]) if alike else cells[-1])
    first, second = (pa.concat_arrays(each or [pa.array([], TEXT)]) for each in (cells, coarsened))
    if len(shapes) < 2:
        return Objects(first, second)
    order = pa.array(np.argsort(places, kind="stable"))
    return Objects(first.take(order), second.take(order))


def _object(members: Sequence[tuple[str, pa.Array]]) -> pa.Array:
    parts: list[pa.Array | str] = []
    for name, texts in members:
        parts += [f"{',' if parts else '{'}{encode_basestring(name)}:", texts]
    return joined(*parts, "}")


def families(alike: pa.Array, texts: Column) -> list[str]:
    """Return what near-duplicates share, row by row; see `suite_rows.fingerprint`."""
    known: dict[str | None, str] = {}

    def told(text: str | None) -> str:
        found = known.get(text)
        if found is None:
            found = known[text] = encoded(sorted(words(text))) if text else "null"
        return found

    return hashed_ids(joined("[", alike, ",", binary([*map(told, texts)]), "]").to_pylist())


def case_ids(sources: Column, events: Column, recurrences: Column) -> list[str]:
    """Return the ids of the cases of events; see `records.identity.case_id`."""
    again = coded(recurrences).texts(lambda each: f",{each}]" if each else "]")
    of = coded(sources).texts(lambda each: f"[{encode_basestring(each)},")
    found = hashed_ids(joined(of, quoted(events), again).to_pylist())
    return [f"{each[:4]}-{each[4:8]}-{each[8:]}" for each in found]


def times(micros: npt.NDArray[np.int64]) -> pa.Array:
    """Return times as JSON has them; see `records.identity.format_time`."""
    seconds, rest = np.divmod(micros, 1_000_000)
    days, of_day = np.divmod(seconds, 86_400)
    return joined(
        coded(days).texts(lambda day: f'"{date(1970, 1, 1) + timedelta(day)}T'),
        coded(of_day).texts(lambda at: f"{at // 3600:02}:{at // 60 % 60:02}:{at % 60:02}"),
        coded(rest).texts(lambda part: f".{part:06}" if part else ""),
        'Z"',
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SuiteColumns(Sequence[SuiteRow]):
    """Rows of a suite by columns: `repeated` of which few values are distinct, the others as arrays of one dimension.

    Times are in microseconds. `inputs` and `context` are as they were read; `cells` has them as canonical JSON.
    """

    repeated: Mapping[str, Coded]
    single: Mapping[str, npt.NDArray[Any]]
    cells: Mapping[str, pa.Array]

    def __len__(self) -> int:
        return len(self.single["id"])

    @overload
    def __getitem__(self, at: int) -> SuiteRow: ...

    @overload
    def __getitem__(self, at: slice) -> SuiteColumns: ...

    def __getitem__(self, at: int | slice) -> SuiteRow | SuiteColumns:
        if isinstance(at, slice):
            return self._picked(at, {name: each[at] for name, each in self.cells.items()})
        return next(iter(self.take(np.array([range(len(self))[at]]))))

    def __iter__(self) -> Iterator[SuiteRow]:
        columns = {name: [each.values[code] for code in each.codes] for name, each in self.repeated.items()}
        columns |= {name: each.tolist() for name, each in self.single.items()}
        columns |= {name: [*map(from_micros, columns[name])] for name in TIMES}
        for values in zip(*columns.values(), strict=True):
            yield SuiteRow(**dict(zip(columns, values, strict=True)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]

    def take(self, places: Indices | Flags) -> SuiteColumns:
        """Return the rows at some places, or those that are marked."""
        if places.dtype == bool and places.all():
            return self
        those = np.flatnonzero(places) if places.dtype == bool else places
        return self._picked(those, {name: each.take(pa.array(those)) for name, each in self.cells.items()})

    def _picked(self, those: Any, cells: Mapping[str, pa.Array]) -> SuiteColumns:
        repeated = {name: Coded(each.values, each.codes[those]) for name, each in self.repeated.items()}
        return SuiteColumns(repeated=repeated, single={name: each[those] for name, each in self.single.items()}, cells=cells)

    def of(self, part: SuitePart) -> SuiteColumns:
        """Return the rows of a part."""
        return self.take(self.repeated["part"].flags(lambda each: each is part))

    def counts(self, name: str) -> Mapping[str, int]:
        """Return how often each value of a column comes, by its text; a value that is not there, or is nothing, as none."""
        each = self.repeated[name]
        counted: Counter[str] = Counter()
        for value, count in zip(each.values, np.bincount(each.codes, minlength=len(each.values)).tolist(), strict=True):
            counted[str(value or "")] += count
        return dict(sorted((+counted).items()))


WORDS, TIMES = ("id", "event", "family", "text"), ("occurred", "window")


def cell_of(name: str) -> Callable[[Any], str]:
    """Return what writes the values of a column in which they come again as JSON."""
    return (lambda those: cell([each.as_plain() for each in those])) if name == "expectations" else cell
