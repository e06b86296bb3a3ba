"""What all tests of faults need: the process that forks commands, and a log."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import DATABASES, SERVER
from tests.faults.faulty import FaultyCommands
from tests.faults.trials import Trials
from tests.faults.worlds import DEEDS, make_log


@pytest.fixture(scope="session")
def faulty() -> Iterator[FaultyCommands]:
    with FaultyCommands(Path(os.environ[SERVER])) as commands:
        yield commands


@pytest.fixture(scope="session")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_log(tmp_path_factory.mktemp("log")).folder


@pytest.fixture(params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    """Where the catalog is: a command that dies has it open itself."""
    return str(request.param)


@pytest.fixture
def trials(
    faulty: FaultyCommands, log: Path, database: str, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Callable[[str], Trials]]:
    """Gives the trials of a deed; in memory, where to wait for a disk costs nothing."""
    made: list[Trials] = []

    def of(name: str) -> Trials:
        server = None if database == "sqlite" else request.getfixturevalue("postgres")
        made.append(Trials(faulty, DEEDS[name], tmp_path / name, log, server))
        return made[-1]

    yield of
    for each in made:
        each.close()


@pytest.fixture
def counted(request: pytest.FixtureRequest) -> Callable[[object], None]:
    """Has what was counted told at the end of the run."""
    return lambda tally: request.node.user_properties.append(("counted", f"{request.node.name}: {tally}"))
