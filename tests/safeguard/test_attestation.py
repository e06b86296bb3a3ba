"""A decision that travels: what is signed, who can check it, and how it reads elsewhere."""

from __future__ import annotations

import base64
import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from remiss.errors import InputError, Tampered
from remiss.govern.audit.checkpoint import Signer
from remiss.present.gate_report import github, junit, markdown
from remiss.records.gate import GateCondition, GateDecision, GateSuite, GateVerdict
from remiss.records.model import ModelSpecification
from remiss.safeguard.attestation import checked, encoded, envelope, statement

SIGNER, OTHER = Signer("remiss/one", b"1" * 32), Signer("remiss/other", b"2" * 32)
NOW = datetime(2026, 12, 2, tzinfo=UTC)
NASTY = "worse | <script>alert(1)</script> `code` [link](x) @team\n::error::boo %"


def decision(verdict=GateVerdict.FAIL, digest="sha256:" + "a" * 64, **more):
    model = ModelSpecification(name="delay", version="2", runner="python", target=None, digest=digest)
    return GateDecision(
        id="gate-1",
        gate=more.pop("gate", "release"),
        verdict=verdict,
        model=model,
        baseline=replace(model, version="1"),
        conditions=(
            GateCondition(name="guard", verdict=verdict, says=NASTY, evidence=("k7m4-qp2x-9w3d",), notes=("a note",)),
            GateCondition(name="severity-1", verdict=GateVerdict.PASS, says="nothing broke"),
            GateCondition(name="target", verdict=GateVerdict.INCONCLUSIVE, says="few", waived="ana until 2027"),
        ),
        suites=(GateSuite(name="arrivals", digest="sha256:" + "b" * 64, events=10, sealed=2, sealed_uses=1, sealed_run=True),),
        policy_digest="sha256:" + "c" * 64,
        policy={},
        family=("guard",),
        repeats=3,
        seed=0,
        identified="digest" if digest else "name only",
        environment=None,
        baseline_environment=None,
        worst=("k7m4-qp2x-9w3d",),
        waivers=1,
        decided_at=datetime(2026, 12, 1, tzinfo=UTC),
        **more,
    )


def test_what_was_signed_is_read_again_by_who_has_the_public_key():
    made = json.dumps(envelope(decision(), SIGNER)).encode()
    found = checked(made, SIGNER.verifier, NOW)
    assert (found.verdict, found.model, found.digest) == (GateVerdict.FAIL, "delay@2", "sha256:" + "a" * 64)
    assert (found.failed, found.passed, found.warned) == (("guard",), ("severity-1",), ("target",))
    told = statement(decision())["predicate"]["remiss"]
    assert told["suites"] == [{"name": "arrivals", "events": 10, "sealed": 2, "synthetic": 0}]
    assert told["syntheticShare"] == 0.0


def test_the_whole_answer_of_gate_attest_is_read_as_its_envelope_is():
    made = {"schema": "remiss/attestation@1", "envelope": envelope(decision(), SIGNER), "key": "remiss/one+1", "position": 7}
    assert checked(json.dumps(made).encode(), SIGNER.verifier, NOW) == checked(
        json.dumps(made["envelope"]).encode(), SIGNER.verifier, NOW
    )
    with pytest.raises(Tampered):
        checked(json.dumps(made | {"envelope": envelope(decision(), OTHER)}).encode(), SIGNER.verifier, NOW)


def test_the_envelope_is_dsse_s_and_the_statement_in_toto_s():
    made = envelope(decision(), SIGNER)
    body = base64.b64decode(made["payload"])
    key = Ed25519PublicKey.from_public_bytes(SIGNER.verifier.public)
    key.verify(base64.b64decode(made["signatures"][0]["sig"]), b"DSSEv1 28 application/vnd.in-toto+json %d " % len(body) + body)
    said = json.loads(body)
    assert (said["_type"], said["predicateType"].rpartition("/")[0]) == (
        "https://in-toto.io/Statement/v1",
        "https://in-toto.io/attestation/test-result",
    )
    assert said["subject"] == [{"name": "delay@2", "digest": {"sha256": "a" * 64}}]
    assert {each["digest"]["sha256"][0] for each in said["predicate"]["configuration"]} == {"b", "c"}
    assert encoded("http://example.com/HelloWorld", b"hello world") == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"


@pytest.mark.parametrize("verdict", [GateVerdict.INCONCLUSIVE, GateVerdict.FAIL])
def test_whatever_did_not_pass_is_no_result_that_passed(verdict):
    said = statement(decision(verdict))
    assert (said["predicate"]["result"], said["predicate"]["remiss"]["verdict"]) == ("FAILED", verdict.value)
    assert statement(decision(GateVerdict.PASS))["predicate"]["result"] == "PASSED"


def test_a_model_without_a_digest_is_named_and_has_none():
    said = statement(decision(digest=None))
    assert "sha256" not in said["subject"][0]["digest"]
    assert said["predicate"]["remiss"]["identified"] == "name only"
    assert checked(json.dumps(envelope(decision(digest=None), SIGNER)).encode(), SIGNER.verifier, NOW).digest is None


def altered(made, **change):
    said = {**json.loads(base64.b64decode(made["payload"])), **change}
    return {**made, "payload": base64.b64encode(json.dumps(said).encode()).decode()}


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (json.dumps(envelope(decision(), OTHER)), Tampered),
        (json.dumps(altered(envelope(decision(), SIGNER), subject=[{"name": "delay@3", "digest": {}}])), Tampered),
        (json.dumps({**envelope(decision(), SIGNER), "signatures": []}), Tampered),
        (json.dumps({**envelope(decision(), SIGNER), "signatures": [{"sig": "!"}, {"sig": 7}, 7]}), Tampered),
        (json.dumps({**envelope(decision(), SIGNER), "payloadType": "text/plain"}), InputError),
        ("[]", InputError),
        ("[" * 100_000, InputError),
        ("", InputError),
    ],
    ids=["another key", "altered", "unsigned", "no signature", "another kind", "a list", "nested", "empty"],
)
def test_what_the_key_did_not_sign_is_refused(text, error):
    with pytest.raises(error):
        checked(text.encode(), SIGNER.verifier, NOW)


def test_reports_say_verdict_and_conditions_and_no_text_breaks_out_of_them():
    text = markdown(decision(), "https://remiss.example")
    assert text.startswith("## ❌ FAIL with 1 waiver: delay@\u200b2\n")
    assert "<script" not in text
    assert "@team" not in text
    assert "[link](x)" not in text
    assert "[k7m4-qp2x-9w3d](https://remiss.example/cases/k7m4-qp2x-9w3d)" in text
    assert all(line.count("|") - line.count("\\|") == 5 for line in text.splitlines() if line.startswith("|"))
    tests = ET.fromstring(junit(decision())).find("testsuite")
    assert {name: tests.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "3", "failures": "1", "errors": "0", "skipped": "1",
    }  # fmt: skip
    lines = github(decision()).splitlines()
    assert [line.partition(" ")[0] for line in lines] == ["::error", "::error", "::notice", "::notice"]
    assert "%0A::error::boo %25" in lines[1]
