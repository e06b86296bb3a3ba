"""Who may add, see and remove files, on both databases; and what is left of them where."""

from __future__ import annotations

import pytest

from remiss.catalog import actions as catalog
from remiss.catalog import attachment_actions as attachments
from remiss.errors import Denied, NotFound
from remiss.govern import actions
from remiss.govern import people_actions as people
from remiss.govern.authority import Granted, actor_of
from remiss.records.case import Filing, Sensitivity
from tests.stories.logs import MONDAY

SHOT = b"\x89PNG the traveller's boarding pass"


@pytest.fixture
def case(ws):
    return catalog.file(ws, Filing(model="m", at=MONDAY, title="seen at the desk")).id


@pytest.fixture
def ana(ws_as):
    return ws_as("ana", role="annotator")


def pieces(tmp_path):
    """The files of their own in the vault."""
    return [path for path in (tmp_path / "vault").glob("??/*") if path.is_file()]


def test_a_file_is_listed_and_given_back_as_it_was(ana, case):
    made = attachments.add_attachment(ana, case, SHOT, name="shot.png")
    assert (made.case, made.name, made.size, made.person) == (case, "shot.png", len(SHOT), "ana")
    assert attachments.list_attachments(ana, case).items == (made,)
    assert attachments.get_attachment(ana, made.id).content == SHOT


def test_nothing_of_it_lies_on_the_disk_as_it_is(ana, case, tmp_path):
    attachments.add_attachment(ana, case, SHOT, name="shot.png")
    [piece] = pieces(tmp_path)
    assert b"traveller" not in piece.read_bytes()


def test_of_the_same_file_twice_one_is_removed_and_the_other_stays(ana, case, tmp_path):
    first, second = (attachments.add_attachment(ana, case, SHOT, name="shot.png") for _ in range(2))
    assert first.id != second.id
    attachments.remove_attachment(ana, first.id)
    assert len(pieces(tmp_path)) == 1
    assert attachments.get_attachment(ana, second.id).content == SHOT


def test_what_was_removed_is_erased_and_only_that_it_was_there_stays_known(ana, case, tmp_path):
    made = attachments.add_attachment(ana, case, SHOT, name="shot.png")
    before = made.position
    attachments.remove_attachment(ana, made.id)
    assert pieces(tmp_path) == []
    assert attachments.list_attachments(ana, case).items == ()
    [then] = attachments.list_attachments(ana, case, as_of=before)
    assert (then.id, then.name) == (made.id, None)
    for again in (attachments.get_attachment, attachments.remove_attachment):
        with pytest.raises(NotFound, match="was removed"):
            again(ana, made.id)


def test_a_removal_that_was_killed_before_the_vault_let_go_is_finished_by_removing_again(ws, ana, case, tmp_path):
    made = attachments.add_attachment(ana, case, SHOT, name="shot.png")
    [piece] = pieces(tmp_path)
    held = piece.read_bytes()
    attachments.remove_attachment(ana, made.id)
    piece.write_bytes(held)
    with pytest.raises(NotFound, match="already"):
        attachments.remove_attachment(ana, made.id)
    assert pieces(tmp_path) == []


def test_a_file_that_the_catalog_does_not_take_leaves_nothing_in_the_vault(ws, case, tmp_path):
    people.add_person(ws, "eve")
    eve = people.grant(ws, "eve", "annotator")
    late = ws.serving("late", actor=actor_of(eve), authority=Granted(eve))
    attachments.add_attachment(late, case, SHOT, name="shot.png")
    # Since the call began, as the catalog sees it when it is about to commit.
    people.revoke_person(ws, "eve", "annotator")
    before = pieces(tmp_path)
    with pytest.raises(Denied, match="nothing was written"):
        attachments.add_attachment(late, case, SHOT, name="again.png")
    assert pieces(tmp_path) == before
    assert [each.name for each in attachments.list_attachments(ws, case)] == ["shot.png"]


def test_readers_see_that_there_is_a_file_and_neither_get_add_nor_remove_one(ana, ws_as, case, tmp_path):
    made = attachments.add_attachment(ana, case, SHOT, name="shot.png")
    cy = ws_as("cy", role="reader")
    assert attachments.list_attachments(cy, case).items == (made,)
    for refused in (
        lambda: attachments.get_attachment(cy, made.id),
        lambda: attachments.add_attachment(cy, case, b"x", name="x"),
        lambda: attachments.remove_attachment(cy, made.id),
    ):
        with pytest.raises(Denied):
            refused()
    assert len(pieces(tmp_path)) == 1


def test_a_guarded_file_is_there_only_for_whoever_is_cleared_for_it(ws_as, ana, case):
    dan = ws_as("dan", role="verifier", clearance="secret")
    made = attachments.add_attachment(dan, case, SHOT, name="shot.png", sensitivity=Sensitivity.SECRET)
    assert attachments.list_attachments(ana, case).items == ()
    with pytest.raises(NotFound) as hidden:
        attachments.get_attachment(ana, made.id)
    with pytest.raises(NotFound) as unknown:
        attachments.get_attachment(ana, "attachment-000000000000")
    assert str(hidden.value).replace(made.id, "ID") == str(unknown.value).replace("attachment-000000000000", "ID")


def test_nobody_attaches_what_they_could_not_get_back(ana, case):
    with pytest.raises(Denied, match="above the clearance of ana"):
        attachments.add_attachment(ana, case, SHOT, name="shot.png", sensitivity=Sensitivity.RESTRICTED)


def test_a_file_is_never_less_guarded_than_its_case(ana, case):
    assert (
        attachments.add_attachment(ana, case, SHOT, name="shot.png", sensitivity=Sensitivity.PUBLIC).sensitivity
        is Sensitivity.INTERNAL
    )


def test_of_another_team_nobody_sees_or_touches_a_file(ana, ws_as, case):
    made = attachments.add_attachment(ana, case, SHOT, name="shot.png")
    stranger = ws_as("eve", role="admin", clearance="secret", team="others")
    for hidden in (attachments.get_attachment, attachments.remove_attachment):
        with pytest.raises(NotFound):
            hidden(stranger, made.id)
    with pytest.raises(NotFound):
        attachments.add_attachment(stranger, case, b"x", name="x")


def test_a_rotation_of_keys_takes_files_along(ws, ana, case):
    made = attachments.add_attachment(ana, case, SHOT, name="shot.png")
    assert actions.rotate(ws).pieces == 1
    assert attachments.get_attachment(ana, made.id).content == SHOT
