"""What all attempts to confirm slices may claim together: by Holm over those on shared windows, adjusted and shrunken."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from remiss.errors import Conflict
from remiss.records.case import Sensitivity
from remiss.records.slice import KeptSlice, SliceAttempt, SliceFigure, SliceState
from remiss.understand.multiple_testing import holm
from remiss.understand.slices.confirming import decided
from remiss.understand.slices.report import SliceEvidence, effect_of
from remiss.understand.slices.testing import WindowCounts

BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
WEEK = timedelta(weeks=1)
FIGURE = SliceFigure(
    query="inputs.carrier:UA",
    words="carrier is UA",
    **dict.fromkeys(("sampled", "failed", "windows"), 10),
    **dict.fromkeys(("events", "share", "rate", "rest", "p", "q", "adds"), 0.1),
    **dict.fromkeys(("rate_low", "rate_high", "ratio", "ratio_low", "ratio_high"), None),
    **dict.fromkeys(("difference", "difference_low", "difference_high", "excess", "excess_low", "excess_high"), 0.1),
)


def attempt(p, *, number=1, since=0, weeks=8, difference=0.1, error=0.03, degrees=7.0):
    return SliceAttempt(
        number=number,
        since=BEGIN + since * WEEK,
        until=BEGIN + (since + weeks) * WEEK,
        windows=weeks,
        exact=False,
        sampled=100,
        failed=20,
        rate=0.2,
        rest=0.2 - difference,
        excess=10.0,
        difference=difference,
        error=error,
        degrees=degrees,
        p=p,
        person="ana",
        at=BEGIN,
    )


def kept(name, *attempts, **more):
    said = {
        "query": FIGURE.query,
        "words": FIGURE.words,
        "failure": "criterion:wrong",
        "among": None,
        "source": "log",
        "protocol": "p",
        "protocol_version": 1,
        "windows": 10,
        "tested": 20,
        "level": 0.05,
        "correlation": 0.0,
        "found": FIGURE,
        "person": "ana",
        "position": 1,
    }
    until = BEGIN - WEEK
    return KeptSlice(
        id=name, name=name, since=BEGIN - 10 * WEEK, until=until, used_until=until, at=BEGIN, attempts=attempts, **(said | more)
    )


@given(p=st.lists(st.floats(1e-6, 1.0), min_size=1, max_size=12))
def test_first_attempts_on_the_same_windows_are_held_by_holm_at_half_the_level(p):
    ledger = decided([kept(f"s{at}", attempt(each)) for at, each in enumerate(p)])
    adjusted = [each.attempts[0].adjusted for each in ledger]
    assert adjusted == pytest.approx(holm(np.minimum(1.0, 2 * np.array(p))).tolist())
    for each in ledger:
        assert each.attempts[0].confirmed is (each.attempts[0].adjusted <= 0.05)
        assert each.state is (SliceState.CONFIRMED if each.attempts[0].confirmed else SliceState.UNCONFIRMED)


@given(p=st.lists(st.floats(1e-6, 0.2), min_size=2, max_size=10), more=st.floats(1e-6, 1.0))
def test_who_asks_more_confirms_no_sooner(p, more):
    before = decided([kept(f"s{at}", attempt(each)) for at, each in enumerate(p)])
    after = decided([*(kept(f"s{at}", attempt(each)) for at, each in enumerate(p)), kept("another", attempt(more))])
    for was, now in zip(before, after, strict=False):
        assert now.attempts[0].adjusted >= was.attempts[0].adjusted - 1e-12


def test_only_attempts_on_shared_windows_of_one_source_and_team_count():
    mine = kept("mine", attempt(0.01))
    beside = kept("beside", attempt(0.01, since=7))
    later = kept("later", attempt(0.01, since=8))
    elsewhere = kept("elsewhere", attempt(0.01), source="another")
    theirs = kept("theirs", attempt(0.01), team="another")
    secret = kept("secret", attempt(0.01), sensitivity=Sensitivity.SECRET)
    found = {each.name: each.attempts[0] for each in decided([mine, beside, later, elsewhere, theirs, secret])}
    assert {name: each.beside for name, each in found.items()} == {
        "mine": 2,  # of what is more sensitive nothing is told, not even that it was asked
        "beside": 3,
        "later": 2,
        "elsewhere": 1,
        "theirs": 1,
        "secret": 3,
    }


def test_the_kth_attempt_has_a_level_of_its_own_and_its_windows():
    [found] = decided([kept("often", attempt(0.02), attempt(0.02, number=2, since=8), attempt(0.005, number=3, since=16))])
    assert [each.adjusted for each in found.attempts] == pytest.approx([0.04, 0.08, 0.04])
    assert [each.beside for each in found.attempts] == [1, 1, 1]
    assert (found.state, found.used_until) == (SliceState.CONFIRMED, BEGIN + 24 * WEEK)


@given(p=st.lists(st.floats(1e-7, 0.3), min_size=1, max_size=9))
def test_intervals_of_those_confirmed_are_those_of_benjamini_and_yekutieli(p):
    ledger = decided([kept(f"s{at}", attempt(each)) for at, each in enumerate(p)])
    doubled = np.minimum(1.0, 2 * np.array(p))
    for at, each in enumerate(ledger):
        one = each.attempts[0]
        level = 0.05
        if one.confirmed:
            # How many are confirmed at least, whatever its own p-value is with which it is confirmed: tried out.
            fewest = len(p)
            for own in np.concatenate([np.geomspace(1e-9, 0.05, 400), doubled, 0.05 / np.arange(1, len(p) + 1)]):
                tried = doubled.copy()
                tried[at] = own
                held = holm(tried) <= 0.05 * (1 + 1e-12)
                if held[at]:
                    fewest = min(fewest, int(held.sum()))
            level = 0.05 * fewest / len(p)
        half = stats.t.ppf(1 - level / 2, one.degrees) * one.error
        assert (one.low, one.high) == pytest.approx((one.difference - half, one.difference + half))


def test_what_is_told_is_shrunken_by_how_much_all_differ_beyond_their_errors():
    [alone] = decided([kept("alone", attempt(0.001, difference=0.09, error=0.03))])
    assert alone.attempts[0].told == pytest.approx(0.09 * (1 - 1 / 9))
    among = decided(
        [kept("a", attempt(0.001, difference=0.09)), *(kept(f"n{at}", attempt(0.5, difference=0.0)) for at in range(9))]
    )
    assert among[0].attempts[0].told < alone.attempts[0].told / 2
    nothing = decided([kept("nothing", attempt(0.4, difference=0.02))])
    assert nothing[0].attempts[0].told == 0.0


def evidence(rng, windows=10, own_rate=0.2, rest_rate=0.1):
    among, whole = rng.integers(15, 25, windows), rng.integers(150, 250, windows)
    own, rest = rng.binomial(among, own_rate), rng.binomial(whole, rest_rate)
    counts = WindowCounts(among.astype(float), own.astype(float))
    both = WindowCounts(among + whole + 0.0, own + rest + 0.0)
    return SliceEvidence(
        own=counts, whole=both, sampled=int(among.sum()), failed=int(own.sum()), failures=int((own + rest).sum())
    )


def test_the_effect_is_the_difference_of_the_rates_with_the_spread_of_windows():
    given_ = evidence(np.random.default_rng(1))
    found = effect_of(given_, 0.0)
    rate = given_.own.failing.sum() / given_.own.among.sum()
    assert found.rate == pytest.approx(rate)
    assert found.difference == pytest.approx(found.rate - found.rest)
    binomial = (found.rate * (1 - found.rate) / given_.own.among.sum() + found.rest * (1 - found.rest) / 2000) ** 0.5
    assert 0.5 * binomial < found.error < 2 * binomial
    # What was learnt of windows that follow each other where it was found counts here, too.
    assert effect_of(given_, 0.4).error > found.error
    assert effect_of(given_, 0.4).p > found.p


def test_too_little_evidence_is_refused_before_anything_is_used():
    given_ = evidence(np.random.default_rng(1), windows=7)
    with pytest.raises(Conflict, match="7 windows"):
        given_.check(10.0, 8)
    with pytest.raises(Conflict, match="are expected to have failed"):
        replace(evidence(np.random.default_rng(1)), failures=3).check(10.0, 8)
