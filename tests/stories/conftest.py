"""The stories are told twice in the library, on each database, and once more from afar: to a server, over HTTP."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import remiss
from tests.conftest import DATABASES
from tests.serving import TOKEN, served


@pytest.fixture(params=(*DATABASES, "http"))
def database(request: pytest.FixtureRequest) -> str:
    """Which way the story is told."""
    return str(request.param)


@pytest.fixture
def ws(database: str, request: pytest.FixtureRequest, environment: dict[str, str], tmp_path: Path) -> Iterator[remiss.Workspace]:
    """An open workspace on a new catalog: one of its own on each database, then a server's."""
    if database != "http":
        with remiss.open(request.getfixturevalue("address"), environment=environment) as opened:
            yield opened
        return
    shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "remiss.db")
    # The stories keep their logs here: a server reads sources in one folder and nowhere else.
    sources = {"REMISS_SOURCES": str(tmp_path / "log")}
    with served(str(tmp_path / "remiss.db"), environment | sources) as there, remiss.open(there.url, token=TOKEN) as far:
        yield far
