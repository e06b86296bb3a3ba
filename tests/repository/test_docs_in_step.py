"""The documentation says what the code does, and its links lead somewhere."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import re
import subprocess
from pathlib import Path

import pytest

import remiss
from scripts.links import ROOT, broken, pages
from scripts.reference.__main__ import out_of_step
from tests.tables import each

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(remiss.__path__, "remiss.")
    if ".migrations." not in f"{module.name}." and not module.name.endswith("__main__")
)


def test_the_reference_is_what_the_code_makes():
    assert sorted(out_of_step()) == []


@each("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page):
    assert list(broken(page)) == []


@pytest.mark.slow(reason="imports every module and runs its examples")
@each("name", MODULES)
def test_examples_in_docstrings_give_what_they_say(name):
    module = importlib.import_module(name)
    # To look for examples takes long, and most modules have none.
    if ">>> " in Path(module.__file__ or "").read_text("utf-8"):
        assert doctest.testmod(module).failed == 0


@each("name", MODULES)
def test_a_module_says_why_it_exists(name):
    module = importlib.import_module(name)
    assert module.__doc__ or hasattr(module, "__path__")


def test_the_readme_gives_problem_promise_commands_and_proof_in_fifteen_lines():
    head = "\n".join((ROOT / "README.md").read_text("utf-8").splitlines()[:15])
    assert "make demo" in head
    assert "make test" in head
    assert re.search(r"\d", head)


def test_no_file_names_a_folder_of_the_machine_it_was_written_on():
    homes = "home|root|Users|work"
    found = subprocess.run(
        ["git", "grep", "-nIE", rf"(^|[^A-Za-z0-9_.}}/-])/({homes})/[a-z]", "--", ".", ":!uv.lock"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert found.stdout == ""
