"""The demo ends with its pages when a person is there, and by itself when nobody is."""

from __future__ import annotations

import os
import pty
import re
import shutil
import signal
import subprocess
import sys

import httpx
import pytest

from remiss.demo import story
from tests.serving import served

pytestmark = pytest.mark.slow(reason="runs the demo as a command: it starts, compares with the truth, and shows the pages")
COMMAND = [sys.executable, "-m", "remiss", "demo", "demo", "--serve"]


@pytest.fixture
def settings():
    return {name: value for name, value in os.environ.items() if name != "CI"} | {"REMISS_PROGRESS": "never"}


@pytest.fixture(scope="module")
def folder(told_in_small, tmp_path_factory):
    """A copy of what was told, to the end: the command labels as much as the demo does, and the other tests stopped before."""
    told, _ = told_in_small
    folder = shutil.copytree(told, tmp_path_factory.mktemp("served") / "demo")
    story.run(folder, lambda line: None)
    return folder


def test_a_person_is_shown_the_pages(folder, settings):
    person, terminal = pty.openpty()
    with subprocess.Popen(COMMAND, cwd=folder.parent, env=settings, stdin=terminal, stderr=subprocess.PIPE, text=True) as running:
        link = next(found[0] for line in running.stderr if (found := re.search(r"http://\S+", line)))
        assert httpx.get(link).status_code == 200
        running.send_signal(signal.SIGINT)
        assert "Traceback" not in running.stderr.read()
    os.close(terminal)
    os.close(person)


@pytest.mark.parametrize("nobody", ["stdin is no terminal", "CI is set"])
def test_it_ends_by_itself_when_nobody_is_there(folder, settings, nobody):
    person, terminal = pty.openpty()
    stdin = subprocess.DEVNULL if nobody == "stdin is no terminal" else terminal
    settings |= {"CI": "true"} if nobody == "CI is set" else {}
    ended = subprocess.run(COMMAND, cwd=folder.parent, env=settings, stdin=stdin, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0
    assert "What to look at next" in ended.stdout
    os.close(terminal)
    os.close(person)


def test_the_list_counted_by_field_is_small_enough_for_who_has_no_script(folder):
    with served(str(folder / story.CATALOG), {}) as there, there.browser() as client:
        page = client.get("/cases?facets=true")
    assert "Narrow by field" in page.text
    assert len(page.content) <= 45_000
