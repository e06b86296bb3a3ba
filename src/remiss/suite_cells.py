"""The columns of a file of a suite, read: nothing of them is believed before it is checked, by types and by the digest.

What stands in a cell of JSON is what the digest is over, letter by letter, unless it has a mark of a time or of a number that
JSON cannot hold: then it is written anew. Each cell is read by itself and is one whole value, so that a line of the canonical
content cannot be cut into other cells than those that it was made of.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
from pydantic import TypeAdapter, ValidationError

from remiss.folder_files import is_marked, read_cell
from remiss.records.event import Scalar, Values
from remiss.records.expectation import Expectation
from remiss.records.suite import CaptureRole, SuitePart
from remiss.safeguard.suite_columns import TIMES, WORDS, Coded, SuiteColumns, binary, cell
from remiss.safeguard.suite_content import feed

# What each distinct cell of JSON in a column has to be.
_REPEATED: Mapping[str, Any] = {
    "output": Scalar,
    "label": Scalar,
    "criteria": tuple[str, ...],
    "met_by_log": Mapping[str, bool | None],
    "expectations": tuple[Expectation, ...],
}
_KINDS: Mapping[str, Any] = {**_REPEATED, "inputs": Values, "context": Values}
# Other columns of which few values are distinct, and those that have a value in each row.
_PLAIN = ("part", "role", "stratum", "model", "model_version", "status", "mode", "severity", "audited")
_ALWAYS = ("id", "part", "event", *TIMES, "role", "weight", "family", "stratum", "model", "audited", "inputs", "context")


def columns_of_table(table: pa.Table) -> SuiteColumns:
    """Return the rows of a table that has the columns of a file, as they stand there.

    Raises
    ------
    ValueError : a cell is not what it has to be; says of which column
    """
    columns = {name: table.column(name).combine_chunks() for name in table.column_names}
    for name in _ALWAYS:
        if columns[name].null_count:
            raise ValueError(f"{name}: a row has none")
    repeated = {name: _coded(columns[name]) for name in (*_REPEATED, *_PLAIN, "context")}
    contexts = repeated.pop("context")
    cells = {"inputs": columns["inputs"].to_pylist(), "context": contexts.values}
    values = {name: _checked(name, repeated[name].values) for name in _REPEATED}
    values |= {"part": [*map(SuitePart, repeated["part"].values)], "role": [*map(CaptureRole, repeated["role"].values)]}
    return SuiteColumns(
        repeated={name: Coded(values.get(name, each.values), each.codes) for name, each in repeated.items()},
        single={
            **{name: _array(columns[name].to_pylist()) for name in WORDS},
            **{name: columns[name].cast(pa.int64()).to_numpy() for name in TIMES},
            "weight": columns["weight"].to_numpy(),
            "inputs": _array(_checked("inputs", cells["inputs"])),
            "context": _array(_checked("context", cells["context"]))[contexts.codes],
        },
        cells={"inputs": binary([*map(_written, cells["inputs"])]), "context": contexts.texts(_written)},
    )


def digest_of(rows: SuiteColumns) -> str:
    """Return the digest of the canonical content of rows, whatever their order."""
    found = hashlib.sha256()
    feed(sorted_by_id(rows), found.update)
    return f"sha256:{found.hexdigest()}"


def sorted_by_id(rows: SuiteColumns) -> SuiteColumns:
    """Return rows in the order of their ids."""
    ids = rows.single["id"].tolist()
    order = sorted(range(len(ids)), key=ids.__getitem__)
    return rows if order == [*range(len(ids))] else rows.take(np.array(order, dtype=np.intp))


def _coded(column: pa.Array) -> Coded:
    found = column.dictionary_encode(null_encoding="encode")
    return Coded(found.dictionary.to_pylist(), found.indices.to_numpy().astype(np.intp))


def _array(values: Sequence[Any]) -> np.ndarray[Any, Any]:
    return np.fromiter(values, dtype=object, count=len(values))


def _written(text: str) -> str:
    """Return a cell as the digest has it."""
    return cell(read_cell(text)) if is_marked(text) else text


def _checked(name: str, cells: Sequence[str | None]) -> Sequence[Any]:
    """Return what stands in cells of JSON.

    Raises
    ------
    ValueError : it is no JSON, or not of the kind of that column
    """
    read = [None if text is None else read_cell(text) for text in cells]
    try:
        return _adapter(name).validate_python(read)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise ValueError(f"{'.'.join((name, *map(str, first['loc'][1:])))}: {first['msg']}") from error


@cache
def _adapter(name: str) -> TypeAdapter[list[Any]]:
    return TypeAdapter(list[_KINDS[name]])
