"""What is told of the fields of a window: its scores, and of those that drifted where to and by how much."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from remiss.records.drift import APPEARED, CHANGED, DOWN, GONE, NONE, UP, DriftScore, FieldDrift, UsualScore, ValueShare
from remiss.records.event import Scalar
from remiss.understand.drift.measures import (
    JENSEN_SHANNON,
    LENGTH,
    MISSING,
    NEW,
    ORDERED,
    TRUTH,
    VANISHED,
    WASSERSTEIN,
    jensen_shannon,
    others,
    pool,
)
from remiss.understand.drift.testing import LEAST, FieldScores, Score
from remiss.understand.variance import Indices, Numbers

# So many new and vanished values are named.
NAMED = 5
SHARES = frozenset({"psi", JENSEN_SHANNON, WASSERSTEIN})
LENGTHS = "compared by the length of its text: it has {count:,} different values"
HARDLY = "hardly an event of the window, or of the reference windows, has a value"


def field_drifts(fields: Sequence[FieldScores], window: int, references: Indices, level: float) -> tuple[FieldDrift, ...]:
    """Return what is told of each field: first those that drifted, the surest first, then those that are furthest away."""
    tested = sum(score.p is not None for each in fields for score in each.scores)
    # What Benjamini and Hochberg tell are the scores whose p-value is at most this.
    told = sum(len(each.found(level)) for each in fields)
    cut = level * max(1, told) / max(1, tested)
    made = [_told(each, window, references, level, tested, cut) for each in fields]
    return tuple(sorted(made, key=_order))


def _order(one: FieldDrift) -> tuple[bool, float, float, str]:
    surest, apart = one.surest, one.score(JENSEN_SHANNON)
    return (
        one.arrow in {None, NONE},
        1.0 if surest is None or surest.q is None else surest.q,
        0.0 if apart is None else -apart.value,
        one.field,
    )


def _told(one: FieldScores, window: int, references: Indices, level: float, tested: int, cut: float) -> FieldDrift:
    field, found = one.field, one.found(level)
    sizes = field.sizes
    kept = references[sizes[references] >= LEAST]
    own = field.counts[window] / max(1, int(sizes[window]))
    beside = pool(field.counts[kept], field.scale[kept]).shares if len(kept) else np.zeros(len(own))
    there = len(kept) > 0 and bool(sizes[window])
    value, before, after = _ends(one, own, beside) if there else (None, None, None)
    by_shares = next((each for each in one.scores if each.measure == JENSEN_SHANNON), None)
    scored = {each.measure: each for each in one.scores}
    distance = scored.get(WASSERSTEIN)
    missing_before, missing = _missing(one, window, references)
    return FieldDrift(
        field=field.name,
        kind=field.kind,
        arrow=_arrow(one, found, before, after, (missing_before, missing)),
        found=tuple(each.measure for each in found),
        value=value,
        before=before,
        after=after,
        change=None if before is None or after is None else after - before,
        spread=one.spread if field.kind in ORDERED and there else None,
        wasserstein_scaled=distance.value / one.spread if distance is not None and one.spread > 0 else None,
        missing_before=missing_before,
        missing=missing,
        sampled=int(sizes[window] + field.missing[window]),
        distinct=field.distinct,
        scores=tuple(map(_published, one.scores)),
        new=_named(field.values, own, beside) if there and field.kind not in ORDERED else (),
        vanished=_named(field.values, beside, own) if there and field.kind not in ORDERED else (),
        series=_series(one, kept, beside),
        high=None if by_shares is None else by_shares.upto(0.05),
        told_from=None if by_shares is None else by_shares.upto(level / max(1, tested)),
        beside=_beside(one, cut),
        notes=tuple(_notes(one)),
    )


def _beside(one: FieldScores, cut: float) -> UsualScore | None:
    """Return the surest score that has a distribution of scores beside it."""
    known = [each for each in one.scores if each.null is not None and each.p is not None]
    if not known:
        return None
    surest = min(known, key=lambda each: (each.p, each.measure))
    half, high, told_from = (surest.upto(p) or 0.0 for p in (0.5, 0.05, cut))
    references = tuple(surest.references.tolist())
    return UsualScore(
        measure=surest.measure, value=surest.value, half=half, high=high, told_from=told_from, references=references
    )


def _published(one: Score) -> DriftScore:
    usual = float(one.references.mean()) if len(one.references) else None
    return DriftScore(measure=one.measure, value=one.value, usual=usual, p=one.p, q=one.q)


def _ends(one: FieldScores, own: Numbers, beside: Numbers) -> tuple[Scalar, float, float]:
    """Return which value is told, and before and after: means of numbers, else shares of the value that changed most."""
    field = one.field
    if field.kind in ORDERED:
        return None, float(beside @ field.places), float(own @ field.places)
    at = field.values.index(True) if field.kind == TRUTH and True in field.values else int(np.abs(own - beside).argmax())
    return field.values[at], float(beside[at]), float(own[at])


def _arrow(
    one: FieldScores,
    found: Sequence[Score],
    before: float | None,
    after: float | None,
    missing: tuple[float | None, float | None],
) -> str | None:
    measures = [each.measure for each in found]
    if not any(each.p is not None for each in one.scores):
        return None
    if not measures:
        return NONE
    if not SHARES & {*measures}:
        if NEW in measures:
            return APPEARED
        if VANISHED in measures:
            return GONE
        return UP if (missing[1] or 0) > (missing[0] or 0) else DOWN
    if NEW in measures and one.field.kind not in ORDERED:
        return APPEARED
    if one.field.kind in ORDERED or one.field.kind == TRUTH:
        distance = next((each.value for each in one.scores if each.measure == WASSERSTEIN), 0.0)
        moved = (after or 0.0) - (before or 0.0)
        # A field that is moved as a whole is as far as its mean; one that became wider or narrower is further than that.
        return CHANGED if abs(moved) < distance / 2 else UP if moved > 0 else DOWN
    return CHANGED


def _missing(one: FieldScores, window: int, references: Indices) -> tuple[float | None, float | None]:
    field = one.field
    every = field.sizes + field.missing
    kept = references[every[references] > 0]
    if not len(kept) or not every[window]:
        return None, None
    counts = np.column_stack([field.sizes, field.missing])
    return float(pool(counts[kept], field.scale[kept]).shares[1]), float(field.missing[window] / every[window])


def _named(values: Sequence[Scalar], shares: Numbers, others_: Numbers) -> tuple[ValueShare, ...]:
    alone = [at for at in np.argsort(-shares, kind="stable").tolist() if shares[at] > 0 and others_[at] <= 0]
    return tuple(ValueShare(value=values[at], share=float(shares[at])) for at in alone[:NAMED])


def _series(one: FieldScores, kept: Indices, beside: Numbers) -> tuple[float | None, ...]:
    """Return the distance of each window to the references, of a reference window that to the other ones."""
    field = one.field
    if not len(kept):
        return (None,) * len(field.counts)
    coarse, count = one.bins.coarse, one.bins.count
    found = jensen_shannon(field.counts, pool(field.counts[kept], field.scale[kept]), coarse, count)
    if len(kept) > 1:
        counts = field.counts[kept]
        found[kept] = jensen_shannon(counts, others(counts, field.scale[kept]), coarse, count)
    enough = field.sizes >= LEAST
    return tuple(float(each) if so else None for each, so in zip(found, enough, strict=True))


def _notes(one: FieldScores) -> list[str]:
    said = [LENGTHS.format(count=one.field.distinct)] if one.field.kind == LENGTH else []
    return [*said, *([] if any(each.measure != MISSING for each in one.scores) else [HARDLY])]
