"""A catalog of before the journal was sealed is sealed by its upgrade, as it stands."""

from __future__ import annotations

import pytest
from sqlalchemy import select

import remiss
from remiss.edges.keys import FolderKeys
from remiss.edges.stores.migrating import SEALED
from remiss.edges.stores.tables import journal
from remiss.errors import StorageError
from remiss.govern import audit_actions as audit
from tests.migrations import older


@pytest.fixture
def unsealed(empty_address):
    """A catalog of the schema before, with which something was done."""
    row = {"at": 0, "actor": "ana", "subjects": '["p"]', "digests": '{"arguments": "00"}'}
    actions = enumerate(("catalog.init", "case.file", "case.revise"), 1)
    head = {"id": 1, "position": 3, "catalog_id": "11df5131-6f30-480e-a69f-355a094a331d", "created": 0}
    journalled = [row | {"position": position, "action": action} for position, action in actions]
    older.make(empty_address, SEALED - 1, {"catalog_head": [head], "journal": journalled})
    return empty_address


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_an_upgrade_seals_what_was_written_before(unsealed, environment, tmp_path):
    FolderKeys(tmp_path / "keys", create=True)
    with remiss.open(unsealed, environment=environment, upgrade=True) as ws:
        found, _ = audit.verify_audit(ws)
        assert (found.sound, found.entries) == (True, 4)
        with ws._store.reading() as connection:
            rows = connection.execute(select(journal).order_by(journal.c.position)).all()
    assert all(row.leaf and row.seal for row in rows)
    assert [row.action for row in rows][1:] == ["case.file", "case.revise", "catalog.upgrade"]


def test_without_its_key_an_older_catalog_is_not_upgraded(unsealed, environment):
    with pytest.raises(StorageError, match="the key of this catalog is missing"):
        remiss.open(unsealed, environment=environment, upgrade=True)
