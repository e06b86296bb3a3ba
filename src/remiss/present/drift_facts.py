"""Drift as people read it: what of a field changed, where to and by how much, what split a rate, and a picture for each field.

A strip is of the surest score of its field. All share one scale: the score by that from which it is told, at the line. Shaded is
the distribution that windows like the reference windows have, faint dots are these themselves. It is hidden from screen readers:
the table that it stands in has the same in words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from remiss.present.legible import NARROW_SPACE, between, counted, cut, number, one_line, share
from remiss.present.svg import escaped
from remiss.records.drift import (
    APPEARED,
    CHANGED,
    DOWN,
    GONE,
    NONE,
    REFERENCE,
    UP,
    ChangeReport,
    DriftReport,
    FieldDrift,
    UsualScore,
)
from remiss.records.event import Scalar

COLUMNS = ("field", "drift", "PSI", "JS", "Wasserstein", "missing", "q")
PRIORITIES = {"drift": 1, "PSI": 2, "JS": 4, "Wasserstein": 5, "missing": 4, "q": 3}
SIGNS = {UP: "▲", DOWN: "▼", CHANGED: "◆", APPEARED: "●", GONE: "○", NONE: "▬"}
CHANGE_COLUMNS = ("slice", "share", "rate", "by mix, in points", "by rate, in points")
CHANGE_PRIORITIES = {"by mix, in points": 1, "by rate, in points": 1, "rate": 2, "share": 3}
WIDTH, MIDDLE, EDGE = 180, 12, 6
# The scale ends at so many times the score from which one is told; what is beyond has a head of an arrow there.
REACH = 2.0
# Where windows have never differed nothing is usual.
NEVER = 1e-9
# So many fields are named in a sentence.
NAMED = 4
SHARES = frozenset({"psi", "jensen-shannon", "wasserstein"})


def drift_in_words(one: FieldDrift, needs: int) -> str:
    """Return what became of a field: an arrow with its size, that no change is seen, or how many windows it still needs."""
    if one.arrow is None:
        return f"needs {counted(needs, 'more window')}" if needs else "cannot be told"
    if one.arrow == NONE:
        return f"{SIGNS[NONE]} no change seen"
    return f"{SIGNS[one.arrow]} {'; '.join(_parts(one))}"


def _parts(one: FieldDrift) -> Iterator[str]:
    if SHARES & {*one.found} and one.change is not None and one.before is not None and one.after is not None:
        if one.kind in {"number", "length"}:
            unit = " characters" if one.kind == "length" else ""
            moved = f"{'up' if one.change > 0 else 'down'} {number(abs(one.change))}{unit}"
            yield moved if one.arrow != CHANGED else f"spread otherwise, mean {moved}"
        else:
            yield f"{_value(one.value)} {_points(one.change)}"
    if "new" in one.found:
        yield "new " + ", ".join(f"{_value(each.value)} {share(each.share)}" for each in one.new[:2])
    if "vanished" in one.found:
        yield "gone " + ", ".join(f"{_value(each.value)} {share(each.share)}" for each in one.vanished[:2])
    if "missing" in one.found and one.missing is not None and one.missing_before is not None:
        yield f"missing {_points(one.missing - one.missing_before)}"


def _value(value: Scalar) -> str:
    return str(value).lower() if isinstance(value, bool) else cut(one_line(str(value)), 24)


def _points(change: float) -> str:
    return f"{'up' if change > 0 else 'down'} {number(round(abs(change) * 100, 2))} points"


def line(one: FieldDrift, needs: int) -> tuple[str, ...]:
    """Return what a table says of a field."""
    measured = {each.measure: each.value for each in one.scores}
    psi, apart = measured.get("psi"), measured.get("jensen-shannon")
    surest = one.surest
    return (
        cut(one_line(one.field)),
        drift_in_words(one, needs),
        "" if psi is None else f"{psi:.3f}",
        "" if apart is None else f"{apart:.3f}",
        "" if one.wasserstein_scaled is None else f"{one.wasserstein_scaled:.2f} sd",
        "" if one.missing is None else share(one.missing),
        "" if surest is None or surest.q is None else "<0.001" if surest.q < 0.001 else number(round(surest.q, 3)),
    )


def amount(one: FieldDrift, measure: str, value: float) -> str:
    """Return a score as texts: shares as such, a distance of numbers in standard deviations, else as it is."""
    if measure in {"new", "vanished"}:
        return share(round(min(1.0, value), 4))
    return f"{value / one.spread:.2f} sd" if measure == "wasserstein" and one.spread else f"{value:.3f}"


def headline(found: DriftReport, called: Callable[[str], str]) -> str:
    """Return in a sentence which fields changed, by what people call them."""
    if found.needs:
        return f"Nothing can be told yet: it needs {counted(found.needs, 'more reference window')}"
    told = [cut(called(each.field)) for each in found.drifted]
    if not told:
        return f"No change seen in {counted(len(found.fields), 'field')}"
    names = "; ".join(told[:NAMED]) + (f" and {len(told) - NAMED} more" if len(told) > NAMED else "")
    return f"{len(told)} of {counted(len(found.fields), 'field')} changed: {names}"


def notes(found: DriftReport) -> Iterator[str]:
    """Yield in sentences what was compared with what, and what to know about it."""
    yield (
        f"{between(found.since, found.until)}, {counted(found.sampled, 'uniformly sampled event')}, against "
        f"{counted(found.references, 'reference window')}" + (f" ({found.reference})" if found.reference else "")
    )
    if found.needs:
        yield f"too few reference windows to say how much windows differ: needs {counted(found.needs, 'more window')}"
    else:
        yield (
            f"{counted(found.tested, 'score')} were tested; an arrow is told where the window differs by more than the reference "
            f"windows among themselves, at a false discovery rate of {share(found.level).replace(NARROW_SPACE, ' ')}"
        )
    for each in found.fields:
        yield from (f"{cut(each.field)}: {note}" for note in each.notes)
    yield from found.notes


def change_lines(found: ChangeReport) -> Iterator[tuple[str, ...]]:
    """Yield what a table says of each slice, and of all together."""
    for each in found.slices:
        yield (
            one_line(each.words),
            f"{share(each.share_before)} → {share(each.share_after)}",
            f"{_or_none(each.rate_before)} → {_or_none(each.rate_after)}",
            effect(each.mix, each.mix_low, each.mix_high),
            effect(each.rate, each.rate_low, each.rate_high),
        )
    yield (
        "all together",
        "",
        f"{share(found.rate_before)} → {share(found.rate_after)}",
        effect(found.mix, found.mix_low, found.mix_high),
        effect(found.rate, found.rate_low, found.rate_high),
    )


def _or_none(rate: float | None) -> str:
    return "none" if rate is None else share(rate)


def effect(value: float, low: float | None, high: float | None) -> str:
    """Return a part of a change in percentage points, with its interval.

    >>> effect(0.0123, -0.001, 0.0256), effect(0.0, None, None)
    ('+1.23 (-0.10 to +2.56)', '+0.00')
    """
    said = f"{100 * value:+.2f}"
    return said if low is None or high is None else f"{said} ({100 * low:+.2f} to {100 * high:+.2f})"


def change_notes(found: ChangeReport) -> Iterator[str]:
    """Yield in sentences how the rate changed, by what, and what to know about it."""
    said = effect(found.change, found.change_low, found.change_high)
    before = sum(each.role == REFERENCE for each in found.windows)
    yield (
        f"{share(found.rate_before)} of {found.among} in {counted(before, 'window')} before, {share(found.rate_after)} in "
        f"{counted(len(found.windows) - before, 'window')} after: {said} points, of {counted(found.sampled, 'sampled event')}"
    )
    if found.needs:
        yield f"too few windows to say how sure that is: the shorter side needs {counted(found.needs, 'more window')}"
    if found.correlation:
        yield f"windows that follow each other are alike (correlation {found.correlation:.1f}), and every interval allows for it"
    yield from found.notes


def strip(one: FieldDrift, href: str) -> str:
    """Return the picture of a field as a link; empty of one whose scores have nothing beside them. A page has hundreds."""
    beside = one.beside
    if beside is None or beside.told_from <= 0:
        return ""
    value, half, high = (amount(one, beside.measure, each) for each in (beside.value, beside.half, beside.high))
    says = f"{beside.measure} {value}; half of such windows are up to {half}, 19 of 20 up to {high}"
    parts = "".join((*_usual(beside), _asked(one, beside)))
    drawn = f'<svg class="remiss-trend" aria-hidden="true"><title>{escaped(says)}</title>{parts}</svg>'
    return f'<a href="{escaped(href)}" tabindex="-1">{drawn}</a>'


def _x(value: float, beside: UsualScore) -> int:
    return round(EDGE + min(value / beside.told_from, REACH) / REACH * (WIDTH - 2 * EDGE))


def _usual(beside: UsualScore) -> Iterator[str]:
    """Draw what is usual, from where a score is told, and the reference windows."""
    for end, look in ((beside.high, "most"), (beside.half, "half")) if beside.high > NEVER else ():
        yield f'<path class="{look}" d="M{EDGE} {MIDDLE}H{_x(end, beside)}"/>'
    yield f'<path class="from" d="M{_x(beside.told_from, beside)} 1v22"/>'
    places = sorted({_x(value, beside) for value in beside.references})
    yield f'<path class="others" d="{"".join(f"M{x} {MIDDLE}h0" for x in places)}"/>'


def _asked(one: FieldDrift, beside: UsualScore) -> str:
    """Draw the window itself: filled where it is told that it drifted, hollow else, an arrow's head where the scale ends."""
    x = _x(beside.value, beside)
    head = beside.value > REACH * beside.told_from
    shape = f'<path d="M{x - 5} 7l9 5l-9 5z"' if head else f'<circle cx="{x}" cy="{MIDDLE}" r="4"'
    return f"{shape}/>" if beside.measure in one.found else f'{shape} class="hollow"/>'
