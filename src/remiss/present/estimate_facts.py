"""What a person wants to know of an estimate: figures in the digits that their intervals allow, and what to bear in mind."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime

from remiss.present.legible import between, counted, cut, figure, moment, number, one_line, share
from remiss.records.estimate import CONFIRMED, UNKNOWN, WEIGHTED, Estimate, EstimateRow
from remiss.records.event import EMPTY, NOT_KNOWN
from remiss.records.labelling import Verdict

UNDEFINED = "undefined"
INTERVAL = "95 % interval"
# So many rows are named before a note, as far as their names have room: no line is much longer than what is said.
NAMED, ROOM, NAME = 5, 48, 23
IN_QUESTION, SHARE = "in question", "share of them"
POSSIBLE = "if unjudged"
# The columns of the table but for the key of a breakdown, with the priority of each (see columns.py).
PRIORITIES = {
    **dict.fromkeys(("value", INTERVAL), 1),
    **dict.fromkeys(("sampled", "judged", "remarks", "precision", IN_QUESTION, SHARE), 2),
    **dict.fromkeys((POSSIBLE, "method", "variance", "among", "effective", "flagged"), 3),
}
FIGURES = ("value", INTERVAL, "among", "sampled", "effective", "judged", POSSIBLE, "flagged", "precision", IN_QUESTION, SHARE)


def heading(estimate: Estimate) -> str:
    """Return what an estimate is of, for example `Rate of criterion:wrong-queue by context.language`."""
    of = estimate.query or "all events"
    by = f" by {estimate.by}" if estimate.by else ""
    if estimate.kind == CONFIRMED:
        what = "confirmed wrong labels" if estimate.verdict == Verdict.WRONG_LABEL.value else "confirmed failures"
        of = f"{what} among {of}"
        return f"Rate of {of}{by}" if estimate.rate else f"{of[0].upper()}{of[1:]}{by}"
    return f"Rate of {of}{by}" if estimate.rate else f"Events: {of}{by}"


def key_of(row: EstimateRow) -> str:
    """Return the name of a row of a breakdown. A number is a name here (flight 1371) and not grouped into thousands."""
    match row.key:
        case None:
            return row.missing or NOT_KNOWN
        case bool():
            return "true" if row.key else "false"
        case datetime():
            return moment(row.key)
        case _:
            return one_line(str(row.key)) or EMPTY


def figure_of(row: EstimateRow, *, rate: bool) -> tuple[str, str]:
    """Return the value and the interval of a row as texts; UNDEFINED where there is no value, empty without an interval."""
    if row.value is None or not math.isfinite(row.value):
        return UNDEFINED, ""
    if rate and row.exact:
        # A digit more than of other shares: beside it may stand what people confirmed of it, which must not look like more.
        return share(row.value, digits=3), ""
    low, high = ((end if end is not None and math.isfinite(end) else None) for end in (row.low, row.high))
    if low is None and row.interval == UNKNOWN and row.method == WEIGHTED:
        # Nobody knows how sure it is, and so much is certain: no surer than so many independent events make it.
        worth = max(row.effective or row.sampled, 1.0)
        half = 2 * math.sqrt(row.value * (1 - row.value) / worth) if rate and row.value <= 1 else 2 * row.value / math.sqrt(worth)
        return figure(row.value, max(0.0, row.value - half), row.value + half, rate=rate)[0], ""
    return figure(row.value, low, high, rate=rate, least=None if rate else row.sampled, most=None if rate else row.flagged)


def figures(estimate: Estimate) -> tuple[list[str], list[tuple[str, ...]]]:
    """Return the titles and the lines of the table of an estimate, each figure in the digits that its interval allows."""
    rows, told = estimate.rows, [figure_of(row, rate=estimate.rate) for row in estimate.rows]
    columns = {
        **({estimate.by: [key_of(row) for row in rows]} if estimate.by else {}),
        "value": [value for value, _ in told],
        INTERVAL: [interval or ended(row) for (_, interval), row in zip(told, rows, strict=True)],
        "method": [row.method for row in rows],
        "variance": [row.variance for row in rows],
        "among": [among_of(row) for row in rows],
        "sampled": [f"{row.sampled:,}" for row in rows],
        "effective": ["" if row.effective is None else number(row.effective) for row in rows],
        "judged": [judged_share(row) for row in rows],
        POSSIBLE: [possible(row) for row in rows],
        "remarks": [remarks(row) for row in rows],
    }
    if estimate.kind == CONFIRMED:
        # A share of what no criterion flagged, or of one mode among what was flagged, is no precision.
        whole = "flagged" if all(row.caught for row in rows) else IN_QUESTION
        part = SHARE if estimate.narrowed or whole == IN_QUESTION else "precision"
        columns |= {whole: [flagged_of(row) for row in rows], part: [precision_of(row) for row in rows]}
    shown = {title: texts for title, texts in columns.items() if not rows or any(texts)}
    return list(shown), list(zip(*shown.values(), strict=True))


def covers(row: EstimateRow) -> str:
    """Return of which windows a figure is, for example `52 windows, 2012-12-31 to 2013-12-30`; empty of none."""
    if row.since is None or row.until is None:
        return ""
    return f"{counted(row.windows, 'window')}, {between(row.since, row.until)}"


def ended(row: EstimateRow) -> str:
    """Return what stands in the place of an interval that a row has not."""
    return "" if row.interval == "undefined" else row.interval


def among(estimate: Estimate) -> str:
    """Return what the rows are rates among, in words; empty of totals."""
    words = estimate.denominator or ""
    return words if not words or words.startswith("among") else f"among {words}"


def among_of(row: EstimateRow) -> str:
    """Return how many events a rate is among; empty of totals."""
    if row.among is None:
        return ""
    # Weights of a sample come to no whole number: of many events the fraction is nothing that happened.
    return number(round(row.among) if row.among >= 10 else row.among)


def remarks(row: EstimateRow) -> str:
    """Return the marks of one row."""
    return ", ".join(row.marks)


def precision_of(row: EstimateRow) -> str:
    """Return which share of what was flagged is confirmed, with its interval; of few counts of the labelled sample."""
    if row.precision is None:
        return f"{row.sampled:,} of {row.verified:,} labelled" if row.of_labelled_sample else ""
    value, interval = figure(*row.precision, rate=True)
    return f"{value} ({interval})" if interval else value


def flagged_of(row: EstimateRow) -> str:
    """Return how many events a confirmed figure's events are among; empty where nothing was begun."""
    return "" if row.flagged is None else figure(row.flagged, None, None, rate=False)[0]


def judged_share(row: EstimateRow) -> str:
    """Return which share of what a rate is among could be judged; empty when all could."""
    return "" if row.judged is None or row.judged >= 1 else share(row.judged)


def judged(row: EstimateRow) -> str:
    """Return how much of what a rate is among could be judged, and what the rest could make of it; empty when all could."""
    if row.judged is None or _all_judged(row):
        return ""
    return f"{share(row.judged)} could be judged; if none, or all, of the others matched, the rate would be {possible(row)}"


def _all_judged(row: EstimateRow) -> bool:
    return row.judged is None or row.judged >= 1 or row.bounds is None


def possible(row: EstimateRow) -> str:
    """Return what a rate would be if none, or all, of what could not be judged were such; empty when all could."""
    return "" if row.bounds is None or _all_judged(row) else " to ".join(map(share, row.bounds))


def notes(estimate: Estimate) -> list[str]:
    """Return what to know of all figures, what is true of some rows, with their keys, and once what is true of every row."""
    shared = shared_notes(estimate)
    # In the table of several rows it stands beside each figure.
    beside = estimate.by is not None and not all(map(_all_judged, estimate.rows))
    said = (
        [f"{POSSIBLE}: what the rate would be if none, or all, of the events that could not be judged matched"] if beside else []
    )
    return [*estimate.notes, *said, *rows_own(estimate, shared, judging=not beside), *shared]


def shared_notes(estimate: Estimate) -> list[str]:
    """Return what is true of every row, each note once."""
    every = dict.fromkeys(note for row in estimate.rows for note in row.notes)
    return [note for note in every if all(note in row.notes for row in estimate.rows)]


def rows_own(estimate: Estimate, shared: Sequence[str], *, judging: bool = True) -> list[str]:
    """Return what is true of some rows, each with its row's key where there are several.

    Parameters
    ----------
    shared : notes of every row, to leave out
    judging : whether to say how much could be judged, for a caller who does not show it beside the figure
    """
    keys: dict[str, list[str]] = {}
    for row in estimate.rows:
        for note in (*row.notes, *([judged(row)] if judging else [])):
            if note and note not in shared:
                keys.setdefault(note, []).append(key_of(row))
    return [f"{_named(own)}: {note}" if estimate.by else note for note, own in keys.items()]


def _named(keys: Sequence[str]) -> str:
    """Return rows by their keys, of many or long ones the first.

    >>> _named(["UA", "AA"]), _named([str(each) for each in range(12)])
    ('UA, AA', '0, 1, 2, 3 and 8 more')
    """
    names = [cut(each, NAME) for each in keys[:NAMED]]
    shown = NAMED - 1 if len(keys) > NAMED else len(names)
    while shown > 1 and len(", ".join(names[:shown])) > ROOM:
        shown -= 1
    left = len(keys) - shown
    return ", ".join(names[:shown]) + (f" and {left:,} more" if left else "")


def trend_in_words(trend: Estimate) -> str:
    """Return a trend for those who do not see it."""
    known: Sequence[EstimateRow] = [row for row in trend.rows if row.value is not None]
    if not known:
        return "no window to show"
    least, most = (figure_of(pick(known, key=lambda row: float(row.value or 0)), rate=True)[0] for pick in (min, max))
    last = figure_of(known[-1], rate=True)[0]
    return f"over {len(known)} windows between {least} and {most}, {last} in the last"
