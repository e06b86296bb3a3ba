"""Lists and figures as CSV, for spreadsheets: the command line prints it, the API answers with it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime

from remiss.records import concord, estimate_facts
from remiss.records.agreement import Agreement
from remiss.records.estimate import CONFIRMED, Estimate
from remiss.records.event import Scalar
from remiss.records.evidence import Attachment
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


def sheet_of(answer: Rows | Estimate | Agreement) -> tuple[Sequence[str], Iterable[Sequence[object]]]:
    """Return the columns and lines of an answer that has them."""
    if isinstance(answer, Rows):
        return answer.columns, answer.rows
    return figures(answer) if isinstance(answer, Estimate) else concord.columns(answer)


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


def files(found: Iterable[Attachment]) -> tuple[tuple[str, ...], tuple[tuple[Scalar, ...], ...]]:
    """Return the columns and lines of the files of a case, one line a file."""
    lines = tuple(
        (each.id, each.name, each.size, each.sensitivity.name.lower(), each.person, each.at, each.hidden) for each in found
    )
    return ("attachment", "name", "size", "sensitivity", "person", "at", "hidden"), lines
