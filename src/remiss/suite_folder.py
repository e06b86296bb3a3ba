"""A suite as a folder: `suite.yaml`, `cases.parquet`, `controls.parquet` and `production.parquet`.

It is written from the catalog, and read anywhere. What is read may come from a stranger: nothing of it is followed, unpacked
without bounds or run, and all of it has to have the digest that `suite.yaml` says before any of it is used. Raw inputs, where it
has some, stand in `raw.parquet` beside the redacted ones, and only the owner of such a folder may enter it.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from remiss import safeguard
from remiss.errors import InputError, Location, StorageError
from remiss.folder_files import BATCH, cell, columns_of_table, digest_of, read_cells, read_lines, read_table, read_text, refused
from remiss.records.bulk import in_bulk
from remiss.records.event import Values
from remiss.records.suite import SaltedInputs, Suite, SuiteFile, SuiteInputs, SuitePart, SuiteRow
from remiss.safeguard.asking import checked_repeats
from remiss.safeguard.kept_documents import document, refused_suite, suite_of
from remiss.safeguard.suite_columns import AT_ONCE, TEXT, TIMES, WORDS, SuiteColumns, binary, cell_of
from remiss.safeguard.suite_content import as_plain, raw_digest
from remiss.safeguard.suite_rows import is_apart

if TYPE_CHECKING:
    from remiss.offline import Offline
    from remiss.records.result import SuiteResult
    from remiss.safeguard.ports import SuiteWorkspace
    from remiss.safeguard.scenarios.making import MadeScenarios

DOCUMENT = "suite.yaml"
# Beside `suite.yaml` where there are scenarios; see `scenario_folder`.
SCENARIOS = "scenarios.yaml"
_TEXT, _TIME = pa.string(), pa.timestamp("us", tz="UTC")
# What a log decides is JSON, so that 1, 1.0 and "1" stay what they are.
COLUMNS: dict[str, pa.DataType] = {
    "id": _TEXT,
    "part": _TEXT,
    "event": _TEXT,
    "occurred": _TIME,
    "window": _TIME,
    "role": _TEXT,
    "weight": pa.float64(),
    "family": _TEXT,
    "stratum": _TEXT,
    "model": _TEXT,
    "model_version": _TEXT,
    "inputs": _TEXT,
    "context": _TEXT,
    "text": _TEXT,
    "output": _TEXT,
    "label": _TEXT,
    "status": _TEXT,
    "mode": _TEXT,
    "severity": pa.int64(),
    "criteria": _TEXT,
    "audited": pa.bool_(),
    "met_by_log": _TEXT,
    "expectations": _TEXT,
}
JSON = frozenset({"inputs", "context", "output", "label", "criteria", "met_by_log", "expectations"})
# Beside the values as production logged them what makes their digest say nothing.
RAW = "raw.parquet"
RAW_SCHEMA = pa.schema([pa.field(name, _TEXT) for name in ("id", "inputs", "salt")])
SCHEMA = pa.schema([pa.field(name, kind) for name, kind in COLUMNS.items()])


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteFolder:
    """A suite and the rows that its folder holds, sorted by id; of some cases the raw inputs, which a model alone is shown."""

    suite: Suite
    rows: Sequence[SuiteRow]
    raw: Mapping[str, Values] = field(default_factory=dict, repr=False)

    @property
    def asked(self) -> Sequence[SuiteRow]:
        """The rows as a model is asked them."""
        return [replace(row, inputs=self.raw[row.id]) if row.id in self.raw else row for row in self.rows]


def file_of(part: SuitePart) -> str:
    """Return the name of the file of a part."""
    return f"{part.value}.parquet"


def write(ws: SuiteWorkspace, suite: Suite, out: str | os.PathLike[str]) -> SuiteFolder:
    """Write a suite of the catalog to a new folder, which is there once it is whole.

    Raises
    ------
    InputError : the folder is there already; raw inputs, and it was not built here just now
    StorageError : it cannot be written
    Conflict, Denied, NotFound : as `suite.rows`
    """
    check_free(Path(out))
    # A catalog behind a server has none.
    built = getattr(ws, "raw_inputs", {})
    raw: Sequence[SaltedInputs] | None = () if suite.inputs is SuiteInputs.REDACTED else built.get(suite.digest)
    if raw is None:
        what = f"the raw inputs of suite {suite.name} are kept in the folder alone that it was built into"
        raise InputError(what, do="build it again with raw inputs, and write its folder then")
    return write_rows(suite, _taken(ws, suite), out, raw)


def write_rows(
    suite: Suite, rows: Sequence[SuiteRow], out: str | os.PathLike[str], raw: Sequence[SaltedInputs] = ()
) -> SuiteFolder:
    """Write a suite, its rows and the raw inputs of some to a new folder. Raises like `write`."""
    target = Path(out)
    check_free(target)
    try:
        making = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}-"))
        try:
            for part in SuitePart:
                own = rows.of(part) if isinstance(rows, SuiteColumns) else [row for row in rows if row.part is part]
                _write_rows(making / file_of(part), own)
            (making / DOCUMENT).write_text(as_yaml(suite), "utf-8")
            if raw:
                _write_raw(making / RAW, raw)
            for each in making.iterdir():
                if raw:
                    each.chmod(0o600)
                with each.open("rb") as file:
                    os.fsync(file.fileno())
            making.chmod(0o700 if raw else 0o755)
            making.rename(target)
        finally:
            shutil.rmtree(making, ignore_errors=True)
    except OSError as error:
        do = "make room, or name another folder"
        raise StorageError(f"{target} cannot be written: {error.strerror}", where=Location(str(target)), do=do) from error
    return SuiteFolder(suite=suite, rows=rows, raw={each.id: each.inputs for each in raw})


def check_free(target: Path) -> None:
    """Go on only if nothing is there.

    Raises
    ------
    InputError
    """
    if target.exists() or target.is_symlink():
        raise InputError(f"{target} is there already", where=Location(str(target)), do="name another folder, or remove it")


def _taken(ws: SuiteWorkspace, suite: Suite) -> Sequence[SuiteRow]:
    """Return the rows of a suite; by columns where they are of a catalog that is open here, and fit one page."""
    name, after = f"{suite.name}@{suite.digest.removeprefix('sha256:')}", None
    pages: list[Sequence[SuiteRow]] = []
    while True:
        page = safeguard.list_suite_rows(ws, name, after=after)
        pages.append(page.items)
        after = page.next
        if after is None:
            return pages[0] if len(pages) == 1 else [row for each in pages for row in each]


def _write_rows(file: Path, rows: Sequence[SuiteRow]) -> None:
    with pq.ParquetWriter(file, SCHEMA, compression="zstd") as writer:
        for columns in _pieces(rows) if isinstance(rows, SuiteColumns) else _batches(rows):
            arrays = [columns[name].cast(kind) for name, kind in COLUMNS.items()]
            writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=SCHEMA))


def _write_raw(file: Path, raw: Sequence[SaltedInputs]) -> None:
    columns = {"id": [one.id for one in raw], "inputs": [cell(one.inputs) for one in raw], "salt": [one.salt for one in raw]}
    pq.write_table(pa.table(columns, schema=RAW_SCHEMA), file, compression="zstd")


def _pieces(rows: SuiteColumns) -> Iterator[Mapping[str, pa.Array]]:
    """Yield the columns of a file, some rows at a time; what a log decides is JSON."""
    for begins in range(0, len(rows), AT_ONCE):
        some = rows[begins : begins + AT_ONCE]
        written = {**some.cells, **{name: binary(some.single[name]) for name in WORDS}}
        written |= {name: pa.array(some.single[name]) for name in (*TIMES, "weight")}
        for name, each in some.repeated.items():
            kind = TEXT if COLUMNS[name] is _TEXT else COLUMNS[name]
            written[name] = each.texts(cell_of(name)) if name in JSON else each.arrow(kind)
        yield written


def _batches(rows: Sequence[SuiteRow]) -> Iterator[Mapping[str, pa.Array]]:
    for begins in range(0, len(rows), BATCH):
        lines = [as_plain(row) for row in rows[begins : begins + BATCH]]
        yield {
            name: pa.array([cell(line[name]) if name in JSON else line[name] for line in lines], kind)
            for name, kind in COLUMNS.items()
        }


@in_bulk()
def read(folder: str | os.PathLike[str]) -> SuiteFolder:
    """Return the suite of a folder, once all of it is what `suite.yaml` says.

    Raises
    ------
    InputError : it is no suite, or not what it was when it was built; says which file and why
    """
    place = Path(folder)
    if not place.is_dir():
        raise InputError(f"{place} is no folder", where=Location(str(place)), do="name the folder of a suite")
    suite = from_yaml(read_text(place / DOCUMENT), str(place / DOCUMENT))
    said = {each.part: each for each in suite.files}
    if set(said) != set(SuitePart):
        raise refused(place / DOCUMENT, "does not name each file of a suite once")
    rows = [row for part in SuitePart for row in _read_rows(place / file_of(part), said[part])]
    return SuiteFolder(suite=suite, rows=tuple(sorted(rows, key=lambda row: row.id)), raw=_read_raw(place / RAW, suite, rows))


def _read_raw(path: Path, suite: Suite, rows: Sequence[SuiteRow]) -> Mapping[str, Values]:
    """Return the raw inputs of a folder, by the ids of the cases that they are of."""
    if suite.raw is None or suite.inputs is SuiteInputs.REDACTED:
        return {}

    def one(line: dict[str, Any]) -> SaltedInputs:
        found = read_cells(line, JSON)
        if found["id"] not in touched or not isinstance(found["inputs"], dict):
            raise refused(path, "has inputs of what is no case of which redaction touched one")
        return SaltedInputs(**found)

    touched = {row.id for row in rows if row.part is SuitePart.CASES and is_apart(row)}
    found = read_lines(path, RAW_SCHEMA, suite.raw.cases, one)
    if raw_digest(found) != suite.raw.digest:
        raise refused(path, "is not the file that the suite was built with: its content has another digest")
    return {each.id: each.inputs for each in found}


def _read_rows(path: Path, said: SuiteFile) -> Sequence[SuiteRow]:
    def sound(table: pa.Table) -> Sequence[SuiteRow]:
        rows = columns_of_table(table)
        elsewhere = rows.repeated["part"].flags(lambda each: each is not said.part)
        if elsewhere.any():
            row = rows[int(elsewhere.argmax())]
            raise refused(path, f"has the row {row.id}, which belongs into {file_of(row.part)}")
        if digest_of(rows) != said.digest:
            raise refused(path, "is not the file that the suite was built with: its content has another digest")
        return tuple(rows)

    return read_table(path, SCHEMA, said.rows, sound)


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
        raise refused_suite(f"is no YAML that can be read: {first}", file) from error
    return suite_of(said, file)


def scenarios_of(folder: str | os.PathLike[str], suite: SuiteFolder) -> MadeScenarios | None:
    """Return the scenarios of a folder, where it has some; only then what makes and reads them is loaded."""
    if not os.path.lexists(Path(folder) / SCENARIOS):
        return None
    found: MadeScenarios = import_module("remiss.scenario_folder").read(folder, suite)
    return found


def run(ws: Offline, folder: str | os.PathLike[str], model: str, *, repeat: int = 1, seed: int = 0) -> SuiteResult:
    """Run the suite of a folder on a version of a model; nothing is kept. Raises like `read` and `suite.run`."""
    found, running = read(folder), import_module("remiss.safeguard.suite_running")
    rows, apart = running.split_apart(found.asked)
    asks = running.SuiteRun(
        suite=found.suite,
        rows=rows,
        apart=apart,
        model=ws.models.find(model),
        repeats=checked_repeats(repeat),
        seed=seed,
        scenarios=scenarios_of(folder, found),
    )
    result: SuiteResult = running.run_suite(asks, engine=ws.engine, models=ws.models, progress=ws.progress).result
    return result
