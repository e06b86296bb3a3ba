"""Requirements: which rows are events, and why a row is refused.

A row that is not an event never vanishes: it is counted under the first reason that holds and the first of each reason
are listed. What a reason says stands here; `scan.py` puts it into the query. So does what becomes of several rows of one id.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from remiss.errors import AnswerNo
from remiss.protocol.check_result import Checked
from remiss.records.run import Refusals

UNREADABLE = "unreadable-row"
UNREADABLE_LABEL = "unreadable-label"
AMBIGUOUS_LABEL = "ambiguous-label-time"
NONEXISTENT_LABEL = "nonexistent-label-time"
# Rows of the labels: every run that reads them comes upon these.
OF_LABELS = (UNREADABLE_LABEL, AMBIGUOUS_LABEL, NONEXISTENT_LABEL)
BAD_ID = "bad-id"
BAD_TIME = "bad-time"
AMBIGUOUS_TIME = "ambiguous-time"
NONEXISTENT_TIME = "nonexistent-time"
BAD_TYPE = "bad-type:"
MISSING = "missing:"
LABELS_DISAGREE = "labels-disagree"
DUPLICATE_ID = "duplicate-id"
NUMERIC = ("confidence", "latency_ms")
# A zero byte: PostgreSQL keeps no text with one, so no catalog could name the event.
UNUSABLE_ID = '"id" IS NULL OR "id" = \'\' OR contains("id", chr(0))'
LISTED = 100
# How many files a note names.
NAMED = 5


class Fate(StrEnum):
    """What becomes of a row that others have the id of.

    One is kept, rows that say the same are merged into it, rows that it outranks are resolved; those that rank alike and say
    different things are all refused.
    """

    KEPT = "kept"
    MERGED = "merged"
    RESOLVED = "resolved"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class RankedRow:
    """One row of an id: the number of its window, what it says, where it stands, and what it is ranked by (None: by nothing)."""

    window: int
    content: Hashable
    place: tuple[str, int]
    by: Any = None


def fates(rows: Sequence[RankedRow], keep: str | None = None) -> dict[tuple[str, int], Fate]:
    """Return what becomes of each row of one id, by its place; the definition, with which engines agree.

    For a window all rows in it and in the windows next to it take part, so that the answer is the same whatever else is read.
    `keep` is `first` or `last`, which rank by the least or greatest `by`, rows without one last; None ranks all alike.

    >>> late, early = RankedRow(0, "no", ("a", 2), 20), RankedRow(0, "yes", ("a", 1), 10)
    >>> [fates([late, early], keep)["a", 1].value for keep in ("first", "last", None)]
    ['kept', 'resolved', 'refused']
    """
    found = {}
    for row in rows:
        near = [one for one in rows if abs(one.window - row.window) <= 1]
        ranks = [one.by for one in near if one.by is not None]
        best = (min(ranks) if keep == "first" else max(ranks)) if ranks and keep else None
        ranked = [one for one in near if keep is None or one.by == best]
        here = [one.place for one in ranked if one.window == row.window]
        differ = len({one.content for one in ranked}) > 1
        if differ and row in ranked:
            found[row.place] = Fate.REFUSED
        elif not differ and here and row.place == min(here):
            found[row.place] = Fate.KEPT
        else:
            found[row.place] = Fate.MERGED if not differ and row.content == ranked[0].content else Fate.RESOLVED
    return found


def explain(reason: str) -> str:
    """Return what a reason means, in a sentence for people.

    >>> explain("missing:output")
    'output is empty, and the protocol requires it'
    """
    if reason.startswith(MISSING):
        return f"{reason.removeprefix(MISSING)} is empty, and the protocol requires it"
    if reason.startswith(BAD_TYPE):
        return f"{reason.removeprefix(BAD_TYPE)} is not a number"
    return {
        UNREADABLE: "the reader could not take the row apart",
        UNREADABLE_LABEL: "the reader could not take the row of the labels apart",
        BAD_ID: "the id is empty, or holds a zero byte",
        BAD_TIME: "the time is empty, cannot be read, or lies outside years 1 to 9999",
        AMBIGUOUS_TIME: "its local time came twice when the clocks were set back; `ambiguous` under source says which is meant",
        NONEXISTENT_TIME: "its local time did not exist, for the clocks were set forward over it",
        AMBIGUOUS_LABEL: "the label's local time came twice when the clocks were set back; `ambiguous` under labels says which "
        "is meant",
        NONEXISTENT_LABEL: "the label's local time did not exist, for the clocks were set forward over it",
        LABELS_DISAGREE: "two labels of the same time say different things",
        DUPLICATE_ID: "another row has the same id and says something else",
    }[reason]


def rules(checked: Checked, *, labels_disagree: bool, twice: bool = False, never: bool = False) -> Sequence[tuple[str, str]]:
    """Return reasons in order, each with the SQL condition under which it holds for a row of the `typed` relation.

    Parameters
    ----------
    checked : the protocol; its `require` names fields that may not be null
    labels_disagree : whether some label contradicts another, so that the relation knows `remiss_disagree`
    twice, never : whether some local time may come twice, or not exist, so that it knows `remiss_twice` or `remiss_never`
    """
    found = [(BAD_ID, UNUSABLE_ID), (BAD_TIME, "remiss_at IS NULL")]
    if twice and checked.protocol.source.ambiguous == "refuse":
        found.append((AMBIGUOUS_TIME, "remiss_twice"))
    if never:
        found.append((NONEXISTENT_TIME, "remiss_never"))
    found += [(BAD_TYPE + name, f'"remiss_bad_{name}"') for name in NUMERIC if name in checked.fields]
    found += [(MISSING + name, f'"{name}" IS NULL') for name in checked.protocol.require if name not in ("id", "time")]
    if labels_disagree:
        found.append((LABELS_DISAGREE, "remiss_disagree"))
    return found


def in_order(counts: Mapping[str, int], checked: Checked) -> dict[str, int]:
    """Return counts by reason in the order in which reasons are tried, without those that never held."""
    order = [
        UNREADABLE,
        *OF_LABELS,
        *(reason for reason, _ in rules(checked, labels_disagree=True, twice=True, never=True)),
        DUPLICATE_ID,
    ]
    return {reason: counts[reason] for reason in order if counts.get(reason)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """What one run refused by reason, its files, and the rows without a window that it met by file (`Manifest.unplaced`)."""

    counts: Mapping[str, int]
    files: Collection[str] = ()
    unplaced: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


def refused_rows(runs: Iterable[Refused]) -> int:
    """Return how many rows the runs of one source refused, those that belong to no window counted once.

    >>> week = {"missing:output": 2, "bad-time": 1}
    >>> refused_rows(Refused(counts=week, files={"may.csv"}, unplaced={"may.csv": {"bad-time": 1}}) for _ in range(2))
    5
    """
    total, labels = 0, dict.fromkeys(OF_LABELS, 0)
    apart: dict[tuple[str, str], int] = {}
    for run in runs:
        total += sum(count for reason, count in run.counts.items() if reason not in labels)
        labels = {reason: max(count, run.counts.get(reason, 0)) for reason, count in labels.items()}
        for file, reasons in run.unplaced.items():
            total -= sum(reasons.values()) if file in run.files else 0
            apart |= {(file, reason): count for reason, count in reasons.items()}
    return total + sum(labels.values()) + sum(apart.values())


def notes_on_lost(lost: Mapping[str, Mapping[str, int]]) -> tuple[str, ...]:
    """Return a note on files in which no row is an event, so that no run counts their rows; none without such files.

    >>> notes_on_lost({"june.csv": {"bad-time": 2}})
    ('2 rows of 1 file without any event belong to no window and count in no run: june.csv (2 bad-time)',)
    """
    if not lost:
        return ()
    rows = sum(sum(reasons.values()) for reasons in lost.values())
    listed = [f"{file} ({', '.join(f'{count:,} {reason}' for reason, count in of.items())})" for file, of in lost.items()]
    more = f" and {len(listed) - NAMED:,} more" if len(listed) > NAMED else ""
    files = "1 file" if len(lost) == 1 else f"{len(lost):,} files"
    return (
        f"{rows:,} {'row' if rows == 1 else 'rows'} of {files} without any event belong to no window and count in no run: "
        f"{', '.join(listed[:NAMED])}{more}",
    )


def check_none_refused(refusals: Refusals, lost: Mapping[str, Mapping[str, int]]) -> None:
    """Stop a strict capture at the first sight of refused rows, those that count in no run too.

    Raises
    ------
    AnswerNo : names how many and the first
    """
    if not refusals.counts:
        for note in notes_on_lost(lost):
            raise AnswerNo(note, do="nothing was filed; fix the log or take the file out of it, or capture without --strict")
        return
    reasons = ", ".join(f"{count} {reason}" for reason, count in refusals.counts.items())
    first = refusals.rows[0] if refusals.rows else None
    where = f"; the first: {first.file} row {first.row}, {first.detail}" if first else ""
    raise AnswerNo(
        f"{sum(refusals.counts.values())} rows are refused ({reasons}){where}",
        do="nothing was filed; fix the log, or capture without --strict and look at `remiss run refused`",
    )
