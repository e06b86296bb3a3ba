"""Labelling over HTTP: what is sent, what is answered, and changes that name what they read."""

from __future__ import annotations

import jsonschema
import pytest

from remiss import codec
from tests.curate.standings import ANSWERS, WEAK
from tests.serving import served

FAILS = {"verdict": "failure", "mode": WEAK, "answers": ANSWERS, "rationale": "seen twice"}


@pytest.fixture
def client(address, environment):
    with served(address, environment) as there, there.client() as client:
        yield client


@pytest.fixture
def filed(client):
    answer = client.post("/api/v1/cases", json={"model": "m", "at": "2013-06-05T06:00:00Z", "title": "Wrong gate"})
    return answer.headers["Location"], answer.headers["ETag"]


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_an_annotation_is_answered_by_the_case_with_it(client, filed):
    where, tag = filed
    answer = client.post(f"{where}/annotation", json=FAILS, headers={"If-Match": tag})
    assert (answer.status_code, answer.json()["status"]) == (200, "annotated")
    jsonschema.validate(answer.json(), codec.published("case"))
    assert answer.json()["labelling"]["labellings"][0]["severity"] == 2
    assert client.get(where).json() == answer.json()
    late = client.post(f"{where}/annotation", json=FAILS, headers={"If-Match": tag})
    assert (late.status_code, late.json()["error"]["code"]) == (412, "precondition")


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@pytest.mark.parametrize("way", ["annotation", "verification", "adjudication", "reopening"])
def test_a_labelling_without_what_was_read_is_refused(client, filed, way):
    body = {"reason": "x"} if way == "reopening" else FAILS
    assert client.post(f"{filed[0]}/{way}", json=body).json()["error"]["code"] == "unconditional"


def test_what_does_not_fit_is_refused_with_what_to_do(client, filed):
    where, tag = filed
    body = {**FAILS, "mode": "remiss:model/weak-slise"}
    answer = client.post(f"{where}/annotation", json=body, headers={"If-Match": tag})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "labelling")
    assert all(each["field"] and each["what"] and each["do"] for each in answer.json()["error"]["fields"])
    assert answer.json()["error"]["fields"]
    assert "remiss:model/weak-slice" in answer.json()["error"]["do"]
    assert client.post(f"{where}/annotation", json={"verdict": "maybe"}, headers={"If-Match": tag}).status_code == 422


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_nobody_verifies_their_own_and_nobody_reopens_what_is_not_decided(client, filed):
    where, tag = filed
    tag = client.post(f"{where}/annotation", json=FAILS, headers={"If-Match": tag}).headers["ETag"]
    own = client.post(f"{where}/verification", json={**FAILS, "reproduced": "yes"}, headers={"If-Match": tag})
    assert (own.status_code, own.json()["error"]["code"]) == (403, "denied")
    early = client.post(f"{where}/reopening", json={"reason": "x"}, headers={"If-Match": tag})
    assert (early.status_code, early.json()["error"]["code"]) == (409, "conflict")
