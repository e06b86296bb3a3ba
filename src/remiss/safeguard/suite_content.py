"""The canonical content of the rows of a suite, which its digests are over: JSON with sorted keys, row by row or by columns."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from json.encoder import encode_basestring
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from remiss.records.identity import plain
from remiss.records.suite import SaltedInputs, SuiteRow
from remiss.safeguard.suite_columns import (
    AT_ONCE,
    TIMES,
    WORDS,
    Coded,
    SuiteColumns,
    binary,
    cell,
    cell_of,
    coded,
    joined,
    quoted,
    times,
    together,
)
from remiss.safeguard.suite_rows import encoded

# The fields of a row that hold times, or what a log decides.
LOGGED = ("occurred", "window", "weight", "severity", "inputs", "context", "output", "label", "expectations")


def content_lines(rows: Iterable[SuiteRow]) -> Iterator[bytes]:
    """Yield the canonical content of rows, sorted by id: JSON with sorted keys, as every database and every file gives it."""
    encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode
    for row in sorted(rows, key=lambda each: each.id):
        said = as_plain(row)
        # Only what a log decides can be what JSON has no form for.
        for name in LOGGED:
            value = said[name]
            if value is not None and type(value) is not str:
                said[name] = plain(value)
        yield encode(said).encode("utf-8", "surrogatepass") + b"\n"


def content_digest(rows: Iterable[SuiteRow]) -> str:
    """Return the digest of the canonical content of rows, whatever their order."""
    found = hashlib.sha256()
    for line in content_lines(rows):
        found.update(line)
    return f"sha256:{found.hexdigest()}"


def as_plain(row: SuiteRow) -> dict[str, object]:
    """Return a row as plain values by the names of its fields, as files and digests have it."""
    return {
        "id": row.id,
        "part": row.part.value,
        "event": row.event,
        "occurred": row.occurred,
        "window": row.window,
        "role": row.role.value,
        "weight": row.weight,
        "family": row.family,
        "stratum": row.stratum,
        "model": row.model,
        "model_version": row.model_version,
        "inputs": row.inputs,
        "context": row.context,
        "text": row.text,
        "output": row.output,
        "label": row.label,
        "status": row.status,
        "mode": row.mode,
        "severity": row.severity,
        "criteria": list(row.criteria),
        "audited": row.audited,
        "met_by_log": row.met_by_log,
        "expectations": [each.as_plain() for each in row.expectations],
    }


def feed(rows: SuiteColumns, update: Callable[[memoryview], None]) -> None:
    """Feed the canonical content of rows to a digest; see `content_lines`."""
    parts = _parts(rows)
    for begins in range(0, len(rows), AT_ONCE):
        lines = joined(*(each if isinstance(each, str) else each.part(begins, AT_ONCE) for each in parts))
        _, ends, content = lines.buffers()
        update(memoryview(content)[: int(np.frombuffer(ends, np.int64)[len(lines)])])


class _Texts(NamedTuple):
    """Texts row by row; where `codes` are given, those of few that each row has."""

    texts: pa.Array
    codes: pa.Array | None = None

    def part(self, begins: int, count: int) -> pa.Array:
        """Return the texts of some rows."""
        return self.texts.slice(begins, count) if self.codes is None else self.texts.take(self.codes.slice(begins, count))


def _parts(rows: SuiteColumns) -> Sequence[_Texts | str]:
    """Return what the canonical content of each row is made of: columns that stand side by side are one where they can be."""
    members: dict[str, Coded | _Texts] = {name: _Texts(each) for name, each in rows.cells.items()}
    members |= {name: each.mapped(cell_of(name)) for name, each in rows.repeated.items()}
    members |= {name: _Texts(quoted(rows.single[name])) for name in WORDS}
    members |= {name: _Texts(times(rows.single[name])) for name in TIMES}
    members["weight"] = _Texts(coded(rows.single["weight"]).texts(cell))
    parts: list[_Texts | str] = []
    begun, beside = "{", list[Coded]()
    for at, (name, each) in enumerate(sorted(members.items())):
        begun += f"{',' if at else ''}{encode_basestring(name)}:"
        if isinstance(each, Coded):
            beside.append(each.mapped(partial("{}{}".format, begun)))
        else:
            parts += [*_together(beside), begun, each]
            beside = []
        begun = ""
    return [*parts, *_together(beside), "}\n"]


def _together(columns: Sequence[Coded]) -> Sequence[_Texts]:
    """Return columns of texts that stand side by side as one."""
    if not columns:
        return ()
    every = together(*columns)
    return (_Texts(binary(["".join(each) for each in every.values]), pa.array(every.codes)),)


def raw_digest(those: Iterable[SaltedInputs]) -> str:
    """Return the digest of raw inputs, whatever their order."""
    found = hashlib.sha256()
    for each in sorted(those, key=lambda one: one.id):
        line = encoded(plain({"id": each.id, "inputs": each.inputs, "salt": each.salt}))
        found.update(line.encode("utf-8", "surrogatepass") + b"\n")
    return f"sha256:{found.hexdigest()}"
