"""The stories are told in the library, on each database; from afar, to a server over HTTP; and through the command line.

In the last two ways `make test` tells one story for each action, and `make soak` all (every_way.py).
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
from remiss.remote import RemoteWorkspace
from tests.command_line import CommandLine
from tests.conftest import DATABASES, database_on
from tests.serving import TOKEN, served
from tests.stories import every_way

FROM_AFAR, BY_COMMANDS, ON_POSTGRESQL = "http", "cli", "http on postgresql"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave to `make soak` what is told once more from afar or by commands."""
    for item in items:
        way = getattr(item, "callspec", None) and item.callspec.params.get("database")
        once_more = {
            FROM_AFAR: story(item) not in every_way.STORIES,
            BY_COMMANDS: story(item) not in every_way.STORIES,
            ON_POSTGRESQL: item.originalname not in every_way.ON_POSTGRESQL,
        }
        if item.path.parent == Path(__file__).parent and once_more.get(way, False):
            item.add_marker(pytest.mark.soak)


def story(item: pytest.Item) -> str:
    """Return the name of a story whichever way it is told."""
    return f"{item.path.name}::{item.originalname}"


@pytest.fixture(autouse=True)
def performed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hold a story against the actions that it is listed for: from afar and by commands, each was performed and answered."""
    done = set()

    def noting(perform: Callable[..., object]) -> Callable[..., object]:
        def noted(ws: object, action: Action, arguments: Mapping[str, object]) -> object:
            answer = perform(ws, action, arguments)
            done.add(action.name)
            return answer

        return noted

    for way in (RemoteWorkspace, CommandLine):
        monkeypatch.setattr(way, "perform", noting(way.perform))
    yield
    if getattr(request.node, "callspec", None) and request.node.callspec.params.get("database") in {FROM_AFAR, BY_COMMANDS}:
        assert set(every_way.STORIES.get(story(request.node), ())) <= done


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
