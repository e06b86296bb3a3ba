"""A notebook about cases, written by the command: it runs from top to bottom, and shows how the answers differ."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from traitlets.config import Config

import remiss
from remiss import catalog, safeguard
from remiss.records.case import Filing
from tests.stories.logs import MONDAY

MODULE = """
def predict(rows):
    return [{"output": "late" if row["distance"] > 500 else "on-time", "confidence": 0.5} for row in rows]
"""


@pytest.mark.slow(reason="starts a kernel, and in it a model for each case")
def test_a_notebook_about_a_query_runs_and_shows_the_difference(cli, captured, tmp_path_factory):
    folder, home = Path.cwd(), tmp_path_factory.mktemp("home")
    (folder / "models.yaml").write_text("models:\n  - {name: delay, version: '1', python: 'delays:predict'}\n")
    (folder / "delays.py").write_text(MODULE)
    with remiss.open("remiss.db") as ws:
        told = {"model": "delay", "at": MONDAY, "model_version": "1", "output": "late"}
        same, other = (catalog.file(ws, Filing(title="x", inputs={"distance": each}, **told)).id for each in (700, 100))
    answer = cli("case", "notebook", "model:delay", "--model", "delay@1", "--out", "late.ipynb")
    assert (answer.status, "late.ipynb: 2 cases of 2" in answer.err) == (0, True), answer
    assert cli("case", "notebook", same, "--model", "delay@1", "--out", "late.ipynb").status == 2
    assert cli("case", "notebook", same, "--model", "delay@1", "--format", "json").json["cases"] == [same]
    private = Config(AsyncKernelManager={"transport": "ipc", "ip": str(home / "kernel")})
    client = NotebookClient(
        nbformat.read("late.ipynb", as_version=4),
        timeout=120,
        kernel_name="python3",
        config=private,
        resources={"metadata": {"path": str(folder)}},
    )
    with pytest.MonkeyPatch.context() as patch:
        for name in ("HOME", "IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR"):
            patch.setenv(name, str(home))
        cells = {cell.id: cell for cell in client.execute().cells}
    assert "2 cases of 2" in cells["data"].outputs[0].text
    [shown] = cells["difference"].outputs
    page = shown.data["text/html"]
    for each in (same, other, "identical", "not-reproduced", "on-time"):
        assert each in page
    with remiss.open("remiss.db") as ws:
        assert {each["case"]: each["grade"] for each in safeguard.list_replays(ws)} == {
            same: "identical",
            other: "not-reproduced",
        }
