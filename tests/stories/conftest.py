"""The stories are told in the library, on each database; from afar, to a server over HTTP; and through the command line."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import cast

import pytest

import remiss
from tests.command_line import CommandLine
from tests.conftest import DATABASES, database_on
from tests.serving import TOKEN, served


@pytest.fixture(params=(*DATABASES, "http", "cli"))
def database(request: pytest.FixtureRequest) -> str:
    """Which way the story is told."""
    return str(request.param)


@pytest.fixture
def ws(database: str, request: pytest.FixtureRequest, environment: dict[str, str], tmp_path: Path) -> Iterator[remiss.Workspace]:
    """A workspace on a new catalog: an open one on each database, then a server's, then commands that open it each time."""
    if database in DATABASES:
        with remiss.open(request.getfixturevalue("address"), environment=environment) as opened:
            yield opened
        return
    with ExitStack() as held:
        if database == "http on postgresql":
            address = held.enter_context(database_on(request.getfixturevalue("postgres"), "template"))
        else:
            address = str(shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "remiss.db"))
        if database == "cli":
            yield cast("remiss.Workspace", CommandLine(address, environment))
            return
        # The stories keep their logs here: a server reads sources in one folder and nowhere else.
        sources = {"REMISS_SOURCES": str(tmp_path / "log")}
        there = held.enter_context(served(address, environment | sources))
        yield held.enter_context(remiss.open(there.url, token=TOKEN))
