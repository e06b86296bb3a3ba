"""Who may look at raw evidence, on both databases."""

from __future__ import annotations

import shutil

import pytest

from remiss import capture
from remiss.catalog import actions as catalog
from remiss.catalog import attachment_actions as attachments
from remiss.catalog import evidence_actions as evidence
from remiss.errors import Denied, NotFound
from remiss.govern import actions as machine
from remiss.records.case import Filing
from tests.stories.logs import MONDAY, WEEK, small_log

WHY = "the carrier asked which flight it was"


@pytest.fixture
def case(ws, once, tmp_path):
    log = small_log(tmp_path / "log")
    once(ws, "one_week", lambda: capture.capture(ws, log.protocol, since=MONDAY, until=MONDAY + WEEK).id)
    [line, *_] = catalog.search(ws, "", limit=1)
    return line["id"]


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@pytest.mark.parametrize("role", ["annotator", "verifier", "curator", "steward", "admin"])
def test_with_the_role_and_the_clearance_one_sees_it(ws_as, case, role):
    assert evidence.show_evidence(ws_as("bo", role=role, clearance="restricted"), case, WHY).case == case


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_reader_sees_none_whatever_their_clearance(ws_as, case):
    with pytest.raises(Denied, match="evidence:read"):
        evidence.show_evidence(ws_as("bo", role="reader", clearance="secret"), case, WHY)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_below_its_sensitivity_nobody_sees_it_though_they_see_the_case(ws_as, case):
    bo = ws_as("bo", role="verifier", clearance="internal")
    assert catalog.show(bo, case).id == case
    with pytest.raises(Denied, match="is restricted, which is above the clearance of bo"):
        evidence.show_evidence(bo, case, WHY)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_of_a_case_that_one_may_not_see_nothing_more_is_said_than_of_one_that_is_not_there(ws_as, case):
    stranger = ws_as("bo", role="verifier", clearance="secret", team="others")
    with pytest.raises(NotFound) as hidden:
        evidence.show_evidence(stranger, case, WHY)
    with pytest.raises(NotFound) as unknown:
        evidence.show_evidence(stranger, "zzzz-zzzz-zzzz", WHY)
    assert str(hidden.value).replace(case, "CASE") == str(unknown.value).replace("zzzz-zzzz-zzzz", "CASE")


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_catalog_of_what_people_filed_misses_a_vault_only_when_files_were_attached(ws):
    case = catalog.file(ws, Filing(model="m", at=MONDAY, title="The board lied"))
    assert told_of_vault(ws) == "made by the first capture"
    attachments.add_attachment(ws, case.id, b"text", name="board.txt")
    shutil.rmtree(ws.settings.folder("vault", ws._store.file))
    assert told_of_vault(ws).endswith("is missing, and with it raw evidence (events and files: 1)")


def told_of_vault(ws):
    [vault] = [check for check in machine.doctor(ws) if check.name == "vault"]
    return vault.says
