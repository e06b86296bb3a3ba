"""The stories are told in the library, on each database; from afar, to a server over HTTP; and through the command line.

In the last two ways `make test` tells the stories that are marked `every_way` with the actions that they tell of, and `make soak`
all. What is marked `of_the_log` asks more of what is read than of what is kept: `make test` tells it on SQLite, and others of the
same subject on both databases. Each action has one story in which a server and a command do it and answer, and each kind of
refusal has one. That a story does what it is marked with is held against what was performed while it was told.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import FunctionType
from typing import Any, cast

import pytest

import remiss
from remiss import capture
from remiss.action import Action
from remiss.contract.table import entry_of
from remiss.faces.http.by_hand import arguments_of as understood
from remiss.records.published import position_of
from remiss.records.run import Run
from remiss.remote import RemoteWorkspace, sendable
from remiss.workspace import Workspace
from tests.command_line import CommandLine, command_of, words
from tests.conftest import DATABASES, SERVER, acting_on
from tests.databases import database_on
from tests.serving import TOKEN, served
from tests.stories.logs import MONDAY, WEEK, Log

FROM_AFAR, BY_COMMANDS, ON_POSTGRESQL = "http", "cli", "http on postgresql"
# Of each item, whether its story is told from afar or by commands, too.
ELSEWHERE = pytest.StashKey[bool]()
# Where the catalog lies that a story reaches from afar or by commands.
CATALOG = pytest.StashKey[str]()
# The functions of all such stories.
STORIES = pytest.StashKey[set[FunctionType]]()
# Told in a server whose catalog is on PostgreSQL too: what writes much, what reads much, and what two do at once.
TOLD_ON_POSTGRESQL = {
    "test_a_capture_files_every_sampled_event_and_a_case_for_each_that_met_a_criterion",
    "test_an_estimate_as_of_a_position_is_what_it_was_then",
    "test_who_read_an_older_revision_is_told_and_writes_nothing",
}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave to `make soak` what is told once more from afar, by commands, or of the log on the other database."""
    told_elsewhere = {_story(item) for item in items if _way(item) in {FROM_AFAR, BY_COMMANDS}}
    for item in items:
        item.stash[ELSEWHERE] = _story(item) in told_elsewhere
    stories = (item for item in items if isinstance(item, pytest.Function) and "ws" in item.fixturenames)
    config.stash[STORIES] = {item.function for item in stories if item.stash[ELSEWHERE]}
    for item in items:
        way = _way(item)
        once_more = {
            FROM_AFAR: item.get_closest_marker("every_way") is None,
            BY_COMMANDS: item.get_closest_marker("every_way") is None,
            ON_POSTGRESQL: item.originalname not in TOLD_ON_POSTGRESQL,
            "postgresql": item.get_closest_marker("of_the_log") is not None,
        }
        if item.path.parent == Path(__file__).parent and once_more.get(way, False):
            item.add_marker(pytest.mark.soak)


def _way(item: pytest.Item) -> str | None:
    """Return in which way an item tells its story; None for what is told in one way only."""
    called = getattr(item, "callspec", None)
    return None if called is None else called.params.get("database")


def _story(item: pytest.Item) -> tuple[Path, str]:
    return item.path, getattr(item, "originalname", item.name)


@pytest.fixture(autouse=True)
def performed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hold a story against the actions that it is marked with: from afar and by commands, each was performed and answered.

    And each answer said at which position it was read, unless it was read of no catalog. What a story asks of the library and is
    answered is asked in the form in which the other two ways would ask it, too, so far as that needs neither server nor catalog.
    """
    done = set()
    elsewhere = request.node.stash[ELSEWHERE] and _way(request.node) == "sqlite"

    def noting(perform: Callable[..., object]) -> Callable[..., object]:
        def noted(ws: object, action: Action, arguments: Mapping[str, object]) -> object:
            answer = perform(ws, action, arguments)
            done.add(action.name)
            assert position_of(answer) is not None or not action.catalog, action.name
            if elsewhere:
                check_asked_elsewhere(action, arguments)
            return answer

        return noted

    for way in (Workspace, RemoteWorkspace, CommandLine):
        monkeypatch.setattr(way, "perform", noting(way.perform))
    yield
    if _way(request.node) in {FROM_AFAR, BY_COMMANDS}:
        mark = request.node.get_closest_marker("every_way")
        assert set(mark.args if mark else ()) <= done


def check_asked_elsewhere(action: Action, arguments: Mapping[str, Any]) -> None:
    """Check that a server understands an action's arguments as they are sent to it, and a command as they are typed."""
    sent = json.loads(json.dumps(sendable(action, arguments)))
    assert understood(action, sent).keys() >= arguments.keys()
    command_of(action.name).make_context(action.name, words(action, arguments)[len(entry_of(action.name).words) :])


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
        request.node.stash[CATALOG] = address
        if database == BY_COMMANDS:
            yield cast("remiss.Workspace", CommandLine(address, environment))
            return
        # The stories keep their logs here: a server reads sources in one folder and nowhere else.
        sources = {"REMISS_SOURCES": str(tmp_path / "log")}
        there = held.enter_context(served(address, environment | sources))
        yield held.enter_context(remiss.open(there.url, token=TOKEN))


@pytest.fixture
def ws_as(
    ws: remiss.Workspace, database: str, environment: dict[str, str], request: pytest.FixtureRequest
) -> Iterator[Callable[..., remiss.Workspace]]:
    """Gives a workspace as a person with a role sees it: at the catalog itself, also where a story reaches it from afar."""
    if database in DATABASES:
        yield acting_on(ws)
        return
    with remiss.open(request.node.stash[CATALOG], environment=environment) as opened:
        yield acting_on(opened)


@pytest.fixture
def already_captured(ws: remiss.Workspace, database: str, once: Callable[..., str]) -> Callable[..., Run]:
    """Gives the run of some weeks of a log, with which a new catalog begins in a story of what comes after it.

    Of logs and weeks that are alike it is captured in the first such story, and the catalog is copied in all others. What the
    catalog read is a copy of the log: each story may change its own.
    """

    def captured(log: Log, first: int = 0, last: int = 3) -> Run:
        weeks = {"since": MONDAY + first * WEEK, "until": MONDAY + last * WEEK}
        if database not in DATABASES:
            return capture.capture(ws, log.protocol, **weeks)
        digest = log.digest()

        def make() -> str:
            kept = log.copy(Path(os.environ[SERVER]) / "logs" / digest)
            return capture.capture(ws, kept.protocol, **weeks).id

        return capture.show(ws, once(ws, f"weeks_{first}_{last}_of_{digest}", make))

    return captured
