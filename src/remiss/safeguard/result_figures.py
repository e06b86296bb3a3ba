"""The figures of a result, each with an interval in which near-duplicates count as little more than one event.

There is no score made of all of them: a model that is good on the whole and bad on one mode is just that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from remiss.records.model import ModelAnswer
from remiss.records.result import ResultFigure, ResultRow, RowVerdict
from remiss.records.success import SuccessCriterion, SuccessOutcome, SuccessVerdict
from remiss.records.suite import GUARD, TARGET, CaptureRole, Suite, SuitePart, SuiteRow
from remiss.safeguard.scenarios.stability import flip_rates
from remiss.safeguard.suite_assembly import asked_in
from remiss.understand.intervals import TAIL, rate_interval

Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Places = npt.NDArray[np.intp]

PASS, FALSE_ALARM, FLAGGED, FLIP = "pass-rate", "false-alarm-rate", "flagged-rate", "flip-rate"
PERCENTILES: Mapping[str, float] = {"latency-p50-ms": 0.5, "latency-p95-ms": 0.95, "latency-p99-ms": 0.99}


@dataclass(frozen=True, slots=True, eq=False)
class _Columns:
    """The rows of a result as arrays."""

    weight: Numbers
    family: Places
    passed: Flags
    told: Flags  # whether it can be told if its expectations hold
    expected: Flags
    unanswered: Flags
    flips: Flags
    latency: Numbers  # (rows, repeats), nan where there is none


def result_row(row: SuiteRow, verdict: RowVerdict, answer: ModelAnswer) -> ResultRow:
    """Return what a result has of an event of a suite."""
    return ResultRow(
        id=row.id,
        part=row.part,
        open=asked_in(TARGET, row),
        role=row.role,
        weight=row.weight,
        family=row.family,
        stratum=row.stratum,
        mode=row.mode,
        severity=row.severity,
        verdict=verdict,
        output=answer.output,
        trouble=answer.trouble,
    )


def figures(rows: Sequence[ResultRow], latency_ms: Numbers, production: Mapping[str, float]) -> tuple[ResultFigure, ...]:
    """Return all figures of a result.

    Parameters
    ----------
    latency_ms : of each answer, of the shape (rows, repeats)
    production : how many events each capture role stands for
    """
    columns = _columns(rows, latency_ms)
    return tuple(each for group, name, those in _groups(rows) for each in _group(columns, rows, group, name, those)) + tuple(
        _flagged(columns, rows, production)
    )


def _columns(rows: Sequence[ResultRow], latency_ms: Numbers) -> _Columns:
    place: dict[str, int] = {}
    verdicts = [row.verdict for row in rows]
    return _Columns(
        weight=np.array([row.weight for row in rows], dtype=float),
        family=np.array([place.setdefault(row.family, len(place)) for row in rows], dtype=np.intp),
        passed=np.array([each is RowVerdict.PASSED for each in verdicts], dtype=bool),
        told=np.array([each in {RowVerdict.PASSED, RowVerdict.FAILED} for each in verdicts], dtype=bool),
        expected=np.array([_expected(row) for row in rows], dtype=bool),
        unanswered=np.array([each is RowVerdict.UNANSWERED for each in verdicts], dtype=bool),
        flips=np.array([row.flips for row in rows], dtype=bool),
        latency=latency_ms,
    )


def _expected(row: ResultRow) -> bool:
    """Return whether something is expected of the answers to a row."""
    return row.verdict is not RowVerdict.NONE and row.part is not SuitePart.PRODUCTION


def _groups(rows: Sequence[ResultRow]) -> Iterator[tuple[str, str, Places]]:
    """Yield which rows have something in common, and what."""
    yield "all", "", np.arange(len(rows))
    found: dict[tuple[str, str], list[int]] = {}
    for at, row in enumerate(rows):
        if row.part is not SuitePart.PRODUCTION:
            found.setdefault(("question", TARGET if row.open else GUARD), []).append(at)
        if row.part is SuitePart.CASES:
            found.setdefault(("mode", row.mode or "none"), []).append(at)
            found.setdefault(("severity", str(row.severity or "none")), []).append(at)
        if row.stratum != "{}":
            found.setdefault(("slice", row.stratum), []).append(at)
    order = ("question", "mode", "severity", "slice")
    for (group, name), places in sorted(found.items(), key=lambda each: (order.index(each[0][0]), each[0][1])):
        yield group, name, np.array(places, dtype=np.intp)


def _group(columns: _Columns, rows: Sequence[ResultRow], group: str, name: str, places: Places) -> Iterator[ResultFigure]:
    expected = places[columns.expected[places]]
    controls = np.array([rows[at].part is SuitePart.CONTROLS for at in expected], dtype=bool)
    if group != "all":
        # Guard is both: resolved cases, and controls.
        passing = expected if name == GUARD else expected[~controls]
        yield from _rate(columns, group, name, PASS, passing, columns.passed)
    if group in {"question", "slice"}:
        yield from _rate(columns, group, name, FALSE_ALARM, expected[controls], ~columns.passed)
    if columns.latency.shape[1] > 1 and expected.size:
        answered, ones = expected[~columns.unanswered[expected]], np.ones(len(columns.weight))
        value, low, high, effective = _share(ones[answered], columns.family[answered], columns.flips[answered])
        yield ResultFigure(
            group=group,
            name=name,
            measure=FLIP,
            value=value,
            low=low,
            high=high,
            events=answered.size,
            families=_families(columns, answered),
            effective=effective,
            unanswered=expected.size - answered.size,
        )
    yield from _latencies(columns, group, name, places)


def _families(columns: _Columns, places: Places) -> int:
    return int(np.unique(columns.family[places]).size)


def _rate(
    columns: _Columns, group: str, name: str, measure: str, places: Places, yes: Flags, weight: Numbers | None = None
) -> Iterator[ResultFigure]:
    """Yield a weighted share of events, if there are any; those without an answer, or of which none tells, are left out."""
    if not places.size:
        return
    told = places[columns.told[places]]
    weights = columns.weight if weight is None else weight
    value, low, high, effective = _share(weights[told], columns.family[told], yes[told])
    yield ResultFigure(
        group=group,
        name=name,
        measure=measure,
        value=value,
        low=low,
        high=high,
        events=told.size,
        families=_families(columns, told),
        effective=effective,
        untold=places.size - told.size - _unanswered(columns, places),
        unanswered=_unanswered(columns, places),
    )


def _unanswered(columns: _Columns, places: Places) -> int:
    return int(columns.unanswered[places].sum())


def _share(weight: Numbers, family: Places, yes: Flags) -> tuple[float | None, float | None, float | None, float]:
    """Return a weighted share, both ends of its interval, and how many independent events of equal weight it is of.

    Source of the size: Kish, Survey Sampling, 1965, of the families' weights, as if events of one family always answered alike.
    """
    if not weight.sum() > 0:
        return None, None, None, 0.0
    _, place = np.unique(family, return_inverse=True)
    of_family = np.bincount(place, weights=weight)
    effective = float(of_family.sum() ** 2 / (of_family**2).sum())
    value = float(min(weight[yes].sum() / weight.sum(), 1.0))
    low, high = rate_interval(value, effective)
    return value, low, high, round(effective, 6)


def _latencies(columns: _Columns, group: str, name: str, places: Places) -> Iterator[ResultFigure]:
    """Yield percentiles of the latency of all answers, with the interval of Woodruff.

    An end is None where no answer could show it: of 20 answers none tells how large the 99th percentile may be.
    Source: Woodruff, Confidence intervals for medians and other position measures, Journal of the American Statistical
    Association 47 (1952) 635-646; the size of it as for shares.
    """
    found = columns.latency[places]
    known = found[~np.isnan(found)]
    if not known.size:
        return
    times = (~np.isnan(found)).sum(axis=1).astype(float)
    answered = places[times > 0]
    _, place = np.unique(columns.family[places], return_inverse=True)
    of_family = np.bincount(place, weights=times)
    # Repeats of one event tell little more than one of them.
    effective = min(float(of_family.sum() ** 2 / (of_family**2).sum()), float(answered.size))
    for measure, share in PERCENTILES.items():
        below, above = rate_interval(share, effective)
        yield ResultFigure(
            group=group,
            name=name,
            measure=measure,
            value=float(np.quantile(known, share)),
            low=None if (1 - share) ** effective > TAIL else float(np.quantile(known, below)),
            high=None if share**effective > TAIL else float(np.quantile(known, above)),
            events=answered.size,
            families=_families(columns, answered),
            effective=round(effective, 6),
            unanswered=_unanswered(columns, places),
        )


def _flagged(columns: _Columns, rows: Sequence[ResultRow], production: Mapping[str, float]) -> Iterator[ResultFigure]:
    """Yield by criterion the share of production that meets it, each capture role standing for as much as it does there."""
    role = np.array([row.role for row in rows], dtype=object)
    weight = columns.weight.copy()
    for each in CaptureRole:
        those = role == each
        if weight[those].sum() > 0:
            weight[those] *= production.get(each.value, 0.0) / weight[those].sum()
    for name in sorted({name for row in rows for name in (*row.met, *row.unmet)}):
        met = np.array([name in row.met for row in rows], dtype=bool)
        told = met | np.array([name in row.unmet for row in rows], dtype=bool)
        places = np.flatnonzero(told)
        value, low, high, effective = _share(weight[places], columns.family[places], met[places])
        yield ResultFigure(
            group="criterion",
            name=name,
            measure=FLAGGED,
            value=value,
            low=low,
            high=high,
            events=places.size,
            families=_families(columns, places),
            effective=effective,
            untold=len(rows) - places.size - int(columns.unanswered.sum()),
            unanswered=int(columns.unanswered.sum()),
        )


def judged(success: Iterable[SuccessCriterion], figures: Sequence[ResultFigure]) -> Iterator[SuccessOutcome]:
    """Yield what each criterion of success says of the figures of a result.

    Where some events are without an answer none is met: what a version had answered to them cannot be told.
    """
    by_name = {(each.measure, each.group, each.name): each for each in figures}
    scenarios = [each for each in figures if each.group == "scenario"]
    if len(scenarios) == 1:
        # Of one recipe alone: all scenarios are its own.
        by_name[FLIP, "scenario", ""] = scenarios[0]
    for each in success:
        found = by_name.get((each.measure, each.group, each.name))
        told = found is not None and found.value is not None
        unanswered = 0 if found is None else found.unanswered
        verdict = each.judged(found.low, found.high) if found is not None and told else SuccessVerdict.UNTOLD
        yield SuccessOutcome(
            criterion=each,
            text=str(each),
            verdict=SuccessVerdict.UNTOLD if unanswered and verdict is SuccessVerdict.MET else verdict,
            value=found.value if found is not None else None,
            low=found.low if found is not None and told else None,
            high=found.high if found is not None and told else None,
            unanswered=unanswered,
        )


def judged_answers(
    suite: Suite,
    answers: Sequence[tuple[SuiteRow, str, int, int, Sequence[float | None]]],
    scenarios: Iterable[tuple[str, str, bool, bool]],
) -> Sequence[SuccessOutcome]:
    """Return what each criterion of success says of answers to the cases and controls of a suite alone.

    What is measured of other events too, the rest of the sample, cannot be told: latencies of all events or of a slice, and how
    many meet a criterion.

    Parameters
    ----------
    answers : to each event, the verdict, how often its expectations held of how often it was asked, and the latencies
    scenarios : as `flip_rates` takes them
    """
    rows = [
        replace(result_row(row, RowVerdict(verdict), ModelAnswer()), passes=passes, asked=asked)
        for row, verdict, passes, asked, _ in answers
    ]
    latency = np.array([each[-1] for each in answers], dtype=float).reshape(len(rows), -1)
    found = [each for each in figures(rows, latency, suite.production) if not _of_sample(each)]
    return tuple(judged(suite.success, [*found, *flip_rates(scenarios)]))


def _of_sample(found: ResultFigure) -> bool:
    return found.measure == FLAGGED or (found.measure in PERCENTILES and found.group in {"all", "slice"})
