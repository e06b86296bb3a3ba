"""The journal is sealed as it is written, and whatever is changed in the database afterwards is found."""

from __future__ import annotations

import json
import shutil
from contextlib import suppress

import pytest
from sqlalchemy import delete, insert, select, text, update

import remiss
from remiss.catalog import actions as catalog
from remiss.curate import labelling_actions as curate
from remiss.edges.stores.tables import audit_heads, catalog_head, journal, views
from remiss.errors import Denied, InputError, NotFound, StorageError, Tampered
from remiss.govern import audit_actions as audit
from remiss.govern.audit.checkpoint import Verifier, read_notes
from remiss.govern.audit.merkle import included, leaf_hash
from remiss.records.case import Filing
from remiss.records.identity import from_micros
from remiss.records.labelling import Judgement, Verdict
from tests.edges.stores.acting import unlisted
from tests.edges.stores.drawing import MONDAY, drawn, file, member, protocol


@unlisted("test.write", permission="test:write", subject="name")
def write(ws, name):
    """Save a protocol."""
    ws.protocols.save(protocol(1, name=name))


def asked(ws, question):
    with ws._store.engine.connect() as connection:
        return connection.execute(question).all()


def verdict(ws, **options):
    found, _ = audit.verify_audit(ws, **options)
    assert found.log == "journal"
    return found


def altering(ws, *statements):
    """Change the database as somebody would who has its password, and not our program."""
    with ws._store.engine.execution_options(writes=True).connect() as connection, connection.begin():
        for statement in statements:
            connection.execute(statement)


@pytest.fixture
def busy(ws):
    """A catalog with nine entries in its journal: its making, and eight changes."""
    for number in range(6):
        write(ws, f"p{number}")
    case = catalog.file(ws, Filing(model="m", at=MONDAY, title="seen"))
    catalog.revise(ws, case.id, 1, note="again")
    return ws


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_catalog_that_was_left_alone_is_sound(busy):
    found = verdict(busy)
    assert (found.sound, found.entries, found.first, found.against) == (True, 9, None, ("the catalog's key",))


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_verification_tells_how_far_it_is(busy, monkeypatch):
    monkeypatch.setattr("remiss.edges.stores.audit.BLOCK", 4)
    signed, told = audit.checkpoint(busy), []
    text = "\n".join(signed.notes)
    with busy.reporting(lambda stage, share: told.append((stage, share))):
        audit.verify_audit(busy)
        assert told == [("verifying journal", 4 / 9), ("verifying journal", 8 / 9), ("verifying journal", 1.0)]
        audit.verify_audit(busy, checkpoint=text, key=signed.key)
        assert told[3:] == told[:3]
        told.clear()
        altering(busy, delete(journal).where(journal.c.position == 9))
        audit.verify_audit(busy)
    assert told[:2] == [("verifying journal", 4 / 9), ("verifying journal", 8 / 9)]


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_catalog_with_which_nothing_was_done_is_sound_and_has_nothing_to_sign(ws):
    assert verdict(ws).sound
    with pytest.raises(InputError, match="nothing was done with this catalog yet"):
        audit.checkpoint(ws)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_another_process_goes_on_where_this_one_ended(busy, environment):
    with remiss.open(busy.address, environment=environment) as other:
        write(other, "other")
    write(busy, "after")
    assert (verdict(busy).sound, verdict(busy).entries) == (True, 11)


ALTERED = {
    "recorded_at": from_micros(0),
    "actor": "nobody",
    "action": "case.show",
    "subjects": ["p9"],
    "request_id": "r1",
    "digests": {"arguments": "0" * 64},
    "team_id": "other",
    "sensitivity": 3,
    "role": "reader",
    "leaf": bytes(32),
    "seal": bytes(32),
}


@pytest.mark.parametrize("column", [column.name for column in journal.c if column.name != "position"])
def test_an_entry_that_is_altered_in_any_column_is_named(busy, column):
    for position in (1, 4, 9):
        [(kept,)] = asked(busy, select(journal.c[column]).where(journal.c.position == position))
        here = journal.c.position == position
        altering(busy, update(journal).where(here).values({column: ALTERED[column]}))
        found = verdict(busy)
        assert (found.sound, found.first) == (False, position)
        altering(busy, update(journal).where(here).values({column: kept}))
    assert verdict(busy).sound


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_an_entry_that_is_removed_is_named(busy):
    altering(busy, delete(journal).where(journal.c.position == 4))
    found = verdict(busy)
    assert (found.first, found.what) == (4, "entry 4 was removed")


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_entries_that_are_cut_off_are_named(busy):
    altering(busy, delete(journal).where(journal.c.position > 6))
    found = verdict(busy)
    assert (found.first, found.what) == (7, "entry 7 and all after it were cut off: there were 9")


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_entries_that_change_places_are_named(busy):
    def moved(before, after):
        return update(journal).where(journal.c.position == before).values(position=after)

    altering(busy, moved(5, 100), moved(7, 5), moved(100, 7))
    assert verdict(busy).first == 5


def test_an_entry_that_is_inserted_is_named(busy):
    up = [update(journal).where(journal.c.position == at).values(position=at + 1) for at in (9, 8, 7)]
    row = {"position": 7, "recorded_at": MONDAY, "actor": "bo", "action": "case.revise", "subjects": [], "digests": {}}
    altering(busy, *up, insert(journal).values(row | {"leaf": bytes(32), "seal": bytes(32)}))
    assert verdict(busy).first == 7


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_an_entry_that_was_not_sealed_is_named(busy):
    row = {"position": 10, "recorded_at": MONDAY, "actor": "bo", "action": "catalog.upgrade", "subjects": [], "digests": {}}
    altering(busy, insert(journal).values(row))
    assert verdict(busy).first == 10


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
@pytest.mark.parametrize("column", ["size", "roots", "link", "seal"])
def test_a_head_that_is_altered_is_found(busy, column):
    values = {"size": 8, "roots": bytes(64), "link": bytes(32), "seal": bytes(32)}
    altering(busy, update(audit_heads).values({column: values[column]}))
    assert not verdict(busy).sound


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_head_that_is_gone_is_found(busy):
    altering(busy, delete(audit_heads))
    found = verdict(busy)
    assert (found.sound, found.first) == (False, 10)


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_a_journal_that_was_made_to_look_new_is_found(busy):
    altering(
        busy,
        delete(audit_heads),
        delete(journal).where(journal.c.position > 1),
        update(journal).values(leaf=None, seal=None),
        update(catalog_head).values(position=1),
    )
    assert not verdict(busy).sound
    with pytest.raises(Tampered, match="what was kept of the end of the journal is gone"):
        write(busy, "more")


def test_nothing_is_written_over_what_was_altered(busy):
    altering(busy, delete(journal).where(journal.c.position > 6), update(catalog_head).values(position=6))
    with pytest.raises(Tampered, match="does not end where it was sealed"):
        write(busy, "more")
    altering(busy, update(audit_heads).values(size=6, roots=bytes(64)))
    with pytest.raises(Tampered, match="does not end where it was sealed"):
        write(busy, "more")
    altering(busy, update(audit_heads).values(roots=b"x"))
    with pytest.raises(Tampered, match="what is kept of the end of the journal was altered"):
        write(busy, "more")
    assert not verdict(busy).sound


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_change_leaves_digests_of_before_and_after_and_never_content(busy):
    rows = asked(busy, select(journal).order_by(journal.c.position))
    filed, revised = rows[-2:]
    (case,) = filed.digests["changes"]
    nothing, made = filed.digests["changes"][case]
    before, after = revised.digests["changes"][case]
    assert nothing is None
    assert made == before != after
    assert all(len(each) == 64 for each in (made, after))
    assert "seen" not in str(rows)
    assert "again" not in str(rows)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_digests_of_two_cases_that_stand_alike_are_not_alike(ws, ws_as):
    """Else whoever reads the audit would see which annotated cases nobody had suggested anything of: those that were controls."""
    file(ws, drawn([member(1, met=["slow"]), member(2, met=["slow"])]), run="run-a0000000")
    ana = ws_as("ana", role="annotator")
    for case in [line["id"] for line in catalog.search(ws)]:
        curate.annotate(ana, case, 1, Judgement(verdict=Verdict.WRONG_LABEL))
    rows = asked(ws, select(journal).where(journal.c.action == "case.annotate"))
    stood = [tuple(row.digests["changes"][row.subjects[-1]]) for row in rows]
    assert len(stood) == 2
    assert not set(stood[0]) & set(stood[1])
    # What gives no case away is the same in both, and so is told apart by who did it alone.
    assert len({row.digests["arguments"] for row in rows}) == 2


def test_who_does_the_same_as_another_leaves_another_digest(ws, ws_as):
    for name in ("ana", "bo"):
        acting = ws_as(name, role="curator")
        for _ in range(2):
            catalog.file(acting, Filing(model="m", at=MONDAY, title="seen"))
            catalog.search(acting, "model:m")
    rows = asked(ws, select(journal).where(journal.c.action == "case.file"))
    given = [row.digests["arguments"] for row in rows]
    assert given[0] == given[1] != given[2] == given[3]
    with ws._store.views.reading() as connection:
        looks = [json.loads(row.entry)["digests"] for row in connection.execute(select(views).order_by(views.c.n))]
    assert looks[0] == looks[1] != looks[2] == looks[3]
    assert not set(looks[0].values()) & set(looks[2].values())


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_whoever_has_a_checkpoint_and_its_key_needs_no_key_of_the_catalog(busy, tmp_path):
    signed = audit.checkpoint(busy)
    notes = "\n".join(signed.notes)
    write(busy, "later")
    altering(busy, update(journal).where(journal.c.position == 3).values(actor="nobody"))
    shutil.rmtree(tmp_path / "keys")
    with remiss.open(busy.address, environment={"REMISS_KEYS": str(tmp_path / "keys")}) as other:
        with pytest.raises(StorageError, match="the key of this catalog is missing"):
            audit.verify_audit(other)
        found = verdict(other, checkpoint=notes, key=signed.key)
        assert (found.sound, found.first, found.against) == (False, 3, ("the checkpoint of 9 entries",))
        altering(other, update(journal).where(journal.c.position == 3).values(actor=busy.actor.name))
        assert verdict(other, checkpoint=notes, key=signed.key).sound
        altering(other, delete(journal).where(journal.c.position > 8))
        assert not verdict(other, checkpoint=notes, key=signed.key).sound


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_checkpoint_of_another_catalog_is_refused(busy, tmp_path):
    with remiss.open(tmp_path / "other.db", environment={}, create=True) as other:
        write(other, "p")
        signed = audit.checkpoint(other)
    with pytest.raises(InputError, match="is not signed by remiss/"):
        verdict(busy, checkpoint=signed.notes[0])
    with pytest.raises(InputError, match="and this catalog is remiss/"):
        verdict(busy, checkpoint=signed.notes[0], key=signed.key)
    with pytest.raises(InputError, match="a public key alone proves nothing"):
        verdict(busy, key=signed.key)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_an_entry_is_proved_against_a_checkpoint_of_now_or_of_before(busy):
    kept = audit.checkpoint(busy)
    write(busy, "later")
    for checkpoints, size in ((None, 10), (kept.notes[0], 9)):
        proof = audit.prove(busy, "journal-3", checkpoint=checkpoints)
        (point,) = read_notes(proof.checkpoint, Verifier.of(proof.key))
        leaf = leaf_hash(proof.entry.encode() + bytes.fromhex(proof.link))
        assert (point.size, proof.size, proof.index) == (size, size, 2)
        assert included(leaf, 2, size, [bytes.fromhex(each) for each in proof.path], point.root)
    with pytest.raises(InputError, match="journal-10 came later"):
        audit.prove(busy, "journal-10", checkpoint=kept.notes[0])
    for missing in ("journal-11", "journal-999999999999999999"):
        with pytest.raises(NotFound):
            audit.prove(busy, missing)
    with pytest.raises(InputError, match="names no entry"):
        audit.prove(busy, "journal-0")


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_of_a_log_that_was_altered_nothing_is_proved_or_signed(busy):
    altering(busy, update(journal).where(journal.c.position == 3).values(actor="nobody"))
    with pytest.raises(Tampered):
        audit.prove(busy, "journal-3")
    altering(busy, update(audit_heads).values(seal=bytes(32)))
    with pytest.raises(Tampered, match="is not signed"):
        audit.checkpoint(busy)


def entries(page):
    return [line["entry"] for line in page]


def test_entries_are_found_by_who_what_on_what_and_when(busy):
    assert entries(audit.search_audit(busy, log="journal"))[::8] == ["journal-9", "journal-1"]
    assert entries(audit.search_audit(busy, action="case.revise")) == ["journal-9"]
    assert entries(audit.search_audit(busy, subject="p3")) == ["journal-5"]
    assert entries(audit.search_audit(busy, actor="nobody")) == []
    assert entries(audit.search_audit(busy, actor="no\0body")) == []
    first, second = (line["at"] for line in list(audit.search_audit(busy, log="journal", limit=2))[::-1])
    assert entries(audit.search_audit(busy, log="journal", since=second)) == ["journal-9"]
    assert entries(audit.search_audit(busy, log="journal", since=first, until=second)) == ["journal-8"]


def test_pages_go_on_where_the_one_before_ended(busy):
    found, after = [], None
    while True:
        page = audit.search_audit(busy, log="journal", limit=4, after=after)
        found += entries(page)
        after = page.next
        if after is None:
            break
    assert found == [f"journal-{number}" for number in range(9, 0, -1)]
    page = audit.search_audit(busy, limit=2)
    with pytest.raises(InputError, match="not a token of this list"):
        audit.search_audit(busy, actor="bo", after=page.next)
    for wrong in ("x", "", "W10", "bnVsbA"):
        with pytest.raises(InputError, match="not a token of this list"):
            audit.search_audit(busy, after=wrong)


def test_a_steward_of_one_team_sees_what_its_people_did(busy, ws_as):
    steward, bo = (ws_as(name, role=role, team="arrivals") for name, role in (("sam", "steward"), ("bo", "curator")))
    case = catalog.file(bo, Filing(model="m", at=MONDAY, title="by bo", team="arrivals"))
    assert entries(audit.search_audit(steward, log="journal")) == ["journal-10"]
    assert [(line["actor"], line["role"]) for line in audit.search_audit(steward, subject=case.id)] == [("bo", "curator")]
    assert audit.prove(steward, "journal-10").index == 9
    with pytest.raises(NotFound):
        audit.prove(steward, "journal-9")
    with pytest.raises(Denied, match="needs audit:read"):
        audit.search_audit(bo)


# What only SQLite lets somebody write, for it keeps anything in any column.
ANYTHING = (
    "digests = 'no json'",
    'digests = \'{"a":"\\ud800"}\'',
    "subjects = ''",
    f"subjects = '{'[' * 100_000}'",
    "subjects = 7",
    "recorded_at = 'never'",
    "actor = CAST(x'ff41' AS TEXT)",
    "role = x'ff41'",
    "leaf = 'a text'",
    "seal = 7",
    "position = 'last'",
    "position = 9.5",
)


@pytest.mark.parametrize("altered", [pytest.param(each, id=each[:24]) for each in ANYTHING])
def test_whatever_is_written_into_a_column_of_a_file_the_entry_is_named(sqlite_template, environment, tmp_path, altered):
    shutil.copy(sqlite_template, tmp_path / "altered.db")
    with remiss.open(str(tmp_path / "altered.db"), environment=environment) as ws:
        for number in range(5):
            write(ws, f"p{number}")
        number = 6 if altered.startswith("position") else 4
        altering(ws, text(f"UPDATE journal SET {altered} WHERE position = {number}"))
        found = verdict(ws)
        assert (found.sound, found.first) == (False, number)
        with suppress(Tampered, StorageError):
            audit.search_audit(ws)
        assert verdict(ws) == found


def test_a_digest_that_is_no_finite_number_any_more_is_named(busy):
    with busy._store.engine.execution_options(writes=True).connect() as connection, connection.begin():
        connection.execute(text("UPDATE journal SET digests = '{\"a\" : 1e400}' WHERE position = 4"))
    assert (verdict(busy).sound, verdict(busy).first) == (False, 4)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_program_that_goes_on_notices_that_an_earlier_state_of_the_database_was_put_back(busy, environment):
    with busy._store.reading() as connection:
        ends = connection.execute(select(audit_heads).where(audit_heads.c.log == "journal")).mappings().one()
    write(busy, "later")
    altering(
        busy,
        delete(journal).where(journal.c.position > ends["size"]),
        update(catalog_head).values(position=ends["size"]),
        update(audit_heads).where(audit_heads.c.log == "journal").values(dict(ends)),
    )
    with pytest.raises(Tampered, match="the journal has 9 entries and had 10 before: an earlier state of the database"):
        write(busy, "more")
    with remiss.open(busy.address, environment=environment) as fresh:
        write(fresh, "more")
        assert verdict(fresh).sound


def test_that_a_log_is_sealed_is_said_beside_the_key_though_whoever_began_it_was_killed_before(busy, environment, tmp_path):
    catalog.search(busy)
    marks = sorted((tmp_path / "keys").glob("sealed-*"))
    assert len(marks) == 2
    for each in marks:
        each.unlink()
    with remiss.open(busy.address, environment=environment) as ws:
        write(ws, "more")
        catalog.search(ws)
    assert sorted((tmp_path / "keys").glob("sealed-*")) == marks


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_the_key_of_another_catalog_accuses_nobody(busy, tmp_path):
    # Entry 1 "was replaced by somebody without the key", and `doctor` said that the key is there.
    other = {"REMISS_KEYS": str(tmp_path / "of another"), "REMISS_VAULT": busy.settings.vault}
    with remiss.open(str(tmp_path / "another.db"), environment=other, create=True) as another:
        write(another, "p")
        (right,) = asked(another, select(catalog_head.c.key_name))[0]
    (needed,) = asked(busy, select(catalog_head.c.key_name))[0]
    with remiss.open(busy.address, environment=other) as ws:
        with pytest.raises(StorageError) as refused:
            audit.verify_audit(ws)
        with pytest.raises(StorageError, match=needed):
            write(ws, "by the wrong key")
        found = {check.name: check for check in ws.health.checks()}["key"]
    assert needed in refused.value.what
    assert right in refused.value.what
    assert "REMISS_KEYS" in refused.value.do
    assert (found.level, needed in found.says) == ("bad", True)
    found = {check.name: check for check in busy.health.checks()}["key"]
    assert (found.level, needed in found.says) == ("ok", True)
    assert verdict(busy).entries == 9


def test_a_catalog_of_before_keys_had_names_gets_that_of_its_key_by_the_next_change(busy):
    (needed,) = asked(busy, select(catalog_head.c.key_name))[0]
    altering(busy, update(catalog_head).values(key_name=None))
    with remiss.open(busy.address, environment={"REMISS_KEYS": busy.settings.keys}) as later:
        assert verdict(later).sound
        write(later, "q")
        assert asked(later, select(catalog_head.c.key_name))[0] == (needed,)
    assert verdict(busy).entries == 10
