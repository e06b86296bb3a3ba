"""Drift in words: what of a field changed, where to and by how much, as the terminal and pages say it."""

from __future__ import annotations

from collections.abc import Iterator

from remiss.present.legible import NARROW_SPACE, between, counted, number, one_line, share
from remiss.records.drift import APPEARED, CHANGED, DOWN, GONE, NONE, UP, DriftReport, FieldDrift
from remiss.records.event import Scalar

COLUMNS = ("field", "drift", "PSI", "JS", "Wasserstein", "missing", "q")
PRIORITIES = {"drift": 1, "PSI": 2, "JS": 4, "Wasserstein": 5, "missing": 4, "q": 3}
SIGNS = {UP: "▲", DOWN: "▼", CHANGED: "◆", APPEARED: "●", GONE: "○", NONE: "▬"}
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
    text = str(value).lower() if isinstance(value, bool) else one_line(str(value))
    return text if len(text) <= 24 else f"{text[:23]}…"


def _points(change: float) -> str:
    return f"{'up' if change > 0 else 'down'} {number(round(abs(change) * 100, 2))} points"


def line(one: FieldDrift, needs: int) -> tuple[str, ...]:
    """Return what a table says of a field."""
    measured = {each.measure: each.value for each in one.scores}
    psi, apart = measured.get("psi"), measured.get("jensen-shannon")
    surest = one.surest
    return (
        one.field,
        drift_in_words(one, needs),
        "" if psi is None else f"{psi:.3f}",
        "" if apart is None else f"{apart:.3f}",
        "" if one.wasserstein_scaled is None else f"{one.wasserstein_scaled:.2f} sd",
        "" if one.missing is None else share(one.missing),
        "" if surest is None or surest.q is None else "<0.001" if surest.q < 0.001 else number(round(surest.q, 3)),
    )


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
        yield from (f"{each.field}: {note}" for note in each.notes)
    yield from found.notes
