"""A catalog is saved while others write to it, and restored elsewhere: what it says is what it said at that position."""

from __future__ import annotations

import json
import shutil
import threading
from pathlib import Path

import pytest

import remiss
from remiss import backup, capture, understand
from remiss.catalog import actions as catalog
from remiss.catalog import attachment_actions as attachments
from remiss.catalog import evidence_actions as evidence
from remiss.errors import Conflict, Denied, InputError, SettingError, StorageError
from remiss.faces.cli.main import run as command
from remiss.govern import actions as keys
from remiss.govern import audit_actions as audit
from remiss.records.case import Filing
from tests.conftest import DATABASES
from tests.databases import database_on
from tests.stories.logs import MONDAY, WEEK, small_log

# What has to do with files alone.
ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"])


@pytest.fixture(params=DATABASES)
def database(request):
    """Who backs up has the database itself."""
    return request.param


@pytest.fixture
def log(tmp_path):
    return small_log(tmp_path / "log")


@pytest.fixture
def run(ws, once, log):
    return once(ws, "one_week", lambda: capture.capture(ws, log.protocol, since=MONDAY, until=MONDAY + WEEK).id)


@pytest.fixture
def elsewhere(database, request, tmp_path):
    """Where nothing is yet: an address, and settings with folders of keys and evidence that are not there."""
    there = tmp_path / "elsewhere"
    there.mkdir()
    settings = {"REMISS_KEYS": str(there / "keys"), "REMISS_VAULT": str(there / "vault")}
    if database == "sqlite":
        yield str(there / "restored.db"), settings
    else:
        with database_on(request.getfixturevalue("postgres"), "template0") as found:
            yield found, settings


def attached(ws, run):
    """A file at a case with evidence, whose content is returned with what names both."""
    case = catalog.search(ws, "").rows[0][0]
    added = attachments.add_attachment(ws, case, b"a note", name="note.txt")
    return case, added.id


def seen(ws, run, case, attachment, position):
    """All that is to be the same: the position's figures, the run's digest, what is kept of one case, and both logs."""
    return {
        "estimate": understand.estimate(ws, "criterion:missed-delay", as_of=position),
        "run": capture.show(ws, run).digest,
        "reproduced": capture.reproduce(ws, run).verdict,
        "case": catalog.show(ws, case, as_of=position),
        "raw": evidence.show_evidence(ws, case, purpose="compare").content,
        "file": attachments.get_attachment(ws, attachment).content,
        "journal": [line for line in audit.search_audit(ws, log="journal").rows if int(line[0].partition("-")[2]) <= position],
    }


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_catalog_is_restored_elsewhere_as_it_was_at_the_position(ws, run, elsewhere, tmp_path):
    case, attachment = attached(ws, run)
    made = backup.back_up(ws, tmp_path / "saved", with_keys=True)
    position = made.position
    assert position == ws.position()
    before = seen(ws, run, case, attachment, position)
    catalog.revise(ws, case, catalog.show(ws, case).revision, title="changed after the backup")

    address, settings = elsewhere
    assert backup.restore(tmp_path / "saved", address, environment=settings) == made
    with remiss.open(address, environment=settings) as there:
        assert there.position() == position
        assert audit.verify_audit(there).sound
        assert seen(there, run, case, attachment, position) == before
        assert not [each for each in keys.doctor(there).items if each.level == "bad"]
        # And work goes on from there.
        catalog.revise(there, case, catalog.show(there, case).revision, title="changed elsewhere")
        assert audit.verify_audit(there).sound
        assert there.position() == position + 1
    assert audit.verify_audit(ws).sound


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_who_copied_everything_stands_in_the_log_of_views_and_in_the_copy(ws, run, elsewhere, tmp_path):
    backup.back_up(ws, tmp_path / "saved", with_keys=True)
    address, settings = elsewhere
    backup.restore(tmp_path / "saved", address, environment=settings)
    with remiss.open(address, environment=settings) as there:
        for each in (ws, there):
            [line] = audit.search_audit(each, action="catalog.backup").rows
            assert ws.actor.name in line


def test_while_others_write_every_backup_is_of_one_position(ws, run, address, environment, elsewhere, tmp_path):
    done = threading.Event()

    def write():
        with remiss.open(address, environment=environment) as other:
            number = 0
            while not done.is_set():
                case = catalog.file(other, Filing(model="m", at=MONDAY, title=f"case {(number := number + 1)}"))
                attachments.add_attachment(other, case.id, str(number).encode())
                catalog.show(other, case.id)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        made = [backup.back_up(ws, tmp_path / f"saved-{at}", with_keys=True) for at in range(3)]
    finally:
        done.set()
        writer.join()
    assert made[0].position < made[2].position
    assert not made[2].missing
    address, settings = elsewhere
    backup.restore(tmp_path / "saved-2", address, environment=settings)
    with remiss.open(address, environment=settings) as there:
        assert there.position() == made[2].position
        assert audit.verify_audit(there).sound
        for line in catalog.search(there, "status:candidate model:m", limit=1000).rows:
            for each in attachments.list_attachments(there, line[0]).items:
                assert attachments.get_attachment(there, each.id).content


@ON_SQLITE
def test_without_keys_the_restore_says_which_key_is_needed(ws, run, environment, elsewhere, tmp_path):
    made = backup.back_up(ws, tmp_path / "saved")
    assert not (tmp_path / "saved" / "keys").exists()
    address, settings = elsewhere
    with pytest.raises(StorageError, match=f"needs the key {made.key}, which is not in") as told:
        backup.restore(tmp_path / "saved", address, environment=settings)
    assert f"wrapping-{made.wrapping_keys[0]}.key" in told.value.do
    assert not any(Path(each).exists() for each in settings.values())

    other = Path(settings["REMISS_KEYS"])
    other.mkdir(mode=0o700)
    (other / "catalog.key").write_bytes(bytes(32))
    (other / "catalog.key").chmod(0o600)
    with pytest.raises(StorageError, match=f"needs the key {made.key}, and the key in .* is "):
        backup.restore(tmp_path / "saved", address, environment=settings)

    shutil.rmtree(other)
    shutil.copytree(environment["REMISS_KEYS"], other)
    backup.restore(tmp_path / "saved", address, environment=settings)
    with remiss.open(address, environment=settings) as there:
        assert audit.verify_audit(there).sound


@ON_SQLITE
def test_nothing_is_restored_to_where_something_is(ws, run, address, environment, elsewhere, tmp_path):
    backup.back_up(ws, tmp_path / "saved", with_keys=True)
    with pytest.raises(Conflict, match=r"is not empty|is there already"):
        backup.restore(tmp_path / "saved", address, environment=environment)
    target, settings = elsewhere
    vault = Path(settings["REMISS_VAULT"])
    vault.mkdir(mode=0o700)
    (vault / "else").write_text("x")
    with pytest.raises(Conflict, match="not of this backup"):
        backup.restore(tmp_path / "saved", target, environment=settings)
    assert [each.name for each in vault.iterdir()] == ["else"]
    assert not Path(settings["REMISS_KEYS"]).exists()
    with pytest.raises(Conflict, match="something at"):
        backup.back_up(ws, tmp_path / "saved", with_keys=True)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_the_database_alone_is_restored_beside_a_vault_that_is_newer(ws, run, environment, elsewhere, tmp_path):
    case, attachment = attached(ws, run)
    made = backup.back_up(ws, tmp_path / "saved")
    attachments.add_attachment(ws, case, b"later")
    address, _ = elsewhere
    backup.restore(tmp_path / "saved", address, database_only=True, environment=environment)
    with remiss.open(address, environment=environment) as there:
        assert there.position() == made.position
        assert attachments.get_attachment(there, attachment).content == b"a note"
        assert not [each for each in keys.doctor(there).items if each.level == "bad"]


@ON_SQLITE
def test_a_flipped_bit_is_named_and_nothing_is_restored(ws, run, elsewhere, tmp_path):
    attached(ws, run)
    made = backup.back_up(ws, tmp_path / "saved", with_keys=True)
    address, settings = elsewhere
    for name in ("manifest.json", *made.files):
        path = tmp_path / "saved" / name
        whole = path.read_bytes()
        if not whole:
            continue
        at = len(whole) // 2
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1 :])
        with pytest.raises(StorageError) as told:
            backup.check(tmp_path / "saved")
        assert str(path) in str(told.value)
        with pytest.raises(StorageError):
            backup.restore(tmp_path / "saved", address, environment=settings)
        path.write_bytes(whole)
    lost = tmp_path / "saved" / next(iter(made.files))
    lost.rename(tmp_path / "lost")
    with pytest.raises(StorageError, match=f"the backup lacks .*{lost.name}"):
        backup.check(tmp_path / "saved")
    assert not any(Path(each).exists() for each in settings.values())


@ON_SQLITE
def test_a_manifest_of_somebody_without_the_key_is_refused(ws, run, elsewhere, tmp_path):
    made = backup.back_up(ws, tmp_path / "saved", with_keys=True)
    (tmp_path / "saved" / "manifest.json").write_text(json.dumps(made.to_json(None)))
    address, settings = elsewhere
    with pytest.raises(StorageError, match="not sealed with the catalog's key"):
        backup.restore(tmp_path / "saved", address, environment=settings)
    shutil.rmtree(tmp_path / "saved" / "keys")
    (tmp_path / "saved" / "manifest.json").unlink()
    with pytest.raises(InputError, match="is no backup"):
        backup.check(tmp_path / "saved")


@ON_SQLITE
def test_evidence_that_is_gone_or_altered_is_said_and_the_rest_is_saved(ws, run, environment, tmp_path):
    attached(ws, run)
    whole = backup.back_up(ws, tmp_path / "whole").pieces
    [single] = [each for each in Path(environment["REMISS_VAULT"]).glob("??/*") if each.parent.name != "pending"]
    kept = single.read_bytes()
    single.write_bytes(kept[:-1] + bytes([kept[-1] ^ 1]))
    made = backup.back_up(ws, tmp_path / "altered")
    assert (made.pieces, len(made.missing), made.erased) == (whole - 1, 1, ())
    single.unlink()
    assert len(backup.back_up(ws, tmp_path / "gone").missing) == 1
    found = {each.name: each for each in keys.doctor(ws).items}
    assert found["vault"].level == "bad"
    assert f"1 of {whole}" in found["vault"].says


@ON_SQLITE
def test_a_rotation_that_was_cut_short_is_saved_as_it_is(ws, run, environment, elsewhere, tmp_path):
    attached(ws, run)
    ws.vault.renew(lambda stage, done: None)
    made = backup.back_up(ws, tmp_path / "saved", with_keys=True)
    assert (len(made.wrapping_keys), made.missing) == (2, ())
    address, settings = elsewhere
    backup.restore(tmp_path / "saved", address, environment=settings)
    with remiss.open(address, environment=settings) as there:
        assert keys.rotate(there).resumed


@ON_SQLITE
def test_a_backup_is_for_who_runs_the_machine_alone(ws, run, ws_as, tmp_path):
    with pytest.raises(Denied, match="whoever may see it"):
        backup.back_up(ws_as("ana", role="admin", clearance="secret", team="*"), tmp_path / "saved")
    assert not (tmp_path / "saved").exists()
    with pytest.raises(SettingError, match="is a server"):
        backup.restore(tmp_path / "saved", "http://127.0.0.1:1", environment={})


@ON_SQLITE
def test_the_commands_say_what_is_needed(ws, run, address, environment, elsewhere, tmp_path, monkeypatch, capsys):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    saved = str(tmp_path / "saved")
    assert command(["--catalog", address, "catalog", "backup", saved]) == 0
    told = capsys.readouterr()
    assert f"{saved} is the catalog at position {ws.position()}: " in told.out
    assert "save apart" in told.err
    assert command(["--catalog", address, "catalog", "backup", "--with-keys", f"{saved}-keys"]) == 0
    assert "reads everything" in capsys.readouterr().err
    assert {path.stat().st_mode & 0o077 for path in Path(f"{saved}-keys").rglob("*")} == {0}
    assert command(["catalog", "restore", saved, "--check"]) == 0
    assert f"{saved} is whole" in capsys.readouterr().out
    target, settings = elsewhere
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert command(["catalog", "restore", f"{saved}-keys", "--to", target]) == 0
    assert command(["--catalog", target, "audit", "verify"]) == 0
