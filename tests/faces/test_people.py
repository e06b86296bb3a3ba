"""People, teams, tokens and access on the command line and over HTTP."""

from __future__ import annotations

import re

import jsonschema
import pytest

import remiss
from remiss import codec
from remiss.catalog import actions as catalog
from remiss.govern import access_actions as access
from remiss.govern import audit_actions as audit
from remiss.records.case import Filing, Sensitivity
from tests.stories.logs import MONDAY


@pytest.fixture
def ana(cli, captured):
    """Somebody who may annotate."""
    assert cli("person", "add", "ana", "--about", "Ana Lima").status == 0
    answer = cli("person", "grant", "ana", "annotator")
    assert answer.err == "ana is annotator in team default, up to internal\n"


def test_people_are_listed_with_their_roles(cli, ana):
    answer = cli("person", "list", "--format", "csv")
    assert "ana,Ana Lima,default,annotator,internal," in answer.out
    assert cli("person", "list", "--format", "json", "--as-of", "1").json["total"] == 1


def test_tables_say_times_and_not_positions_that_read_like_them(cli, ana):
    for command in (("person", "list"), ("team", "list"), ("token", "list")):
        if command[0] == "token":
            cli("token", "create", "ana")
        head, *_ = [line for line in cli(*command).out.splitlines() if line.strip()]
        assert "since_at" in head.split()
        assert not {"position_from", "position_to"} & set(head.split())
        item = cli(*command, "--format", "json").json["items"][0]
        assert re.match(r"20\d\d-\d\d-\d\dT", item["since_at"])
        assert isinstance(item["position_from"], int)


def test_a_role_is_taken_and_a_person_disabled(cli, ana):
    assert cli("person", "revoke", "ana", "annotator").err == "ana has no role in any team\n"
    assert cli("person", "revoke", "ana", "annotator").status == 2
    assert cli("person", "disable", "ana").err == "ana is disabled\n"


def test_a_team_is_added(cli, captured):
    assert cli("team", "add", "arrivals").status == 0
    assert [item["team"] for item in cli("team", "list", "--format", "json").json["items"]] == ["arrivals", "default"]


def test_a_token_is_printed_once_and_revoked_by_its_id(cli, ana):
    made = cli("token", "create", "ana", "--about", "laptop")
    assert re.fullmatch(r"remiss_[0-9a-z]{12}_[\w-]{43}\n", made.out)
    named = made.out.split("_")[1]
    listed = cli("token", "list", "--format", "json")
    assert [item["token"] for item in listed.json["items"]] == [named]
    assert made.out.strip() not in listed.out
    assert cli("token", "revoke", named).err == f"token {named} of ana is revoked\n"
    whole = cli("token", "create", "ana", "--format", "json").json
    jsonschema.validate(whole, codec.published("token"))
    assert whole["text"].startswith("remiss_")


def test_a_link_is_printed_for_the_server_that_was_named(cli, ana):
    made = cli("token", "link", "ana", "--minutes", "30")
    assert re.fullmatch(r"http://127\.0\.0\.1:8765/sign-in\?token=remiss_[0-9a-z]{12}_[\w-]{43}\n", made.out)
    assert made.err.startswith("it signs ana in, once, until ")
    named = cli("token", "link", "ana", "--origin", "https://remiss.example.org/")
    assert named.out.startswith("https://remiss.example.org/sign-in?token=remiss_")
    whole = cli("token", "link", "ana", "--format", "json").json
    jsonschema.validate(whole, codec.published("token"))
    assert (whole["once"], whole["used"]) == (True, None)
    listed = cli("token", "list", "--format", "json").json["items"]
    assert [each["once"] for each in listed] == [True] * 3


def test_access_answers_yes_or_no_by_its_exit_status(cli, ana):
    yes = cli("access", "check", "ana", "case.file")
    assert (yes.status, yes.out) == (0, "yes: ana is annotator in team default, which has case:file\n")
    no = cli("access", "check", "ana", "run:accept")
    assert (no.status, no.out.partition(":")[0]) == (1, "no")
    [case, *_] = cli("case", "search", "--format", "json").json["items"]
    on_case = cli("access", "check", "ana", "case.show", case["id"], "--format", "json")
    jsonschema.validate(on_case.json, codec.published("access"))
    assert (on_case.status, on_case.json["case"]) == (0, case["id"])


@pytest.mark.parametrize(
    ("wrong", "near"),
    [
        ("case.fly", "case.file"),
        ("case.anotate", "case.annotate"),
        ("case:anotate", "case:annotate"),
        ("case:verifi", "case:verify"),
        ("zzz:yyy", "write it like case:verify"),
        (":", "write it like case:verify"),
    ],
)
def test_access_to_what_does_not_exist_is_refused_with_the_nearest_names(cli, ana, wrong, near):
    answer = cli("access", "check", "ana", wrong)
    assert answer.status == 2
    assert f"there is no {'permission' if ':' in wrong else 'action'}" in answer.err
    assert near in answer.err


def test_over_http_people_come_go_and_hold_what_they_were_granted(there):
    with there.client() as client:
        added = client.post("/api/v1/people", json={"person": "ana"})
        assert (added.status_code, added.json()["grants"]) == (201, [])
        assert client.post("/api/v1/people", json={"person": "ana"}).status_code == 409
        assert client.post("/api/v1/teams", json={"team": "arrivals"}).status_code == 201
        held = client.post("/api/v1/people/ana/grant", json={"role": "curator", "team": "arrivals", "clearance": "secret"})
        assert held.json()["grants"] == [{"role": "curator", "team": "arrivals", "clearance": "secret"}]
        made = client.post("/api/v1/tokens", json={"person": "ana"})
        assert made.status_code == 201
        asked = {"person": "ana", "action": "run.accept"}
        assert client.get("/api/v1/access", params=asked).json()["allowed"]
        assert client.post(f"/api/v1/tokens/{made.json()['token']}/revoke").json()["position_to"] is not None
        taken = client.post("/api/v1/people/ana/revoke", json={"role": "curator", "team": "arrivals"})
        assert taken.json()["grants"] == []
        assert client.post("/api/v1/people/ana/disable").json()["position_to"] is not None
        for kind, path in (("person", "people"), ("team", "teams"), ("token", "tokens")):
            listed = client.get(f"/api/v1/{path}").json()
            assert listed["of"] == kind
            jsonschema.validate(listed, codec.published("list"))


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("people", {"name": "ana", "grants": [{"role": "admin", "team": "*"}]}),
        ("people", {"name": "ana", "since": 0}),
        ("people/ana/grant", {"role": "reader", "person": "root"}),
        ("people/ana/grant", {"role": "reader", "clearance": 3}),
        ("tokens", {"person": "ana", "id": "000000000000"}),
        ("tokens", {"person": "ana", "expires": None}),
        ("teams", {"name": "arrivals", "position": 0}),
    ],
)
def test_what_nobody_asked_for_is_not_assigned(there, path, body):
    before = there.position()
    with there.client() as client:
        answer = client.post(f"/api/v1/{path}", json=body)
    assert answer.status_code == 422
    assert there.position() == before


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_by_every_face_to_ask_for_access_to_a_case_is_a_look_at_it_also_of_one_s_own(there, cli, monkeypatch):
    case = catalog.file(there.workspace, Filing(model="m", at=MONDAY, title="seen")).id
    guarded = catalog.file(there.workspace, Filing(model="m", at=MONDAY, title="s", sensitivity=Sensitivity.SECRET)).id
    token = there.person("sten", role="steward")
    other = there.person("ana", role="annotator")
    monkeypatch.setenv("REMISS_TOKEN", token)
    question = {"person": "sten", "action": "case.show"}

    def by_route(of: str, sent: str) -> int:
        with there.program(sent) as client:
            return client.get("/api/v1/access", params={**question, "case": of}).status_code

    def by_call(of: str, sent: str) -> int:
        with there.program(sent) as client:
            return client.post("/api/v1/actions/access.check", json={"arguments": {**question, "case": of}}).status_code

    def by_library(of: str, sent: str) -> int:
        with remiss.open(there.url, token=sent, environment={}) as ws:
            assert access.check_access(ws, "sten", "case.show", of).allowed
        return 200

    def by_command(of: str, sent: str) -> int:
        answer = cli("--catalog", there.url, "access", "check", "sten", "case.show", of)
        return 200 if answer.status == 0 else 404

    def looks() -> list[dict[str, object]]:
        return [dict(each) for each in audit.search_audit(there.workspace, action="access.check")]

    for count, face in enumerate((by_route, by_call, by_library, by_command), 1):
        assert face(case, token) == 200
        newest, *_ = found = looks()
        assert len(found) == count
        assert (newest["actor"], newest["kind"], newest["subject"], newest["team"]) == ("sten", "case", case, "default")
    for count, face in enumerate((by_route, by_call, by_command), 5):
        assert face(guarded, token) == 404
        newest, *_ = found = looks()
        assert (len(found), newest["kind"]) == (count, "refused")
    assert by_route(case, other) == 403
    assert looks()[0]["kind"] == "refused"
