"""The front of the library: what a person writes after `import remiss` is what they get."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import remiss

CHAPTERS = ("capture", "catalog", "curate", "govern", "protocol", "safeguard", "understand")


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_no_module_of_a_chapter_has_the_name_of_a_verb(chapter):
    # Importing it would put the module where the verb was.
    package = import_module(f"remiss.{chapter}")
    folder = Path(remiss.__file__).parent / chapter
    assert not {path.stem for path in folder.iterdir()} & set(package.__all__)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_verb_can_be_called_after_any_other(chapter):
    program = (
        f"import remiss; chapter = remiss.{chapter}\n"
        "for name in chapter.__all__ * 2:\n"
        "    assert callable(getattr(chapter, name)), name"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_whatever_the_reference_calls_is_there_after_import_remiss_alone_and_is_listed_by_dir():
    page = (Path(__file__).parents[2] / "docs" / "reference" / "actions.md").read_text("utf-8")
    calls = [*re.findall(r"\| call \| `(\S+)` \|", page), "remiss.suite_folder", "remiss.sample", "remiss.Judgement"]
    assert "remiss.safeguard.decide" in calls
    program = (
        "import remiss\n"
        f"for call in {calls}:\n"
        "    found, words = remiss, call.split('.')[1:]\n"
        "    for word in words:\n"
        "        assert word in dir(found), call\n"
        "        found = getattr(found, word)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
