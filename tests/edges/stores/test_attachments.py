"""Who may add, see and remove files, on both databases; and what is left of them where."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from remiss.catalog import actions as catalog
from remiss.catalog import attachment_actions as attachments
from remiss.errors import Conflict, Denied, NotFound
from remiss.govern import actions
from remiss.govern import people_actions as people
from remiss.govern.authority import Granted, actor_of
from remiss.records.case import Filing, Sensitivity
from tests.stories.logs import MONDAY

CHANGES = (attachments.remove_attachment, attachments.restore_attachment, attachments.erase_attachment)
WAYS = dict(zip(("remove", "restore", "erase"), CHANGES, strict=True))
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


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_file_is_listed_and_given_back_as_it_was(ana, case):
    made = attachments.add_attachment(ana, case, SHOT, name="shot.png")
    assert (made.case, made.name, made.size, made.person) == (case, "shot.png", len(SHOT), "ana")
    assert attachments.list_attachments(ana, case).items == (made,)
    assert attachments.get_attachment(ana, made.id).content == SHOT


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_nothing_of_it_lies_on_the_disk_as_it_is(ana, case, tmp_path):
    attachments.add_attachment(ana, case, SHOT, name="shot.png")
    [piece] = pieces(tmp_path)
    assert b"traveller" not in piece.read_bytes()


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_of_the_same_file_twice_one_is_erased_and_the_other_stays(ana, case, tmp_path):
    first, second = (attachments.add_attachment(ana, case, SHOT, name="shot.png") for _ in range(2))
    assert first.id != second.id
    attachments.erase_attachment(ana, first.id)
    assert len(pieces(tmp_path)) == 1
    assert attachments.get_attachment(ana, second.id).content == SHOT


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_what_was_removed_is_kept_and_restored_as_it_was_and_history_has_both(ana, case, tmp_path):
    made = attachments.add_attachment(ana, case, SHOT, name="shot.png")
    gone = attachments.remove_attachment(ana, made.id)
    assert (gone.name, gone.removed_by) == ("shot.png", "ana")
    assert len(pieces(tmp_path)) == 1
    removed = ana.position()
    assert attachments.list_attachments(ana, case).items == ()
    assert attachments.list_attachments(ana, case, removed=True).items == (gone,)
    assert attachments.get_attachment(ana, made.id).content == SHOT
    assert attachments.restore_attachment(ana, made.id) == made
    assert attachments.list_attachments(ana, case).items == (made,)
    assert attachments.list_attachments(ana, case, removed=True).items == ()
    for position, listed in ((made.position - 1, ()), (made.position, (made,)), (removed, ()), (removed + 1, (made,))):
        assert attachments.list_attachments(ana, case, as_of=position).items == listed
    assert attachments.list_attachments(ana, case, removed=True, as_of=removed).items == (gone,)
    again = attachments.remove_attachment(ana, made.id)
    assert attachments.list_attachments(ana, case, removed=True).items == (again,)


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_what_was_erased_is_gone_and_only_that_it_was_there_stays_known(ana, case, tmp_path):
    made, other = (attachments.add_attachment(ana, case, SHOT, name=name) for name in ("shot.png", "desk.png"))
    attachments.remove_attachment(ana, other.id)
    before = ana.position()
    for each in (made, other):
        assert attachments.erase_attachment(ana, each.id).name is None
    assert pieces(tmp_path) == []
    for removed in (False, True):
        assert attachments.list_attachments(ana, case, removed=removed).items == ()
        [then] = attachments.list_attachments(ana, case, removed=removed, as_of=before)
        assert (then.id, then.name) == ((other if removed else made).id, None)
    for again in (
        attachments.get_attachment,
        attachments.remove_attachment,
        attachments.restore_attachment,
        attachments.erase_attachment,
    ):
        with pytest.raises(NotFound, match="was erased"):
            again(ana, made.id)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_one_removes_and_restores_once(ana, case):
    made = attachments.add_attachment(ana, case, SHOT, name="shot.png")
    with pytest.raises(Conflict, match="was not removed"):
        attachments.restore_attachment(ana, made.id)
    attachments.remove_attachment(ana, made.id)
    with pytest.raises(Conflict, match="was removed already"):
        attachments.remove_attachment(ana, made.id)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_nobody_but_its_author_or_a_steward_removes_restores_or_erases_a_file(ana, ws_as, case, tmp_path):
    cur = ws_as("cur", role="curator")
    made = attachments.add_attachment(cur, case, SHOT, name="shot.png")
    for each in (ana, ws_as("di", role="curator")):
        for change in CHANGES:
            with pytest.raises(Denied, match="without attachment:remove"):
                change(each, made.id)
    attachments.remove_attachment(cur, made.id)
    for each in (ana, ws_as("rea", role="reader")):
        assert attachments.list_attachments(each, case, removed=True).items == ()
        with pytest.raises((NotFound, Denied)):
            attachments.get_attachment(each, made.id)
    sten = ws_as("sten", role="steward")
    assert [each.id for each in attachments.list_attachments(sten, case, removed=True)] == [made.id]
    assert attachments.get_attachment(sten, made.id).content == SHOT
    assert attachments.restore_attachment(sten, made.id) == made
    assert attachments.remove_attachment(sten, made.id).removed_by == "sten"
    assert attachments.restore_attachment(cur, made.id) == made
    attachments.erase_attachment(sten, made.id)
    assert pieces(tmp_path) == []


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_steward_of_another_team_removes_nothing(ana, ws_as, case):
    made = attachments.add_attachment(ana, case, SHOT, name="shot.png")
    with pytest.raises(NotFound):
        attachments.remove_attachment(ws_as("sten", role="steward", team="others"), made.id)


def test_an_erasure_that_was_killed_before_the_vault_let_go_is_finished_by_erasing_again(ana, case, tmp_path):
    made = attachments.add_attachment(ana, case, SHOT, name="shot.png")
    [piece] = pieces(tmp_path)
    held = piece.read_bytes()
    attachments.erase_attachment(ana, made.id)
    piece.write_bytes(held)
    with pytest.raises(NotFound, match="already"):
        attachments.erase_attachment(ana, made.id)
    assert pieces(tmp_path) == []


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_change_that_the_catalog_does_not_take_leaves_the_content_where_it_is(ana, case, tmp_path):
    made = attachments.add_attachment(ana, case, SHOT, name="shot.png")
    with pytest.raises(Conflict):
        attachments.restore_attachment(ana, made.id)
    assert len(pieces(tmp_path)) == 1


@pytest.mark.parametrize(
    ("begun", "ways"),
    [
        ((), ("remove", "remove")),
        (("remove",), ("restore", "restore")),
        (("remove",), ("restore", "erase")),
        ((), ("remove", "erase")),
        ((), ("erase", "erase")),
    ],
    ids=str,
)
def test_of_two_who_change_a_file_at_once_one_is_told_or_both_come_one_after_the_other(
    ws, ana, ws_as, case, tmp_path, begun, ways
):
    made = attachments.add_attachment(ana, case, SHOT, name="shot.png")
    for way in begun:
        WAYS[way](ana, made.id)
    before = ws.position()
    people_ = (ana, ws_as("sten", role="steward"))
    barrier = Barrier(2)

    def attempt(person, way):
        barrier.wait()
        try:
            return WAYS[way](person, made.id)
        except (Conflict, NotFound):
            return None

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(attempt, people_, ways))
    wrote = sum(each is not None for each in done)
    assert ws.position() == before + wrote
    assert 1 <= wrote <= len(set(ways))
    listed, removed = (attachments.list_attachments(ws, case, removed=each).items for each in (False, True))
    if "erase" in ways:
        assert done[1] is not None or ways[0] == "erase"
        assert (listed, removed, pieces(tmp_path)) == ((), (), [])
    else:
        assert [each.id for each in (removed if ways[0] == "remove" else listed)] == [made.id]
        assert len(listed) + len(removed) == len(pieces(tmp_path)) == 1


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


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_readers_see_that_there_is_a_file_and_neither_get_add_nor_remove_one(ana, ws_as, case, tmp_path):
    made = attachments.add_attachment(ana, case, SHOT, name="shot.png")
    cy = ws_as("cy", role="reader")
    assert attachments.list_attachments(cy, case).items == (made,)
    for refused in (
        lambda: attachments.get_attachment(cy, made.id),
        lambda: attachments.add_attachment(cy, case, b"x", name="x"),
        *(lambda change=change: change(cy, made.id) for change in CHANGES),
    ):
        with pytest.raises(Denied):
            refused()
    assert len(pieces(tmp_path)) == 1


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_guarded_file_is_there_only_for_whoever_is_cleared_for_it(ws_as, ana, case):
    dan = ws_as("dan", role="verifier", clearance="secret")
    made = attachments.add_attachment(dan, case, SHOT, name="shot.png", sensitivity=Sensitivity.SECRET)
    assert attachments.list_attachments(ana, case).items == ()
    with pytest.raises(NotFound) as hidden:
        attachments.get_attachment(ana, made.id)
    with pytest.raises(NotFound) as unknown:
        attachments.get_attachment(ana, "attachment-000000000000")
    assert str(hidden.value).replace(made.id, "ID") == str(unknown.value).replace("attachment-000000000000", "ID")


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_nobody_attaches_what_they_could_not_get_back(ana, case):
    with pytest.raises(Denied, match="above the clearance of ana"):
        attachments.add_attachment(ana, case, SHOT, name="shot.png", sensitivity=Sensitivity.RESTRICTED)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_file_is_never_less_guarded_than_its_case(ana, case):
    assert (
        attachments.add_attachment(ana, case, SHOT, name="shot.png", sensitivity=Sensitivity.PUBLIC).sensitivity
        is Sensitivity.INTERNAL
    )


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_of_another_team_nobody_sees_or_touches_a_file(ana, ws_as, case):
    made = attachments.add_attachment(ana, case, SHOT, name="shot.png")
    stranger = ws_as("eve", role="admin", clearance="secret", team="others")
    for hidden in (attachments.get_attachment, *CHANGES):
        with pytest.raises(NotFound):
            hidden(stranger, made.id)
    with pytest.raises(NotFound):
        attachments.add_attachment(stranger, case, b"x", name="x")


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_rotation_of_keys_takes_files_along(ws, ana, case):
    made = attachments.add_attachment(ana, case, SHOT, name="shot.png")
    assert actions.rotate(ws).pieces == 1
    assert attachments.get_attachment(ana, made.id).content == SHOT
