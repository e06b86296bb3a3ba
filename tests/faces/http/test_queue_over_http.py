"""The queue over HTTP: what is answered has its published shape, and one may go on from it."""

from __future__ import annotations

import re

import jsonschema
import pytest

from remiss import codec
from tests.serving import served


@pytest.fixture
def client(address, environment):
    with served(address, environment) as there, there.client() as client:
        yield client


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_case_is_taken_labelled_and_put_back(client):
    for title in ("Wrong gate", "Wrong hour"):
        client.post("/api/v1/cases", json={"model": "m", "at": "2013-06-05T06:00:00Z", "title": title})
    answer = client.post("/api/v1/queue/next", json={})
    jsonschema.validate(answer.json(), codec.published("served"))
    form = answer.json()["task"]["form"]
    state = client.get("/api/v1/queue")
    jsonschema.validate(state.json(), codec.published("queue"))
    assert [each["case"] for each in state.json()["in_hand"]] == [form["case"]]
    assert state.json()["left"]["annotation"] == 2
    other = client.post("/api/v1/queue/next", json={"exclude": [form["case"]]}).json()["task"]["form"]
    assert other["case"] != form["case"]
    where = f"/api/v1/cases/{form['case']}"
    told = client.post(f"{where}/annotation", json={"verdict": "not-a-failure"}, headers={"If-Match": answer.headers["ETag"]})
    assert told.status_code == 200
    left = client.post(f"/api/v1/queue/{other['case']}/release").json()
    assert (left["in_hand"], left["left"]["annotation"], left["left"]["mine"]) == ([], 1, 1)
    assert client.post(f"/api/v1/queue/{other['case']}/release").status_code == 404
    assert client.post("/api/v1/queue/next", json={"kind": "verification"}).json()["task"] is None


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_curl_needs_no_body_and_names_the_revision_alone(client):
    client.post("/api/v1/cases", json={"model": "m", "at": "2013-06-05T06:00:00Z", "title": "Wrong gate"})
    taken = client.post("/api/v1/queue/next")
    assert taken.status_code == 200
    form = taken.json()["task"]["form"]
    passed = client.post(f"/api/v1/queue/{form['case']}/pass")
    assert passed.json()["task"] is None
    assert "ETag" not in passed.headers
    about = {"json": {"verdict": "not-a-failure"}, "headers": {"If-Match": f'"{form["revision"]}"'}}
    assert client.post(f"/api/v1/cases/{form['case']}/annotation", **about).status_code == 200


def test_a_form_of_a_page_is_answered_with_how_json_is_sent(client):
    refused = client.post("/api/v1/queue/next", data={"kind": "verification"})
    assert refused.status_code == 422
    assert "Content-Type: application/json" in refused.json()["error"]["do"]


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_who_cannot_tell_leaves_a_case_and_who_passes_is_answered_with_another(client):
    cases = [
        client.post("/api/v1/cases", json={"model": "m", "at": "2013-06-05T06:00:00Z", "title": title}).json()["id"]
        for title in ("Wrong gate", "Wrong hour", "No gate")
    ]
    taken = client.post("/api/v1/queue/next", json={}).json()["task"]["form"]["case"]
    answer = client.post(f"/api/v1/queue/{taken}/pass")
    jsonschema.validate(answer.json(), codec.published("served"))
    other = answer.json()["task"]["form"]["case"]
    assert {taken, other} < set(cases)
    assert client.post(f"/api/v1/queue/{taken}/pass").status_code == 404
    where = f"/api/v1/cases/{other}"
    read = {"If-Match": client.get(f"{where}/form").headers["ETag"]}
    refused = client.post(f"{where}/annotation", json={"verdict": "cannot-tell"}, headers=read)
    assert (refused.status_code, "rationale" in refused.text) == (422, True)
    told = client.post(f"{where}/annotation", json={"verdict": "cannot-tell", "rationale": "cut off"}, headers=read)
    assert (told.status_code, told.json()["status"], told.json()["revision"]) == (200, "candidate", 1)
    jsonschema.validate(told.json(), codec.published("case"))
    assert client.post("/api/v1/queue/next", json={}).json()["left"]["annotation"] == 1


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_the_page_of_a_task_leads_to_its_form_as_json(address, environment):
    with served(address, environment) as there, there.client() as program, there.browser() as browser:
        program.post("/api/v1/cases", json={"model": "m", "at": "2013-06-05T06:00:00Z", "title": "Wrong gate"})
        page = browser.post("/queue/next", data={"kind": "annotation"}, follow_redirects=True)
        [twin] = re.findall(r'rel="alternate" type="application/json" href="([^"]*)"', page.text)
        assert browser.get(twin).status_code == 200
