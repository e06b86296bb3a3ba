"""The tutorial notebook runs from top to bottom in an empty folder, and shows what its prose says."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from traitlets.config import Config

TUTORIAL = Path(__file__).resolve().parents[2] / "docs" / "tutorial"
NOTEBOOK = nbformat.read(TUTORIAL / "first-capture.ipynb", as_version=4)
CODE = [cell for cell in NOTEBOOK.cells if cell.cell_type == "code"]


@pytest.fixture(scope="module")
def outputs(tmp_path_factory) -> dict[str, list[nbformat.NotebookNode]]:
    """What each cell of code put out, by its id."""
    folder, home = tmp_path_factory.mktemp("notebook"), tmp_path_factory.mktemp("home")
    for name in ("make_log.py", "tickets.yaml"):
        shutil.copy(TUTORIAL / name, folder)
    # Over sockets in a folder of ours: a kernel on a TCP port warns that others on the machine may listen.
    private = Config(AsyncKernelManager={"transport": "ipc", "ip": str(home / "kernel")})
    client = NotebookClient(
        NOTEBOOK.copy(), timeout=120, kernel_name="python3", config=private, resources={"metadata": {"path": str(folder)}}
    )
    with pytest.MonkeyPatch.context() as patch:
        for name in ("HOME", "IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR"):
            patch.setenv(name, str(home))
        done = client.execute()
    return {cell.id: cell.outputs for cell in done.cells if cell.cell_type == "code"}


def shown(outputs: list[nbformat.NotebookNode], kind: str = "text/html") -> str:
    return "".join(output.data.get(kind, "") for output in outputs if output.output_type == "execute_result")


def test_the_notebook_is_committed_without_outputs_and_with_its_parameters_first():
    assert not any(cell.outputs or cell.execution_count for cell in CODE)
    assert CODE[0].metadata.tags == ["parameters"]
    nbformat.validate(NOTEBOOK)


@pytest.mark.parametrize("name", [cell.id for cell in CODE])
def test_a_cell_runs_without_a_warning(outputs, name):
    assert [output for output in outputs[name] if output.get("name") == "stderr"] == []
    assert bool(outputs[name]) == (name != "parameters")


@pytest.mark.parametrize("name", ["plan", "apply", "search", "facets", "case", "total", "weekly", "rate", "pandas"])
def test_records_show_themselves_without_what_was_redacted(outputs, name):
    page = shown(outputs[name])
    assert page.startswith(("<div", "<table"))
    assert "example.org" not in page


def test_counts_are_exact_shares_of_short_tickets_have_intervals_and_those_of_six_weeks_are_of_this_log(outputs):
    drawn = {name: re.findall(r"<circle|interval unknown|>exact<", shown(outputs[name])) for name in ("total", "weekly", "rate")}
    assert set(drawn["total"]) == {">exact<"}
    assert set(drawn["weekly"]) == {"<circle"}
    assert set(drawn["rate"]) == {">exact<"}
    assert "this log only" in shown(outputs["rate"])


def test_the_rate_in_french_is_as_the_notebook_says(outputs):
    lines = (line.split() for line in shown(outputs["pandas"], "text/plain").splitlines())
    rates = {line[0]: float(line[1]) for line in lines if len(line) == 4}
    assert 0.12 < rates["fr"] < 0.18
    assert 0.02 < rates["en"] < 0.04


def test_the_run_is_derived_again_the_same(outputs):
    assert outputs["reproduce"][0].text == "same\n"
