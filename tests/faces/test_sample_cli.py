"""The sample at the command line: where controls are, which columns, and a file in the form that its name says."""

from __future__ import annotations

import csv
import io


def test_who_looks_for_controls_among_cases_is_told_where_they_are(captured, cli):
    found = cli("case", "search", "status:control")
    assert found.status == 0
    assert "remiss sample list 'group:control'" in found.err
    assert "remiss sample" not in cli("case", "search", "status:verified").err
    assert "sampled events" in cli("sample", "list", "group:control", "--limit", "2").err
    refused = cli("case", "search", "group:control")
    assert (refused.status, "remiss sample list 'group:control'" in refused.err) == (2, True)


def test_columns_of_a_list_are_chosen_and_stand_in_that_order(captured, cli):
    words = ("case", "search", "--limit", "2", "--columns", "severity,id")
    assert next(csv.reader(io.StringIO(cli(*words, "--format", "csv").out))) == ["severity", "id"]
    assert cli(*words, "--format", "json").json["columns"] == ["severity", "id"]
    assert cli(*words).out.split()[:2] == ["severity", "id"]
    refused = cli("case", "search", "--columns", "severety")
    assert (refused.status, "did you mean severity?" in refused.err) == (2, True)


def test_a_file_is_written_in_the_form_of_its_name_and_replaces_none(captured, cli, tmp_path):
    for name in ("s.csv", "s.jsonl", "s.parquet"):
        done = cli("sample", "export", "group:control", "--out", str(tmp_path / name), "--columns", "id,weight")
        assert (done.status, "as of position" in done.err) == (0, True)
    assert (tmp_path / "s.csv").read_text().startswith("id,weight\n")
    for words, says in ((("--out", str(tmp_path / "s.csv")), "is there already"), ((), "--out")):
        refused = cli("sample", "export", *words)
        assert (refused.status, says in refused.err) == (2, True)
    page = cli("sample", "export", "group:control", "--limit", "1", "--format", "json").json
    assert (page["columns"][0], len(page["items"])) == ("position", 1)
