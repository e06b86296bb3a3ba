"""What the second tutorial tells the reader to type works in that order, with a server beside it, and comes to what it says."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.forked_commands import in_a_shell

TUTORIAL = Path(__file__).resolve().parents[2] / "docs" / "tutorial"
COMMANDS = [
    line
    for block in re.findall(r"^```sh\n(.*?)^```", (TUTORIAL / "one-case.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)
    for line in block.splitlines()
]
ID_IN_THE_TEXT, PORT_IN_THE_TEXT = "k7m4-qp2x-9w3d", "8765"


class Reader:
    """Types the commands of the tutorial, as the reader who has the first one behind them."""

    def __init__(self, folder: Path, loaded: Path) -> None:
        self.folder = folder
        path = f"{loaded}:{Path(sys.executable).parent}:/usr/bin:/bin"
        self.environment = {"PATH": path, "HOME": str(folder), "LANG": "C.UTF-8"}
        self.case = ID_IN_THE_TEXT
        self.port = PORT_IN_THE_TEXT
        # A command that is typed twice answers twice.
        self.seen: dict[str, list[subprocess.CompletedProcess[str]]] = {}

    def type(self, command: str) -> subprocess.CompletedProcess[str]:
        if command.startswith("export "):
            name, _, value = command.removeprefix("export ").partition("=")
            self.environment[name] = value.replace(PORT_IN_THE_TEXT, self.port)
        if command.startswith("unset "):
            del self.environment[command.removeprefix("unset ")]
        typed = command.replace(ID_IN_THE_TEXT, self.case)
        done = subprocess.run(typed, shell=True, cwd=self.folder, env=self.environment, capture_output=True, text=True)
        named = re.match(r"case\s+(\S+)", done.stdout)
        if self.case == ID_IN_THE_TEXT and named:
            self.case = named[1]
        self.seen.setdefault(command, []).append(done)
        return done


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    folder = tmp_path_factory.mktemp("one-case")
    for name in ("make_log.py", "tickets.yaml"):
        shutil.copy(TUTORIAL / name, folder)
    with in_a_shell(folder / "bin") as loaded:
        reading = Reader(folder, loaded)
        for before in ("python make_log.py", "remiss init", "remiss capture tickets.yaml"):
            assert reading.type(before).returncode == 0
        first_served = next(at for at, command in enumerate(COMMANDS) if command.startswith("export "))
        for command in COMMANDS[:first_served]:
            reading.type(command)
        serve = [str(Path(sys.executable).with_name("remiss")), "serve", "--port", "0"]
        with subprocess.Popen(serve, cwd=folder, env=reading.environment, stderr=subprocess.PIPE, text=True) as server:
            try:
                for line in server.stderr or ():
                    if found := re.search(r"http://127\.0\.0\.1:(\d+)", line):
                        reading.port = found[1]
                        break
                for command in COMMANDS[first_served:]:
                    reading.type(command)
            finally:
                server.terminate()
    return reading


def answers(reader, beginning):
    """Return what the commands that begin so answered, in order."""
    return [done.stdout for command, each in reader.seen.items() if command.startswith(beginning) for done in each]


@pytest.mark.parametrize("command", sorted(set(COMMANDS), key=COMMANDS.index))
def test_a_command_of_the_tutorial_works(reader, command):
    for done in reader.seen[command]:
        assert done.returncode == 0, done.stderr


def test_bo_sees_what_ana_said_when_his_own_is_in_and_not_before(reader):
    (given,) = answers(reader, "remiss --token-file bo.token queue next")
    before, after = answers(reader, "remiss --token-file bo.token case show")
    assert reader.case in given
    assert "ana" not in before
    assert "not visible until a second person has labelled the case" in before
    assert "ana: failure" in after
    assert "disputed" in after


def test_the_case_ends_verified_and_the_log_is_sound(reader):
    (history,) = answers(reader, "remiss --token-file chen.token case history")
    states = re.findall(r"candidate|control|annotated|disputed|verified", history)
    assert states[-3:] == ["annotated", "disputed", "verified"]
    assert answers(reader, "remiss audit verify")[0].count("sound") == 2
    assert "case.adjudicate" in answers(reader, "remiss audit search")[0]
