"""Somebody outside is shown that an entry is in the log, and checks it without the catalog."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from remiss.faces.cli.main import run

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "audit.md"


@pytest.fixture
def catalog(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REMISS_CATALOG", "x.db")
    assert run(["init"]) == 0
    for number in range(7):
        filed = ["--model", "m", "--at", f"2026-03-0{number + 1}", "--title", f"t{number}"]
        assert run(["case", "file", *filed]) == 0
    return tmp_path


def checked(folder, proof):
    (folder / "proof.json").write_text(json.dumps(proof), "utf-8")
    (script,) = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    (folder / "check_proof.py").write_text(script, "utf-8")
    command = [sys.executable, "-W", "error", "-X", "utf8", "-I", "check_proof.py", "proof.json", "remiss.pub"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def test_the_script_of_the_page_checks_a_proof_and_refuses_every_other(catalog, capsys):
    assert run(["audit", "checkpoint", "--key", "remiss.pub"]) == 0
    capsys.readouterr()
    for number in (1, 4, 8):
        assert run(["audit", "prove", f"journal-{number}"]) == 0
        proof = json.loads(capsys.readouterr().out)
        told = checked(catalog, proof)
        assert (told.returncode, told.stderr) == (0, "")
        assert f'"n":{number}' in told.stdout
        for changed in (
            {"entry": proof["entry"].replace('"actor":"', '"actor":"x')},
            {"link": "ab" * 32},
            {"index": proof["index"] + 1},
            {"path": [*proof["path"], "00" * 32]},
            {"checkpoint": proof["checkpoint"].replace("\n8\n", "\n9\n")},
        ):
            assert checked(catalog, proof | changed).returncode == 1


def test_verifying_says_by_its_exit_status_whether_all_is_sound(catalog, capsys):
    assert run(["audit", "checkpoint", "--key", "remiss.pub"]) == 0
    (catalog / "checkpoints.txt").write_text(capsys.readouterr().out, "utf-8")
    held = ["--checkpoint", "checkpoints.txt"]
    for options in ([], held, [*held, "--key", "remiss.pub"]):
        assert run(["audit", "verify", *options]) == 0
    assert "journal: 8 entries, sound" in capsys.readouterr().out
    with closing(sqlite3.connect("x.db")) as database, database:
        database.execute("UPDATE journal SET actor = 'x' WHERE position = 5")
    for options in ([], held, [*held, "--key", "remiss.pub"]):
        assert run(["audit", "verify", *options]) == 1
        assert "NOT SOUND: entry 5 was altered" in capsys.readouterr().out
    assert run(["audit", "verify", "--format", "json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["sound"], told["logs"][0]["first"]) == (False, 5)


def test_what_was_done_is_found_by_what_it_was_done_on(catalog, capsys):
    assert run(["audit", "search", "--format", "json", "--log", "journal", "--limit", "3"]) == 0
    page = json.loads(capsys.readouterr().out)
    assert [line["entry"] for line in page["items"]] == ["journal-8", "journal-7", "journal-6"]
    assert run(["audit", "search", "--format", "json", "--subject", page["items"][1]["subject"], "--log", "journal"]) == 0
    assert [line["entry"] for line in json.loads(capsys.readouterr().out)["items"]] == ["journal-7"]
    assert run(["audit", "verify", "--checkpoint", "nowhere.txt"]) == 2
