"""The document of a suite: what `suite.yaml` and the catalog hold, what is read of it again, and what its digests are over.

A folder may come from anywhere: nothing of it is believed before it is checked, here by types and by its digest.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import cache, partial
from json.encoder import encode_basestring
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import yaml
from pydantic import TypeAdapter, ValidationError

from remiss.errors import InputError, Location
from remiss.records.identity import digest, plain
from remiss.records.suite import Suite, SuiteInputs, SuiteRow
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

FORM = "remiss-suite/1"
# A document names some criteria and the families that are sealed, 32 letters each.
MOST_BYTES = 64 << 20
# What the first suites did not have.
ADDED = ("success", "apart", "raw", "inputs")


def document(suite: Suite) -> dict[str, Any]:
    """Return a suite as JSON has it, without what is said of one reading."""
    said = asdict(suite)
    del said["read_position"]
    # Of words of enumerations only the text is written.
    found: dict[str, Any] = json.loads(json.dumps(plain({"form": FORM, **said})))
    return found


def as_yaml(suite: Suite) -> str:
    """Return the text of `suite.yaml`."""
    return yaml.safe_dump(document(suite), sort_keys=False, allow_unicode=True, width=120)


def from_yaml(text: str, file: str) -> Suite:
    """Return the suite that a text says.

    Raises
    ------
    InputError : it is no such document, or its digest is not that of what it says
    """
    try:
        said = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - a safe one
    except (yaml.YAMLError, RecursionError) as error:
        first = str(error).partition("\n")[0]
        raise _refused(f"is no YAML that can be read: {first}", file) from error
    return suite_of(said, file)


def from_json(text: str, file: str) -> Suite:
    """Return the suite that the catalog holds. Raises like `from_yaml`."""
    return suite_of(json.loads(text), file)


def suite_of(said: object, file: str) -> Suite:
    """Return the suite that plain values say. Raises like `from_yaml`."""
    if not isinstance(said, dict) or said.get("form") != FORM:
        form = said.get("form") if isinstance(said, dict) else None
        raise _refused(f"is no suite of the form {FORM}" + (f" but {form!r}"[:60] if form else ""), file)
    try:
        suite = _suites().validate_python({name: value for name, value in said.items() if name != "form"})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise _refused(f"{'.'.join(map(str, first['loc'])) or 'it'}: {first['msg']}", file) from error
    if not all(each.sound for each in suite.success):
        raise _refused("has a criterion of success that no result can be held against", file)
    if suite_digest(suite) != suite.digest:
        raise _refused("has another digest than it says: it was changed after it was built", file)
    return suite


def row_of(said: Mapping[str, Any], file: str) -> SuiteRow:
    """Return the row that plain values say.

    Raises
    ------
    InputError
    """
    try:
        return _rows().validate_python(said)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise _refused(f"row {said.get('id')}: {'.'.join(map(str, first['loc']))}: {first['msg']}", file) from error


def _refused(what: str, file: str) -> InputError:
    return InputError(f"{file} {what}", where=Location(file), do="build the suite anew: remiss suite build")


@cache
def _suites() -> TypeAdapter[Suite]:
    return TypeAdapter(Suite)


@cache
def _rows() -> TypeAdapter[SuiteRow]:
    return TypeAdapter(SuiteRow)


def suite_digest(suite: Suite) -> str:
    """Return the digest of a suite: of all that it says but who built it, when, and where it was read."""
    said = asdict(suite)
    for name in ("digest", "made_at", "made_by", "read_position"):
        del said[name]
    for name in ADDED:
        # Suites that were built before there was such a thing keep their digest.
        if not said[name] or said[name] is SuiteInputs.REDACTED:
            del said[name]
    return f"sha256:{digest(said)}"


def feed(rows: SuiteColumns, update: Callable[[memoryview], None]) -> None:
    """Feed the canonical content of rows to a digest; see `suite_rows.content_lines`."""
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
