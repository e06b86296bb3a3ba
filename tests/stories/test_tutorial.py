"""What the tutorial tells the reader to type works, in that order, in an empty folder."""

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
    for block in re.findall(r"^```sh\n(.*?)^```", (TUTORIAL / "first-capture.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)
    for line in block.splitlines()
]


@pytest.fixture(scope="module")
def transcript(tmp_path_factory) -> dict[str, subprocess.CompletedProcess[str]]:
    folder = tmp_path_factory.mktemp("tutorial")
    for name in ("make_log.py", "tickets.yaml"):
        shutil.copy(TUTORIAL / name, folder)
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    environment = {"PATH": path, "HOME": str(folder), "LANG": "C.UTF-8"}
    done = {}
    # The first is run as it is installed; to load it for each of the others takes longer than they do.
    with in_a_shell(folder / "bin") as loaded:
        for command in COMMANDS:
            done[command] = subprocess.run(command, shell=True, cwd=folder, env=environment, capture_output=True, text=True)
            if command.startswith("remiss"):
                environment["PATH"] = f"{loaded}:{path}"
    return done


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_tutorial_works(transcript, command):
    done = transcript[command]
    assert done.returncode == 0, done.stderr
    assert done.stdout or done.stderr or command.startswith("python")


def test_the_rate_in_french_is_as_the_tutorial_says(transcript):
    rates = transcript["remiss estimate 'criterion:wrong-queue' --rate --by context.language"].stdout
    percents = {found[1]: float(found[2]) for found in re.finditer(r"^ *(en|de|fr) +([\d.]+)\s%", rates, re.MULTILINE)}
    assert 12 < percents["fr"] < 18
    assert 2 < percents["en"] < 4
