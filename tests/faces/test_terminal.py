"""What a terminal shows: tables that fit it, colours, the next page as a command, and options behind the words of a command."""

from __future__ import annotations

import io
import json
import re
import shlex
import shutil
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from bench.commands import READ_ALL, RECODING, SCENARIOS, calls
from remiss.contract.table import entries
from remiss.faces.cli import main, render, run_tables
from remiss.faces.cli.layout import LEAST, TableColumn, in_lines, laid_out
from remiss.present.columns import OTHERS, SHOWN
from remiss.records.slice import KeptSlices
from tests.hostile.strings import hostile

WIDTHS = (40, 60, 80, 100)
ANSI = re.compile("\x1b\\[[0-9;]*m")
LONG = (
    "a" * 90,
    "日本語の長い題名" * 9,
    "e\u0301" * 70,
    "👩\u200d👩\u200d👧" * 20,
    "\x1b[31mred\x1b[0m",
    "one two",
    "",
    *hostile()[:40],
)
# A criterion that is not there can judge nothing: that condition is open, and can be waived.
POLICY = "gate: release\nsuites: [arrivals]\nrepeats: 1\nproduction: {margin: 0.0001, criteria: [missed-delay]}\n"
# Lists of which the catalog of these tests has nothing, or that are written to a file.
NONE_HERE = {
    "case.duplicates",
    "citation.list",
    "inbox.list",
    "case.replays",
    "replay.list",
    "run.diff",
    "run.refused",
    "sample.export",
    "slice.list",
    "cluster.list",
    "pattern.list",
    "thread.list",
    "token.list",
}


@pytest.fixture(scope="module")
def tables(captured_once, tmp_path_factory):
    """What every command that reads prints as tables, by its action: what `render.table` was given."""
    folder = tmp_path_factory.mktemp("terminal") / "here"
    shutil.copytree(captured_once, folder)
    found: dict[str, list[tuple[tuple[Any, ...], dict[str, Any]]]] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("REMISS_PROGRESS", "never")
        patch.delenv("REMISS_CATALOG", raising=False)
        (folder / "feeder.yaml").write_text(RECODING)
        (folder / "models.yaml").write_text("models:\n  - {name: arrival-delay, version: '2', python: 'delays:predict'}\n")
        (folder / LONG[0]).write_text("What the passenger wrote.\n")
        filing = ("case", "file", "--model", "m", "--at", "2013-06-05", "--title", LONG[1], "--context", f"airport={LONG[4]}")
        _run(*filing)
        case = _run("case", "search", "criterion:missed-delay", "--limit", "1")["items"][0]["id"]
        (folder / "release.yaml").write_text(POLICY)
        (folder / "scenarios.yaml").write_text(SCENARIOS)
        models = [f"--{which}=python:operator:countOf" for which in ("model", "baseline")]
        names = {
            "suite": _run("suite", "build", "arrivals", "")["name"],
            "scenarios": _run("scenario", "make", "arrivals", "scenarios.yaml")["name"],
            "gate": _run("gate", "decide", "release.yaml", *models)["id"],
            "result": _run("suite", "run", "arrivals", *models[:1])["id"],
            "flag": "release.operator:countOf",
            "folder": str(folder),
            "protocol": "log/arrival-delay.yaml",
            "recoding": "feeder.yaml",
            "case": case,
            "run": _run("run", "list")["items"][0]["run"],
            "other": _run("capture", "log/arrival-delay.yaml", "--since", "2013-06-03", "--until", "2013-06-10")["run"],
            "attachment": _run("attachment", "add", case, LONG[0])["attachment"],
            "thread": _run("case", "comment", case, LONG[2])["thread"],
            "job": "job-none",
        }
        until = f"{datetime.now(UTC) + timedelta(days=9):%Y-%m-%d}"
        _run("waiver", "request", names["gate"], "production missed-delay", "--reason", LONG[2], "--until", until)
        _run("person", "add", "ana", "--about", LONG[1])
        _run("view", "save", LONG[1], "/cases?query=criterion:missed-delay")
        _run("job", "capture", "log/arrival-delay.yaml", "--since", "2013-06-03", "--until", "2013-06-10")
        for name, words in dict(reversed(calls())).items():
            if name not in {
                *READ_ALL,
                "attachment.get",
                "cluster.show",
                "slice.show",
                "pattern.show",
            }:  # what reads the log, a file, and needs many windows
                mine = found.setdefault(name, [])
                patch.setattr(render, "table", lambda *given, mine=mine, **named: mine.append((given, named)))
                _run(*shlex.split(words.format(**names, number=1)), shape="table")
    return found


def _run(*words: str, shape: str = "json") -> Any:
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        status = main.run([*words, *(["--format", "json"] if shape == "json" else [])])
    assert status in ({0, 3} if shape == "json" else {0, 1, 2}), err.getvalue()
    return json.loads(out.getvalue()) if shape == "json" else None


def test_every_list_is_drawn_as_a_table(tables):
    lists = {name for name, entry in entries().items() if entry.reads and entry.kind == "list"}
    assert {name for name in lists if not tables.get(name)} == NONE_HERE


@pytest.mark.parametrize("width", WIDTHS)
def test_no_line_of_a_table_is_wider_than_the_terminal_and_no_column_narrow(tables, capsys, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    drawn = []
    monkeypatch.setattr(
        render, "laid_out", lambda columns, width: drawn.append((columns, laid_out(columns, width))) or drawn[-1][1]
    )
    for name, calls_ in tables.items():
        for (titles, lines, *_), named in calls_:
            capsys.readouterr()
            render.table(titles, [*lines][:40], **named)
            said = capsys.readouterr()
            assert max(map(cell_len, said.out.splitlines())) <= width, (name, said.out)
            columns, found = drawn.pop()
            widths = zip((columns[at] for at in found.shown), found.widths, strict=True)
            assert all(size >= min(LEAST, column.natural) for column, size in widths), (name, said.out)
            missing = [columns[at].title for at in found.dropped]
            assert all(title in said.err for title in missing), (name, said.err)


def test_of_cases_a_terminal_of_eighty_columns_shows_what_matters_and_says_what_it_does_not(cli, captured, monkeypatch):
    words = ("case", "search", "criterion:missed-delay", "--limit", "2")
    listed = cli(*words, "--format", "json").json["items"]
    monkeypatch.setenv("COLUMNS", "80")
    table = cli(*words)
    head = table.out.splitlines()[1].split()
    assert head == ["id", "occurred", "status", "severity", "criteria"]
    assert all(case["id"] in table.out and case["occurred"].removesuffix(":00Z") in table.out for case in listed)
    said = table.err.splitlines()
    assert all(name in table.err for name in ("model", "model_version", "output", "label"))
    chosen = cli(*words, "--columns", "id,model,source,label")
    assert "Not shown" not in chosen.err
    assert chosen.out.splitlines()[1].split() == ["id", "model", "source", "label"]
    monkeypatch.setenv("COLUMNS", "30")
    assert f"id: {listed[0]['id']}\n" in cli(*words).out
    assert said


def test_what_does_not_fit_is_said_once_where_it_is_the_same_in_every_row(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "38")
    titles = {"id": 1, "title": 1, "model": 3, "source": 3, "label": 2}
    render.table(
        titles, [("a-1", "a title of some words", "arrivals", "one", "late"), ("a-2", "another", "arrivals", "two", "late")]
    )
    said = capsys.readouterr().err.splitlines()
    assert said == [
        "Not shown at 38 columns: source. A wider terminal shows them, and so does `--format json`.",
        "The same in every row: model arrivals.",
    ]


TEXTS = st.sampled_from(LONG) | st.text(max_size=30)


@settings(max_examples=60, deadline=None)
@given(
    cells=st.lists(st.tuples(TEXTS, TEXTS, TEXTS, st.integers(), TEXTS), min_size=1, max_size=5),
    priorities=st.lists(st.integers(1, 3), min_size=5, max_size=5),
    width=st.integers(30, 120),
)
def test_a_table_fits_whatever_stands_in_it(cells, priorities, width):
    titles = dict(zip(("id", "model_version", "what people say", "n", "題名"), priorities, strict=True))
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setenv("COLUMNS", str(width))
        render.table(titles, cells)
    # What a terminal obeys is spelled, and so has a width.
    assert "\x1b" not in out.getvalue()
    assert all(cell_len(line) <= width for line in out.getvalue().split("\n"))


def test_wide_letters_take_two_columns_and_what_stands_on_a_letter_none():
    columns = [TableColumn("題", ["日本語"], 1), TableColumn("e", ["e\u0301e\u0301"], 1)]
    assert laid_out(columns, 40).widths == (6, 2)
    assert in_lines("日本語の", 5) == ["日本", "語の"]


def test_every_column_of_a_list_has_a_priority_from_one_to_three():
    assert all(1 <= each <= 3 for kind in (*SHOWN.values(), *OTHERS.values()) for each in kind.values())
    assert all(1 in kind.values() for kind in SHOWN.values())


def test_a_time_says_no_midnight_and_no_seconds_that_are_none(cli, captured):
    listed = cli("run", "list").out
    assert re.search(r" 2013-06-03 +2013-06-24 ", listed), listed
    assert re.search(
        r"^interval +2013-06-03 to 2013-06-24$",
        cli("run", "show", listed.split("run-")[1].split()[0].join(["run-", ""])).out,
        re.MULTILINE,
    )


@pytest.mark.parametrize(
    ("environment", "words", "coloured"),
    [
        ({}, (), False),
        ({"FORCE_COLOR": "1"}, (), True),
        ({"CLICOLOR_FORCE": "1"}, (), True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, (), False),
        ({"NO_COLOR": "1"}, ("--color", "always"), True),
        ({"FORCE_COLOR": "1"}, ("--color", "never"), False),
        ({"REMISS_COLOR": "always"}, (), True),
    ],
)
def test_severity_has_its_colour_and_its_word_where_colour_is_wished(cli, captured, monkeypatch, environment, words, coloured):
    for name in ("NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "REMISS_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    out = cli("case", "search", "severity:2", "--limit", "1", *words).out
    assert ("\x1b[31m2 severe" in out) is coloured
    assert "2 severe" in ANSI.sub("", out)
    assert bool(ANSI.search(out)) is coloured


def test_the_next_page_is_a_command_to_paste(cli, captured):
    first = cli("case", "search", "criterion:missed-delay output:*", "--limit=2", "--catalog", "remiss.db")
    [command] = [line.removeprefix("next page: ") for line in first.err.splitlines() if line.startswith("next page: ")]
    remiss, *words = shlex.split(command)
    assert remiss == "remiss"
    assert words[:3] == ["case", "search", "criterion:missed-delay output:*"]
    second = cli(*words)
    assert second.status == 0, second.err
    third = cli(*shlex.split(second.err.split("next page: ")[1])[1:])
    assert third.status == 0
    assert third.err.count("--after") <= 1
    assert not set(re.findall(r"^ (\S+-\S+-\S+) ", first.out, re.MULTILINE)) & set(
        re.findall(r"^ (\S+-\S+-\S+) ", second.out, re.MULTILINE)
    )
    behind = cli(
        "run",
        "list",
        "--",
    )
    assert behind.status == 0


def test_a_key_without_its_family_is_said_once(cli, captured):
    for words in (("case", "search", "airport:EWR", "--limit", "1"), ("sample", "list", "airport:EWR", "--limit", "1")):
        answer = cli(*words)
        assert answer.status == 0
        assert answer.err.count("airport: read as context.airport") == 1
    assert cli("estimate", "criterion:slow airport:EWR").err.count("airport: read as context.airport") == 1


def test_options_of_all_commands_stand_behind_their_words_too(cli, captured, monkeypatch, tmp_path):
    monkeypatch.setenv("REMISS_CATALOG", "nowhere.db")
    assert cli("run", "list", "--catalog", "remiss.db").status == 0
    assert cli("run", "--catalog", "remiss.db", "list").status == 0
    assert cli("--catalog", "remiss.db", "run", "list", "--catalog", "remiss.db").status == 0
    for words in (
        ("--catalog", "remiss.db", "run", "list", "--catalog", "other.db"),
        ("run", "list", "--catalog", "remiss.db", "--catalog", "other.db"),
        ("--catalog", "remiss.db", "--catalog", "other.db", "run", "list"),
    ):
        refused = cli(*words)
        assert refused.status == 2
        assert "--catalog is given twice, as remiss.db and as other.db" in refused.err
    assert cli("init", "--catalog", str(tmp_path / "made.db")).status == 0
    assert (tmp_path / "made.db").exists()


def test_who_kept_nothing_is_not_told_to_do_the_same_again(capsys):
    run_tables.kept_slices(KeptSlices(position=1, items=()))
    said = capsys.readouterr().err
    assert "remiss slice keep" not in said
    assert "remiss slice find QUERY" in said
