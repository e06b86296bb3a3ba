"""Slices that are there are found, and where there are none hardly any search finds one."""

from __future__ import annotations

import pytest

from remiss.understand.slices.counting import Support
from remiss.understand.slices.search import LEVEL, search
from tests.simulation.slices import null, planted

LONG = pytest.mark.soak


def kept(sample, **more):
    return [each.parts for each in search(sample, needed=Support(), **more).found if each.into is None]


@pytest.mark.slow(reason="thousands of slices of a large sample, some times over")
@pytest.mark.parametrize(("count", "seeds"), [(50_000, 3), pytest.param(1_000_000, 200, marks=LONG)])
def test_planted_slices_are_found_and_little_else(count, seeds):
    whole, besides = 0, 0
    for seed in range(seeds):
        sample, places = planted(seed, count)
        found = kept(sample)
        whole += {*places} <= {*found}
        besides += len({*found} - {*places})
    print(f"{count:,} rows: all four found in {whole} of {seeds}, and {besides / seeds:.2f} others in the mean")
    assert whole >= 0.9 * seeds
    assert besides <= 1.5 * seeds


@pytest.mark.slow(reason="some hundred searches")
@pytest.mark.parametrize("runs", [25, pytest.param(500, marks=LONG)])
@pytest.mark.parametrize(
    ("windows", "base", "more"),
    [
        (12, 0.1, {}),
        (26, 0.005, {"correlated": True}),
        (26, 0.1, {"stratified": True, "overdispersed": 0.3}),
        (52, 0.1, {"overdispersed": 0.4, "persistent": 0.6, "correlated": True}),
    ],
    ids=["few windows", "rare and correlated", "stratified and overdispersed", "correlated windows"],
)
def test_where_no_slice_is_worse_hardly_any_search_finds_one(windows, base, more, runs):
    count, fields = (20_000, 5) if runs < 100 else (20_000, 8)
    false = sum(bool(kept(null(seed, count, windows=windows, base=base, fields=fields, **more))) for seed in range(runs))
    print(f"{false} of {runs} searches found what is not there")
    # Three standard errors above the nominal share.
    assert false <= LEVEL * runs + 3 * (LEVEL * (1 - LEVEL) * runs) ** 0.5
