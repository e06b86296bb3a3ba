"""Cases over HTTP: lists page by page, changes that name what they read, and what is asked too much."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import jsonschema
import psycopg
import pytest
from sqlalchemy import select

from remiss import codec
from remiss.edges.stores.tables import journal
from tests.databases import database_on
from tests.serving import served
from tests.stories.logs import PROTOCOL, small_log

FILING = {"model": "arrival-delay", "at": "2013-06-05T06:00:00Z", "title": "Wrong gate"}


@pytest.fixture
def client(there):
    with there.client() as client:
        yield client


@pytest.fixture
def filed(client):
    answer = client.post("/api/v1/cases", json=FILING)
    assert answer.status_code == 201
    return answer


def error(answer, code: str) -> dict[str, object]:
    jsonschema.validate(answer.json(), codec.published("error"))
    assert answer.json()["error"]["code"] == code
    return answer.json()["error"]


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_filed_case_is_where_its_location_says(client, filed):
    shown = client.get(filed.headers["Location"])
    assert shown.json() == filed.json()
    assert shown.headers["ETag"] == filed.headers["ETag"]
    jsonschema.validate(shown.json(), codec.published("case"))


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_what_was_read_already_is_not_sent_again(client, filed):
    where, tag = filed.headers["Location"], filed.headers["ETag"]
    for given in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = client.get(where, headers={"If-None-Match": given})
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
    for given in ('"other"', tag.strip('"'), ""):
        assert client.get(where, headers={"If-None-Match": given}).status_code == 200


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_change_names_what_it_read(client, filed):
    where, tag = filed.headers["Location"], filed.headers["ETag"]
    for given in (
        {},
        {"If-Match": "*"},
        {"If-Match": "1"},
        {"If-Match": 'W/"1.x"'},
        {"If-Match": '"x"'},
        {"If-Match": f'"{"9" * 30}"'},
    ):
        assert 'If-Match: "2"' in error(client.patch(where, json={"severity": 2}, headers=given), "unconditional")["do"]
    assert client.patch(where, json={"severity": 2}, headers={"If-Match": '"2"'}).status_code == 422
    changed = client.patch(where, json={"severity": 2}, headers={"If-Match": '"1"'})
    assert (changed.status_code, changed.json()["severity"], changed.json()["revision"]) == (200, 2, 2)
    assert changed.headers["ETag"] != tag
    late = client.patch(where, json={"severity": 3}, headers={"If-Match": tag})
    assert late.status_code == 412
    assert "revision 2" in error(late, "precondition")["what"]
    assert client.get(where, headers={"If-None-Match": tag}).status_code == 200


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_null_takes_away_and_what_is_left_out_stays(client, filed):
    where, tag = filed.headers["Location"], filed.headers["ETag"]
    title = filed.json()["title"]
    graded = client.patch(where, json={"severity": 2, "mode": "remiss:model/weak-slice"}, headers={"If-Match": tag})
    assert (graded.json()["severity"], graded.json()["title"]) == (2, title)
    bare = client.patch(where, json={"severity": None, "mode": None}, headers={"If-Match": graded.headers["ETag"]})
    assert (bare.status_code, bare.json()["severity"], bare.json()["mode"], bare.json()["title"]) == (200, None, None, title)
    error(client.patch(where, json={"severity": None}, headers={"If-Match": bare.headers["ETag"]}), "input")
    error(client.patch(where, json={}, headers={"If-Match": bare.headers["ETag"]}), "input")
    assert client.patch(where, json={"title": None}, headers={"If-Match": bare.headers["ETag"]}).json()["title"] is None


def test_of_two_changes_at_once_one_wins_and_the_other_is_told(there, client, filed):
    where, tag = filed.headers["Location"], filed.headers["ETag"]

    def change(severity: int) -> int:
        with there.client() as own:
            return own.patch(where, json={"severity": severity}, headers={"If-Match": tag}).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(change, [1, 2, 3, 4] * 2))
    assert statuses[0] == 200
    assert {*statuses[1:]} == {412}
    assert client.get(where).json()["revision"] == 2


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_change_of_nothing_that_is_there_is_not_found(client):
    error(client.patch("/api/v1/cases/zzzzzz", json={"severity": 2}, headers={"If-Match": '"1.x"'}), "not-found")


def test_the_journal_knows_the_request(there, client):
    client.post("/api/v1/cases", json=FILING, headers={"X-Request-Id": "build-17"})
    named = client.post("/api/v1/cases", json=FILING | {"title": "Another"}).headers["X-Request-Id"]
    with there.workspace._store.reading() as connection:
        rows = connection.execute(select(journal.c.action, journal.c.request_id).order_by(journal.c.position)).all()
    assert [tuple(row) for row in rows][-2:] == [("case.file", "build-17"), ("case.file", named)]


def test_next_leads_through_every_case_once(reading):
    with reading.client() as client:
        for sort in ("-occurred", "severity", "filed"):
            seen, after = [], None
            while True:
                page = client.get("/api/v1/cases", params={"limit": 7, "sort": sort} | ({"after": after} if after else {})).json()
                jsonschema.validate(page, codec.published("list"))
                seen += [item["id"] for item in page["items"]]
                if (after := page["next"]) is None:
                    break
            assert len(seen) == len(set(seen)) == page["total"] > 50


def test_times_are_utc_and_say_so(reading):
    with reading.client() as client:
        [case] = client.get("/api/v1/cases", params={"limit": 1}).json()["items"]
    assert case["occurred"].endswith("Z")
    assert datetime.fromisoformat(case["occurred"]).utcoffset().total_seconds() == 0


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/api/v1/catalog", "catalog"),
        ("/api/v1/doctor", "checks"),
        ("/api/v1/status", "status"),
        ("/api/v1/runs", "list"),
        ("/api/v1/protocols", "list"),
        ("/api/v1/protocols/arrival-delay", "stored-protocol"),
        ("/api/v1/protocols/arrival-delay/diff?before=1&after=1", "diff"),
        ("/api/v1/taxonomy", "list"),
        ("/api/v1/cases", "list"),
        ("/api/v1/cases/facets?fields=criterion&fields=status", "list"),
        ("/api/v1/estimate?query=criterion:slow&rate=true&by=context.airport", "estimate"),
    ],
)
def test_an_answer_is_the_published_object(reading, path, kind):
    with reading.client() as client:
        answer = client.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/json"
    jsonschema.validate(answer.json(), codec.published(kind))


def test_a_run_is_captured_over_http_from_the_folder_of_sources_and_no_other(reading, tmp_path):
    small_log(tmp_path / "log")
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "s.parquet").write_bytes((tmp_path / "log" / "predictions" / "all.parquet").read_bytes())
    with (
        served(str(tmp_path / "new.db"), {"REMISS_SOURCES": str(tmp_path / "log")}, create=True) as there,
        there.client() as client,
    ):
        for uri in (
            "../secret/*.parquet",
            str(tmp_path / "secret" / "*.parquet"),
            "/etc/passwd",
            "https://example.org/x.parquet",
        ):
            body = {"documents": {"protocol.yaml": PROTOCOL.replace("predictions/*.parquet", uri)}}
            for path in ("/api/v1/runs", "/api/v1/runs/plan", "/api/v1/runs/due"):
                answer = client.post(path, json=body)
                assert answer.status_code == 422, answer.text
        run = client.post("/api/v1/runs", json={"documents": {"protocol.yaml": PROTOCOL}, "until": "2013-06-10T00:00:00Z"})
        assert run.status_code == 201
        jsonschema.validate(run.json(), codec.published("run"))
        where = run.headers["Location"]
        assert client.get(where).json() == run.json()
        for part, kind in (("changes", "list"), ("refused", "list")):
            jsonschema.validate(client.get(f"{where}/{part}").json(), codec.published(kind))
        assert client.post(f"{where}/reproduce").json()["verdict"] == "same"
        assert client.post(f"{where}/accept").status_code == 409


ELSEWHERE = ("arrivals/*.parquet", "arrivals/none.parquet", "arrivals", "*/all.parquet", "**/*.parquet", ".", "link/*", "a*/x.pq")


@pytest.fixture(scope="module")
def apart(tmp_path_factory):
    """A catalog that is served, whose sources have a folder of the team arrivals, a link into it, and one of nobody."""
    folder = tmp_path_factory.mktemp("apart")
    logs = folder / "log"
    small_log(logs)
    (logs / "predictions").rename(logs / "arrivals")
    (logs / "common").mkdir()
    (logs / "common" / "all.parquet").write_bytes((logs / "arrivals" / "all.parquet").read_bytes())
    (logs / "link").symlink_to(logs / "arrivals")
    with served(str(folder / "x.db"), {"REMISS_SOURCES": str(logs)}, create=True) as there:
        there.person("ana", role="curator", team="arrivals")
        yield there


def about(uri, team):
    """Return what posts a protocol of a team on the files that an address names."""
    text = PROTOCOL.replace("predictions/*.parquet", uri).replace("version: 1\n", f"version: 1\nteam: {team}\n", 1)
    return {"documents": {"protocol.yaml": text}}


@pytest.mark.parametrize("uri", ELSEWHERE)
def test_the_folder_of_a_team_is_read_for_nobody_else(apart, uri):
    with apart.program(apart.person("bo", role="curator", team="boarding")) as client:
        body = about(uri, "boarding")
        for path in ("/api/v1/runs", "/api/v1/runs/plan", "/api/v1/runs/due"):
            answer = client.post(path, json=body)
            assert answer.status_code == 422, answer.text
            assert "the folder of a team that you may not capture in" in answer.json()["error"]["what"]
        found = client.post("/api/v1/protocols/check", json=body).json()["items"]
        assert [
            "the folder of a team that you may not capture in" in each["what"] for each in found if each["level"] == "error"
        ] == [True]
        found = client.post("/api/v1/protocols/check", json=about("common/*.parquet", "boarding")).json()["items"]
        assert not [each for each in found if each["level"] == "error"]


@pytest.mark.parametrize("uri", ["arrivals/*.parquet", "common/*.parquet", "link/*.parquet"])
def test_the_folder_of_a_team_is_read_for_whoever_may_capture_in_it(apart, uri):
    with apart.program(apart.person("ana")) as client:
        assert client.post("/api/v1/runs/due", json=about(uri, "arrivals")).status_code == 200


# What is asked, and how it is answered: too much is refused, and never costs the server anything that others would miss.
HOSTILE = {
    "a page of 10^9": ({"limit": 10**9}, 422),
    "a page of none": ({"limit": 0}, 422),
    "a page of a word": ({"limit": "many"}, 422),
    "a position beyond 64 bits": ({"as_of": 2**63}, 422),
    "a position that is not there yet": ({"as_of": 2**63 - 1}, 422),
    "a position below nothing": ({"as_of": -1}, 422),
    "a forged page": ({"after": "WyIyNWViZDljNGUxMjVjNWRiIixudWxsLDU0LDEzNzA1MDQ4ODAwMDAwMDAsMThd"}, {200, 422}),
    "a page that is no token": ({"after": "'; DROP TABLE cases; --"}, 422),
    "a page of deep nesting": ({"after": "W1tbW1tbW1tbW1tbW1tbW1tbW1tbW1tbW1tb" * 200}, 422),
    "an unknown order": ({"sort": "id; DROP TABLE cases"}, 422),
    "an unknown name": ({"qeury": "x"}, 422),
    "an unknown field": ({"query": "nope:x"}, 422),
    "only a wildcard": ({"query": "*"}, {200, 422}),
    "only wildcards": ({"query": "%_%* ?"}, {200, 422}),
    "a nul": ({"query": "a\x00b"}, {200, 422}),
    "half a letter": ({"query": "\ud800".encode("utf-8", "surrogatepass").decode("latin-1")}, {200, 422}),
    "quotes": ({"query": "'\"`;--"}, {200, 422}),
    "an open bracket": ({"query": "(" * 5000}, 422),
    "many ORs": ({"query": " OR ".join(f"a{at}" for at in range(1500))}, {200, 422}),
    "many words": ({"query": "a " * 7000}, {200, 422}),
}


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_what_is_asked_too_much_is_refused_or_bounded(client, filed, capfd):
    for name, (params, expected) in HOSTILE.items():
        for path in ("/api/v1/cases", "/api/v1/cases/facets", "/api/v1/estimate"):
            answer = client.get(path, params=params)
            assert answer.status_code < 500, (name, answer.text)
            if path == "/api/v1/cases":
                assert answer.status_code in (expected if isinstance(expected, set) else {expected}), name
            if answer.status_code >= 400:
                jsonschema.validate(answer.json(), codec.published("error"))
    assert "Traceback" not in capfd.readouterr().err


LONG = {
    "a megabyte": "a" * 2**20,
    "10^5 ORs": " OR ".join(f"a{at}" for at in range(10**5)),
    "10^5 brackets": "(" * 10**5 + ")" * 10**5,
    "10^6 signs": "-" * 10**6,
    "10^6 wildcards": "criterion:" + "*" * 10**6,
    "10^6 quotes": '"' * 10**6,
}


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_query_that_no_address_has_room_for_is_refused_when_it_is_posted(client, filed, capfd):
    for name, query in LONG.items():
        for action in ("case.search", "case.facets", "estimate"):
            answer = client.post(f"/api/v1/actions/{action}", json={"arguments": {"query": query}})
            assert answer.status_code == 422, (name, answer.text[:200])
            error(answer, "query")
    assert client.get("/api/v1/cases").json()["total"] == 1
    assert "Traceback" not in capfd.readouterr().err


BODIES = (
    b"",
    b"null",
    b"[]",
    b"7",
    b"{",
    b'{"arguments": ' + b"[" * 10**5,
    b'{"arguments": {"query": ' + b'{"a":' * 5000 + b"1" + b"}" * 5000 + b"}}",
    b'{"arguments": {"fields": ' + b"[" * 5000 + b"]" * 5000 + b"}}",
    b'{"arguments": {"query": "\\ud800"}}',
    b'{"arguments": {"query": "\\u0000"}}',
    b'{"arguments": {"limit": ' + b"9" * 5000 + b"}}",
    b'{"arguments": {"limit": {"$int": "' + b"9" * 5000 + b'"}}}',
    b'{"arguments": {"limit": 1e400}}',
    b'{"arguments": {"limit": NaN}}',
    b'{"arguments": {"as_of": 99999999999999999999999}}',
    b'{"arguments": {"as_of": -5}}',
    b'{"arguments": {"query": "", "query": 7}}',
    b'{"arguments": {"qeury": ""}}',
    b'{"other": {}}',
    b'{"arguments": {}, "documents": {"a": 7}}',
    b"\xff\xfe",
    b"\x00" * 1000,
)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_hostile_json_is_refused_as_input(client, capfd):
    for body in BODIES:
        for action in ("case.search", "case.facets", "case.file", "case.revise", "capture.plan", "protocol.check"):
            answer = client.post(f"/api/v1/actions/{action}", content=body, headers={"Content-Type": "application/json"})
            assert answer.status_code in {200, 400, 404, 422}, (body[:40], action, answer.text[:300])
            if answer.status_code != 200:
                jsonschema.validate(answer.json(), codec.published("error"))
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_odd_text_is_kept_as_it_is_or_refused(client):
    for value in ["\x00", "a\x00b", "\ud800", "x" * 10**6, "'; DROP TABLE cases; --", "${jndi}", "<script>", "\u202e", ""]:
        for name in ("title", "note", "model", "output", "text", "mode", "team"):
            body = json.dumps(FILING | {name: value}).encode()
            answer = client.post("/api/v1/cases", content=body, headers={"Content-Type": "application/json"})
            assert answer.status_code in {201, 422}, (name, answer.text[:300])
        for inputs in ({"a": value}, {value: 1}):
            body = json.dumps(FILING | {"inputs": inputs}).encode()
            answer = client.post("/api/v1/cases", content=body, headers={"Content-Type": "application/json"})
            assert answer.status_code in {201, 422}, answer.text[:300]
    assert client.get("/api/v1/cases", params={"limit": 100}).status_code == 200
    assert client.get("/api/v1/cases/facets").status_code == 200


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_numbers_of_any_size_are_kept_or_refused(client):
    for value in [2**63, -(2**63) - 1, 2**200, 1e308, 5e-324]:
        for body in (FILING | {"inputs": {"n": value}}, FILING | {"severity": value}, FILING | {"sensitivity": value}):
            assert client.post("/api/v1/cases", json=body).status_code in {201, 422}
    assert client.get("/api/v1/cases").status_code == 200


PIECES = ("a%00b", "%ff", "a%2fb", "..%2f..%2fetc", "%ed%a0%80", "a" * 5000, "%2e%2e", "'", "%25", "*")
NAMED = ("cases/{}", "cases/{}/history", "runs/{}", "runs/{}/changes", "protocols/{}", "actions/{}")


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_odd_names_in_a_path_are_not_found(client):
    for piece in PIECES:
        for path in (*(f"/api/v1/{each}" for each in NAMED), "/static/{}", "/assets/{}"):
            answer = client.get(path.format(piece))
            assert answer.status_code in {404, 405, 422}, (path, piece)
        assert client.post(f"/api/v1/runs/{piece}/accept").status_code in {404, 422}
        revised = client.patch(f"/api/v1/cases/{piece}", json={"severity": 1}, headers={"If-Match": '"1.a"'})
        assert revised.status_code in {404, 422}


def test_a_question_that_takes_too_long_is_ended_and_the_next_one_answered(postgres, environment):
    with (
        database_on(postgres, "template") as address,
        served(address, {**environment, "REMISS_STATEMENT_TIMEOUT": "1"}) as there,
        there.client() as client,
        psycopg.connect(address) as other,
    ):
        assert client.get("/api/v1/cases").status_code == 200
        # A statement that waits for what somebody else holds takes as long as one that computes for ever.
        other.execute("LOCK TABLE cases IN ACCESS EXCLUSIVE MODE")
        refused = client.get("/api/v1/cases", params={"query": "severity:2"})
        assert refused.status_code == 422
        assert "REMISS_STATEMENT_TIMEOUT" in error(refused, "timed-out")["do"]
        other.rollback()
        assert client.get("/api/v1/cases", params={"query": "severity:2"}).status_code == 200
