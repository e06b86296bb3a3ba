"""Requirements: which rows are events, and why a row is refused.

A row that is not an event never vanishes: it is counted under the first reason that holds and the first of each reason
are listed. What a reason says stands here; `scan.py` puts it into the query.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from remiss.protocol.terms import Checked

UNREADABLE = "unreadable-row"
UNREADABLE_LABEL = "unreadable-label"
BAD_ID = "bad-id"
BAD_TIME = "bad-time"
BAD_TYPE = "bad-type:"
MISSING = "missing:"
LABELS_DISAGREE = "labels-disagree"
DUPLICATE_ID = "duplicate-id"
# Nobody can say in which window such a row belongs: every run of the source comes upon it.
WITHOUT_WINDOW = frozenset({UNREADABLE, UNREADABLE_LABEL, BAD_TIME})
NUMERIC = ("confidence", "latency_ms")
LISTED = 100


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
        LABELS_DISAGREE: "two labels of the same time say different things",
        DUPLICATE_ID: "another row has the same id and says something else",
    }[reason]


def rules(checked: Checked, *, labels_disagree: bool) -> Sequence[tuple[str, str]]:
    """Return reasons in order, each with the SQL condition under which it holds for a row of the `typed` relation.

    Parameters
    ----------
    checked : the protocol; its `require` names fields that may not be null
    labels_disagree : whether some label contradicts another, so that the relation knows `remiss_disagree`
    """
    # A zero byte: PostgreSQL keeps no text with one, so no catalog could name the event.
    found = [(BAD_ID, '"id" IS NULL OR "id" = \'\' OR contains("id", chr(0))'), (BAD_TIME, "remiss_at IS NULL")]
    found += [(BAD_TYPE + name, f'"remiss_bad_{name}"') for name in NUMERIC if name in checked.fields]
    found += [(MISSING + name, f'"{name}" IS NULL') for name in checked.protocol.require if name not in ("id", "time")]
    if labels_disagree:
        found.append((LABELS_DISAGREE, "remiss_disagree"))
    return found


def in_order(counts: Mapping[str, int], checked: Checked) -> dict[str, int]:
    """Return counts by reason in the order in which reasons are tried, without those that never held."""
    order = [UNREADABLE, UNREADABLE_LABEL, *(reason for reason, _ in rules(checked, labels_disagree=True)), DUPLICATE_ID]
    return {reason: counts[reason] for reason in order if counts.get(reason)}


def refused_rows(runs: Iterable[Mapping[str, int]]) -> int:
    """Return how many rows the runs of one source refused, those that belong to no window counted once.

    Parameters
    ----------
    runs : for each run, its refused rows by reason

    >>> refused_rows([{"bad-time": 1, "missing:output": 2}, {"bad-time": 3}])
    5
    """
    total: Counter[str] = Counter()
    for counts in runs:
        for reason, count in counts.items():
            total[reason] = max(total[reason], count) if reason in WITHOUT_WINDOW else total[reason] + count
    return total.total()
