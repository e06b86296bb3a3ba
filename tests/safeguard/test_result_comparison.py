"""Two results of a suite, compared event by event: weighted with the interval of a gate, and by McNemar's test, unweighted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scipy

from remiss.records.model import ModelSpecification
from remiss.records.result import ResultRow, RowVerdict, SuiteResult
from remiss.records.suite import CaptureRole, SuitePart
from remiss.safeguard.result_comparison import compared
from remiss.understand.multiple_testing import holm, mcnemar

YES, NO, UNTOLD = RowVerdict.PASSED, RowVerdict.FAILED, RowVerdict.UNTOLD


def result(name):
    model = ModelSpecification(name="m", version=name, runner="python", target="m:m")
    told = {"suite": "s", "suite_digest": "sha256:0", "protocol": "p", "protocol_version": 1, "environment": None}
    return SuiteResult(id=f"result-{name}", model=model, repeats=1, seed=0, verdicts={}, figures=(), **told)


def event(at, verdict, **said):
    told = {"open": True, "role": CaptureRole.CANDIDATE, "weight": 1.0, "family": f"f{at}", "stratum": "{}", "mode": "a"}
    return ResultRow(**{"id": f"e{at:05}", "part": SuitePart.CASES, "severity": 2, "verdict": verdict, **told, **said})


def both(verdicts, **said):
    """Rows of two results, of pairs of verdicts."""
    return tuple([event(at, pair[which], **said) for at, pair in enumerate(verdicts)] for which in (0, 1))


def found(was, now):
    made = compared(result("1"), result("2"), was, now, 7)
    return made, {(each.group, each.name): each for each in made.differences}


def test_what_either_version_alone_passes_is_counted_and_named_and_broken_events_come_first():
    made, by_name = found(*both([(NO, YES), (YES, YES), (YES, NO), (NO, NO), (YES, UNTOLD), (NO, YES)]))
    one = by_name["mode", "a"]
    assert (one.events, one.untold, one.fixed, one.broken) == (5, 1, 2, 1)
    assert one.chance == mcnemar(1, 2)
    assert (one.baseline, one.candidate, one.difference) == pytest.approx((0.4, 0.6, 0.2))
    assert [(each.id, each.change) for each in made.changes] == [
        *(("e00002", "broken"), ("e00000", "fixed"), ("e00005", "fixed")),
    ]


def test_where_all_events_change_no_share_is_beyond_1():
    # Weights whose shares add up to a little more than 1.
    was = [event(at, NO, weight=1 + ((at * 3 * 7919) % 97) / 9.7) for at in range(5)]
    now = [replace(row, verdict=YES) for row in was]
    for first, second, sign in ((was, now, 1), (now, was, -1)):
        one = found(first, second)[1]["mode", "a"]
        assert one.difference == pytest.approx(sign)
        assert max(map(abs, (one.difference, one.low, one.high, one.baseline, one.candidate))) <= 1


def test_copies_of_an_event_make_no_difference_surer():
    verdicts = [(NO, YES)] * 6 + [(YES, YES)] * 14
    alone = found(*both(verdicts))[1]["mode", "a"]
    copies = [[replace(row, id=f"{row.id}-{copy}") for row in rows for copy in range(20)] for rows in both(verdicts)]
    copied = found(*copies)[1]["mode", "a"]
    assert (copied.events, copied.fixed) == (400, 120)
    assert (copied.chance, copied.low, copied.high) == pytest.approx((alone.chance, alone.low, alone.high))


def test_a_slice_has_the_adjusted_p_value_of_its_own_and_not_that_of_its_place_in_some_order():
    # From one slice to the next the versions differ on other numbers of events; they stand in no order.
    fixed = {"EWR": 3, "JFK": 12, "LGA": 0, "BOS": 7, "SFO": 1, "ORD": 9}
    was, now = [], []
    for at, (name, count) in enumerate(fixed.items()):
        for row in range(20):
            said = {"stratum": f'{{"context.airport":"{name}"}}', "id": f"{name}-{row}", "family": f"{name}-{row}"}
            was.append(event(20 * at + row, NO, **said))
            now.append(event(20 * at + row, YES if row < count else NO, **said))
    by_name = {each.name[20:23]: each for each in found(was, now)[0].differences if each.group == "slice"}
    chances = [mcnemar(0, count) for count in fixed.values()]
    for name, value in zip(fixed, scipy.stats.false_discovery_control(chances), strict=True):
        assert by_name[name].adjusted == pytest.approx(value)
        assert by_name[name].adjusted_by == "benjamini-hochberg"
    # The common mistake: where the sort took each p-value from is taken for its rank.
    taken_for_ranks = np.minimum(np.array(chances) * len(chances) / (np.argsort(chances) + 1), 1.0)
    assert [by_name[name].adjusted for name in fixed] != pytest.approx(taken_for_ranks)


def test_modes_of_severity_1_are_adjusted_by_holm_and_others_not():
    was = [event(at, YES, mode="abc"[at % 3], severity=1 if at % 3 else 2) for at in range(60)]
    now = [replace(row, verdict=NO if at < 30 and at % 3 else YES) for at, row in enumerate(was)]
    by_name = found(was, now)[1]
    assert {name for group, name in by_name if group == "critical-mode"} == {"b", "c"}
    chance = mcnemar(10, 0)
    assert by_name["critical-mode", "b"].adjusted == pytest.approx(holm([chance, chance])[0])
    assert by_name["mode", "b"].adjusted is None


def test_latency_is_compared_event_by_event_and_of_few_families_no_end_is_told():
    was = [event(at, YES, latency_ms=100.0 * at) for at in range(40)]
    now = [replace(row, latency_ms=row.latency_ms + 3) for row in was]
    told = found(was, now)[0].latency
    assert (told.median_ms, told.low_ms, told.high_ms, told.families) == (3.0, 3.0, 3.0, 40)
    few = found(was[:4], now[:4])[0].latency
    assert (few.median_ms, few.low_ms, few.high_ms) == (3.0, None, None)
    assert found(*both([(YES, NO)]))[0].latency is None
