"""How often a full first window is taken for one in which the log begins."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from remiss.understand.periods import begun_within

START = datetime(2026, 3, 2, tzinfo=UTC)
REPEATS = 500


def first_events(draw, events, width, night, windows):
    """Draw when the first event of each window comes: a Poisson process, at night (from 22 to 6) of `night` times its rate."""
    hours = np.arange(width / timedelta(hours=1))
    by_day = hours % 24
    rate = np.where((by_day < 6) | (by_day >= 22), night, 1.0)
    passed = np.concatenate([[0.0], np.cumsum(rate / rate.sum() * events)])
    # The first of a Poisson process: an exponential wait in its own time; a window without an event is not known at all.
    waits = draw.exponential(size=windows)
    found = np.interp(waits[waits < events], passed, np.arange(len(passed)))
    return {START + at * width: START + at * width + timedelta(hours=hour) for at, hour in enumerate(found)}


@pytest.mark.parametrize("days", [1, 7])
@pytest.mark.parametrize("night", [1.0, 0.02])
def test_a_full_first_window_is_seldom_called_partial(days, night):
    draw, width = np.random.default_rng([days, int(100 * night)]), timedelta(days=days)
    marked = {
        (events, windows): sum(
            bool(begun_within(first_events(draw, events, width, night, windows), width)) for _ in range(REPEATS)
        )
        for events in (10, 50, 500)
        for windows in (3, 5, 9)
    }
    # Two in a hundred, and what chance adds to that in so few repeats (three standard deviations).
    assert max(marked.values()) <= 0.02 * REPEATS + 3 * (0.02 * 0.98 * REPEATS) ** 0.5, marked
