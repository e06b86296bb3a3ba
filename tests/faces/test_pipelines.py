"""The gate in a pipeline: the composite action and the template are run by their shell steps, as GitHub and GitLab run them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import yaml

from tests.stories.test_suites import MODULE

ROOT = Path(__file__).parents[2]
ACTION = yaml.safe_load((ROOT / ".github/actions/remiss-gate/action.yml").read_text())
TEMPLATE = yaml.safe_load((ROOT / ".gitlab/remiss-gate.yml").read_text())[".remiss-gate"]
GIVEN = {"policy": "release.yaml", "model": "python:delays:turned", "baseline": "python:delays:usual"}
POLICY = "gate: release\nsuites: [arrivals]\nrepeats: 1\nguard: {margin: 0.1}\nproduction: null\n"


@pytest.fixture
def pipeline(captured, cli):
    """A folder as a job finds it: a catalog with a suite, a policy and models."""
    folder = Path.cwd()
    (folder / "delays.py").write_text(MODULE)
    (folder / "release.yaml").write_text(POLICY)
    assert cli("suite", "build", "arrivals", "").status == 0
    return folder


def shell(script, folder, **environment):
    """Run a step as a runner does: `bash` that ends with the first command that fails."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    whole = {**os.environ, "PATH": path, **environment}
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=folder,
        env=whole,
        capture_output=True,
        text=True,
        check=False,
    )


def filled(text, given, outputs):
    """Return an expression of GitHub Actions with what it stands for."""

    def value(found):
        kind, *path = found[1].strip().split(".")
        return given.get(path[0], "") if kind == "inputs" else outputs[path[0]][path[-1]]

    return re.sub(r"\$\{\{(.*?)\}\}", value, str(text))


def run_action(folder, **given):
    """Run the steps of the composite action; return the last answer, what all printed, and what they put out."""
    inputs = {name: one.get("default", "") for name, one in ACTION["inputs"].items()} | given
    outputs, printed = {}, ""
    for at, step in enumerate(ACTION["runs"]["steps"]):
        assert step["shell"] == "bash"
        files = {"GITHUB_OUTPUT": folder / f"output-{at}", "GITHUB_STEP_SUMMARY": folder / "summary.md"}
        files["GITHUB_OUTPUT"].unlink(missing_ok=True)
        named = {name: filled(value, inputs, outputs) for name, value in step.get("env", {}).items()}
        answer = shell(step["run"], folder, **named, **{name: str(path) for name, path in files.items()})
        printed += answer.stdout
        lines = files["GITHUB_OUTPUT"].read_text().splitlines() if files["GITHUB_OUTPUT"].exists() else []
        outputs[step.get("id", str(at))] = dict(line.split("=", 1) for line in lines)
        if answer.returncode:
            break
    told = {name: filled(one["value"], inputs, outputs) for name, one in ACTION["outputs"].items()} if outputs["decide"] else {}
    return answer, printed, told


@pytest.mark.slow(reason="each step starts remiss anew, as a runner does")
def test_the_action_for_github_annotates_summarises_and_fails_the_job(pipeline):
    answer, printed, told = run_action(pipeline, **GIVEN, link="https://remiss.example")
    assert (answer.returncode, told["verdict"]) == (1, "fail"), answer.stderr
    assert printed.startswith("::error title=gate release::FAIL: delays:turned against delays:usual\n")
    summary = (pipeline / "summary.md").read_text()
    assert summary.startswith("## ❌ FAIL: delays:turned")
    assert "](https://remiss.example/cases/" in summary
    said = json.loads((pipeline / told["sarif"]).read_text())
    first = {each["partialFingerprints"]["remissCase/v1"] for each in said["runs"][0]["results"]}
    assert first
    assert "baselineState" not in said["runs"][0]["results"][0]
    assert json.loads((pipeline / "remiss-gate/attestation.json").read_text())["envelope"]["payloadType"]
    assert (pipeline / "remiss-gate/checklist.md").read_text().startswith("# Release of delays:turned\n")


@pytest.mark.soak
@pytest.mark.slow(reason="each step starts remiss anew, as a runner does")
def test_the_action_passes_what_passes_tells_what_is_new_and_says_what_no_gate_could_decide(pipeline):
    for states in ({None}, {"unchanged"}):
        answer, _, told = run_action(pipeline, **GIVEN)
        results = json.loads((pipeline / told["sarif"]).read_text())["runs"][0]["results"]
        assert (answer.returncode, {each.get("baselineState") for each in results}) == (1, states)
    answer, printed, told = run_action(pipeline, **{**GIVEN, "model": "python:delays:same"})
    assert (answer.returncode, told["verdict"], printed.split(" ")[0]) == (0, "pass", "::notice")
    (pipeline / "broken.py").write_text("def lacking(rows): return [{'output': float('nan')} for _ in rows]\n")
    answer, printed, told = run_action(pipeline, **{**GIVEN, "model": "python:broken:lacking"})
    assert (answer.returncode, told["verdict"], printed.split(" ")[0]) == (3, "inconclusive", "::warning")
    assert "::warning title=answers::the candidate broken:lacking gave no answer to " in printed
    assert "## ❔ INCONCLUSIVE: broken:lacking" in (pipeline / "summary.md").read_text()
    answer, _, told = run_action(pipeline, **{**GIVEN, "policy": "nowhere.yaml"})
    assert (answer.returncode, told) == (2, {})
    assert "nowhere.yaml" in answer.stderr


@pytest.mark.soak
@pytest.mark.slow(reason="each step starts remiss anew, as a runner does")
def test_the_template_for_gitlab_reports_conditions_and_ends_as_the_gate_does(pipeline):
    script = "\n".join(TEMPLATE["script"])
    given = {name.upper(): value for name, value in GIVEN.items()}
    answer = shell(script, pipeline, **{**TEMPLATE["variables"], **given})
    assert answer.returncode == 1, answer.stderr
    assert answer.stdout.startswith("FAIL: delays:turned against delays:usual")
    report = TEMPLATE["artifacts"]["reports"]["junit"].replace("$FOLDER", TEMPLATE["variables"]["FOLDER"])
    tests = ET.parse(pipeline / report).getroot().find("testsuite")
    assert (tests.get("name"), tests.get("failures")) == ("gate release: delays:turned against delays:usual", "1")
