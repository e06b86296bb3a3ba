"""Opening what is a catalog, and saying clearly what is not."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path
from threading import Timer

import pytest
from sqlalchemy import event, text

import remiss
from remiss import installing
from remiss.catalog import actions
from remiss.edges.stores import store as store_module
from remiss.edges.stores.connecting import open_store
from remiss.edges.stores.dialect import driving, on_disk
from remiss.errors import (
    CatalogForeign,
    CatalogMissing,
    CatalogNewer,
    CatalogOlder,
    Conflict,
    ConnectionLost,
    SettingError,
    StorageError,
)
from remiss.govern.ports.actor import Actor
from tests.databases import administering, database_on
from tests.edges.stores.acting import unlisted
from tests.edges.stores.drawing import drawn, file, member, protocol

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ANA = Actor(name="ana")


def written(address, statement):
    """Change a database behind our back."""
    engine = driving.connect(on_disk.parse_address(address)).execution_options(writes=True)
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


def test_an_empty_database_becomes_a_catalog_when_asked(empty_address, environment):
    with remiss.open(empty_address, environment=environment, create=True) as ws:
        assert ws.created
        assert ws.position() == 1
    with remiss.open(empty_address, environment=environment, create=True) as ws:
        assert not ws.created


def test_what_was_made_keeps_its_identity(empty_address, environment):
    with remiss.open(empty_address, environment=environment, create=True) as ws:
        made = ws.facts().catalog
    with remiss.open(empty_address, environment=environment) as ws:
        assert ws.facts().catalog == made


def test_a_catalog_of_a_newer_version_is_refused(address, environment):
    written(address, "UPDATE catalog_version SET version_num = '9999'")
    with pytest.raises(CatalogNewer, match=r"written by a newer remiss \(catalog version 9999, this one knows"):
        remiss.open(address, environment=environment, create=True, upgrade=True)


def test_a_catalog_of_an_older_version_needs_an_upgrade(address, environment):
    written(address, "UPDATE catalog_version SET version_num = '0000'")
    with pytest.raises(CatalogOlder, match="written by an older remiss") as refused:
        remiss.open(address, environment=environment)
    assert "remiss catalog upgrade" in refused.value.do


def test_another_program_s_database_is_refused_and_left_alone(empty_address, environment):
    written(empty_address, "CREATE TABLE customers (id INTEGER)")
    with pytest.raises(CatalogForeign, match="is not a catalog of remiss"):
        remiss.open(empty_address, environment=environment, create=True)
    written(empty_address, "DROP TABLE customers")


def test_a_file_that_is_not_a_database_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("dear diary, " * 1000)
    with pytest.raises(CatalogForeign, match=r"notes\.txt is not a catalog of remiss"):
        remiss.open(tmp_path / "notes.txt", environment={}, create=True)
    assert (tmp_path / "notes.txt").read_text().startswith("dear diary")


def test_an_empty_file_is_no_catalog_yet(tmp_path):
    (tmp_path / "empty.db").touch()
    with pytest.raises(CatalogMissing, match=r"empty\.db is empty") as refused:
        remiss.open(tmp_path / "empty.db", environment={})
    assert "remiss init" in refused.value.do


def test_a_missing_file_is_not_made_unasked(tmp_path):
    with pytest.raises(CatalogMissing, match=r"there is no catalog .*none\.db"):
        remiss.open(tmp_path / "none.db", environment={})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("name", "said"), [("", "is a folder"), ("deep/in/x.db", "there is no folder")])
def test_a_place_where_no_file_can_be_is_named(tmp_path, name, said):
    with pytest.raises(StorageError, match=said):
        remiss.open(tmp_path / name, environment={}, create=True)


def as_nobody(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run code in a child that gives up root's rights after its imports, if it has them."""
    start = (
        "import os, sys, datetime, remiss.edges.stores.migrating\n"
        "from remiss.edges.stores.connecting import open_store\n"
        "from remiss.errors import RemissError\n"
        "from remiss.govern.ports.actor import Actor\n"
        "if os.geteuid() == 0: os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "now = datetime.datetime.now(datetime.UTC)\n"
        "try:\n"
        f"    {code}\n"
        "except RemissError as error: print(type(error).__name__, error)\n"
    )
    return subprocess.run([sys.executable, "-c", start, *arguments], capture_output=True, text=True, check=True)


@pytest.fixture
def closed_folder():
    # Not tmp_path: its parents are closed to others, so that nobody could tell which folder it was.
    folder = Path("/tmp") / f"remiss-closed-{os.getpid()}"
    folder.mkdir()
    folder.chmod(0o555)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


def test_a_folder_that_may_not_be_written_is_named(closed_folder):
    told = as_nobody("open_store(sys.argv[1], create=True, now=now, actor=Actor(name='ana'))", str(closed_folder / "x.db"))
    assert told.stdout.startswith(f"StorageError the folder {closed_folder} may not be written")


def test_a_catalog_that_may_not_be_read_is_named(closed_folder, sqlite_template):
    shutil.copy(sqlite_template, closed_folder / "x.db")
    (closed_folder / "x.db").chmod(0o400 if os.geteuid() == 0 else 0o000)
    closed_folder.chmod(0o777)
    told = as_nobody("open_store(sys.argv[1], now=now, actor=Actor(name='ana'))", str(closed_folder / "x.db"))
    assert told.stdout.startswith(f"StorageError {closed_folder / 'x.db'} may not be read and written")


def test_a_full_disk_is_said_and_leaves_nothing_behind(tmp_path, sqlite_template, environment):
    shutil.copy(sqlite_template, tmp_path / "x.db")
    with remiss.open(tmp_path / "x.db", environment=environment) as ws:
        file(ws, drawn([member(1, met=["slow"])]), run="run-aaaaaaaa")

        @event.listens_for(ws._store.engine, "checkout")
        def no_room(driver, _, __):
            driver.execute("PRAGMA max_page_count = 80")

        many = [member(number, met=["slow"], text="word " * 200) for number in range(2, 400)]
        with pytest.raises(StorageError, match=r"there is no room left for .*; nothing was written"):
            file(ws, drawn(many), run="run-bbbbbbbb")
        assert ws.facts().events == 1
        assert ws.position() == 2
        assert file(ws, drawn([member(2)]), run="run-cccccccc").events_new == 1


def test_a_catalog_that_another_process_keeps_locked_is_said(tmp_path, sqlite_template, environment):
    shutil.copy(sqlite_template, tmp_path / "x.db")
    other = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
    with remiss.open(tmp_path / "x.db", environment=environment) as ws:
        other.execute("BEGIN IMMEDIATE")

        @event.listens_for(ws._store.engine, "checkout")
        def impatient(driver, _, __):
            driver.execute("PRAGMA busy_timeout = 50")

        with pytest.raises(StorageError, match="was in use by another writer"):
            file(ws, drawn([]), run="run-aaaaaaaa")
        other.execute("ROLLBACK")
        assert file(ws, drawn([]), run="run-aaaaaaaa").position == 2
    other.close()


def test_a_server_that_is_away_is_said(tmp_path):
    with pytest.raises(StorageError, match=r"postgresql://remiss@/none\?host=.* cannot be reached"):
        remiss.open(f"postgresql://remiss@/none?host={tmp_path}", environment={})


def test_a_server_that_goes_away_in_the_middle_leaves_nothing(postgres, environment):
    with database_on(postgres, "template") as address, remiss.open(address, environment=environment) as ws:

        @unlisted("test.cut-off")
        def cut_off(ws, members):
            ws.protocols.save(protocol())
            pid = ws._store.transaction.connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
            with administering(postgres) as admin:
                admin.execute(f"SELECT pg_terminate_backend({pid}, 10000)")
            ws.protocols.save(protocol(2))

        with pytest.raises(ConnectionLost, match="closed the connection"):
            cut_off(ws, [])
        assert ws.position() == 1
        assert file(ws, drawn([]), run="run-aaaaaaaa").position == 2


def test_a_user_whom_the_database_refuses_is_told_so(postgres, environment):
    with database_on(postgres, "template") as address:
        with administering(postgres) as admin:
            admin.execute("DROP ROLE IF EXISTS stranger; CREATE ROLE stranger LOGIN")
        with pytest.raises(StorageError, match=r"refuses this user: permission denied for table") as refused:
            remiss.open(address.replace("remiss@", "stranger@"), environment=environment)
        assert "ask for the rights" in refused.value.do


@pytest.mark.parametrize(("rested", "asks_first"), [(1e9, False), (0.0, True)], ids=["busy", "rested"])
def test_a_server_that_went_away_between_two_pages_is_noticed(postgres, environment, monkeypatch, rested, asks_first):
    monkeypatch.setattr(driving, "RESTED_SECONDS", rested)
    with database_on(postgres, "template") as address, remiss.open(address, environment=environment) as ws:
        file(ws, drawn([member(1, met=["slow"])]), run="run-aaaaaaaa")
        assert len(actions.search(ws, "criterion:slow", total=False)) == 1
        with administering(postgres) as admin:
            admin.execute(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = %s", (address.rsplit("/", 1)[1],)
            )
        if not asks_first:
            # A connection that was used just now is not tried before it is used again.
            with pytest.raises(ConnectionLost, match="closed the connection"):
                actions.search(ws, "criterion:slow", total=False)
        assert len(actions.search(ws, "criterion:slow", total=False)) == 1


def test_a_server_s_password_is_never_shown(tmp_path):
    with pytest.raises(StorageError) as refused:
        remiss.open(f"postgresql://remiss:hunter2@/none?host={tmp_path}", environment={})
    assert "hunter2" not in str(refused.value)


def test_a_database_that_is_not_on_the_server_is_missing(postgres):
    with pytest.raises(CatalogMissing, match=rf"there is no database {postgres}/none") as refused:
        remiss.open(f"{postgres}/none", environment={})
    assert "createdb" in refused.value.do


def test_a_database_whose_text_is_not_utf_8_is_refused(postgres):
    with administering(postgres) as admin:
        admin.execute("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' LOCALE_PROVIDER libc TEMPLATE template0")
    with pytest.raises(StorageError, match="the database's encoding is LATIN1"):
        remiss.open(f"{postgres}/latin", environment={}, create=True)


def test_a_missing_driver_is_named_with_its_extra():
    code = (
        "import sys; sys.modules['psycopg'] = None\n"
        "import remiss\n"
        "try: remiss.open('postgresql://localhost/x')\n"
        "except remiss.InputError as error: print(error)\n"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert told == f"PostgreSQL needs the driver psycopg\n  {installing.of_extra('postgres')}\n"


@pytest.mark.parametrize(
    "address",
    [
        "mysql://host/db",
        "sqlite:///",
        "sqlite:///remiss.db?x=1",
        "sqlite:///:memory:",
        "sqlite://",
        "postgresql://host",
        "https://example.org",
        "no://[x",
        "",
    ],
)
def test_an_address_that_names_no_database_is_refused(address):
    with pytest.raises(SettingError) as refused:
        open_store(address, now=NOW, actor=ANA)
    assert "sqlite:///PATH" in refused.value.do
    assert "postgresql" not in refused.value.what or address.startswith("postgresql")


def test_which_catalog_is_what_is_given_then_the_environment_then_the_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CatalogMissing, match=r"no catalog is named, and there is no remiss\.db") as refused:
        remiss.open(environment={})
    assert "remiss init" in refused.value.do
    for name in ("remiss.db", "named.db", "given.db"):
        remiss.open(name, environment={}, create=True).close()
    named = {"REMISS_CATALOG": "named.db"}
    for opened, expected in (
        (remiss.open(environment={}), "remiss.db"),
        (remiss.open(environment=named), "named.db"),
        (remiss.open("given.db", environment=named), "given.db"),
    ):
        assert opened.address == expected
        opened.close()


def test_every_sqlite_connection_is_durable_and_leaves_checkpoints_to_us(tmp_path):
    store = open_store(str(tmp_path / "x.db"), create=True, now=NOW, actor=ANA)
    pragmas = ("journal_mode", "synchronous", "foreign_keys", "wal_autocheckpoint")
    with store.reading() as connection:
        found = [connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in pragmas]
    store.close()
    assert found == ["wal", 2, 1, 0]


def test_every_connection_to_a_server_waits_for_the_disk_whatever_the_server_s_default(postgres, environment):
    with database_on(postgres, "template") as address, remiss.open(address, environment=environment) as ws:
        with administering(postgres) as admin:
            assert admin.execute("SHOW synchronous_commit").fetchone() == ("off",)
        with ws._store.reading() as connection:
            assert connection.exec_driver_sql("SHOW synchronous_commit").scalar_one() == "on"


def test_one_process_at_a_time_folds_the_log_back(tmp_path):
    store = open_store(str(tmp_path / "x.db"), create=True, now=NOW, actor=ANA)
    log = tmp_path / "x.db-wal"
    holder = (
        "import fcntl, os, sys\n"
        "fcntl.flock(os.open(sys.argv[1], os.O_RDWR | os.O_CREAT), fcntl.LOCK_EX)\n"
        "print('held', flush=True); sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", holder, str(tmp_path / "x.db-fold")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with store.writing(ANA, "test", NOW):
            pass
        assert not on_disk.fold(store.engine)
        assert log.stat().st_size > 0
        other.communicate()
    assert on_disk.fold(store.engine)
    assert log.stat().st_size == 0
    store.close()


def test_a_long_log_is_folded_back_after_a_commit(tmp_path, environment, monkeypatch):
    few = 4_000_000
    monkeypatch.setattr(store_module, "FOLD_BYTES", few)
    with remiss.open(tmp_path / "x.db", environment=environment, create=True) as ws:
        text_of = "word " * 4000
        file(ws, drawn([member(number, met=["slow"], text=text_of) for number in range(260)]), run="run-aaaaaaaa")
        assert (tmp_path / "x.db-wal").stat().st_size == 0
        assert (tmp_path / "x.db").stat().st_size > few


def test_a_new_catalog_that_another_has_open_is_not_taken_away(tmp_path):
    path = tmp_path / "remiss.db"
    ours = open_store(str(path), create=True, now=NOW, actor=ANA)
    theirs = open_store(str(path), now=NOW, actor=Actor(name="bo"))
    with theirs.reading():
        assert not ours.take_away()
    with theirs.writing(Actor(name="bo"), "test", NOW):
        pass
    theirs.close()
    assert not ours.take_away()
    assert path.exists()
    ours.close()


def test_whoever_opened_a_catalog_that_was_taken_away_writes_nothing_and_is_told(tmp_path):
    path = tmp_path / "remiss.db"
    ours = open_store(str(path), create=True, now=NOW, actor=ANA)
    theirs = open_store(str(path), now=NOW, actor=Actor(name="bo"))
    theirs.engine.dispose()
    assert ours.take_away()
    assert list(tmp_path.iterdir()) == []
    open_store(str(path), create=True, now=NOW, actor=ANA).close()
    with pytest.raises(Conflict, match="was removed or replaced"), theirs.writing(Actor(name="bo"), "test", NOW):
        pass
    theirs.close()


def test_all_files_of_a_catalog_are_their_owner_s_alone_whatever_the_umask(tmp_path, environment):
    # They were made with mode 0644.
    before = os.umask(0o022)
    try:
        with remiss.open(str(tmp_path / "remiss.db"), environment=environment, create=True) as ws:
            actions.search(ws, "")
            made = {path.name: path.stat().st_mode & 0o077 for path in tmp_path.iterdir() if path.is_file()}
    finally:
        os.umask(before)
    assert {"remiss.db", "remiss.db-wal", "remiss.db-shm", "remiss.db.views", "remiss.db.views-wal"} <= set(made)
    assert set(made.values()) == {0}


def test_a_file_that_others_may_read_is_named_by_doctor(tmp_path, environment):
    with remiss.open(str(tmp_path / "remiss.db"), environment=environment, create=True) as ws:
        assert [check for check in ws.health.checks() if check.name == "files"] == []
        (tmp_path / "remiss.db").chmod(0o640)
        (found,) = [check for check in ws.health.checks() if check.name == "files"]
    assert (found.level, "remiss.db" in found.says, "chmod 600" in found.do) == ("note", True, True)


@pytest.mark.parametrize("database", ["postgresql"])
def test_a_server_that_is_asked_by_many_again_and_again_makes_no_connection_twice(address, environment):
    made = []
    with remiss.open(address, environment=environment) as ws:
        event.listen(ws._store.engine, "connect", lambda *_: made.append(1))
        for _ in range(2):
            with ExitStack() as held:
                for _ in range(16):
                    held.enter_context(ws._store.engine.connect())
    assert len(made) <= 16


def test_a_new_file_that_somebody_else_is_writing_to_is_waited_for_before_it_is_made_durable(tmp_path):
    """Of two who look first at the same moment, neither is told that the other wrote for 30 seconds."""
    path = tmp_path / "new.db"
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("CREATE TABLE one (two)")
        other.execute("BEGIN IMMEDIATE")
        ending = Timer(0.3, lambda: other.execute("COMMIT"))
        ending.start()
        engine = driving.connect(on_disk.parse_address(str(path)))
        with engine.connect() as connection:
            on_disk.make_durable(connection)
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
        ending.join()
        engine.dispose()


def test_a_file_in_which_somebody_writes_for_too_long_is_not_made_durable(tmp_path, monkeypatch):
    monkeypatch.setattr(on_disk, "BUSY_MS", 200)
    path = tmp_path / "new.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("CREATE TABLE one (two)")
        other.execute("BEGIN IMMEDIATE")
        engine = driving.connect(on_disk.parse_address(str(path)))
        began = time.monotonic()
        with engine.connect() as connection, pytest.raises(StorageError, match="in use by another writer"):
            on_disk.make_durable(connection)
        assert time.monotonic() - began >= 0.2
        engine.dispose()
