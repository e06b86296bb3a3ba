"""Lists and figures as CSV, for spreadsheets: the command line prints it, the API answers with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from remiss.codec import schema_of
from remiss.present import agreement, estimate_facts
from remiss.records.agreement import Agreement
from remiss.records.estimate import CONFIRMED, Estimate
from remiss.records.event import Scalar
from remiss.records.rows import Rows

CONFIRMED_COLUMNS = ("flagged", "precision")
COLUMNS = ("key", "value", "low", "high", "method", "variance", "sampled", "effective", "remarks")


def sheet_of(answer: Any, document: Mapping[str, Any], declared: Any) -> tuple[Sequence[str], Iterable[Sequence[Any]]]:
    """Return the columns and lines of an answer that has them.

    Parameters
    ----------
    document : the answer as published; of a list of objects, what they have that is no list or object itself makes the columns
    declared : the type that the answer was declared as, which says what objects a list has, also when it has none
    """
    if isinstance(answer, Rows):
        return answer.columns, answer.rows
    if isinstance(answer, Estimate):
        return figures(answer)
    if isinstance(answer, Agreement):
        return agreement.columns(answer)
    items: Sequence[Mapping[str, Scalar]] = document["items"]
    said = dict(_plain_keys(schema_of(declared)["properties"]["items"]["items"]))
    columns = tuple(name for name in said if not items or any(name in each for each in items))
    return columns, [tuple(_cell(each.get(name), said[name]) for name in columns) for each in items]


def _plain_keys(schema: Mapping[str, Any]) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield the keys of a kind of object that hold one value each, with the formats of the values."""
    for name, said in schema.get("properties", {}).items():
        forms = said.get("anyOf", (said,))
        if name != "schema" and not {"array", "object"} & {each.get("type") for each in forms}:
            yield name, frozenset(each["format"] for each in forms if "format" in each)


def _cell(value: Scalar, formats: frozenset[str]) -> Scalar:
    return datetime.fromisoformat(value) if isinstance(value, str) and "date-time" in formats else value


def figures(found: Estimate) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
    """Return the columns and lines of an estimate, one line a figure."""
    names = (*COLUMNS, *(CONFIRMED_COLUMNS if found.kind == CONFIRMED else ()))
    told = {"remarks": estimate_facts.remarks, "precision": estimate_facts.precision_of}
    return names, [tuple(told[name](row) if name in told else getattr(row, name) for name in names) for row in found.rows]
