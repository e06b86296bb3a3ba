"""Double sampling worked by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from remiss.understand.estimators import IntervalEstimate
from remiss.understand.process import LITTLE_HISTORY
from remiss.understand.two_phase.design import grades_together, merged, two_phase
from remiss.understand.two_phase.estimators import NOBODY, UNKNOWN, Among, Open, confirmed_rate, confirmed_share, confirmed_total
from remiss.understand.two_phase.labelled_events import REJECTED, Annotated
from remiss.understand.two_phase.process import confirmed_process, total_parts, within_flagged
from remiss.understand.two_phase.unflagged import Pools, at_most_unseen, most_unseen, unflagged_total

ALL = np.array([160.0])
ANYTHING = Open(population=1e9, least_probability=0.01)


def annotated(rows, windows=1):
    """Return events of rows (verdict, p12, p3, pattern, grade).

    A verdict is None where nobody verified, "?" where somebody should, or "disputed".
    """
    verdict, p12, p3, pattern, grade = zip(*rows, strict=True)
    return Annotated(
        y=np.array([each is True for each in verdict], dtype=np.float64),
        p12=np.array(p12),
        p3=np.array(p3),
        kind=np.zeros(len(rows), dtype=np.intp),
        pattern=np.array(pattern),
        grade=np.array(grade),
        selected=np.array([each is not None for each in verdict]),
        known=np.array([each in {True, False} and each is not None for each in verdict]),
        unsettled=np.array([each == "disputed" for each in verdict]),
        cluster=np.arange(len(rows), dtype=np.intp),
        window=np.arange(len(rows), dtype=np.intp) % windows,
        windows=windows,
    )


def rows(yes, no, rest, p12, p3, pattern=0, grade=1, pending=0):
    """Return so many confirmed, refuted, unverified and pending events of one cell."""
    said = [True] * yes + [False] * no + [None] * rest + ["?"] * pending
    return [(each, p12, p3, pattern, grade) for each in said]


def test_a_cell_gives_its_confirmed_share_to_all_its_annotated_events():
    # 20 annotated at 1/4 stand for 80; 8 of 10 verified are failures: 64.
    found = two_phase(annotated(rows(8, 2, 10, 0.25, 0.5)))
    assert found.total == pytest.approx(64)
    # a = 8; drawing: 8 x 0.75/(0.0625 x 0.5) = 192; verifying: 0.5 x 64 x (8 x 0.04 + 2 x 0.64) x 10/9 = 56.89
    assert found.variance == pytest.approx(192 + 0.5 * 64 * 1.6 * 10 / 9)
    assert found.parts.sum() == pytest.approx(64)


def test_cells_add_up_each_with_its_own_share():
    # Grade 2: 10 of 10 confirmed of 20 at 1/2 (40). Rejected: 1 of 5 of 20 at 1/2 (8).
    found = two_phase(annotated(rows(10, 0, 10, 0.5, 0.5) + rows(1, 4, 15, 0.5, 0.25, grade=REJECTED)))
    assert found.total == pytest.approx(40 + 8)


def test_when_all_is_verified_nothing_but_the_capture_is_uncertain():
    found = two_phase(annotated(rows(6, 4, 0, 0.5, 1.0)))
    assert found.total == pytest.approx(12)
    assert found.variance == pytest.approx(6 * 0.5 / 0.25)


def test_a_verdict_to_come_is_neither_yes_nor_no():
    settled = two_phase(annotated(rows(8, 2, 10, 0.25, 0.5)))
    waiting = two_phase(annotated(rows(8, 2, 5, 0.25, 0.5, pending=5)))
    assert waiting.total == pytest.approx(settled.total)
    # It is known less well: 10 of 15 verdicts are in, as if only a third were selected.
    assert waiting.variance > settled.variance


def test_verdicts_on_cases_that_were_not_selected_change_nothing():
    # Somebody looked at what they found interesting; such cases are no sample.
    few = annotated(rows(6, 4, 10, 0.5, 0.5))
    assert two_phase(few).total == pytest.approx(0.6 * 40)


def test_cells_with_too_few_verified_go_with_the_next_grade():
    assert grades_together(np.array([5.0, 5.0, 1.0, 1.0, 3.0])).tolist() == [0, 1, 2, 2, 2]
    assert grades_together(np.array([0.0, 1.0, 2.0, 1.0, 9.0])).tolist() == [0, 0, 0, 0, 0]
    assert grades_together(np.array([0.0, 0.0, 0.0, 0.0, 9.0])).tolist() == [0, 0, 0, 0, 0]
    assert grades_together(np.array([9.0, 0.0, 0.0, 0.0, 1.0])).tolist() == [0, 0, 0, 0, 0]
    assert grades_together(np.array([1.0, 0.0, 0.0, 0.0, 0.0])).tolist() == [0, 0, 0, 0, 0]


def test_what_was_rejected_is_a_cell_of_its_own_where_it_can_be():
    assert grades_together(np.array([5.0, 6.0, 1.0, 1.0, 6.0])).tolist() == [0, 1, 1, 1, 2]
    assert grades_together(np.array([1.0, 2.0, 1.0, 2.0, 5.0])).tolist() == [0, 0, 0, 0, 1]


def test_cases_that_share_a_verdict_are_one_choice():
    alone = annotated(rows(8, 2, 10, 1.0, 0.5))
    # Four of the eight confirmed take the verdict of one of them.
    shared = replace(alone, cluster=np.r_[np.zeros(4, dtype=np.intp), np.arange(4, 20)])
    one, other = two_phase(alone), two_phase(shared)
    assert one.total == other.total
    assert other.variance > 2 * one.variance
    assert other.degrees < one.degrees
    open_ = Open(population=20, least_probability=0.5)
    assert confirmed_total(shared, other, open_).effective == pytest.approx(8**2 / (4**2 + 4))


def test_a_cluster_that_decides_its_cell_is_held_against_what_others_say():
    # Of grade 1 all verified are of one problem: its cell has no spread, but of grade 3 half are failures.
    found = annotated(rows(12, 0, 12, 1.0, 0.5, grade=0) + rows(6, 6, 12, 1.0, 0.5, grade=2))
    shared = replace(found, cluster=np.r_[np.zeros(12, dtype=np.intp), np.arange(12, 48)])
    grades = two_phase(found)
    # Twelve cases at 2 each, half as far from the rest as can be: 0.5 (12 x 2 x 0.5)^2.
    assert two_phase(shared).variance >= grades.variance + 0.5 * (12 * 2 * 0.5) ** 2 * 0.9


def test_cells_are_the_same_whoever_was_chosen_by_chance():
    # Of grade 4 one case in ten is verified. Whether the one of these ten was chosen must not decide about the cell.
    def cells(chosen):
        others = rows(9, 1, 0, 0.5, 1.0, grade=2) + rows(6, 4, 30, 0.5, 0.25, grade=REJECTED)
        return merged(annotated(others + rows(chosen, 0, 55 - chosen, 0.5, 0.1, grade=3))).tolist()

    assert cells(0) == cells(1) == cells(5)


def test_patterns_with_too_few_verified_go_together():
    found = annotated(rows(8, 2, 0, 0.5, 1.0) + rows(2, 0, 0, 0.5, 1.0, pattern=1) + rows(0, 3, 0, 0.5, 1.0, pattern=2))
    cells = merged(found)
    assert len(set(cells[10:])) == 1
    assert cells[0] not in cells[10:]


def test_a_pattern_alone_with_too_few_goes_with_all_of_its_kind():
    found = annotated(rows(8, 2, 0, 0.5, 1.0) + rows(1, 1, 0, 0.5, 1.0, pattern=1))
    assert len(set(merged(found))) == 1


def test_the_share_of_what_machines_flagged_says_nothing_of_what_they_did_not():
    found = annotated(rows(8, 2, 0, 0.5, 1.0) + rows(0, 3, 0, 0.5, 1.0, pattern=1))
    kinds = np.array([0] * 10 + [1] * 3, dtype=np.intp)
    apart = Annotated(**{name: getattr(found, name) for name in Annotated.__slots__ if name != "kind"}, kind=kinds)
    assert len(set(merged(apart))) == 2


def test_nothing_verified_is_no_figure():
    found = annotated(rows(0, 0, 10, 0.5, 0.5))
    figure = confirmed_total(found, two_phase(found), ANYTHING)
    assert (figure.value, figure.low, figure.high) == (None, None, None)
    assert figure.notes == (UNKNOWN,)


def test_of_nothing_annotated_there_is_no_share():
    found = annotated(rows(8, 2, 0, 0.5, 0.5)).only(np.zeros(10, dtype=bool))
    total = confirmed_total(found, two_phase(found), Open(population=0, least_probability=1.0))
    assert (total.value, total.high) == (0, 0)
    assert confirmed_share(found, total).notes == (NOBODY,)


def shared(found):
    return confirmed_share(found, confirmed_total(found, two_phase(found), ANYTHING))


def test_when_every_one_is_confirmed_the_precision_is_one_and_as_sure_as_they_are_many():
    # Weights that add up to their own sum but for rounding.
    found = annotated([(True, p12, 1.0, pattern, 1) for pattern in (0, 1) for p12 in (0.1, 0.3, 0.7, 0.9, 0.2, 0.6)])
    figure = shared(found)
    assert (figure.value, figure.high) == (1.0, 1.0)
    assert 0.4 < figure.low < 1


def test_one_that_is_not_confirmed_among_sixty_leaves_the_precision_high():
    figure = shared(annotated(rows(59, 1, 0, 0.1, 1.0)))
    assert figure.value == pytest.approx(59 / 60)
    assert figure.low > 0.9


def test_what_was_certain_to_be_found_is_counted():
    found = annotated(rows(12, 3, 0, 1.0, 1.0))
    figure = confirmed_total(found, two_phase(found), Open(population=15, least_probability=1.0))
    assert (figure.value, figure.low, figure.high) == (12, 12, 12)


def test_of_few_the_interval_is_the_gamma_one_and_never_beyond_what_was_flagged():
    found = annotated(rows(4, 1, 0, 0.5, 1.0))
    figure = confirmed_total(found, two_phase(found), Open(population=10, least_probability=0.5))
    assert figure.value == pytest.approx(8)
    assert 4 <= figure.low < 8 < figure.high == 10


def test_none_confirmed_leaves_as_many_as_could_be_missed():
    found = annotated(rows(0, 8, 8, 0.1, 0.5))
    figure = confirmed_total(found, two_phase(found), Open(population=160, least_probability=0.05))
    assert figure.value == 0
    assert figure.high == pytest.approx(math.log(0.05) / math.log(0.95))


def test_precision_is_confirmed_among_flagged():
    found = annotated(rows(16, 4, 20, 0.25, 0.5))
    estimate = two_phase(found)
    total = confirmed_total(found, estimate, Open(population=160, least_probability=0.0125))
    figure = confirmed_share(found, total)
    assert figure.value == pytest.approx(0.8)
    # 40 annotated at 1/4, of which 20 verified: 0.75/(0.0625 x 0.5) x 3.2 for drawing, 0.5 x 64 x 3.2 x 20/19 for verifying
    assert figure.effective == pytest.approx(0.16 * 160**2 / (24 * 3.2 + 32 * 3.2 * 20 / 19))
    assert 0.5 < figure.low < 0.8 < figure.high < 0.96


def test_a_denominator_that_varies_along_makes_a_rate_surer():
    found = annotated(rows(16, 4, 20, 0.25, 0.5))
    estimate = two_phase(found)
    total = confirmed_total(found, estimate, Open(population=160, least_probability=0.0125))
    alone = confirmed_rate(total, estimate, Among(total=160, windows=ALL, variance=480.0))
    along = confirmed_rate(total, estimate, Among(total=160, windows=ALL, variance=480.0, covariance=384.0))
    assert along.high - along.low < alone.high - alone.low


def test_a_process_figure_takes_its_spread_from_windows_and_needs_eight():
    found = annotated([each for at in range(16) for each in rows(1 + at % 3, 1, 4, 0.25, 0.5)], windows=8)
    estimate = two_phase(found)
    total = confirmed_total(found, estimate, ANYTHING)
    figure = confirmed_process(total, total_parts(found, estimate), 32, None, 0.0125)
    assert figure.value == pytest.approx(total.value)
    assert figure.low < total.value < figure.high
    short = annotated(rows(24, 8, 32, 0.25, 0.5), windows=4)
    figure = confirmed_process(total, total_parts(short, two_phase(short)), 24, None, 0.0125)
    assert (figure.low, figure.notes) == (None, (LITTLE_HISTORY,))


def test_a_confirmed_process_figure_is_never_beyond_what_is_known_of_the_flagged_one():
    flagged, none = IntervalEstimate(value=45, low=30.0, high=67.0), IntervalEstimate(value=0.0, low=0.0, high=0.3)
    assert within_flagged(IntervalEstimate(value=0.0, low=0.0, high=13_000.0), flagged, none, 0).high < 25
    many = within_flagged(IntervalEstimate(value=40.0, low=20.0, high=80.0), flagged, IntervalEstimate(value=0.9), 30)
    assert (many.low, many.high) == (20.0, 67.0)
    unknown = IntervalEstimate(value=45, notes=(LITTLE_HISTORY,))
    assert within_flagged(IntervalEstimate(value=0.0, low=0.0, high=13_000.0), unknown, none, 0).high is None


@pytest.mark.parametrize(("labelled", "least"), [(1, 0.95), (30, 0.095), (300, 0.0099)])
def test_none_found_among_labelled_controls_bounds_what_nothing_caught(labelled, least):
    # With so many failures the chance of labelling none is five in a hundred.
    assert at_most_unseen(1000, labelled) == pytest.approx(1000 * least, rel=0.01)
    assert (1 - at_most_unseen(1000, labelled) / 1000) ** labelled == pytest.approx(0.05)


@given(st.lists(st.tuples(st.integers(1, 500), st.floats(0, 1)), min_size=1, max_size=6))
def test_as_many_as_may_be_unseen_are_found_in_nineteen_of_twenty(pools):
    populations, chances = (np.array(each, dtype=np.float64) for each in zip(*pools, strict=True))
    most = most_unseen(Pools(populations=populations, chances=chances))
    assert populations[chances == 0].sum() - 1e-9 <= most <= populations.sum() + 1e-9
    # Failures in the least likely pools, as many as that: none is found with a chance of 5 %, or there are no more.
    left, logs = most, 0.0
    for at in np.argsort(chances, kind="stable"):
        here = min(left, populations[at])
        left -= here
        logs += here * (np.log1p(-chances[at]) if chances[at] < 1 else (-np.inf if here > 0 else 0))
    assert logs >= math.log(0.05) - 1e-6
    assert logs == pytest.approx(math.log(0.05)) or most == pytest.approx(populations[chances < 1].sum())


def controls(said, cleared, p12=0.1, share=0.1):
    """Return controls: verdicts on those that the annotator calls failures, and on those that they cleared."""
    found = annotated([(each, p12, 1.0, 0, 1) for each in said] + [(each, p12, share, 0, REJECTED) for each in cleared])
    return replace(found, kind=np.ones(len(found.y), dtype=np.intp))


def unseen(found, population, share=0.1):
    pools = Pools(populations=np.array([population]), chances=np.array([len(found.y) / population]))
    return unflagged_total(found, two_phase(found), pools, share)


def test_a_failure_that_an_annotator_missed_stands_for_all_that_nobody_looked_at_again():
    # Two that the annotator found stand for 10 each, one of ten that they cleared for 100.
    figure = unseen(controls([True, True, False], [True] + [False] * 9 + [None] * 87), 1000.0)
    assert figure.value == pytest.approx(120)
    assert 3 <= figure.low < 120 < figure.high < 700


def test_what_an_annotator_found_and_nobody_verified_is_in_the_upper_end():
    none = unseen(controls([False] * 2, [False] * 10 + [None] * 88).settled(0.0), 1000.0)
    waiting = controls(["disputed"] * 2, [False] * 10 + [None] * 88)
    low, high = unseen(waiting.settled(0.0), 1000.0), unseen(waiting.settled(1.0), 1000.0)
    assert (low.value, high.value) == (0, pytest.approx(20))
    assert high.high > none.high + 20


def test_as_long_as_nobody_has_looked_again_all_that_was_cleared_may_be_failures():
    figure = unseen(controls([True], ["?"] * 5 + [None] * 42), 1000.0)
    assert (figure.value, figure.low, figure.high) == (pytest.approx(10), 1, 1000)


def test_where_every_control_was_captured_annotated_and_verified_they_are_counted():
    figure = unseen(controls([True] * 3, [False] * 5, p12=1.0, share=1.0), 8.0, share=1.0)
    assert (figure.value, figure.low, figure.high) == (3, 3, 3)


def test_with_one_chance_for_all_none_found_is_the_exact_binomial_bound():
    figure = unseen(controls([], [False] * 48, share=1.0), 1000.0, share=1.0)
    assert figure.high == pytest.approx(1000 * (1 - 0.05 ** (1 / 48)))
