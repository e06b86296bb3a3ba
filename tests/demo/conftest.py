"""The small demo, written once for all tests of this folder."""

import shutil

import pytest

import remiss
from remiss.demo import flights, logs, story
from tests.conftest import keys_in

# Of the two weeks: enough that people disagree.
ANNOTATIONS = 60


@pytest.fixture(scope="session")
def all_flights():
    """Every flight of the year, with weather."""
    return flights.load()


@pytest.fixture(scope="session")
def small_demo(tmp_path_factory):
    """Logs of two weeks, and what was written of them."""
    return logs.write_small(tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="session")
def told_in_small(small_demo, tmp_path_factory):
    """A folder in which the story was told of two weeks, and its lines."""
    folder = tmp_path_factory.mktemp("told") / "demo"
    shutil.copytree(small_demo.folder, folder)
    # What the queue mixes in and whom it chooses for verification is keyed: with one key it is the same each time.
    keys_in(folder / f"{story.CATALOG}.keys")
    remiss.open(folder / story.CATALOG, environment={}, create=True).close()
    lines: list[str] = []
    story.run(folder, lines.append, annotations=ANNOTATIONS)
    return folder, lines
