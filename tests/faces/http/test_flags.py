"""Releases as feature flags, asked by OpenFeature's own client of a real server."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta

import pytest
from openfeature import api
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import ErrorCode
from openfeature.flag_evaluation import Reason

from remiss.edges.runners.registration import digest_of
from remiss.records.gate import GateVerdict
from remiss.records.identity import plain
from remiss.workspace import Workspace
from tests.safeguard.test_attestation import decision
from tests.serving import TOKEN, served

FLAG = "release.delay@2"
BULK = "/ofrep/v1/evaluate/flags"
MODELS = "models:\n  - {name: delay, version: '2', python: 'delays:predict', files: [delays.py]}\n"
NOW = datetime.now(UTC)


@pytest.fixture
def there(address, environment):
    with served(address, environment) as found:
        yield found


def decided(there, verdict=GateVerdict.PASS, **more):
    """Have the catalog keep a decision as a gate would have made it, and return its id."""
    conditions = tuple(
        replace(each, waived=None, verdict=GateVerdict.PASS if each.name != "guard" else verdict)
        for each in decision().conditions
    )
    ws = there.workspace.serving("a gate decides")
    with ws._store.writing(ws.actor, "gate.decide", ws.now, None):
        made = replace(decision(verdict, **more), conditions=conditions, waivers=0, position=ws.gates.wait())
        made = replace(made, id=f"gate-{made.position}")
        ws.gates.save(made, json.dumps(plain(asdict(made))))
    return made.id


def client(there, token=TOKEN, name="ours"):
    headers = {"Authorization": f"Bearer {token}"}
    api.set_provider(OFREPProvider(there.url, headers_factory=lambda: headers), name)
    return api.get_client(name)


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_a_flag_is_what_its_gate_decided_last(there):
    ours = client(there)
    absent = ours.get_boolean_details(FLAG, False)
    assert (absent.value, absent.error_code) == (False, ErrorCode.FLAG_NOT_FOUND)
    passed = decided(there)
    found = ours.get_boolean_details(FLAG, False)
    assert (found.value, found.variant, found.reason, found.error_code) == (True, "pass", Reason.TARGETING_MATCH, None)
    assert found.flag_metadata["decision"] == passed
    assert found.flag_metadata["evidence"] == f"{there.url}/gates/{passed}"
    assert ours.get_string_details(FLAG, "no").error_code is ErrorCode.TYPE_MISMATCH
    for verdict in (GateVerdict.INCONCLUSIVE, GateVerdict.FAIL):
        decided(there, verdict)
        found = ours.get_boolean_details(FLAG, True)
        assert (found.value, found.variant) == (False, verdict.value)
        assert found.flag_metadata["why"].startswith("guard: worse")
    # Another gate on the same version is another flag.
    assert decided(there, gate="canary")
    assert (ours.get_boolean_value("canary.delay@2", False), ours.get_boolean_value(FLAG, True)) == (True, False)


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_a_flag_is_true_by_a_waiver_until_it_ends(there, monkeypatch):
    gate, until = decided(there, GateVerdict.FAIL), NOW + timedelta(days=3)
    with there.program(there.person("sam", role="steward")) as sam, there.program(there.person("pam", role="steward")) as pam:
        given = {"condition": "guard", "reason": "known", "until": until.isoformat()}
        waiver = sam.post(f"/api/v1/gates/{gate}/waivers", json=given).json()["waiver"]
        # Nor by another way in of the same person.
        with there.program(there.person("sam")) as again:
            for mine in (sam, again):
                refused = mine.post(f"/api/v1/waivers/{waiver}/approval")
                assert (refused.status_code, "nobody approves their own" in refused.text) == (403, True)
        assert (answer := pam.post(f"/api/v1/waivers/{waiver}/approval")).status_code == 200
        close = f"/api/v1/waivers/{waiver}/close"
        assert pam.post(close, json={"reason": "x"}).status_code == 428
        assert pam.post(close, json={"reason": "x"}, headers={"If-Match": '"1"'}).status_code == 412
        assert answer.headers["etag"].startswith('"2')
    found = client(there).get_boolean_details(FLAG, False)
    assert (found.value, found.variant, found.flag_metadata["waivers"]) == (True, "pass-with-waivers", 1)
    assert found.flag_metadata["waivedUntil"].startswith(f"{until:%Y-%m-%dT%H:%M:%S}")
    with there.client() as ours:
        tag = ours.post(BULK).headers["etag"]
        monkeypatch.setattr(Workspace, "now", property(lambda _: until))
        answer = ours.post(BULK, headers={"If-None-Match": tag})
    assert answer.status_code == 200
    [flag] = answer.json()["flags"]
    assert (flag["value"], flag["variant"]) == (False, "fail")
    assert f"it counts again: {waiver} by pam ended at" in flag["metadata"]["why"]


def test_a_decision_on_another_model_than_the_registered_one_is_false(there, tmp_path, monkeypatch):
    (tmp_path / "delays.py").write_text("def predict(rows): return rows\n")
    (tmp_path / "models.yaml").write_text(MODELS)
    digest = digest_of(tmp_path, ["delays.py"])
    monkeypatch.chdir(tmp_path)
    decided(there, digest=digest)
    ours = client(there)
    assert ours.get_boolean_value(FLAG, False)
    other = EvaluationContext("me", {"modelDigest": "sha256:" + "e" * 64})
    found = ours.get_boolean_details(FLAG, False, other)
    assert (found.value, found.variant) == (False, "other-model")
    assert ours.get_boolean_value(FLAG, False, EvaluationContext("me", {"modelDigest": digest, "more": [1]}))
    (tmp_path / "delays.py").write_text("def predict(rows): return []\n")
    found = ours.get_boolean_details(FLAG, False)
    assert (found.value, found.variant) == (False, "other-model")
    assert "is registered now" in found.flag_metadata["why"]
    # Of a saved model too, which nobody loads for that.
    (tmp_path / "models.yaml").write_text("models: [{name: delay, version: '2', onnx: delay.onnx}]\n")
    (tmp_path / "delay.onnx").write_bytes(b"weights")
    decided(there, digest=f"sha256:{hashlib.sha256(b'weights').hexdigest()}")
    assert ours.get_boolean_value(FLAG, False)
    (tmp_path / "delay.onnx").write_bytes(b"other weights")
    found = ours.get_boolean_details(FLAG, False)
    assert (found.value, found.variant) == (False, "other-model")
    assert found.flag_metadata["why"].startswith("it was decided for another model digest: for sha256:")
    decided(there, digest=None)
    assert ours.get_boolean_details(FLAG, False).flag_metadata["identified"] == "name only"
    (tmp_path / "models.yaml").unlink()
    assert ours.get_boolean_value(FLAG, False)


def test_all_flags_are_told_once_and_then_only_when_one_changed(there):
    with there.client() as ours:
        first = ours.post(BULK, json={"context": {"targetingKey": "x"}})
        assert (first.status_code, first.json()) == (200, {"flags": []})
        decided(there)
        second = ours.post(BULK, headers={"If-None-Match": first.headers["etag"]})
        assert [each["key"] for each in second.json()["flags"]] == [FLAG]
        for given in (second.headers["etag"], f'"other", W/{second.headers["etag"]}', "*"):
            third = ours.post(BULK, headers={"If-None-Match": given})
            assert (third.status_code, third.content) == (304, b"")


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "PARSE_ERROR"),
        (b"\xff", 400, "PARSE_ERROR"),
        (b"[]", 400, "INVALID_CONTEXT"),
        (b'{"context": 1}', 400, "INVALID_CONTEXT"),
        (b'{"context": {"modelDigest": 1}}', 400, "INVALID_CONTEXT"),
        (b"{}", 404, "FLAG_NOT_FOUND"),
    ],
)
def test_what_is_wrong_is_said_as_the_protocol_says_it(there, body, status, code):
    with there.client() as ours:
        answer = ours.post(f"{BULK}/{FLAG}", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["errorCode"], answer.json()["key"]) == (status, code, FLAG)
    assert answer.json()["errorDetails"]


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_who_may_not_read_what_gates_decide_is_told_no_flag(there):
    decided(there)
    with there.stranger() as nobody, there.program(there.person("eve")) as eve:
        assert nobody.post(BULK).status_code == 401
        answer = eve.post(f"{BULK}/{FLAG}")
        assert (answer.status_code, answer.json()["errorCode"]) == (403, "GENERAL")
    elsewhere = client(there, there.person("flo", role="reader", team="boarding"), "flo")
    assert elsewhere.get_boolean_details(FLAG, False).error_code is ErrorCode.FLAG_NOT_FOUND
    stranger = client(there, "no-such-token-at-all", "stranger")
    assert stranger.get_boolean_details(FLAG, False).error_code is ErrorCode.GENERAL
