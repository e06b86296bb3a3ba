"""What a sample can detect follows from one counted window: its cells, and how many events each group keeps."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from remiss.capture.detectable import detectable, least_lift, least_margin, least_shift
from remiss.records.run import Cell, RunWindow
from tests.protocol.documents import changed, protocol_of

START = datetime(2013, 6, 3, tzinfo=UTC)


def cell(airport, population, met=(), undecided=()):
    return Cell(
        window=START,
        stratum={"context.airport": airport},
        met=met,
        undecided=undecided,
        population=population,
        labelled=0 if undecided else population,
    )


def told(*cells, text=None):
    window = RunWindow(window=START, population=sum(one.population for one in cells), labelled=0, provisional=False)
    return detectable(protocol_of(text or changed("keep: 10, ", "").replace("population: 500, ", "")), window, cells)


WORLD = (
    cell("EWR", 12_000),
    cell("JFK", 5_000),
    cell("EWR", 900, met=("missed-delay",)),
    cell("JFK", 40, met=("missed-delay",)),
    cell("JFK", 60, met=("missed-delay", "slow")),
    cell("EWR", 2_000, undecided=("missed-delay",)),
)


def test_drift_is_told_of_the_uniform_sample_and_of_all_events():
    found = told(*WORLD)
    assert (found.events, found.sampled, found.level, found.power) == (20_000, 2_000, 0.05, 0.8)
    first = found.drift[0]
    assert (first.measure, first.before) == ("share", 0.1)
    assert first.sample == least_shift(0.1, 2_000, 2_000) > first.pooled == least_shift(0.1, 2_000, 16_000)
    assert first.histogram == least_shift(0.1, 20_000, 20_000)
    assert [each.measure for each in found.drift] == ["share", "share", "mean"]
    # All that a small window has is in the sample.
    small = told(cell("EWR", 300))
    assert small.sampled == 300
    assert small.drift[0].sample == small.drift[0].histogram


def test_lift_is_told_of_the_failures_that_are_kept_by_their_weights():
    lifts = {(each.criterion, each.windows): each for each in told(*WORLD).lifts}
    missed = lifts["missed-delay", 8]
    # 50 of 900 and 50 of 100.
    assert missed.failures == 800
    assert missed.effective == pytest.approx(8 * 1000**2 / (900**2 / 50 + 100**2 / 50))
    at_risk = 8 * 2_000 * 18_000 / 20_000
    assert [(each.of, each.least) for each in missed.slices] == [
        (share, least_lift(share, missed.effective, at_risk)) for share in (0.05, 0.1, 0.2)
    ]
    assert lifts["missed-delay", 24].slices[0].least < missed.slices[0].least
    # 10 of 60 are kept: 80 in 8 windows, of which fewer than ten lie in a slice of a tenth of all events.
    slow = lifts["slow", 8]
    assert (slow.failures, [each.least is None for each in slow.slices]) == (80, [True, True, False])


def test_margins_are_told_of_decided_events_and_of_controls():
    margins = {(each.question, each.windows): each for each in told(*WORLD).margins}
    guard, production = margins["guard", 8], margins["production", 8]
    assert guard.cases == 8 * 2 * 20
    assert guard.effective == pytest.approx(8 * 17_000**2 / (12_000**2 / 20 + 5_000**2 / 20))
    # One in ten of all events, half of those missed at JFK, and not those without a label.
    assert production.cases == 8 * (1_200 + 500 + 90 + 20 + 30)
    assert [(each.of, each.least) for each in production.versions] == [
        (share, least_margin(production.effective, share)) for share in (0.02, 0.05, 0.1)
    ]
    assert guard.versions[0].least is None


def test_what_cannot_be_told_is_said():
    few = (cell("EWR", 500), cell("EWR", 1_500, undecided=("missed-delay",)), cell("EWR", 4, met=("slow",)))
    found = told(*few)
    assert found.notes[0].startswith(
        "sampling.population is left out: 2,000 events of a window. A catalog that filed this version"
    )
    found = told(*few, text=changed("population: 500", "population: 2000"))
    assert [each.criterion for each in found.lifts] == ["slow", "slow"]
    assert found.notes == (
        "most events of this window are undecided on missed-delay: of slices of it nothing is worked out",
        "no event of this window met no-answer, odd-wind: of slices of it nothing can be said",
        "1,500 of 2,004 events of this window are undecided on some criterion, and are in no gate",
        "4 sampled of slow in this window: over fewer than 3 windows like it a figure of what people confirmed is a "
        "count without a percentage",
    )
    assert told() is None


def test_a_unit_that_is_drawn_together_is_taken_for_one_event_and_that_is_said():
    text = changed("keep: 10, ", "").replace("population: 500", "population: 2000, unit: inputs.carrier")
    found = told(*WORLD, text=text)
    assert found.lifts == told(*WORLD).lifts
    assert found.notes[0].startswith("sampling.unit: each unit that is kept is taken for one event here")
