"""What a chart shows, in sentences made of its figures: its title, what it is a measure of, and one to repeat in a meeting."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction

from remiss.present import estimate_facts
from remiss.present.chart_marks import ChartMark, mark_of
from remiss.present.chart_scale import moment_of, over_time
from remiss.present.legible import one_line, within
from remiss.records.estimate import CONFIRMED, Estimate
from remiss.records.labelling import Verdict

_RULE = re.compile(r'criterion:"?([\w-]+)"?')
# Up to which share one says "1 in so many", and the greatest whole that one says parts of above it.
ONE_IN, PARTS = 0.4, 10


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartNames:
    """What people call things, by the protocol's `show`: its events (`flights`), and fields by their keys (`Airport`)."""

    events: str = "events"
    fields: Mapping[str, str] = field(default_factory=dict)


PLAIN = ChartNames()


def title_of(estimate: Estimate, marks: Sequence[ChartMark], names: ChartNames = PLAIN) -> str:
    """Return what a chart shows, as `Highest in December 2013: 18 %`; first is no row of few events or a partial window."""
    known = [mark for mark in marks if mark.number is not None]
    if not known:
        return "No figure can be given yet"
    if len(marks) == 1:
        return f"{known[0].value}: {measure_of(estimate, names)}"
    whole = [mark for mark in known if not mark.row.partial] or known
    firm = [mark for mark in whole if not mark.row.few] or whole
    highest = max(firm, key=lambda mark: mark.number or 0.0)
    if highest.number == min(mark.number or 0.0 for mark in known) == max(mark.number or 0.0 for mark in known):
        return f"The same in all {len(known):,}: {highest.value}"
    passed = [mark for mark in known if (mark.number or 0.0) > (highest.number or 0.0)]
    among = ", of those with 10 or more sampled" if any(mark in whole for mark in passed) else ", of whole ones" if passed else ""
    return f"Highest {placed(highest, estimate)}: {highest.value}{among}"


def placed(mark: ChartMark, estimate: Estimate) -> str:
    """Return where a row is, within a sentence."""
    at = moment_of(mark.row, estimate.by) if over_time(estimate) else None
    if at is None:
        return f"for {mark.label}"
    return f"in {at:%B %Y}" if estimate.by == "month" else _day(at, "on" if estimate.by == "day" else f"in the {estimate.by} of")


def judged(estimate: Estimate) -> bool:
    """Return whether the figures are shares among events that could be judged."""
    said = (estimate.denominator or "", *(note for row in estimate.rows for note in row.notes if note.startswith("among")))
    return estimate.rate and any("could be judged" in each for each in said)


def rule_of(query: str) -> str:
    """Return the one criterion that a query names, and nothing else; empty of other queries.

    >>> rule_of("criterion:slow"), rule_of("criterion:slow context.airport:EWR")
    ('slow', '')
    """
    found = _RULE.fullmatch(query)
    return found[1] if found else ""


def measure_of(estimate: Estimate, names: ChartNames = PLAIN) -> str:
    """Return what the figures are of: a share or a number, of which events."""
    rule, each = rule_of(estimate.query), estimate.by == "criterion" and not estimate.query
    which = "that met each rule" if each else f"that met {rule}" if rule else f"with {estimate.query}" if estimate.query else ""
    events = f"judged {names.events}" if judged(estimate) else names.events
    if estimate.kind == CONFIRMED:
        said = f"{events} that are {_things(estimate)}" if estimate.rate else _things(estimate)
        which = which.replace("that met", "and met" if estimate.rate else "that met")
        return _spaced("share of" if estimate.rate else "number of", said, which)
    return _spaced("share of" if estimate.rate else "number of", events, which)


def column_of(estimate: Estimate, names: ChartNames = PLAIN) -> str:
    """Return the head of the column that names the rows."""
    by = estimate.by
    if by is None:
        return _opened(names.events)
    known = {"criterion": "Rule", "mode": "Failure mode", **names.fields}
    return known.get(by) or _opened(by.rpartition(".")[2].replace("_", " "))


def heading_of(estimate: Estimate, names: ChartNames = PLAIN) -> str:
    """Return what the figures are of and by what they are broken down, for example `Share of events that met slow by month`."""
    by = (
        f" by {'rule' if estimate.by == 'criterion' else within(names.fields.get(estimate.by, estimate.by))}"
        if estimate.by
        else ""
    )
    if estimate.by == "criterion" and not estimate.query:
        by = ""
    return f"{_opened(measure_of(estimate, names))}{by}"


def subtitle_of(estimate: Estimate, names: ChartNames = PLAIN) -> str:
    """Return measure, denominator, source, as-of and who counted, a sentence each: a picture goes where no page is beside it."""
    among = _opened(estimate_facts.among(estimate)) if estimate.rate else ""
    by = versions_of(estimate).replace(", version", " version", 1)
    ground = f"Source {estimate.source}, protocol {by}, " if estimate.source and estimate.protocol else ""
    when = f"{'as' if ground else 'As'} of position {estimate.position:,}"
    who = "two people found, each by themselves" if estimate.kind == CONFIRMED else "the rules flagged, before people checked"
    counted = f"Counts what {who}"
    return ". ".join(part for part in (heading_of(estimate, names), among, f"{ground}{when}", counted) if part) + "."


def versions_of(estimate: Estimate) -> str:
    """Return by which versions of its protocol an estimate was made, for example `arrival-delay, versions 1 and 2`."""
    name, _, version = estimate.protocol.rpartition("@")
    versions = [str(each) for each in sorted({span.version for span in estimate.spans})]
    if len(versions) < 2:
        return f"{name}, version {version}"
    return f"{name}, versions {', '.join(versions[:-1])} and {versions[-1]}"


def count_drawn(drawn: int, rows: int, *, newest: bool) -> str:
    """Return what to say of a chart that has not all rows; nothing of one that has."""
    return "" if drawn == rows else f"{drawn:,} {'newest ' if newest else ''}of {rows:,} drawn; all are in the table."


def headline_of(total: Estimate, names: ChartNames = PLAIN) -> str:
    """Return one sentence about a single figure that somebody can repeat; empty where it has none.

    Parameters
    ----------
    total : an estimate of one row
    """
    mark = mark_of(total.rows[0], total) if len(total.rows) == 1 else None
    if mark is None or mark.number is None:
        return ""
    rule, confirmed = rule_of(total.query), total.kind == CONFIRMED
    which = f"met {rule}" if rule else f"are {total.query}" if total.query else ""
    if total.rate:
        events = f"judged {names.events}" if judged(total) else names.events
        did = _spaced(f"are {_things(total)}", f"and {which}" if which else "") if confirmed else which
        return f"{in_parts(mark.number)} {events} {did}: {mark.value}{_between(mark)}."
    things = _things(total) if confirmed else names.events
    about = "" if mark.row.exact else "about "
    return f"{_opened(_spaced(about + mark.value, things, f'that {which}' if which else 'in all'))}{_between(mark)}."


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


def _between(mark: ChartMark) -> str:
    if mark.row.exact:
        return ", counted exactly"
    if not mark.interval:
        return ", and how sure that is nobody knows yet"
    low, _, high = mark.interval.partition(" to ")
    return f", likely between {low} and {high} ({mark.row.level * 100:g} % interval)"


def _things(estimate: Estimate) -> str:
    return "confirmed wrong labels" if estimate.verdict == Verdict.WRONG_LABEL.value else "confirmed failures"


def _spaced(*parts: str) -> str:
    return " ".join(part for part in parts if part)


def _day(at: datetime, how: str) -> str:
    return f"{how} {at.day} {at:%B %Y}"


def _opened(text: str) -> str:
    """Return text that begins with a capital."""
    text = one_line(text)
    return text[:1].upper() + text[1:]
