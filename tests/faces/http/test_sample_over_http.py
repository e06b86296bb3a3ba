"""The sample taken out over HTTP: in three forms, for who may, piece by piece, each page in the log of views."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pandas as pd
import pyarrow.parquet as pq
import pytest

import remiss
from remiss import sample
from remiss.govern.authority import Granted, actor_of
from remiss.records.case import Sensitivity
from remiss.records.person import Grant, Person
from remiss.understand import sample_actions as samples
from tests.edges.stores.drawing import MONDAY, drawn, file, member
from tests.serving import TOKEN

READERS = {
    "csv": lambda content: pd.read_csv(io.BytesIO(content)),
    "jsonl": lambda content: pd.read_json(io.BytesIO(content), lines=True),
    "parquet": lambda content: pd.read_parquet(io.BytesIO(content)),
}


def test_a_file_of_each_form_says_where_it_was_read_and_is_kept_in_a_file(reading):
    with httpx.Client(base_url=reading.url, headers={"Authorization": f"Bearer {TOKEN}"}) as client:
        listed = client.get("/api/v1/sample", params={"limit": 10_000}).json()
        for form, read in READERS.items():
            answer = client.get("/api/v1/sample/export", params={"format": form})
            assert answer.headers["Content-Disposition"].startswith(f'attachment; filename="sample.{form}"')
            assert (answer.headers["Remiss-Position"], answer.headers["Remiss-Blinded"]) == (str(listed["position"]), "0")
            frame = read(answer.content)
            assert list(frame["id"]) == [line["id"] for line in listed["items"]]
            assert set(frame["position"]) == {listed["position"]}
        refused = client.get("/api/v1/sample/export", params={"query": "nope:1"})
        assert (refused.status_code, refused.json()["error"]["code"]) == (422, "query")
        assert client.get("/api/v1/cases", params={"columns": "id,status", "limit": 1}).json()["columns"] == ["id", "status"]


def test_a_file_as_of_a_position_is_the_file_of_then(alone):
    ws = alone.workspace
    file(ws, drawn([member(1, met=["slow"]), member(2)]), run="run-a0000000")
    with alone.client() as client:
        before = client.get("/api/v1/sample/export", params={"format": "csv"})
        file(ws, drawn([member(1), member(3)]), run="run-b0000000")
        again = client.get("/api/v1/sample/export", params={"format": "csv", "as_of": before.headers["Remiss-Position"]})
        assert again.content == before.content != client.get("/api/v1/sample/export", params={"format": "csv"}).content
        assert client.get("/api/v1/sample/export", params={"as_of": 99}).status_code == 422


def test_from_afar_the_library_and_the_commands_take_out_the_same(reading, tmp_path):
    with remiss.open(reading.url, token=TOKEN) as ws:
        table = sample.to_arrow(ws, "group:control", columns="id,weight")
        done = sample.write(ws, "group:control", tmp_path / "controls.parquet", columns="id,weight")
    assert done.events == table.num_rows > 0
    assert pq.read_table(tmp_path / "controls.parquet").equals(table)


CURATOR, READER, STEWARD = (
    Person(name=name, grants=(Grant(role=role, team="default", clearance=Sensitivity.INTERNAL),))
    for name, role in (("cy", "curator"), ("eve", "reader"), ("flo", "steward"))
)
SAME = {"at": MONDAY, "inputs": {"carrier": "UA"}, "text": "=1+1"}


@pytest.fixture
def two(sqlite_template, tmp_path) -> Iterator[list[remiss.Workspace]]:
    """Two catalogs of the same log, in which another event met the criterion and another is a control."""
    with ExitStack() as held:
        opened = []
        for caught in (1, 2):
            own = tmp_path / str(caught)
            own.mkdir()
            ws = remiss.open(str(shutil.copy(sqlite_template, own / "remiss.db")), environment={})
            members = [member(number, met=["slow"] if number == caught else [], **SAME) for number in (1, 2)]
            file(held.enter_context(ws), drawn(members), run="run-a0000000")
            opened.append(ws)
        yield opened


def as_person(ws, person):
    return ws.serving("same", actor=actor_of(person), authority=Granted(person))


def test_catalogs_that_differ_only_in_what_is_hidden_give_the_same_bytes(two):
    for form in sample.FileForm:
        files = [b"".join(sample.pieces(sample.pages(as_person(ws, CURATOR)), form, "")) for ws in two]
        assert files[0] == files[1]
        assert len({b"".join(sample.pieces(sample.pages(as_person(ws, STEWARD)), form, "")) for ws in two}) == 2
    assert len({json.dumps(list(samples.list_sample(as_person(ws, CURATOR)).rows), default=str) for ws in two}) == 1


def test_who_may_not_export_is_refused_and_each_page_is_in_the_log_of_views(two):
    ws = two[0]
    with pytest.raises(remiss.RemissError, match="sample:export"):
        list(sample.pages(as_person(ws, READER)))
    list(sample.pages(as_person(ws, STEWARD), "event_id:e1", columns="text", lines=1))
    seen = [line for line in remiss.govern.search_audit(ws, actor="flo") if line["action"] == "sample.export"]
    assert [(line["kind"], line["count"]) for line in seen] == [("list", 1)]


def test_no_cell_of_csv_is_a_formula(two):
    content = b"".join(sample.pieces(sample.pages(as_person(two[0], STEWARD), columns="text"), sample.FileForm.CSV, ""))
    assert content == b"text\n'=1+1\n'=1+1\n"
