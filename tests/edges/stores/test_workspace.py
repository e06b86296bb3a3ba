"""What performing an action means: who may, one transaction, one row of the journal."""

from __future__ import annotations

import getpass
import os
import pwd
import shutil
from contextlib import contextmanager

import pytest
from sqlalchemy import select

import remiss
from remiss.catalog import actions as catalog
from remiss.edges.stores import connecting, migrating
from remiss.edges.stores.logs.journal import Transaction
from remiss.edges.stores.tables import journal
from remiss.edges.stores.version import LATEST
from remiss.errors import CatalogOlder, Denied, StorageError
from remiss.govern.authority import Granted
from remiss.records.case import Filing
from remiss.records.person import Person
from tests.edges.stores.acting import unlisted
from tests.edges.stores.drawing import MONDAY, drawn, file, member, protocol


@unlisted("test.write", permission="test:write", subject="name")
def write(ws, name, *, fails=False):
    """Save a protocol, and perhaps fail afterwards."""
    ws.protocols.save(protocol(1, name=name))
    if fails:
        raise ValueError(name)
    return ws.now


@unlisted("test.read", permission="test:read", reads=True)
def read(ws):
    """Read twice, while somebody else writes in between."""
    before = ws.position()
    with remiss.open(ws.address, environment={"REMISS_KEYS": ws.settings.keys}) as other:
        write(other, "between")
        assert other.position() == before + 1
    return before, ws.position(), len(ws.protocols.versions())


@contextmanager
def long_work(ws, name):
    yield ws.position(), name


@unlisted("test.prepared", permission="test:write", prepare=long_work)
def prepared_write(ws, name, *, prepared=None):
    """Return what was prepared."""
    return prepared


def rows(ws):
    with ws._store.reading() as connection:
        return connection.execute(select(journal).order_by(journal.c.position)).all()


def test_a_catalog_says_what_it_is(ws):
    facts = ws.facts()
    assert facts.schema_version == LATEST
    assert (facts.position, facts.cases) == (1, 0)
    assert len(facts.catalog) == 36


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_catalog_says_what_it_held_at_a_position(ws):
    write(ws, "delays")
    file(ws, drawn([member(1, met=["slow"]), member(2)]), run="run-aaaaaaaa")
    case = catalog.file(ws, Filing(model="m", at=MONDAY, title="by hand"))
    catalog.revise(ws, case.id, 1, title="revised")
    file(ws, drawn([member(2, met=["slow"]), member(3)]), run="run-bbbbbbbb")
    held = [catalog.info(ws, as_of=position) for position in range(1, 7)]
    assert [found.position for found in held] == [1, 2, 3, 4, 5, 6]
    assert [(found.protocols, found.runs, found.events, found.cases) for found in held] == [
        (0, 0, 0, 0),
        (1, 0, 0, 0),
        (2, 1, 2, 1),
        (2, 1, 3, 2),
        (2, 1, 3, 2),
        (2, 2, 4, 3),
    ]
    assert catalog.info(ws) == held[-1]


def test_an_action_leaves_one_row_in_the_journal(ws):
    at = write(ws, "delays")
    _, row = rows(ws)
    assert (row.position, row.action, row.actor, row.recorded_at) == (2, "test.write", ws.actor.name, at)
    assert row.subjects == ["delays", "delays@1"]
    assert len(row.digests["arguments"]) == 64
    assert ws.position() == 2


def test_arguments_are_digested_under_the_catalog_s_key(ws):
    write(ws, "delays")
    write(ws, "delays")
    write(ws, "arrivals")
    _, first, second, third = (row.digests.get("arguments") for row in rows(ws))
    assert first == second != third


def test_an_action_that_fails_leaves_nothing(ws):
    with pytest.raises(ValueError, match="delays"):
        write(ws, "delays", fails=True)
    assert ws.position() == 1
    assert [row.action for row in rows(ws)] == ["catalog.init"]
    assert ws.protocols.versions() == ()
    write(ws, "delays")
    assert ws.position() == 2


def test_an_action_that_reads_sees_one_snapshot_and_leaves_no_row(ws):
    assert read(ws) == (1, 1, 0)
    assert [row.action for row in rows(ws)] == ["catalog.init", "test.write"]


def test_long_work_is_prepared_before_the_transaction_begins(ws):
    assert prepared_write(ws, "delays") == (1, "delays")


def test_to_write_outside_an_action_is_a_mistake_in_the_program(ws):
    with pytest.raises(RuntimeError, match="outside an action"):
        ws.protocols.save(protocol(1))


def test_an_action_within_an_action_is_a_mistake_in_the_program(ws):
    @unlisted("test.nested", permission="test:write")
    def nested(ws):
        """Call another action."""
        write(ws, "delays")

    with pytest.raises(RuntimeError, match="under way already"):
        nested(ws)
    assert ws.position() == 1


def test_who_acts_is_the_system_s_user_and_never_claimed(ws, monkeypatch):
    for name in ("USER", "LOGNAME", "USERNAME"):
        monkeypatch.setenv(name, "somebody-else")
    assert getpass.getuser() == "somebody-else"
    with remiss.open(ws.address, environment={}) as other:
        assert other.actor.name == pwd.getpwuid(os.geteuid()).pw_name


def test_whoever_may_not_is_refused_before_anything_happens(ws):
    ws.authority = Granted(Person(name=ws.actor.name))
    with pytest.raises(Denied, match=r"may not do test\.write: it needs test:write"):
        write(ws, "delays")
    assert ws.position() == 1


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_the_making_of_a_catalog_is_the_first_row_of_its_journal(empty_address, environment):
    with remiss.open(empty_address, environment=environment, create=True) as ws:
        (row,) = rows(ws)
        assert (row.position, row.action, row.actor) == (1, "catalog.init", ws.actor.name)
        assert row.subjects == [f"schema {LATEST}"]
        assert ws.position() == 1
    with remiss.open(empty_address, environment=environment, create=True, upgrade=True) as ws:
        assert ws.position() == 1


@pytest.fixture
def older(tmp_path, monkeypatch):
    """This program knows one migration more than the catalogs that there are."""
    folder = tmp_path / "migrations"
    shutil.copytree(migrating.FOLDER, folder)
    (folder / f"{LATEST + 1:04}_pre_more.py").write_text(
        f'import sqlalchemy as sa\nfrom alembic import op\nrevision, down_revision = "{LATEST + 1:04}", "{LATEST:04}"\n'
        'def upgrade(): op.create_table("more", sa.Column("id", sa.Integer(), primary_key=True))\n'
    )
    monkeypatch.setattr(migrating, "FOLDER", folder)
    monkeypatch.setattr(connecting, "LATEST", LATEST + 1)


def test_an_upgrade_leaves_a_row_that_names_both_versions(address, environment, older):
    with remiss.open(address, environment=environment, upgrade=True) as ws:
        row = rows(ws)[-1]
        assert (row.position, row.action, row.actor) == (2, "catalog.upgrade", ws.actor.name)
        assert row.subjects == [f"schema {LATEST} to {LATEST + 1}"]
    with remiss.open(address, environment=environment, upgrade=True) as ws:
        assert ws.position() == 2


def test_an_upgrade_that_fails_leaves_neither_row_nor_change(address, environment, older, monkeypatch):
    with monkeypatch.context() as failing:
        failing.setattr(Transaction, "write_journal", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            remiss.open(address, environment=environment, upgrade=True)
    with pytest.raises(CatalogOlder):
        remiss.open(address, environment=environment)


def test_a_key_is_made_until_something_was_done_and_never_again(address, environment, older, tmp_path):
    with remiss.open(address, environment=environment, upgrade=True) as ws:
        write(ws, "delays")
    shutil.rmtree(tmp_path / "keys")
    with (
        remiss.open(address, environment=environment) as ws,
        pytest.raises(StorageError, match="the key of this catalog is missing"),
    ):
        write(ws, "arrivals")
