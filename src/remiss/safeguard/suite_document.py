"""The document of a suite: what `suite.yaml` and the catalog hold, and what is read of it again.

A folder may come from anywhere: nothing of it is believed before it is checked, here by types and by its digest.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from remiss.errors import InputError, Location
from remiss.records.identity import plain
from remiss.records.suite import Suite, SuiteRow
from remiss.safeguard.suite_assembly import suite_digest

FORM = "remiss-suite/1"
# A document names some criteria and the families that are sealed, 32 letters each.
MOST_BYTES = 64 << 20


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
