"""What performing an action means: who may, one transaction, one row of the journal."""

from __future__ import annotations

import getpass
import os
import pwd

import pytest
from sqlalchemy import select

import remiss
from remiss.edges.stores.tables import journal
from remiss.errors import Denied
from tests.edges.stores.acting import unlisted
from tests.edges.stores.drawing import protocol


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
    with remiss.open(ws.facts()["address"], environment={"REMISS_KEYS": ws.settings.keys}) as other:
        write(other, "between")
        assert other.position() == before + 1
    return before, ws.position(), len(ws.protocols.versions())


def long_work(ws, name):
    return ws.position(), name


@unlisted("test.prepared", permission="test:write", prepare=long_work)
def prepared_write(ws, name, *, prepared=None):
    """Return what was prepared."""
    return prepared


def rows(ws):
    with ws.reading() as connection:
        return connection.execute(select(journal).order_by(journal.c.position)).all()


def test_a_catalog_says_what_it_is(ws):
    facts = ws.facts()
    assert facts["schema version"] == 1
    assert (facts["position"], facts["cases"]) == (0, 0)
    assert len(facts["catalog"]) == 36


def test_an_action_leaves_one_row_in_the_journal(ws):
    at = write(ws, "delays")
    (row,) = rows(ws)
    assert (row.position, row.action, row.actor, row.at) == (1, "test.write", ws.actor.name, at)
    assert row.subjects == ["delays", "delays@1"]
    assert len(row.digests["arguments"]) == 64
    assert ws.position() == 1


def test_arguments_are_digested_under_the_catalog_s_key(ws):
    write(ws, "delays")
    write(ws, "delays")
    write(ws, "arrivals")
    first, second, third = (row.digests["arguments"] for row in rows(ws))
    assert first == second != third


def test_an_action_that_fails_leaves_nothing(ws):
    with pytest.raises(ValueError, match="delays"):
        write(ws, "delays", fails=True)
    assert ws.position() == 0
    assert rows(ws) == []
    assert ws.protocols.versions() == ()
    write(ws, "delays")
    assert ws.position() == 1


def test_an_action_that_reads_sees_one_snapshot_and_leaves_no_row(ws):
    assert read(ws) == (0, 0, 0)
    assert [row.action for row in rows(ws)] == ["test.write"]


def test_long_work_is_prepared_before_the_transaction_begins(ws):
    assert prepared_write(ws, "delays") == (0, "delays")


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
    assert ws.position() == 0


def test_who_acts_is_the_system_s_user_and_never_claimed(ws, monkeypatch):
    for name in ("USER", "LOGNAME", "USERNAME"):
        monkeypatch.setenv(name, "somebody-else")
    assert getpass.getuser() == "somebody-else"
    with remiss.open(ws.facts()["address"], environment={}) as other:
        assert other.actor.name == pwd.getpwuid(os.geteuid()).pw_name


def test_whoever_may_not_is_refused_before_anything_happens(ws):
    class Nobody:
        def may(self, actor, permission):
            return False

        def scope(self, actor):
            raise AssertionError

    ws.authority = Nobody()
    with pytest.raises(Denied, match=r"may not do test\.write: it needs test:write"):
        write(ws, "delays")
    assert ws.position() == 0
