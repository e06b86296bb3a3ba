"""Figures of a result: weighted, with intervals in which near-duplicates count as one event."""

from __future__ import annotations

import numpy as np
import pytest

from remiss.records.result import ResultFigure, ResultRow, RowVerdict
from remiss.records.suite import CaptureRole, SuitePart
from remiss.safeguard.result_figures import figures


def row(at, verdict, *, family=None, weight=1.0, part=SuitePart.CASES, mode="a", passes=0, asked=1, met=()):
    return ResultRow(
        id=f"r{at:04}",
        part=part,
        open=part is SuitePart.CASES,
        role=CaptureRole.CANDIDATE if part is SuitePart.CASES else CaptureRole.CONTROL,
        weight=weight,
        family=family or f"f{at}",
        stratum="{}",
        mode=mode if part is SuitePart.CASES else None,
        severity=2 if part is SuitePart.CASES else None,
        verdict=verdict,
        passes=passes,
        asked=asked,
        met=met,
        unmet=() if met else ("late",),
    )


def found(rows, latency=None, production=None) -> dict[tuple[str, str, str], ResultFigure]:
    times = np.full((len(rows), 1), np.nan) if latency is None else np.array(latency, dtype=float)
    made = figures(rows, times, production or {"candidate": 10.0, "control": 90.0})
    return {(each.group, each.name, each.measure): each for each in made}


def test_a_share_is_weighted_and_what_cannot_be_told_is_left_out_and_counted():
    rows = [row(0, RowVerdict.PASSED, weight=3.0), row(1, RowVerdict.FAILED), row(2, RowVerdict.UNTOLD)]
    one = found(rows)["mode", "a", "pass-rate"]
    assert (one.value, one.events, one.families, one.untold) == (0.75, 2, 2, 1)
    # Weights of 3 and 1 are worth 16/10 events of equal weight.
    assert one.effective == pytest.approx(1.6)
    assert one.low < 0.25 < one.value < one.high


def test_copies_of_a_case_make_no_figure_surer():
    alone = [row(at, RowVerdict.PASSED if at % 2 else RowVerdict.FAILED) for at in range(20)]
    copied = [row(20 * copy + at, each.verdict, family=each.family) for copy in range(10) for at, each in enumerate(alone)]
    was, now = (found(rows)["severity", "2", "pass-rate"] for rows in (alone, copied))
    assert (now.events, now.effective) == (200, was.effective)
    assert (now.value, now.low, now.high) == pytest.approx((was.value, was.low, was.high))


def test_a_control_that_fails_is_a_false_alarm_and_a_mode_knows_nothing_of_it():
    rows = [row(0, RowVerdict.PASSED), *(row(at, RowVerdict.FAILED, part=SuitePart.CONTROLS) for at in range(1, 5))]
    told = found(rows)
    assert told["question", "guard", "false-alarm-rate"].value == 1.0
    assert told["mode", "a", "pass-rate"].value == 1.0
    assert told["question", "guard", "pass-rate"].events == 4


def test_of_production_each_capture_role_stands_for_what_it_is_there():
    met = [row(at, RowVerdict.FAILED, weight=1.0, met=("late",)) for at in range(5)]
    none = [row(at, RowVerdict.NONE, weight=2.0, part=SuitePart.PRODUCTION) for at in range(5, 10)]
    assert found([*met, *none])["criterion", "late", "flagged-rate"].value == pytest.approx(0.1)


def test_an_event_flips_whose_answers_disagree():
    rows = [row(0, RowVerdict.PASSED, passes=2, asked=3), row(1, RowVerdict.PASSED, passes=3, asked=3)]
    assert found(rows, np.ones((2, 3)))["mode", "a", "flip-rate"].value == 0.5
    assert ("mode", "a", "flip-rate") not in found(rows)


def test_a_percentile_that_no_answer_can_show_has_no_upper_end():
    few = found([row(at, RowVerdict.PASSED) for at in range(20)], [[at] for at in range(20)])
    assert few["all", "", "latency-p99-ms"].high is None
    assert few["all", "", "latency-p50-ms"].high is not None
    many = found([row(at, RowVerdict.PASSED) for at in range(2_000)], [[at] for at in range(2_000)])
    one = many["all", "", "latency-p99-ms"]
    assert one.low < one.value < one.high


@pytest.mark.parametrize("share", [0.5, 0.95])
def test_intervals_of_percentiles_cover_what_they_say(share):
    random, covered, rounds = np.random.default_rng(7), 0, 300
    truth = -np.log(1 - share)
    for _ in range(rounds):
        rows = [row(at, RowVerdict.PASSED, family=f"f{at // 3}") for at in range(300)]
        # Near-duplicates take the same time.
        times = np.repeat(random.exponential(size=100), 3)[:, None]
        one = found(rows, times)["all", "", f"latency-p{100 * share:.0f}-ms"]
        covered += (one.low or 0.0) <= truth <= (np.inf if one.high is None else one.high)
    assert covered / rounds > 0.93
