"""Lists and figures as CSV, for spreadsheets: the command line prints it, the API answers with it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from remiss.present import agreement, estimate_facts
from remiss.records.agreement import Agreement
from remiss.records.estimate import CONFIRMED, Estimate
from remiss.records.identity import format_time
from remiss.records.rows import Rows, spreadsheet_safe

CONFIRMED_COLUMNS = ("flagged", "precision")
COLUMNS = ("key", "value", "low", "high", "method", "basis", "sampled", "effective", "remarks")


def as_csv(columns: Sequence[str], lines: Iterable[Sequence[object]]) -> str:
    """Return CSV that a spreadsheet reads as data, never as a formula; times to the second."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(
        [spreadsheet_safe(format_time(value.replace(microsecond=0)) if isinstance(value, datetime) else value) for value in line]
        for line in lines
    )
    return text.getvalue()


def sheet_of(answer: Any, document: Mapping[str, Any]) -> tuple[Sequence[str], Iterable[Sequence[object]]]:
    """Return the columns and lines of an answer that has them.

    Parameters
    ----------
    document : the answer as published; of a list of objects, what they have that is no list or object itself makes the columns
    """
    if isinstance(answer, Rows):
        return answer.columns, answer.rows
    if isinstance(answer, Estimate):
        return figures(answer)
    if isinstance(answer, Agreement):
        return agreement.columns(answer)
    items: Sequence[Mapping[str, object]] = document["items"]
    plain = [{name: value for name, value in each.items() if not isinstance(value, list | dict)} for each in items]
    columns = tuple(name for name in dict.fromkeys(name for each in plain for name in each) if name != "schema")
    return columns, [tuple(each.get(name) for name in columns) for each in plain]


def figures(found: Estimate) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
    """Return the columns and lines of an estimate, one line a figure."""
    confirmed = found.kind == CONFIRMED
    lines = [
        (
            row.key,
            row.value,
            row.low,
            row.high,
            row.method,
            row.basis,
            row.sampled,
            row.effective,
            estimate_facts.remarks(row),
            *((row.flagged, estimate_facts.precision_of(row)) if confirmed else ()),
        )
        for row in found.rows
    ]
    return (*COLUMNS, *(CONFIRMED_COLUMNS if confirmed else ())), lines
