"""The pages of gates: what was decided and why, and waivers, which are asked for and approved by forms that need no script."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta

import pytest

from remiss import safeguard
from remiss.faces.web.home_cards import cards
from remiss.govern.authority import Granted, actor_of
from remiss.records.case import Sensitivity
from remiss.records.gate import GateVerdict
from remiss.records.identity import plain
from remiss.records.person import EVERY_TEAM, Grant, Person
from tests.safeguard.test_attestation import decision
from tests.serving import served

UNTIL = datetime.now(UTC) + timedelta(days=10)


@pytest.fixture
def site(address, environment):
    with served(address, environment) as there:
        guard, *others = (replace(each, waived=None, verdict=GateVerdict.PASS) for each in decision().conditions)
        failed = replace(guard, verdict=GateVerdict.FAIL, value=-0.06, low=-0.09, high=-0.03, threshold=-0.02)
        ws = there.workspace.serving("a gate decides")
        with ws._store.writing(ws.actor, "gate.decide", ws.now, None):
            made = replace(decision(), conditions=(failed, *others), waivers=0, position=ws.gates.wait())
            ws.gates.save(made, json.dumps(plain(asdict(made))))
        yield there


def test_a_decision_shows_its_conditions_with_their_evidence_and_breaks_out_of_nothing(site):
    with site.browser() as browser:
        assert 'href="/gates/gate-1"' in browser.get("/gates").text
        page = browser.get("/gates/gate-1").text
        assert "May delay@2 be released?" in page
        assert "✕ FAIL" in page
        assert 'href="/cases/k7m4-qp2x-9w3d"' in page
        assert "margin -2" in page
        [margin] = re.findall(r'<line class="margin"[^>]* x1="([0-9.]+)%"', page)
        [dot] = re.findall(r'class="pt"[^>]*cx="([0-9.]+)%"', page) or re.findall(r'<circle[^>]*cx="([0-9.]+)%"', page)
        # -6 points lie to the left of the margin of -2.
        assert float(dot) < float(margin) < 50
        assert "<script>alert" not in page
        assert page.index("Guard</th>") < page.index("Severity-1</th>")
        assert "✕ The gate passes" in page
        assert "◌ Released" in page
        assert browser.get("/gates/gate-none").status_code == 404
    card = last_gate(site)
    assert (card.figure, card.note, card.href) == ("FAIL", "delay@2 against delay@1: guard", "/gates/gate-1")


def last_gate(site):
    """Return what Home says to a reader of what was decided last."""
    rita = Person(name="rita", grants=(Grant(role="reader", clearance=Sensitivity.INTERNAL, team=EVERY_TEAM),))
    shown = cards(site.workspace.serving("cards", actor=actor_of(rita), authority=Granted(rita)))
    return next(each for each in shown if each.of == "Last gate")


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_one_person_asks_for_a_waiver_by_a_form_and_another_approves_it_by_a_form(site):
    sam, pam, ann = (site.person(name, role=role) for name, role in (("sam", "curator"), ("pam", "steward"), ("ann", "reader")))
    given = {"gate": "gate-1", "condition": "guard", "reason": "Two gates were renamed", "until": f"{UNTIL:%Y-%m-%d}"}
    with site.browser_of(sam) as asking:
        assert 'action="/waiver/request"' in asking.get("/gates/gate-1").text
        for wrong, says in (
            ({"until": "soon"}, "is not a day"),
            ({"until": "2020-01-01"}, "is over"),
            ({"reason": " "}, "no reason"),
        ):
            refused = asking.post("/waiver/request", data=given | wrong)
            assert (refused.status_code, says in refused.text) == (422, True)
            assert "Two gates were renamed" in refused.text or "reason" in wrong
            assert re.search(r'role="alert"[^>]* autofocus', refused.text)
        assert asking.post("/waiver/request", data=given).headers["location"] == "/gates/gate-1"
        [waiver] = safeguard.list_waivers(site.workspace)
        page = asking.get("/gates/gate-1").text
        assert "Waits for approval" in page
        assert "/approve" not in page
        assert "Withdraw the waiver of guard" in page
        assert asking.post(f"/waiver/{waiver.id}/approve", data={"gate": "gate-1"}).status_code == 403
    with site.browser_of(ann) as reading:
        page = reading.get("/gates/gate-1").text
        assert "<form" not in page.partition('id="waivers"')[2]
    with site.browser_of(pam) as approving:
        [path] = re.findall(r'action="(/waiver/[^"]*/approve)"', approving.get("/gates/gate-1").text)
        assert approving.post(path, data={"gate": "gate-1"}).status_code == 303
        page = approving.get("/gates/gate-1").text
        assert "✓ PASS with 1 waiver" in page
        assert "Waived by pam until" in page
        assert approving.post(path, data={"gate": "gate-1"}).status_code == 409
        assert "Pass with 1 waiver" in approving.get("/gates").text
        card = last_gate(site)
        assert card.figure == "PASS with 1 waiver"
        assert card.note.endswith(f"every condition that counts passes; a waiver ends on {UNTIL.day} {UNTIL:%B} {UNTIL.year}")
        [path] = re.findall(r'action="(/waiver/[^"]*/close)"', page)
        assert "Withdraw the waiver of guard" in page
        given = {"gate": "gate-1", "revision": "2", "reason": "The labels were right"}
        assert "no reason" in approving.post(path, data=given | {"reason": " "}).text
        # It was read before it was approved.
        assert approving.post(path, data=given | {"revision": "1"}).status_code == 412
        assert approving.post(path, data=given).status_code == 303
        page = approving.get("/gates/gate-1").text
        assert "✕ FAIL" in page
        assert "The labels were right" in page.partition('id="waivers"')[2]
        assert "/close" not in page
