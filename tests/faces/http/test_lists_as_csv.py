"""Lists over HTTP as CSV: what the command line gives by `--format csv`, for whoever prefers it."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remiss.faces.http import answering
from remiss.faces.http.answering import prefers_csv
from remiss.records.case import Filing
from tests.stories.logs import MONDAY

CSV = {"Accept": "text/csv"}
ASKED = {
    "case search": "/cases",
    "case search inputs.carrier:UA --limit 7 --sort severity": "/cases?query=inputs.carrier:UA&limit=7&sort=severity",
    "case search --facets": "/cases/facets",
    "case search --facets --field context.airport": "/cases/facets?fields=context.airport",
    "case history {case}": "/cases/{case}/history",
    "run list": "/runs",
    "run coverage": "/coverage",
    "job list": "/jobs",
    "run windows {run}": "/runs/{run}/windows",
    "run cells {run}": "/runs/{run}/cells",
    "run diff {run}": "/runs/{run}/changes",
    "run refused {run}": "/runs/{run}/refused",
    "protocol list": "/protocols",
    "taxonomy show model": "/taxonomy?mode=model",
    "person list": "/people",
    "team list": "/teams",
    "token list": "/tokens",
    "estimate criterion:missed-delay --by inputs.carrier": "/estimate?query=criterion:missed-delay&by=inputs.carrier",
    "estimate --by criterion --rate": "/estimate?by=criterion&rate=true",
}


@pytest.fixture
def ids(reading):
    with reading.client() as client:
        run = client.get("/api/v1/runs").json()["items"][0]["run"]
        return {"run": run, "case": client.get("/api/v1/cases").json()["items"][0]["id"]}


@pytest.mark.parametrize("line", ASKED)
def test_a_list_is_the_csv_that_the_command_prints(reading, cli, ids, line):
    printed = cli("--catalog", reading.workspace.address, *line.format(**ids).split(), "--format", "csv")
    with reading.client() as client:
        answer = client.get("/api/v1" + ASKED[line].format(**ids), headers=CSV)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/csv; charset=utf-8")
    assert "Accept" in answer.headers["Vary"].split(", ")
    assert answer.text == printed.out
    assert len(answer.text.splitlines()) >= 1


def test_the_page_after_is_named_by_a_link(reading):
    with reading.client() as client:
        found, address = [], "/api/v1/cases?query=criterion:slow&limit=20"
        while address:
            answer = client.get(address, headers=CSV)
            found += [row["id"] for row in csv.DictReader(io.StringIO(answer.text))]
            link = re.fullmatch(r'<(.*)>; rel="next"', answer.headers.get("Link", ""))
            address = link[1] if link else None
        whole = client.get("/api/v1/cases?query=criterion:slow&limit=1000", headers={"Accept": "application/json"}).json()
    assert found == [item["id"] for item in whole["items"]]
    assert len(found) == len(set(found)) > 20


def test_whoever_takes_either_gets_json_and_a_refusal_is_json_for_all(reading):
    with reading.client() as client:
        for accept in ("*/*", "text/csv;q=0.5, application/json", "text/html", ""):
            answer = client.get("/api/v1/cases?limit=1", headers={"Accept": accept})
            assert (answer.headers["Content-Type"], answer.headers["Vary"]) == ("application/json", "Accept")
        refused = client.get("/api/v1/cases?query=nope:x", headers=CSV)
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "query")


@pytest.mark.parametrize(
    ("accept", "csv_first"),
    [
        ("TEXT/CSV", True),
        ("text/csv, */*;q=0.1", True),
        ("text/csv;q=0", False),
        ("text/csv;q=x", False),
        ("text/csv;q=1e9, application/json", False),
        ("text/*;q=0.9, application/json;q=0.8", True),
        (",;,", False),
        ("text/csv; header=present ; q=0.4, application/*;q=0.3", True),
    ],
)
def test_which_of_both_somebody_prefers(accept, csv_first):
    assert prefers_csv(accept) is csv_first


def test_csv_over_http_is_safe_in_a_spreadsheet(alone):
    from remiss.catalog import actions as catalog

    catalog.file(alone.workspace, Filing(model="m", at=MONDAY, title='=HYPERLINK("http://evil","x")'))
    with alone.client() as client:
        [row] = csv.DictReader(io.StringIO(client.get("/api/v1/cases", headers=CSV).text))
    assert row["title"] == '\'=HYPERLINK("http://evil","x")'
    assert row["occurred"] == "2013-06-03T00:00:00Z"


def test_the_route_of_facets_is_never_taken_for_a_case_of_that_name(reading):
    with reading.client() as client:
        answer = client.get("/api/v1/cases/facets").json()
        assert (answer["schema"], answer["of"]) == ("remiss/list@1", "facet")
        assert client.get("/api/v1/cases/facetz").status_code == 404


def test_a_list_of_objects_has_the_columns_of_its_items_with_and_without_rows(cli, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert cli("init").status == 0
    assert cli("taxonomy", "recodings", "--format", "csv").out == "name,about,person,at,position,text\n"
    Path("r1.yaml").write_text(
        'recode: r1\nabout: better words\nmoves: [{rename: "remiss:data/label-noise", to: "remiss:model/error"}]\n'
    )
    assert cli("taxonomy", "recode", "r1.yaml").status == 0
    (kept,) = csv.DictReader(io.StringIO(cli("taxonomy", "recodings", "--format", "csv").out))
    assert (kept["name"], kept["about"], kept["position"]) == ("r1", "better words", "2")
    assert kept["person"]
    assert kept["text"] == Path("r1.yaml").read_text()


def test_a_list_of_objects_has_no_column_for_the_position_that_the_whole_list_was_read_at(reading, cli, ids):
    words = ("--catalog", reading.workspace.address, "attachment", "list", ids["case"], "--format", "csv")
    assert cli(*words).out == "attachment,case,name,size,sensitivity,person,at,position,hidden,removed_by,removed_at\n"


TWICE_OR_WRONG = (
    *("/cases?limit=2&limit=3", "/cases?limit=0", "/cases?limit=x", "/cases?total=maybe", "/cases?unknown=1", "/cases?as_of="),
    *("/cases/facets?fields=status&fields=severity", "/cases/facets?fields=", "/cases?query=a&query=b", "/cases?Limit=2"),
    *("/cases?query=+status%3Acandidate&columns=id,%20status", "/cases?query=%ff", "/catalog?x=1"),
    "/status?as_of=99999999999999999999",
)


def test_a_query_that_its_model_reads_alone_is_answered_as_the_framework_has_it(reading):
    told = Counter()
    with reading.client() as client:
        for path in (*(each for each in ASKED.values() if "{" not in each), *TWICE_OR_WRONG):
            # Where a length is said, even of nothing, all that a route may take is looked for.
            alone, whole = (client.get("/api/v1" + path, headers=extra) for extra in ({}, {"Content-Length": "0"}))
            assert (path, alone.status_code, alone.content) == (path, whole.status_code, whole.content)
            assert alone.headers["Content-Type"] == whole.headers["Content-Type"]
            told[alone.status_code] += 1
    assert told[200] > 10
    assert told[422] > 5


PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(st.characters())


@given(st.dictionaries(st.text(st.characters()), PLAIN | st.lists(st.dictionaries(st.text(), PLAIN, max_size=4), max_size=4)))
def test_a_list_says_in_json_what_every_answer_would(document):
    listed, any_answer = answering.answer_in(None, None, document, None, csv=False), answering.as_json(document)
    assert repr(json.loads(listed.body)) == repr(json.loads(any_answer.body))
    assert listed.headers["Content-Type"] == any_answer.headers["Content-Type"]
