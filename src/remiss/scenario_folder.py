"""The scenarios of a suite's folder: `scenarios.yaml`, which says how they were made, and `scenarios.parquet`.

They stand beside the suite that they were made of, and are believed as little: what was changed, cut or swapped, or is of another
suite, is refused before anything runs. What a scenario leaves as it is it takes from its parent, which is in the suite's files.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from pydantic import TypeAdapter, ValidationError

from remiss.errors import InputError, Location, StorageError
from remiss.folder_files import cell, read_cells, read_lines, read_text, refused
from remiss.records.scenario import Scenario, ScenarioSet
from remiss.safeguard.kept_documents import scenario_document, scenario_set_of
from remiss.safeguard.scenarios.making import MadeScenarios, as_plain, content_digest, make
from remiss.suite_folder import SuiteFolder

DOCUMENT, FILE = "scenarios.yaml", "scenarios.parquet"
_TEXT = pa.string()
COLUMNS: Mapping[str, pa.DataType] = {
    "id": _TEXT,
    "parent": _TEXT,
    "recipe": _TEXT,
    "operators": _TEXT,
    "seed": pa.int64(),
    "copy": pa.int64(),
    "family": _TEXT,
    "changed": _TEXT,
}
JSON = frozenset({"operators", "changed"})
SCHEMA = pa.schema([pa.field(name, kind) for name, kind in COLUMNS.items()])


def write(folder: str | os.PathLike[str], suite: SuiteFolder, made: ScenarioSet) -> MadeScenarios:
    """Write scenarios into the folder of their suite, made again of its rows.

    Raises
    ------
    InputError : the folder is of another suite, has scenarios already, or does not give these
    StorageError : it cannot be written
    """
    place = Path(folder)
    if suite.suite.digest != made.suite_digest:
        raise refused(place, f"is suite {suite.suite.name} of another digest than that of scenarios {made.name}")
    check_free(place)
    again = make(made.document, str(place / DOCUMENT), suite.suite, suite.rows)
    if again.made.digest != made.digest:
        raise refused(place, f"does not give the scenarios {made.name}: another version of remiss made them")
    scenarios = tuple(sorted(again.scenarios, key=lambda each: each.id))
    try:
        _put(place / FILE, _table(scenarios))
        # What names the other file comes last: without it there are no scenarios.
        _put(place / DOCUMENT, yaml.safe_dump(scenario_document(made), sort_keys=False, allow_unicode=True, width=120).encode())
    except OSError as error:
        do = "make room, or allow it to be written"
        raise StorageError(f"{place} cannot be written: {error.strerror}", where=Location(str(place)), do=do) from error
    return MadeScenarios(made=made, scenarios=scenarios)


def check_free(place: Path) -> None:
    """Go on only where a folder has no scenarios yet.

    Raises
    ------
    InputError
    """
    if (place / DOCUMENT).exists() or (place / DOCUMENT).is_symlink():
        do = f"remove {DOCUMENT} and {FILE}, or write the suite to another folder"
        raise InputError(f"{place} has scenarios already", where=Location(str(place / DOCUMENT)), do=do)


def _table(scenarios: Sequence[Scenario]) -> bytes:
    lines = [as_plain(each) for each in scenarios]
    columns = [
        pa.array([cell(line[name]) if name in JSON else line[name] for line in lines], kind) for name, kind in COLUMNS.items()
    ]
    buffer = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_arrays(columns, schema=SCHEMA), buffer, compression="zstd")
    found: bytes = buffer.getvalue().to_pybytes()
    return found


def _put(path: Path, content: bytes) -> None:
    """Put a file in its place once it is whole."""
    number, making = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(number, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(number)
        Path(making).chmod(0o644)
        Path(making).rename(path)
    finally:
        Path(making).unlink(missing_ok=True)


def read(folder: str | os.PathLike[str], suite: SuiteFolder) -> MadeScenarios | None:
    """Return the scenarios of a suite's folder, once all of it is what was made; None where there are none.

    Raises
    ------
    InputError : they are not what they were, or are of another suite; says which file and why
    """
    place = Path(folder)
    if not (place / DOCUMENT).is_symlink() and not (place / DOCUMENT).exists():
        return None
    made = scenario_set_of(_yaml(place / DOCUMENT), str(place / DOCUMENT))
    if made.suite_digest != suite.suite.digest:
        raise refused(place / DOCUMENT, f"is of another suite than that of {place}")
    parents = {row.id: row for row in suite.rows}
    recipes = {each.name for each in made.recipes}

    def scenario(line: dict[str, Any]) -> Scenario:
        try:
            found = _scenarios().validate_python(read_cells(line, JSON))
        except ValidationError as error:
            raise refused(place / FILE, f"scenario {line.get('id')}: {error.errors(include_url=False)[0]['msg']}") from error
        if found.recipe not in recipes or found.parent not in parents:
            raise refused(place / FILE, f"scenario {found.id} has a parent or a recipe that is not there")
        return found

    scenarios = read_lines(place / FILE, SCHEMA, made.scenarios, scenario)
    if content_digest(scenarios) != made.content:
        raise refused(place / FILE, "is not the file that was made: its content has another digest")
    return MadeScenarios(made=made, scenarios=tuple(scenarios))


def _yaml(path: Path) -> object:
    try:
        return yaml.load(read_text(path), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - a safe one
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        first = str(error).partition("\n")[0]
        raise refused(path, f"is no YAML that can be read: {first}") from error


@cache
def _scenarios() -> TypeAdapter[Scenario]:
    return TypeAdapter(Scenario)
