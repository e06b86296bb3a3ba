"""What is said to be the least effect that a sample detects is detected in 80 % of draws, and none in 5 %."""

from __future__ import annotations

import numpy as np
import pytest

from remiss.capture.detectable import effective, least_lift, least_margin, least_move, least_shift

DRAWS = 20_000
# Three standard errors of a share of 0.8 in so many draws are 0.008; the rest is what the approximation may err by.
POWER = pytest.approx(0.8, abs=0.03)
LEVEL = pytest.approx(0.05, abs=0.01)
OF_LEVEL = 1.959964


def differ(first, of_first, second, of_second):
    """Return of each draw whether a score test, two-sided at 5 %, tells two shares apart."""
    mean = (first + second) / (of_first + of_second)
    error = np.sqrt(np.maximum(mean * (1 - mean), 1e-12) * (1 / of_first + 1 / of_second))
    return np.abs(first / of_first - second / of_second) > OF_LEVEL * error


@pytest.mark.parametrize("share", [0.1, 0.5])
@pytest.mark.parametrize(("sample", "others"), [(2000, 2000), (286, 286), (2000, 16_000), (60, 60)])
def test_a_share_that_shifts_by_the_least_detectable_is_told_apart(share, sample, others):
    rng = np.random.default_rng(20261201)
    shift = least_shift(share, sample, others)
    before = rng.binomial(others, share, DRAWS)
    assert differ(rng.binomial(sample, share + shift, DRAWS), sample, before, others).mean() == POWER
    assert differ(rng.binomial(sample, share, DRAWS), sample, before, others).mean() == LEVEL


# Latencies are skewed; of hundreds of values the mean is not.
@pytest.mark.parametrize(("sample", "others"), [(500, 500), (200, 1600)])
def test_a_mean_that_moves_by_the_least_detectable_is_told_apart(sample, others):
    rng = np.random.default_rng(20261201)
    moved = least_move(sample, others)
    first, second = rng.exponential(size=(1500, sample)), rng.exponential(size=(1500, others))
    error = np.sqrt(first.var(axis=1) / sample + second.var(axis=1) / others)
    apart = first.mean(axis=1) - second.mean(axis=1)
    assert (np.abs(apart + moved) > OF_LEVEL * error).mean() == pytest.approx(0.8, abs=0.04)
    assert (np.abs(apart) > OF_LEVEL * error).mean() == pytest.approx(0.05, abs=0.02)


@pytest.mark.parametrize("slice_share", [0.05, 0.1, 0.2])
@pytest.mark.parametrize("windows", [8, 24])
def test_a_slice_that_fails_by_the_least_lift_is_found_among_the_sampled_failures(slice_share, windows):
    """Two strata of very different size, 50 failures kept of each, and 2,000 of all events: as a capture draws them."""
    rng = np.random.default_rng(20261201)
    sizes, rates, kept, uniform = (16_000, 2_000), (0.02, 0.05), 50, 2_000
    failures = [(size * rate, min(kept, size * rate)) for size, rate in zip(sizes, rates, strict=True)]
    lift = least_lift(slice_share, windows * effective(failures), windows * uniform)

    def found(lift):
        inside = np.zeros(DRAWS)
        weighted = np.zeros(DRAWS)
        for size, rate in zip(sizes, rates, strict=True):
            elsewhere = rate / (1 + slice_share * (lift - 1))
            own = rng.binomial(round(size * slice_share), elsewhere * lift, (windows, DRAWS))
            rest = rng.binomial(round(size * (1 - slice_share)), elsewhere, (windows, DRAWS))
            sampled = np.minimum(own + rest, kept)
            inside += (rng.hypergeometric(own, rest, sampled) * (own + rest) / sampled).sum(axis=0)
            weighted += (own + rest).sum(axis=0)
        count = windows * effective(failures)
        events = windows * uniform
        of_slice = rng.hypergeometric(
            round(sum(sizes) * slice_share), round(sum(sizes) * (1 - slice_share)), uniform, (windows, DRAWS)
        )
        return differ(inside / weighted * count, count, of_slice.sum(axis=0), events).mean()

    assert found(lift) == POWER
    assert found(1.0) == LEVEL


@pytest.mark.parametrize(("cases", "differing"), [(400, 0.05), (4000, 0.02), (16_000, 0.1), (150, 0.1)])
def test_a_version_that_is_as_good_passes_the_least_margin(cases, differing):
    """By Tango's score interval: its lower end is above the negative margin where the score statistic there is above 1.96."""
    rng = np.random.default_rng(20261201)
    margin = least_margin(cases, differing)

    def passes(worse):
        shares = [(differing - worse) / 2, (differing + worse) / 2, 1 - differing]
        won, lost, _ = rng.multinomial(cases, shares, DRAWS).T
        a, b = 2.0 * cases, -won - lost - (2 * cases - won + lost) * margin
        c = lost * margin * (1 + margin)
        q = (np.sqrt(b * b - 4 * a * c) - b) / (2 * a)
        return ((won - lost + cases * margin) / np.sqrt(cases * (2 * q - margin * (1 + margin))) > OF_LEVEL).mean()

    assert passes(0.0) == POWER
    # Of one that is worse by the margin at most one in forty passes.
    assert passes(margin) < 0.03


def test_too_few_to_detect_anything_is_no_figure():
    assert least_shift(0.5, 5, 5) is None
    assert least_lift(0.5, 2, 5) is None
    assert least_margin(199, 0.05) is None
    assert effective([]) == effective([(0, 0)]) == 0
