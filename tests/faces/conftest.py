"""One small catalog, captured once, and the command line in this process."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from remiss.faces.cli import main
from tests.conftest import keys_in
from tests.serving import Served, served
from tests.stories.logs import Log, small_log


@dataclass(frozen=True)
class Answer:
    """What a command said and how it ended."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def cli(capsys, monkeypatch):
    """Call the command line as a person would, and get its answer."""
    monkeypatch.setenv("REMISS_PROGRESS", "never")
    monkeypatch.setenv("COLUMNS", "160")

    def call(*arguments: str) -> Answer:
        capsys.readouterr()
        status = main.run([str(argument) for argument in arguments])
        said = capsys.readouterr()
        assert "Traceback" not in said.err, said.err
        return Answer(status, said.out, said.err)

    return call


@pytest.fixture(scope="session")
def captured_once(tmp_path_factory):
    """A folder with a log and a catalog that captured it, whose key is the same in every run: so is who is to be verified."""
    folder = tmp_path_factory.mktemp("captured")
    log = small_log(folder / "log")
    keys_in(folder / "remiss.db.keys", b"the same choice in test run: six")
    assert main.run(["--catalog", str(folder / "remiss.db"), "capture", log.protocol]) == 0
    return folder


@pytest.fixture
def captured(captured_once, tmp_path, monkeypatch) -> Log:
    """A copy of that folder, which is the current one; its catalog is found as ./remiss.db."""
    folder = tmp_path / "here"
    shutil.copytree(captured_once, folder)
    monkeypatch.chdir(folder)
    monkeypatch.delenv("REMISS_CATALOG", raising=False)
    return Log(Path("log"))


@pytest.fixture(scope="session")
def reading(captured_once, tmp_path_factory) -> Iterator[Served]:
    """One server for the whole session, on a captured catalog that tests only read."""
    folder = tmp_path_factory.mktemp("read") / "here"
    shutil.copytree(captured_once, folder)
    with served(str(folder / "remiss.db"), {"REMISS_SOURCES": str(folder / "log")}) as there:
        yield there


@pytest.fixture
def there(address, environment, tmp_path) -> Iterator[Served]:
    """A server of the test's own, on a new catalog on each database in turn."""
    with served(address, {**environment, "REMISS_SOURCES": str(tmp_path / "log")}) as found:
        yield found


@pytest.fixture
def alone(sqlite_template, environment, tmp_path) -> Iterator[Served]:
    """A server of the test's own on a new catalog in a file, for what no database has a part in."""
    shutil.copy(sqlite_template, tmp_path / "alone.db")
    with served(str(tmp_path / "alone.db"), environment) as found:
        yield found
