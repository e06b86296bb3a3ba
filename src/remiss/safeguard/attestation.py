"""A decision as an attestation that travels: an in-toto statement of test results in a DSSE envelope, signed by the catalog.

Sources: in-toto Attestation Framework, Statement v1 and predicate test-result v0.1; DSSE 1.0 (its pre-authentication encoding).

The predicate knows PASSED, WARNED and FAILED. A gate that is inconclusive is written as FAILED, so that nobody who reads the
result alone releases what it did not pass; `remiss.verdict` says which it was. One that passes with waivers is WARNED: what is
waived stays among what failed, and `remiss.waived` says by whom and until when, which whoever checks it holds against the time.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from remiss.errors import InputError, Tampered
from remiss.govern.audit.checkpoint import Signer, Verifier
from remiss.records.gate import GateDecision, GateVerdict, Waiver
from remiss.records.identity import canonical, format_time, parse_time
from remiss.records.model import ModelSpecification

PAYLOAD = "application/vnd.in-toto+json"
STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://in-toto.io/attestation/test-result/v0.1"
# A digest of the name, under a word of its own: it says nothing of what the model is.
NAME_ONLY = "remissNameSha256"
MOST_BYTES = 4 << 20
_NO_WAIVERS: Mapping[str, Waiver] = MappingProxyType({})
GIVE = "give the file that `remiss gate attest` wrote, unchanged"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedAttestation:
    """What a signed statement says: the verdict, of which model by which digest, and all conditions by verdict.

    `verdict` is that at the time of checking; `waived` names the conditions that do not count until then, `ended` those whose
    waivers were over.
    """

    verdict: GateVerdict
    model: str
    digest: str | None
    decision: str
    passed: tuple[str, ...]
    warned: tuple[str, ...]
    failed: tuple[str, ...]
    waived: tuple[str, ...] = ()
    ended: tuple[str, ...] = ()


def statement(decision: GateDecision, waivers: Mapping[str, Waiver] = _NO_WAIVERS) -> dict[str, Any]:
    """Return the statement of a decision.

    Parameters
    ----------
    waivers : by the name of a condition, the waiver by which it does not count
    """
    names = {verdict: [each.name for each in decision.conditions if each.verdict is verdict] for verdict in GateVerdict}
    return {
        "_type": STATEMENT,
        "subject": [_subject(decision.model)],
        "predicateType": PREDICATE,
        "predicate": {
            "result": "FAILED" if decision.verdict is not GateVerdict.PASS else "WARNED" if waivers else "PASSED",
            "configuration": [
                {"name": f"policy {decision.gate}", "digest": {"sha256": _hex(decision.policy_digest)}},
                *({"name": f"suite {each.name}", "digest": {"sha256": _hex(each.digest)}} for each in decision.suites),
            ],
            "passedTests": names[GateVerdict.PASS],
            "warnedTests": names[GateVerdict.INCONCLUSIVE],
            "failedTests": names[GateVerdict.FAIL],
            "remiss": {
                "decision": decision.id,
                "verdict": decision.verdict.value,
                "identified": decision.identified,
                "baseline": _subject(decision.baseline),
                "waivers": len(waivers),
                "waived": [_waived(name, waiver) for name, waiver in sorted(waivers.items())],
                # No gate asks scenarios; whoever reads the statement alone is told so.
                "suites": [
                    {"name": each.name, "events": each.events, "sealed": each.sealed, "synthetic": each.synthetic}
                    for each in decision.suites
                ],
                "syntheticShare": sum(each.synthetic for each in decision.suites)
                / max(1, sum(each.events for each in decision.suites)),
                "position": decision.position,
                "decidedAt": None if decision.decided_at is None else format_time(decision.decided_at),
            },
        },
    }


def _waived(condition: str, waiver: Waiver) -> dict[str, Any]:
    return {
        "condition": condition,
        "waiver": waiver.id,
        "requestedBy": waiver.requested_by,
        "approvedBy": waiver.approved_by,
        "reason": waiver.reason,
        "until": format_time(waiver.until),
    }


def _subject(model: ModelSpecification) -> dict[str, Any]:
    name = str(model)
    if model.digest is None:
        return {"name": name, "digest": {NAME_ONLY: hashlib.sha256(name.encode()).hexdigest()}}
    return {"name": name, "digest": {"sha256": _hex(model.digest)}}


def _hex(digest: str) -> str:
    return digest.rpartition(":")[2]


def encoded(kind: str, body: bytes) -> bytes:
    """Return what is signed of a body of a kind.

    >>> encoded("http://example.com/HelloWorld", b"hello world")
    b'DSSEv1 29 http://example.com/HelloWorld 11 hello world'
    """
    return b"DSSEv1 %d %s %d %s" % (len(kind.encode()), kind.encode(), len(body), body)


def envelope(decision: GateDecision, signer: Signer, waivers: Mapping[str, Waiver] = _NO_WAIVERS) -> dict[str, Any]:
    """Return the signed envelope of a decision."""
    body = canonical(statement(decision, waivers))
    signature = signer.sign(encoded(PAYLOAD, body))
    return {
        "payload": base64.b64encode(body).decode(),
        "payloadType": PAYLOAD,
        "signatures": [{"keyid": key_id(signer.verifier), "sig": base64.b64encode(signature).decode()}],
    }


def key_id(verifier: Verifier) -> str:
    """Return what an envelope calls a key."""
    return f"{verifier.name}+{verifier.key_id.hex()}"


def checked(text: bytes, key: Verifier, now: datetime) -> CheckedAttestation:
    """Return what an envelope says now, whose signature is of the key; the whole answer of `gate attest` holds one, too.

    Raises
    ------
    InputError : it is no envelope of such a statement
    Tampered : no signature in it is of the key
    """
    said = _mapping(text)
    inner = said.get("envelope")
    said = inner if isinstance(inner, Mapping) else said
    kind, signatures = said.get("payloadType"), said.get("signatures")
    if kind != PAYLOAD or not isinstance(said.get("payload"), str) or not isinstance(signatures, list):
        raise InputError("this is no DSSE envelope of an in-toto statement", do=GIVE)
    body = _decoded(said["payload"])
    given = [_decoded(each.get("sig")) for each in signatures if isinstance(each, Mapping) and isinstance(each.get("sig"), str)]
    if not any(key.signed_bytes(encoded(PAYLOAD, body), each) for each in given):
        raise Tampered(
            f"nothing in it was signed by {key_id(key)}",
            do="do not rely on it; ask for the decision anew, and for the public key where it was made",
        )
    return _told(_mapping(body), now)


def _told(said: Mapping[str, Any], now: datetime) -> CheckedAttestation:
    if said.get("_type") != STATEMENT or said.get("predicateType") != PREDICATE:
        raise InputError("the signed statement is not of test results", do=GIVE)
    try:
        predicate, [subject] = said["predicate"], said["subject"]
        sha = subject["digest"].get("sha256")
        # Statements of before waivers have none.
        waivers = {str(each["condition"]): parse_time(each["until"]) for each in predicate["remiss"].get("waived", ())}
        ended = tuple(name for name, until in waivers.items() if until <= now)
        verdict = GateVerdict(predicate["remiss"]["verdict"])
        if ended and verdict is GateVerdict.PASS:
            verdict = GateVerdict.FAIL if set(ended) & set(predicate["failedTests"]) else GateVerdict.INCONCLUSIVE
        return CheckedAttestation(
            verdict=verdict,
            model=str(subject["name"]),
            digest=None if sha is None else f"sha256:{sha}",
            decision=str(predicate["remiss"]["decision"]),
            passed=tuple(map(str, predicate["passedTests"])),
            warned=tuple(map(str, predicate["warnedTests"])),
            failed=tuple(map(str, predicate["failedTests"])),
            waived=tuple(name for name in waivers if name not in ended),
            ended=ended,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError("the signed statement is not of a gate of remiss", do=GIVE) from error


def _mapping(text: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(text) if len(text) <= MOST_BYTES else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise InputError("this is no JSON object", do=GIVE)
    return found


def _decoded(text: object) -> bytes:
    try:
        return base64.b64decode(str(text), validate=True)
    except (binascii.Error, ValueError):
        return b""
