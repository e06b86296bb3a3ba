"""The small demo, written once for all tests of this folder."""

import pytest

from remiss.demo import flights, small


@pytest.fixture(scope="session")
def all_flights():
    """Every flight of the year, with weather."""
    return flights.load()


@pytest.fixture(scope="session")
def small_demo(tmp_path_factory):
    """Logs of two weeks, and what was written of them."""
    return small.write(tmp_path_factory.mktemp("demo"))
