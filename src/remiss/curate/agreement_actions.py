"""How far people agree, who label the same cases without knowing of each other.

Agreeing: the figures of agreement, field by field, over cases that two people labelled independently.

Only pairs count: a label that is not compared with another says nothing of agreement, and would betray who gave it. For the
same reason, and because it says nothing, no figure is made of fewer than `FEWEST` cases, nor is it told that there are any, but
of those whose labellings are visible to the asker.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from remiss.action import action
from remiss.catalog.field_names import query_of
from remiss.catalog.query.parsing import parse
from remiss.curate.agreement import FieldLabels, Ratings, acs, alphas, shares, specific_shares
from remiss.curate.agreement_statistics import (
    ENOUGH,
    Categories,
    Floats,
    Metric,
    near,
    nominal,
    of_sets,
    ordinal,
    percentile_intervals,
    same,
    seed_of,
)
from remiss.curate.ports.labelling import AgreementWorkspace
from remiss.parameters import Position, Query
from remiss.present.legible import counted
from remiss.present.legible import share as share_in_words
from remiss.records.agreement import Agreement, AgreementRow, By, Double, Field, Figure, Given, Looks
from remiss.records.catalog import reached
from remiss.records.labelling import Verdict
from remiss.records.view_entry import ViewEntry, ViewKind

FEWEST = 5
NOBODY_LOOKED = Looks()
TOO_FEW = f"too few to tell: under {FEWEST} cases"
NO_INTERVAL = f"no interval under {ENOUGH} cases"
UNDEFINED = "undefined: only one category occurs"


def near_sets(categories: Categories) -> Floats:
    """Return the weights of AC2 for sets: one less their MASI distance."""
    weights: Floats = 1.0 - of_sets(categories, same(categories))
    return weights


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """How a field is measured: what of a labelling it is, None where it has none; the scale where there is one."""

    label: Callable[[Given], Hashable | None]
    metric: Metric
    weights: Callable[[Categories], Floats]
    scale: tuple[Hashable, ...] | None = None


def _of_failure(label: Callable[[Given], Hashable | None]) -> Callable[[Given], Hashable | None]:
    return lambda given: label(given) if given.verdict is Verdict.FAILURE else None


MEASURES: dict[Field, Measure] = {
    Field.VERDICT: Measure(label=lambda given: given.verdict.value, metric=nominal, weights=same),
    Field.MODE: Measure(label=_of_failure(lambda given: given.mode), metric=nominal, weights=same),
    Field.SEVERITY: Measure(label=_of_failure(lambda given: given.severity), metric=ordinal, weights=near, scale=(1, 2, 3, 4)),
    Field.MODES: Measure(
        label=_of_failure(lambda given: frozenset(filter(None, (given.mode, *given.modes)))), metric=of_sets, weights=near_sets
    ),
}


def agreement_of(
    double_labelled: Sequence[Double], *, query: str, by: By | None, position: int, looks: Looks = NOBODY_LOOKED
) -> Agreement:
    """Return the figures of agreement over cases that were labelled twice."""
    weighed = sorted((each for each in double_labelled if each.weight is not None), key=lambda each: each.case)
    rows = [row for key, some in _grouped(weighed, by) for row in _rows(key, some, by)]
    left = len(double_labelled) - len(weighed)
    notes = []
    if left:
        words = counted(left, "case")
        notes.append(
            f"{words} labelled twice left out, whose weights are unknown: no run in force sampled them, they were annotated out "
            "of turn, or were not chosen for a second labelling"
        )
    if looks.not_told:
        share = share_in_words(looks.share or 0.0)
        notes.append(
            f"{looks.not_told:,} of {looks.told + looks.not_told:,} independent labellings of decided cases could not tell "
            f"({share}): they are in no figure"
        )
    return Agreement(
        query=query,
        by=by,
        position=position,
        cases=len(weighed),
        cannot_tell=looks.share,
        rows=tuple(rows),
        notes=tuple(notes),
    )


def _grouped(double_labelled: Sequence[Double], by: By | None) -> Iterator[tuple[str | None, Sequence[Double]]]:
    """Yield the cases of each key, keys in their order."""
    if by is None:
        yield None, double_labelled
        return
    found: dict[str, list[Double]] = defaultdict(list)
    for each in double_labelled:
        for key in _keys(each, by):
            found[key].append(each)
    yield from sorted(found.items())


def _keys(double: Double, by: By) -> Iterator[str]:
    match by:
        case By.PAIR:
            yield " and ".join(sorted((double.first.person, double.second.person)))
        case By.MONTH:
            yield f"{double.at:%Y-%m}"
        case By.MODE:
            both = _labels(double, MEASURES[Field.MODE])
            yield from dict.fromkeys(str(mode) for mode in both or ())


def _labels(double: Double, measure: Measure) -> tuple[Hashable, Hashable] | None:
    """Return both labels of a field; None unless both people gave one."""
    first, second = measure.label(double.first), measure.label(double.second)
    return None if first is None or second is None else (first, second)


def _rows(key: str | None, double_labelled: Sequence[Double], by: By | None) -> Iterator[AgreementRow]:
    if by is By.MODE:
        pairs = _pairs(double_labelled, MEASURES[Field.MODE])
        if _may_show(pairs):
            yield _specific(str(key), pairs)
        return
    for field, measure in MEASURES.items():
        pairs = _pairs(double_labelled, measure)
        if _may_show(pairs) or by is None:
            yield _row(key, field, measure, pairs)


Pairs: TypeAlias = Sequence[tuple[Double, tuple[Hashable, Hashable]]]


def _pairs(double_labelled: Sequence[Double], measure: Measure) -> Pairs:
    """Return the cases with two labels of a field."""
    return [(each, labels) for each in double_labelled if (labels := _labels(each, measure)) is not None]


def _may_show(pairs: Pairs) -> bool:
    """Return whether it may be told that there are such cases: enough of them, or one whose labellings are told anyway."""
    return len(pairs) >= FEWEST or _visible_count(pairs) > 0


def _visible_count(pairs: Pairs) -> int:
    """Return of how many cases the labellings are visible to the asker."""
    return sum(each.visible for each, _ in pairs)


def _too_few(key: str | None, field: Field, pairs: Pairs) -> AgreementRow:
    none = Figure()
    return AgreementRow(key=key, field=field, cases=_visible_count(pairs), agreed=none, alpha=none, ac=none, note=TOO_FEW)


def _labelled(pairs: Pairs) -> list[FieldLabels]:
    return [FieldLabels(case=each.case, labels=labels, weight=each.weight or 0.0) for each, labels in pairs]


def _row(key: str | None, field: Field, measure: Measure, pairs: Pairs) -> AgreementRow:
    size = len(pairs)
    if size < FEWEST:
        return _too_few(key, field, pairs)
    labelled = _labelled(pairs)
    ratings = Ratings.of(labelled, measure.scale)
    weights = measure.weights(ratings.categories)
    seed = seed_of(each.case for each in labelled)
    agreed, alpha, ac = _figures(
        (
            lambda copies: shares(ratings, same(ratings.categories), copies),
            lambda copies: alphas(ratings, measure.metric, copies),
            lambda copies: acs(ratings, weights, copies),
        ),
        ratings,
        seed,
    )
    notes = [UNDEFINED] if alpha.value is None or ac.value is None else []
    notes += [NO_INTERVAL] if size < ENOUGH else []
    return AgreementRow(key=key, field=field, cases=size, agreed=agreed, alpha=alpha, ac=ac, note="; ".join(notes))


def _specific(mode: str, pairs: Pairs) -> AgreementRow:
    """Return how often another person says a mode of a case where one says it."""
    size, none = len(pairs), Figure()
    if size < FEWEST:
        return _too_few(mode, Field.MODE, pairs)
    labelled = _labelled(pairs)
    ratings = Ratings.of(labelled)
    seed = seed_of(each.case for each in labelled)
    [agreed] = _figures([lambda copies: specific_shares(ratings, mode, copies)], ratings, seed)
    note = NO_INTERVAL if size < ENOUGH else ""
    return AgreementRow(key=mode, field=Field.MODE, cases=size, agreed=agreed, alpha=none, ac=none, note=note)


def _figures(statistics: Sequence[Callable[[Floats], Floats]], ratings: Ratings, seed: bytes) -> list[Figure]:
    """Return the figure of each statistic, with an interval where it has a value and there are enough cases for one."""
    values = [float(statistic(ratings.once)[0]) for statistic in statistics]
    size = len(ratings.weights)
    some = [at for at, value in enumerate(values) if math.isfinite(value) and size >= ENOUGH]
    ends = dict(zip(some, percentile_intervals([statistics[at] for at in some], seed, size), strict=True)) if some else {}
    found = []
    for at, value in enumerate(values):
        low, high = ends.get(at) or (None, None)
        found.append(Figure(value=value, low=low, high=high) if math.isfinite(value) else Figure())
    return found


def _shown(_: AgreementWorkspace, given: Mapping[str, Any], found: Agreement) -> Sequence[ViewEntry]:
    return (ViewEntry(kind=ViewKind.FIGURE, query=found.query, position=found.position, count=len(found.rows)),)


@action("agreement.show", permission="agreement:read", http="GET /agreement", reads=True, views=_shown)
def show_agreement(
    ws: AgreementWorkspace, query: Query = "", *, by: By | None = None, as_of: Position | None = None
) -> Agreement:
    """Say how far annotators and verifiers agree, beyond chance.

    Of the cases that match QUERY: Krippendorff's alpha and Gwet's AC1 (AC2 where labels may be near) on verdict, failure mode,
    severity and sets of modes, each case weighed by how many it stands for, with 95 % intervals by resampling cases. Who could
    not tell is in none of these, and it is said how many could not.

    Example: remiss agreement show 'criterion:missed-delay' --by month

    Parameters
    ----------
    by : a row for each failure mode, pair of people, or month of the second labelling; default: all together

    Raises
    ------
    QueryError : the query cannot be understood; InputError : a position that is not there yet
    """
    head = ws.position()
    position = reached(as_of, head)
    at = head if position is None else position
    written, store = query_of(ws, query), ws.double_labelled
    asked = parse(written.query)
    looks = store.looks(asked, at)
    found = agreement_of(store.labelled_twice(asked, at), query=written.query, by=by, position=at, looks=looks)
    return replace(found, notes=(*written.read_as, *found.notes))
