"""The stories are told in the library, on each database; from afar, to a server over HTTP; and through the command line.

In the last two ways `make test` tells the stories that are marked `every_way` with the actions that they tell of, and `make soak`
all. Each action has one in which a server and a command do it and answer, and each kind of refusal has one. That a story does
what it is marked with is held against what was performed while it was told.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import cast

import pytest

import remiss
from remiss.action import Action
from remiss.records.published import position_of
from remiss.remote import RemoteWorkspace
from remiss.workspace import Workspace
from tests.command_line import CommandLine
from tests.conftest import DATABASES
from tests.databases import database_on
from tests.serving import TOKEN, served

FROM_AFAR, BY_COMMANDS, ON_POSTGRESQL = "http", "cli", "http on postgresql"
# Told in a server whose catalog is on PostgreSQL too: what writes much, what reads much, and what two do at once.
TOLD_ON_POSTGRESQL = {
    "test_a_capture_files_every_sampled_event_and_a_case_for_each_that_met_a_criterion",
    "test_an_estimate_as_of_a_position_is_what_it_was_then",
    "test_who_read_an_older_revision_is_told_and_writes_nothing",
}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave to `make soak` what is told once more from afar or by commands."""
    for item in items:
        way = getattr(item, "callspec", None) and item.callspec.params.get("database")
        once_more = {
            FROM_AFAR: item.get_closest_marker("every_way") is None,
            BY_COMMANDS: item.get_closest_marker("every_way") is None,
            ON_POSTGRESQL: item.originalname not in TOLD_ON_POSTGRESQL,
        }
        if item.path.parent == Path(__file__).parent and once_more.get(way, False):
            item.add_marker(pytest.mark.soak)


@pytest.fixture(autouse=True)
def performed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hold a story against the actions that it is marked with: from afar and by commands, each was performed and answered.

    And each answer said at which position it was read, unless it was read of no catalog.
    """
    done = set()

    def noting(perform: Callable[..., object]) -> Callable[..., object]:
        def noted(ws: object, action: Action, arguments: Mapping[str, object]) -> object:
            answer = perform(ws, action, arguments)
            done.add(action.name)
            assert position_of(answer) is not None or not action.catalog, action.name
            return answer

        return noted

    for way in (Workspace, RemoteWorkspace, CommandLine):
        monkeypatch.setattr(way, "perform", noting(way.perform))
    yield
    if getattr(request.node, "callspec", None) and request.node.callspec.params.get("database") in {FROM_AFAR, BY_COMMANDS}:
        mark = request.node.get_closest_marker("every_way")
        assert set(mark.args if mark else ()) <= done


@pytest.fixture(params=(*DATABASES, FROM_AFAR, BY_COMMANDS))
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
        if database == ON_POSTGRESQL:
            address = held.enter_context(database_on(request.getfixturevalue("postgres"), "template"))
        else:
            address = str(shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "remiss.db"))
        if database == BY_COMMANDS:
            yield cast("remiss.Workspace", CommandLine(address, environment))
            return
        # The stories keep their logs here: a server reads sources in one folder and nowhere else.
        sources = {"REMISS_SOURCES": str(tmp_path / "log")}
        there = held.enter_context(served(address, environment | sources))
        yield held.enter_context(remiss.open(there.url, token=TOKEN))
