"""Raw evidence: kept encrypted, readable after keys were rotated."""

from __future__ import annotations

import json
import re

import pytest

import remiss
from remiss import capture
from remiss.catalog import actions as catalog
from remiss.catalog import attachment_actions as attachments
from remiss.catalog import evidence_actions as evidence
from remiss.errors import InputError, NotFound, StorageError
from remiss.govern import actions as keys
from remiss.govern import audit_actions as audit
from remiss.records.case import Filing, Sensitivity
from tests.conftest import DATABASES
from tests.stories.logs import MONDAY, WEEK, small_log


@pytest.fixture
def run(ws, once, tmp_path):
    log = small_log(tmp_path / "log")
    filed = once(ws, "one_week", lambda: capture.capture(ws, log.protocol, since=MONDAY, until=MONDAY + WEEK).id)
    return capture.show(ws, filed)


@pytest.fixture
def operator(ws, database, request, environment, tmp_path):
    """Whoever runs the catalog: another process that has its files before it."""
    address = request.getfixturevalue("address") if database in DATABASES else str(tmp_path / "remiss.db")
    with remiss.open(address, environment=environment) as opened:
        yield opened


def wrapping_keys(tmp_path):
    return list((tmp_path / "keys").glob("wrapping-*"))


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_no_raw_event_can_be_read_from_the_vault_without_its_key(run, tmp_path):
    kept = b"".join(path.read_bytes() for path in (tmp_path / "vault").rglob("*") if path.is_file())
    assert len(kept) > 10_000
    assert b"prediction_id" not in kept


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@pytest.mark.every_way("catalog.rotate", "catalog.info")
def test_every_raw_event_is_readable_after_a_rotation_which_is_journalled(ws, run, operator):
    before = catalog.info(ws).position
    members = operator.runs.members(run.id)
    assert keys.rotate(ws).pieces == len({member.evidence for member in members})
    assert catalog.info(ws).position == before + 1
    for member in members:
        assert json.loads(operator.vault.get(member.evidence))["prediction_id"] == member.event.id


def test_a_rotation_that_ended_before_it_was_journalled_is_finished_by_the_next_one(ws, run, operator, tmp_path):
    operator.vault.renew(lambda stage, done: None)
    assert len(wrapping_keys(tmp_path)) == 2
    finished = keys.rotate(ws)
    assert (finished.resumed, finished.pieces) == (True, 0)
    assert len(wrapping_keys(tmp_path)) == 1


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_capture_without_the_key_of_the_vault_files_nothing_and_says_which_is_missing(ws, run, operator, tmp_path):
    [key] = wrapping_keys(tmp_path)
    key.unlink()
    before = catalog.info(ws).position
    with pytest.raises(StorageError, match=f"no {key.name}"):
        capture.capture(operator, str(tmp_path / "log" / "arrival-delay.yaml"), since=MONDAY + WEEK, until=MONDAY + 2 * WEEK)
    assert catalog.info(ws).position == before


def first_case(ws):
    [line, *_] = catalog.search(ws, "", limit=1)
    return line["id"]


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@pytest.mark.every_way("audit.search", "evidence.show")
def test_whoever_may_sees_the_raw_event_and_it_is_recorded_that_they_looked_and_what_for(ws, run):
    case = catalog.show(ws, first_case(ws))
    found = evidence.show_evidence(ws, case.id[:8], "ana@example.org asked which flight it was")
    row = json.loads(found.content)
    assert row["prediction_id"] == case.event.id
    assert (found.case, found.run, found.sensitivity) == (case.id, run.id, Sensitivity.RESTRICTED)
    [look] = audit.search_audit(ws, action="evidence.show")
    assert look["subject"] == case.id
    assert re.fullmatch(r"\[email:[0-9a-f]{4}\] asked which flight it was", look["purpose"])


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@pytest.mark.parametrize("purpose", ["", "  \n", "x" * 301])
def test_a_look_without_a_purpose_is_refused(ws, run, purpose):
    with pytest.raises(InputError, match="purpose"):
        evidence.show_evidence(ws, first_case(ws), purpose)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_case_that_a_person_filed_has_no_raw_event(ws):
    case = catalog.file(ws, Filing(model="m", at=MONDAY, title="seen at the desk"))
    with pytest.raises(NotFound, match="filed it by hand"):
        evidence.show_evidence(ws, case.id, "to see")


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_of_several_runs_each_gives_the_row_that_it_kept(ws, run, tmp_path):
    again = capture.capture(ws, str(tmp_path / "log" / "arrival-delay.yaml"), since=MONDAY, until=MONDAY + WEEK)
    case = first_case(ws)
    assert evidence.show_evidence(ws, case, "to see").run == again.id
    assert evidence.show_evidence(ws, case, "to see", run=run.id).run == run.id
    with pytest.raises(NotFound, match=f"name one of {again.id}"):
        evidence.show_evidence(ws, case, "to see", run="run-000000000000")


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@pytest.mark.every_way(
    "attachment.add", "attachment.get", "attachment.list", "attachment.remove", "attachment.restore", "attachment.erase"
)
def test_a_file_is_attached_to_a_case_got_back_removed_restored_and_erased(ws, run):
    case = first_case(ws)
    content = bytes(range(256)) * 4000
    made = attachments.add_attachment(ws, case, content, name="shot.png")
    assert attachments.list_attachments(ws, case).items == (made,)
    assert attachments.get_attachment(ws, made.id).content == content
    gone = attachments.remove_attachment(ws, made.id)
    assert attachments.list_attachments(ws, case).items == ()
    assert attachments.list_attachments(ws, case, removed=True).items == (gone,)
    assert attachments.restore_attachment(ws, made.id) == made
    assert attachments.list_attachments(ws, case).items == (made,)
    assert attachments.erase_attachment(ws, made.id).name is None
    for removed in (False, True):
        assert attachments.list_attachments(ws, case, removed=removed).items == ()
    with pytest.raises(NotFound, match="was erased"):
        attachments.get_attachment(ws, made.id)
