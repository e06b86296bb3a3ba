"""What somebody is told to install is right where they are: in a checkout, in an environment with a wheel, with a tool of uv."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from remiss import documentation, installing

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "remiss"
# What needs each extra, and says so where it is not there.
NEEDING = {
    "serve": "import remiss.faces.cli.serve as s\ns.serve_pages(None, host='nowhere')",
    "postgres": "import remiss\nremiss.open('postgresql://127.0.0.1:9/none')",
    "pii": "from remiss.edges.recognisers.presidio import recogniser\nrecogniser()",
    # Where it is installed it fails later, at a folder that nobody can make.
    "demo": "from pathlib import Path\nfrom remiss.faces.cli.setting_up import demo\n"
    "demo.callback(Path('/dev/null/there'), serve=False)",
    "mlflow": "from remiss.edges.runners.registry import ModelRegistry as R\nfrom remiss.settings import Settings as S\n"
    "r = R(S(), None, registered_only=False)\nr.open(r.find('mlflow:here'))",
    "onnx": "from remiss.edges.runners.registry import ModelRegistry as R\nfrom remiss.settings import Settings as S\n"
    "r = R(S(), None, registered_only=False)\nr.open(r.find('onnx:here'))",
    "scikit-learn": "from remiss.understand.clusters.vectors import learning\nlearning('cluster')",
    "pandas": "from remiss.records.rows import Rows\nRows('case', ('id',), (('k7m4',),), 1).to_pandas()",
}
TOLD = "install it: "


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder], cwd=ROOT, check=True)
    return next(folder.glob("*.whl"))


@pytest.fixture
def installed(monkeypatch, tmp_path):
    """Have remiss come from somewhere, into an environment of its own."""

    def from_(**origin) -> Path:
        monkeypatch.setattr(installing, "origin", lambda: origin)
        monkeypatch.setattr(sys, "prefix", str(tmp_path / "prefix"))
        monkeypatch.setattr(sys, "executable", "/env/bin/python")
        monkeypatch.setattr(installing, "find_spec", lambda _: None)
        (tmp_path / "prefix").mkdir()
        return tmp_path

    return from_


def test_in_the_environment_of_a_checkout_make_adds_it(installed, monkeypatch):
    folder = installed(url="file:///srv/ana/remiss%20main", dir_info={"editable": True})
    monkeypatch.setattr(sys, "prefix", "/srv/ana/remiss main/.venv")
    assert folder and installing.of_extra("pii") == "install it: make -C '/srv/ana/remiss main' install EXTRAS=pii"


def test_in_another_environment_the_checkout_is_installed_with_it(installed):
    installed(url="file:///srv/ana/remiss", dir_info={"editable": True})
    told = installing.of_extra("pii")
    assert told == "install it: uv pip install --python /env/bin/python --editable '/srv/ana/remiss[pii]'"


def test_a_wheel_is_installed_again_with_it(installed):
    installed(url="file:///tmp/remiss-0.1.0-py3-none-any.whl", archive_info={})
    told = installing.of_extra("serve")
    named = "'remiss[serve] @ file:///tmp/remiss-0.1.0-py3-none-any.whl'"
    assert told == f"install it: uv pip install --python /env/bin/python {named}"


def test_where_there_is_pip_pip_does_it(installed, monkeypatch):
    installed()
    monkeypatch.setattr(installing, "find_spec", lambda name: name == "pip" or None)
    assert installing.of_extra("serve") == "install it: /env/bin/python -m pip install 'remiss[serve]'"
    assert installing.of_package("pandas") == "install it: /env/bin/python -m pip install pandas"


def test_a_tool_of_uv_keeps_the_extras_that_it_has(installed, monkeypatch):
    folder = installed(url="file:///srv/ana/remiss", dir_info={})
    (folder / "prefix" / installing.RECEIPT).touch()
    monkeypatch.setattr(installing, "extras", lambda: frozenset({"serve"}))
    told = installing.of_extra("demo")
    assert told == "install it: uv tool install --force 'remiss[demo,serve] @ file:///srv/ana/remiss'"


def test_all_extras_are_known_by_the_metadata():
    assert installing.extras() == {"serve", "postgres", "pii", "demo", "mlflow", "onnx"}


def test_a_wheel_has_every_file_of_the_package_and_runs_without_the_checkout(wheel, tmp_path):
    with zipfile.ZipFile(wheel) as found:
        names = {name.removeprefix("remiss/") for name in found.namelist() if name.startswith("remiss/")}
        found.extractall(tmp_path)
    there = (path for path in SOURCE.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    docs = {name for name in names if name.startswith("docs/")}
    assert names - docs == {str(path.relative_to(SOURCE)) for path in there}
    assert docs == {f"docs/{name}.md" for name in documentation.documents()}
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    for words in (["--catalog", "new.db", "init"], ["--catalog", "new.db", "protocol", "new", "p.yaml"], ["taxonomy", "show"]):
        done = subprocess.run(
            [sys.executable, "-m", "remiss", *words], cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
    asked = "from remiss.documentation import IN_A_WHEEL, documents; print(IN_A_WHEEL.is_dir(), *documents())"
    done = subprocess.run([sys.executable, "-c", asked], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.stdout.split() == ["True", *documentation.documents()]


def alone(folder: Path) -> dict[str, str]:
    """Return an environment in which nothing of this one is found but programs."""
    tools = {"UV_TOOL_DIR": str(folder / "tools"), "UV_TOOL_BIN_DIR": str(folder / "bin")}
    kept = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    return {**kept, **tools, "UV_LINK_MODE": "copy", "UV_NO_PROGRESS": "1"}


def in_environment(wheel: Path, folder: Path, environment: dict[str, str]) -> Path:
    subprocess.run(["uv", "venv", "--python", sys.executable, folder / "env"], env=environment, check=True)
    python = folder / "env" / "bin" / "python"
    subprocess.run(["uv", "pip", "install", "--python", python, wheel], env=environment, check=True)
    return python


def by_pip(wheel: Path, folder: Path, environment: dict[str, str]) -> Path:
    subprocess.run([sys.executable, "-m", "venv", folder / "env"], env=environment, check=True)
    python = folder / "env" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", wheel], env=environment, check=True)
    return python


def as_tool(wheel: Path, folder: Path, environment: dict[str, str]) -> Path:
    subprocess.run(["uv", "tool", "install", "--python", sys.executable, wheel], env=environment, check=True)
    return folder / "tools" / "remiss" / "bin" / "python"


def as_checkout(_: Path, folder: Path, environment: dict[str, str]) -> Path:
    subprocess.run(["git", "clone", "--quiet", ROOT, folder / "checkout"], env=environment, check=True)
    # As somebody has it who began without pages.
    command = ["uv", "sync", "--locked", "--no-default-groups", "--quiet", "--python", sys.executable]
    subprocess.run(command, cwd=folder / "checkout", env=environment, check=True)
    return folder / "checkout" / ".venv" / "bin" / "python"


# Each extra into an empty environment; and an extra and a package in each other way, which takes all extras alike.
WAYS = [(in_environment, needing) for needing in sorted(NEEDING)]
WAYS += [(way, needing) for way in (by_pip, as_tool, as_checkout) for needing in ("pandas", "serve")]
WAYS += [(as_checkout, "postgres")]  # where `make` has the name of what it adds


@pytest.mark.soak
@pytest.mark.parametrize(("way", "needing"), WAYS)
def test_the_command_that_is_told_installs_what_is_lacking(way, needing, wheel, tmp_path):
    environment = alone(tmp_path)
    python = way(wheel, tmp_path, environment)
    code = f"import remiss\ntry:\n exec({NEEDING[needing]!r})\nexcept remiss.RemissError as error: print(error)"

    def said() -> list[str]:
        done = subprocess.run([python, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True)
        lines = (done.stdout + done.stderr).splitlines()
        return [line.strip().removeprefix(TOLD) for line in lines if line.strip().startswith(TOLD)]

    [command] = said()
    done = subprocess.run(shlex.split(command), cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}\n{done.stderr}"
    assert said() == []
