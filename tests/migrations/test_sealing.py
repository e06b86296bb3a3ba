"""A catalog of before the journal was sealed is sealed by its upgrade, as it stands."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import insert, inspect, select, text

import remiss
from remiss.edges.keys import FolderKeys
from remiss.edges.stores.dialect import driving, on_disk
from remiss.edges.stores.migrating import SEALED, migrate
from remiss.edges.stores.tables import journal
from remiss.errors import StorageError
from remiss.govern import audit_actions as audit
from remiss.govern.ports.actor import Actor

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def older(empty_address):
    """A catalog of the schema before, with which something was done."""
    engine = driving.connect(on_disk.parse_address(empty_address)).execution_options(writes=True)
    row = {"at": NOW, "actor": "ana", "subjects": ["p"], "digests": {"arguments": "00"}, "role": None}
    with pytest.MonkeyPatch.context() as patched:
        # What wrote the journal then knew of no seals.
        patched.setattr("remiss.edges.stores.logs.journal.Transaction.write_journal", lambda _: None)
        migrate(engine, NOW, Actor(name="ana"), to=f"{SEALED - 1:04}")
    assert "leaf" not in {column["name"] for column in inspect(engine).get_columns("journal")}
    with engine.connect() as connection, connection.begin():
        for position, action in enumerate(("catalog.init", "case.file", "case.revise"), 1):
            connection.execute(insert(journal).values(row | {"position": position, "action": action}))
        connection.execute(text("UPDATE catalog_head SET position = 3"))
    engine.dispose()
    return empty_address


def test_an_upgrade_seals_what_was_written_before(older, environment, tmp_path):
    FolderKeys(tmp_path / "keys", create=True)
    with remiss.open(older, environment=environment, upgrade=True) as ws:
        found, _ = audit.verify_audit(ws)
        assert (found.sound, found.entries) == (True, 4)
        with ws._store.reading() as connection:
            rows = connection.execute(select(journal).order_by(journal.c.position)).all()
    assert all(row.leaf and row.seal for row in rows)
    assert [row.action for row in rows][1:] == ["case.file", "case.revise", "catalog.upgrade"]


def test_without_its_key_an_older_catalog_is_not_upgraded(older, environment):
    with pytest.raises(StorageError, match="the key of this catalog is missing"):
        remiss.open(older, environment=environment, upgrade=True)
