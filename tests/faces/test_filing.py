"""A case filed by a form, by a command and by a request: whatever is said in each, the same is said in all."""

from __future__ import annotations

import html
import re
from dataclasses import fields

import pytest

from remiss.catalog import actions as catalog
from remiss.records.case import Filing, Sensitivity
from tests.serving import TOKEN

# Every field of a filing, as a person types it in a form, and as JSON says it.
TYPED = {
    "model": "arrival-delay",
    "at": "2013-06-03T06:00Z",
    "title": "Wrong gate",
    "note": "two\nlines",
    "model_version": "3",
    "output": "on-time",
    "label": "late",
    "mode": "remiss:model/weak-slice",
    "severity": "2",
    "inputs": 'carrier=UA\ndistance:=200\nflight=1371\nlate:=true\n"a=b"=c',
    "context": "gate:=null",
    "text": "They said C7.",
    "team": "default",
    "sensitivity": "public",
}
SAID = {
    **TYPED,
    "severity": 2,
    "sensitivity": "public",
    "inputs": {"carrier": "UA", "distance": 200, "flight": "1371", "late": True, "a=b": "c"},
    "context": {"gate": None},
}


def plain(text: str) -> str:
    return html.unescape(text)


def words(typed: dict[str, str]) -> list[str]:
    """Return the command that says what stands in a form."""
    given = [(f"--{name.replace('_', '-')}", text) for name, text in typed.items() if name not in {"inputs", "context"}]
    given += [("--input", line) for line in typed.get("inputs", "").splitlines()]
    given += [("--context", line) for line in typed.get("context", "").splitlines()]
    return ["case", "file", *(word for pair in given for word in pair)]


def test_what_is_said_in_a_form_by_a_command_and_in_json_is_the_same_case(alone, cli, monkeypatch):
    assert {*TYPED} == {*SAID} == {field.name for field in fields(Filing)}
    monkeypatch.setenv("REMISS_TOKEN", TOKEN)
    with alone.browser() as browser, alone.client() as program:
        answer = browser.post("/cases/file", data=TYPED)
        assert answer.status_code == 303, plain(answer.text)
        filed = answer.headers["location"].removeprefix("/cases/")
        case = catalog.show(alone.workspace, filed)
        assert case.event.inputs == SAID["inputs"]
        assert case.sensitivity is Sensitivity.PUBLIC
        assert cli("--catalog", alone.url, *words(TYPED), "--format", "json").json["id"] == filed
        assert program.post("/api/v1/cases", json=SAID).json()["id"] == filed
    assert len(catalog.search(alone.workspace)) == 1


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("inputs", "distance:=far", "'far' is not a number, true, false or null"),
        ("inputs", "distance:=", "'' is not a number, true, false or null"),
        ("context", 'gate:="C7"', "'\"C7\"' is not a number, true, false or null"),
        ("inputs", "distance", "'distance' under inputs is not NAME=VALUE"),
        ("inputs", "=1", "'=1' under inputs is not NAME=VALUE"),
        ("context", "a=1\na:=1", "'a' stands twice under context"),
    ],
)
def test_what_is_refused_in_a_form_is_refused_of_a_command_in_the_same_words(alone, cli, monkeypatch, name, text, says):
    monkeypatch.setenv("REMISS_TOKEN", TOKEN)
    typed = {"model": "m", "at": "2013-06-03T06:00Z", "title": "Wrong gate", name: text}
    with alone.browser() as browser:
        answer = browser.post("/cases/file", data=typed)
    refused = cli("--catalog", alone.url, *words(typed))
    assert (answer.status_code, refused.status) == (422, 2)
    assert says in plain(answer.text)
    assert says in refused.err


@pytest.mark.parametrize(("name", "text"), [("severity", "grave"), ("sensitivity", "hidden"), ("severity", "2.5")])
def test_a_grade_that_is_none_is_refused_in_a_form_and_not_passed_over(alone, name, text):
    with alone.browser() as browser:
        answer = browser.post("/cases/file", data={"model": "m", "at": "2013-06-03T06:00", "title": "Wrong gate", name: text})
    assert answer.status_code == 422
    assert f"'{text}' is not a {name}" in plain(answer.text)
    assert len(catalog.search(alone.workspace)) == 0


def test_the_form_offers_what_its_author_may_see(alone):
    token = alone.person("bo", role="annotator", clearance="restricted")
    with alone.browser_of(token) as browser:
        form = browser.get("/cases/file").text
    assert re.findall(r'<option value="(public|internal|restricted|secret)"( selected)?', form) == [
        ("public", ""),
        ("internal", " selected"),
        ("restricted", ""),
    ]


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_case_is_filed_with_the_file_that_shows_it(there):
    with there.browser() as browser:
        answer = browser.post("/cases/file", data=TYPED, files={"file": ("board.png", b"\x89PNG what was seen")})
        assert answer.status_code == 303, answer.text
        case = answer.headers["location"].removeprefix("/cases/").partition("#")[0]
        [kept] = browser.get(f"/api/v1/cases/{case}/attachments").json()["items"]
        assert (kept["name"], kept["size"]) == ("board.png", 18)
        # Nobody chose a file: browsers send one without a name.
        other = browser.post(
            "/cases/file",
            data={"model": "m", "at": "2014-02-03T06:00", "title": "Another", "output": "b"},
            files={"file": ("", b"")},
        )
        assert browser.get(f"/api/v1{other.headers['location']}/attachments").json()["items"] == []


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_where_the_file_is_not_taken_the_case_is_filed_and_its_page_says_so(there):
    with there.browser() as browser:
        answer = browser.post("/cases/file", data=TYPED, files={"file": ("nothing.png", b"")})
        assert answer.status_code == 422
        assert 'role="alert"' in answer.text
        assert browser.get("/api/v1/cases").json()["total"] == 1
