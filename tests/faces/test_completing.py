"""Completion by the shell: commands, ids of cases and runs, keys of the filter language, and nothing where nothing can be had."""

from __future__ import annotations

import pytest
from click.shell_completion import ShellComplete

from remiss.faces.cli.main import cli as root


def offered(*words: str) -> list[str]:
    """Return what a shell offers for the last of some words."""
    return [
        each.value for each in ShellComplete(root, {}, "remiss", "_REMISS_COMPLETE").get_completions([*words[:-1]], words[-1])
    ]


def test_ids_of_cases_and_runs_are_offered(cli, captured):
    [case] = [line["id"] for line in cli("case", "search", "--limit", "1", "--format", "json").json["items"]]
    [run] = [line["run"] for line in cli("run", "list", "--format", "json").json["items"]]
    assert case in offered("case", "show", "")
    assert offered("case", "show", case[:7]) == [case]
    assert offered("case", "show", "--catalog", "remiss.db", case[:7]) == [case]
    assert offered("run", "show", "run-") == [run]
    assert offered("run", "show", "x") == []


@pytest.mark.parametrize("words", [("case", "show", "k7"), ("run", "show", "r"), ("case", "show", '"*')])
def test_where_there_is_no_catalog_nothing_is_offered(tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("REMISS_CATALOG", raising=False)
    assert offered(*words) == []
    assert not [*tmp_path.iterdir()]


def test_a_query_is_completed_at_its_last_word_without_a_catalog(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert offered("case", "search", "sev") == ["severity:"]
    assert "severity:2 status:verified" in offered("case", "search", "severity:2 status:ver")
    assert offered("estimate", "criterion:slow -has:lat") == ["criterion:slow -has:latency_ms"]
    assert "verify" in offered("case", "ver")
