"""Two results of one suite, compared event by event.

The shares are weighted and their intervals those of a gate. McNemar's test is unweighted: it asks only on how many events the
versions differ which way, and near-duplicates have one voice. Of many slices some differ by chance; so those are adjusted by
Benjamini and Hochberg, and the modes of severity 1, of which one wrong alarm is too many, by Holm.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from remiss.records.result import (
    ChangedEvent,
    LatencyDifference,
    PairedDifference,
    ResultRow,
    RowVerdict,
    SuiteComparison,
    SuiteResult,
)
from remiss.records.scenario import ScenarioFlip
from remiss.records.suite import GUARD, TARGET, SuitePart
from remiss.safeguard.non_inferiority import PASS_LEVEL, PairedCases, families_lost_and_won, pairs_of, shares_of, strata_of
from remiss.safeguard.paired_difference import combined_ends, z_of
from remiss.understand.intervals import TAIL, rate_interval
from remiss.understand.multiple_testing import Numbers, benjamini_hochberg, holm, mcnemar

CRITICAL = 1
MOST_CHANGES = 1_000
BROKEN, FIXED = "broken", "fixed"
# Of which groups many comparisons are made at once.
ADJUSTED: Mapping[str, tuple[str, Callable[[Sequence[float]], Numbers]]] = {
    "critical-mode": ("holm", holm),
    "slice": ("benjamini-hochberg", benjamini_hochberg),
}
ORDER = ("question", "criterion", "critical-mode", "mode", "severity", "slice", "scenario")
Flips = Sequence[ScenarioFlip]
_TOLD = {RowVerdict.PASSED: True, RowVerdict.FAILED: False}


@dataclass(frozen=True, slots=True)
class _Pair:
    """An event with what two versions made of it; None where it cannot be told."""

    row: ResultRow
    other: ResultRow
    was: bool | None
    now: bool | None


def compared(
    baseline: SuiteResult,
    candidate: SuiteResult,
    was: Sequence[ResultRow],
    now: Sequence[ResultRow],
    position: int,
    flips: tuple[Flips, Flips] = ((), ()),
) -> SuiteComparison:
    """Return how two results of one suite differ.

    Parameters
    ----------
    was, now : all rows of the baseline's result and of the candidate's, in any order
    flips : what became of the scenarios of both
    """
    before = {row.id: row for row in was}
    pairs = [
        _Pair(row, before[row.id], _TOLD.get(before[row.id].verdict), _TOLD.get(row.verdict)) for row in now if row.id in before
    ]
    found = [one for group, name, those in _groups(pairs) for one in _difference(group, name, those)]
    found += _criteria(pairs, candidate.production)
    alike = candidate.scenario_set is not None and candidate.scenario_set == baseline.scenario_set
    found += _stability(*flips) if alike else []
    changed = sorted(
        _changes(pairs), key=lambda each: (each.change != BROKEN, each.open, each.severity or 9, -each.weight, each.id)
    )
    return SuiteComparison(
        suite=candidate.suite,
        suite_digest=candidate.suite_digest,
        result=candidate.id,
        baseline_result=baseline.id,
        model=candidate.model,
        baseline=baseline.model,
        differences=tuple(sorted(_adjusted(found), key=lambda each: (ORDER.index(each.group), each.name))),
        latency=_latency(pairs),
        fixed=sum(each.change == FIXED for each in changed),
        broken=sum(each.change == BROKEN for each in changed),
        changes=tuple(changed[:MOST_CHANGES]),
        notes=tuple(_notes(baseline, candidate)),
        scenario_set=candidate.scenario_set if alike else None,
        scenarios=candidate.scenarios if alike else 0,
        synthetic_share=candidate.synthetic_share if alike else 0.0,
        position=position,
    )


def _groups(pairs: Sequence[_Pair]) -> Iterator[tuple[str, str, list[_Pair]]]:
    found: dict[tuple[str, str], list[_Pair]] = {}
    for pair in pairs:
        row = pair.row
        if row.verdict in {RowVerdict.NONE, RowVerdict.REDACTED} or row.part is SuitePart.PRODUCTION:
            continue
        names = [("question", TARGET if row.open else GUARD)]
        if row.part is SuitePart.CASES:
            names += [("mode", row.mode or "none"), ("severity", str(row.severity or "none"))]
            names += [("critical-mode", row.mode or "none")] if row.severity == CRITICAL else []
        names += [("slice", row.stratum)] if row.stratum != "{}" else []
        for each in names:
            found.setdefault(each, []).append(pair)
    for (group, name), those in found.items():
        yield group, name, those


def _criteria(pairs: Sequence[_Pair], production: Mapping[str, float]) -> Iterator[PairedDifference]:
    """Yield by criterion how much of production no longer meets it, each capture role standing for what it is there."""
    for name in sorted({name for pair in pairs for row in (pair.row, pair.other) for name in (*row.met, *row.unmet)}):
        those = [_Pair(pair.row, pair.other, _clear(pair.other, name), _clear(pair.row, name)) for pair in pairs]
        yield from _difference("criterion", name, those, production)


def _clear(row: ResultRow, criterion: str) -> bool | None:
    return False if criterion in row.met else True if criterion in row.unmet else None


def _difference(
    group: str, name: str, pairs: Sequence[_Pair], production: Mapping[str, float] | None = None
) -> Iterator[PairedDifference]:
    """Yield the difference of the events of which both versions can be told, if there are any."""
    told = [pair for pair in pairs if pair.was is not None and pair.now is not None]
    if not told:
        return
    rows, was, now = [pair.row for pair in told], [bool(pair.was) for pair in told], [bool(pair.now) for pair in told]
    cases = pairs_of(rows, was, now)
    stands_for = None if production is None else shares_of(production, cases.role)
    yield _of_cases(group, name, cases, len(pairs) - len(told), stands_for)


def _stability(was: Flips, now: Flips) -> Iterator[PairedDifference]:
    """Yield by recipe, and of all recipes where there are several, how much more rarely scenarios flip.

    Of scenarios that can show a flip on both sides; each counts as much as any other.
    """
    before = {each.scenario: each for each in was if each.compares}
    pairs = [(before[each.scenario], each) for each in now if each.compares and each.scenario in before]
    recipes = sorted({each.recipe for each in now})
    for recipe in (*recipes, "") if len(recipes) > 1 else recipes:
        those = [(one, other) for one, other in pairs if recipe in {"", other.recipe}]
        if not those:
            continue
        place: dict[str, int] = {}
        cases = PairedCases(
            baseline=np.array([not one.flips for one, _ in those]),
            candidate=np.array([not other.flips for _, other in those]),
            weight=np.ones(len(those)),
            role=np.zeros(len(those), dtype=np.intp),
            family=np.array([place.setdefault(other.family, len(place)) for _, other in those], dtype=np.intp),
        )
        asked = sum(recipe in {"", each.recipe} for each in now)
        yield _of_cases("scenario", recipe, cases, asked - len(those), None)


def _of_cases(group: str, name: str, cases: PairedCases, untold: int, stands_for: Numbers | None) -> PairedDifference:
    strata = strata_of(cases, stands_for)
    # Sums of weights are 1 but for rounding.
    difference, low, high = (
        float(np.clip(end, -1.0, 1.0))
        for end in combined_ends(strata.lost, strata.won, strata.pairs, strata.shares, z_of(PASS_LEVEL))
    )
    share = _stands_for(cases, stands_for)
    return PairedDifference(
        group=group,
        name=name,
        events=len(cases.weight),
        effective=round(float(strata.pairs.sum()), 6),
        untold=untold,
        baseline=min(float((share * cases.baseline).sum()), 1.0),
        candidate=min(float((share * cases.candidate).sum()), 1.0),
        difference=difference,
        low=low,
        high=high,
        fixed=int((cases.candidate & ~cases.baseline).sum()),
        broken=int((cases.baseline & ~cases.candidate).sum()),
        chance=mcnemar(*families_lost_and_won(cases)),
    )


def _stands_for(cases: PairedCases, production: Numbers | None) -> Numbers:
    """Return the share of all that each case stands for: by its weight, within its capture role if that has a share itself."""
    weight = cases.weight
    if production is not None:
        of_role = np.bincount(cases.role, weights=weight, minlength=production.size)
        weight = weight / of_role[cases.role] * production[cases.role]
    return np.asarray(weight / weight.sum())


def _adjusted(found: Sequence[PairedDifference]) -> Iterator[PairedDifference]:
    """Yield all comparisons, those of a group that is made at once with their adjusted p-values, each with its own."""
    for group in dict.fromkeys(each.group for each in found):
        those = [each for each in found if each.group == group]
        if group not in ADJUSTED:
            yield from those
            continue
        name, adjust = ADJUSTED[group]
        for each, chance in zip(those, adjust([each.chance for each in those]), strict=True):
            yield replace(each, adjusted=float(chance), adjusted_by=name)


def _changes(pairs: Sequence[_Pair]) -> Iterator[ChangedEvent]:
    for pair in pairs:
        if pair.was is None or pair.now is None or pair.was == pair.now:
            continue
        row = pair.row
        yield ChangedEvent(
            id=row.id,
            change=FIXED if pair.now else BROKEN,
            part=row.part,
            open=row.open,
            mode=row.mode,
            severity=row.severity,
            stratum=row.stratum,
            weight=row.weight,
            baseline=pair.other.output,
            candidate=row.output,
            trouble=row.trouble or pair.other.trouble,
        )


def _latency(pairs: Sequence[_Pair]) -> LatencyDifference | None:
    """Return the median difference over families, by the binomial interval of a median; None where no latency is known."""
    by_family: dict[str, list[float]] = {}
    for pair in pairs:
        if pair.row.latency_ms is not None and pair.other.latency_ms is not None:
            by_family.setdefault(pair.row.family, []).append(pair.row.latency_ms - pair.other.latency_ms)
    if not by_family:
        return None
    medians = np.array([float(np.median(each)) for each in by_family.values()])
    below, above = rate_interval(0.5, medians.size)
    # Half of so few families are all on one side too often.
    shown = 0.5**medians.size <= TAIL
    return LatencyDifference(
        median_ms=float(np.median(medians)),
        low_ms=float(np.quantile(medians, below)) if shown else None,
        high_ms=float(np.quantile(medians, above)) if shown else None,
        events=sum(map(len, by_family.values())),
        families=medians.size,
    )


def _notes(baseline: SuiteResult, candidate: SuiteResult) -> Iterator[str]:
    """Yield what two runs did not have in common."""
    for what, was, now in (("repeats", baseline.repeats, candidate.repeats), ("seed", baseline.seed, candidate.seed)):
        if was != now:
            yield f"the baseline was run with {what} {was}, the candidate with {now}"
    for which, result in (("baseline", baseline), ("candidate", candidate)):
        if result.trouble is not None:
            yield f"the {which} did not run: {result.trouble.kind.value}: {result.trouble.message}"
        elif result.unanswered:
            yield f"the {which} gave no answer to {result.unanswered:,} of {result.events:,} events"
        if result.model.digest is None:
            yield f"the {which} is known by its name only"
    if candidate.scenario_set != baseline.scenario_set:
        sets = " and ".join(each.scenario_set or "none" for each in (baseline, candidate))
        yield f"they were asked other scenarios, whose flips are not compared: {sets}"
    yield "they were run one after the other: what differs in latency may be the machine's doing; a gate runs them side by side"
