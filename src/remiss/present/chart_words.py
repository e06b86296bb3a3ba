"""What a chart shows, in sentences made of its figures: its title, what it is a measure of, and one to repeat in a meeting."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction

from remiss.present import estimate_facts
from remiss.present.chart_marks import ChartMark, mark_of
from remiss.present.chart_scale import moment_of, over_time
from remiss.present.legible import one_line
from remiss.records.estimate import CONFIRMED, Estimate
from remiss.records.labelling import Verdict

UNIT = "events"
# Up to which share one says "1 in so many", and the greatest whole that one says parts of above it.
ONE_IN, PARTS = 0.4, 10


def title_of(estimate: Estimate, marks: Sequence[ChartMark]) -> str:
    """Return what a chart shows, for example `Highest in December 2013: 18 %`; of rows from few events nothing is said first."""
    known = [mark for mark in marks if mark.number is not None]
    if not known:
        return "No figure can be given yet"
    if len(marks) == 1:
        return f"{known[0].value}: {measure_of(estimate)}"
    firm = [mark for mark in known if not mark.row.few] or known
    highest = max(firm, key=lambda mark: mark.number or 0.0)
    if highest.number == min(mark.number or 0.0 for mark in known) == max(mark.number or 0.0 for mark in known):
        return f"The same in all {len(known):,}: {highest.value}"
    passed = any((mark.number or 0.0) > (highest.number or 0.0) for mark in known)
    among = ", of those with 10 or more sampled" if passed else ""
    return f"Highest {placed(highest, estimate)}: {highest.value}{among}"


def placed(mark: ChartMark, estimate: Estimate) -> str:
    """Return where a row is, within a sentence."""
    at = moment_of(mark.row, estimate.by) if over_time(estimate) else None
    if at is None:
        return f"for {mark.label}"
    return f"in {at:%B %Y}" if estimate.by == "month" else _day(at, "on" if estimate.by == "day" else f"in the {estimate.by} of")


def measure_of(estimate: Estimate) -> str:
    """Return what the figures are of: a share or a number, of which events."""
    what = f"{estimate.query}" if estimate.query else ("all rules" if estimate.by == "criterion" else "all events")
    if estimate.kind == CONFIRMED:
        confirmed = "wrong labels" if estimate.verdict == Verdict.WRONG_LABEL.value else "failures"
        return f"share of {confirmed} that two people confirmed, {what}" if estimate.rate else f"confirmed {confirmed}, {what}"
    return f"share of {what}" if estimate.rate else f"number of {UNIT}, {what}"


def subtitle_of(estimate: Estimate, as_of: datetime | None = None) -> str:
    """Return measure, denominator, source and as-of in a line."""
    by = f" by {estimate.by}" if estimate.by else ""
    parts = [f"{_opened(measure_of(estimate))}{by}"]
    if estimate.rate and (among := estimate_facts.among(estimate)):
        parts.append(among)
    when = f"as of position {estimate.position:,}" + (f", {as_of:%-d %B %Y}" if as_of else "")
    return ", ".join(
        [*parts, f"source {estimate.source}, protocol {estimate.protocol}" if estimate.source else "", when]
    ).replace(", , ", ", ")


def count_drawn(drawn: int, rows: int, *, newest: bool) -> str:
    """Return what to say of a chart that has not all rows; nothing of one that has."""
    return "" if drawn == rows else f"{drawn:,} {'newest ' if newest else ''}of {rows:,} drawn; all are in the table."


def headline_of(total: Estimate, rule: str = "") -> str:
    """Return one sentence about a single figure that somebody can repeat; empty where it has none.

    Parameters
    ----------
    total : an estimate of one row
    rule : the criterion that it is about; default: its query
    """
    if len(total.rows) != 1:
        return ""
    mark = mark_of(total.rows[0], total)
    if mark.number is None:
        return ""
    confirmed = total.kind == CONFIRMED
    named = f"criterion {rule}" if rule else total.query
    if total.rate:
        judged = f"judged {UNIT}"
        what = f"{in_parts(mark.number)} {judged}"
        did = _confirmed(total) if confirmed else f"met {named}" if rule else f"are {named}"
        return f"{what} {did}{' ' + named if confirmed else ''}: {_with_interval(mark)}."
    thing = _things(total) if confirmed else UNIT
    about = "" if mark.row.exact else "about "
    which = f" of {named}" if named else ""
    return f"{_opened(about + mark.value)} {thing}{which}{_between(mark)}."


def in_parts(share: float) -> str:
    """Return a share as people say it, with `of`-less words that a plural follows.

    >>> in_parts(0.1234), in_parts(0.66), in_parts(0), in_parts(0.0008), in_parts(1), in_parts(0.97)
    ('About 1 in 8', 'About 2 in 3', 'None of the', 'About 1 in 1,200', 'All', 'Nearly all')
    """
    if share <= 0 or share >= 1:
        return "All" if share >= 1 else "None of the"
    if share <= ONE_IN:
        whole = 1 / share
        step = 10 ** max(0, math.floor(math.log10(whole)) - 1)
        return f"About 1 in {round(whole / step) * step:,}"
    part = Fraction(share).limit_denominator(PARTS)
    return "Nearly all" if part == 1 else f"About {part.numerator} in {part.denominator}"


def _with_interval(mark: ChartMark) -> str:
    return mark.value + _between(mark)


def _between(mark: ChartMark) -> str:
    if mark.row.exact:
        return ", counted exactly"
    if not mark.interval:
        return ", and how sure that is nobody knows yet"
    low, _, high = mark.interval.partition(" to ")
    return f", likely between {low} and {high} ({mark.row.level * 100:g} % interval)"


def _things(estimate: Estimate) -> str:
    return "confirmed wrong labels" if estimate.verdict == Verdict.WRONG_LABEL.value else "confirmed failures"


def _confirmed(estimate: Estimate) -> str:
    what = "wrong labels" if estimate.verdict == Verdict.WRONG_LABEL.value else "failures"
    return f"are {what} that two people confirmed,"


def _day(at: datetime, how: str) -> str:
    return f"{how} {at.day} {at:%B %Y}"


def _opened(text: str) -> str:
    """Return text that begins with a capital."""
    text = one_line(text)
    return text[:1].upper() + text[1:]
