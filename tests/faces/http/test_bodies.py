"""Bodies that two programs could read differently are refused, by every route that takes one, and say what is wrong."""

from __future__ import annotations

import pytest

from remiss.codec import parsed

JSON = {"Content-Type": "application/json"}
AMBIGUOUS = {
    '{"model": "m", "at": "2013-06-05T06:00:00Z", "title": "a", "title": "b"}': "'title' stands twice",
    '{"model": "m", "at": "2013-06-05T06:00:00Z", "title": "a", "inputs": {"x": 1, "x": 2}}': "'x' stands twice",
    '{"model": "m", "at": "2013-06-05T06:00:00Z", "title": "a", "inputs": {"x": NaN}}': "NaN is no number",
    '{"model": "m", "at": "2013-06-05T06:00:00Z", "title": "a", "inputs": {"x": -Infinity}}': "-Infinity is no number",
    '{"model": "m", "at": "2013-06-05T06:00:00Z", "title": "a", "inputs": {"x": 1e999}}': "1e999 is greater",
    '{"model": ': "the body is no JSON",
}


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@pytest.mark.parametrize(("body", "what"), AMBIGUOUS.items())
def test_what_two_programs_could_read_differently_is_refused_and_nothing_is_filed(there, body, what):
    # The last of two titles was taken, and NaN was filed.
    call = f'{{"arguments": {{"filing": {body}}}}}' if body.endswith("}") else body
    with there.client() as client:
        before = client.get("/api/v1/cases").json()["total"]
        for where, content in (("/api/v1/cases", body), ("/api/v1/actions/case.file", call)):
            answer = client.post(where, content=content.encode(), headers=JSON)
            assert answer.status_code == 422
            assert what in answer.json()["error"]["what"]
        assert client.get("/api/v1/cases").json()["total"] == before


def test_ordinary_json_is_what_it_was():
    text = '{"a": [1, -2.5e10, true, null, "NaN"], "b": {"a": {}}}'
    assert parsed(text) == {"a": [1, -2.5e10, True, None, "NaN"], "b": {"a": {}}}


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+10:00", "9999-12-31T23:59:59-10:00"])
def test_a_time_that_is_in_no_year_of_utc_is_refused(there, at):
    # Each was a fault with a traceback.
    with there.client() as client:
        answers = [
            client.post("/api/v1/cases", json={"model": "m", "at": at, "title": "t"}),
            client.get("/api/v1/audit", params={"since": at}),
            client.post("/api/v1/actions/case.file", json={"arguments": {"filing": {"model": "m", "at": at, "title": "t"}}}),
        ]
        # The first year itself can be told.
        client.post("/api/v1/cases", json={"model": "m", "at": "0001-01-01T00:00:00Z", "title": "t"}).raise_for_status()
        assert client.get("/cases", headers={"Accept": "text/html"}).status_code == 200
    assert [answer.status_code for answer in answers] == [422, 422, 422]
    assert "in no year from 1 to 9999" in answers[1].json()["error"]["what"]
