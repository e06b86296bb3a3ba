"""A catalog of before tables were called what the field calls them is the same after its upgrade, but for the names."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from sqlalchemy import Engine, event, text

import remiss
from remiss import capture as runs
from remiss.catalog import actions as catalog
from remiss.curate import discussion_actions as discussion
from remiss.curate import investigation_actions as investigation
from remiss.edges.stores.version import LATEST, read_version
from remiss.errors import CatalogOlder, StorageError
from remiss.govern import audit_actions as audit
from remiss.records.case import Filing
from remiss.understand import actions as understand
from tests.migrations import older
from tests.stories.logs import MONDAY

RENAMED = {"captures": "observations", "labelling_words": "labelling_texts"}
# What the upgrade itself writes: an entry of the journal, and where that ends.
WRITTEN = ("audit_heads", "catalog_head", "journal")
# All that has a name, by database.
NAMED = {
    "sqlite": "SELECT type, name, tbl_name, sql FROM sqlite_master",
    "postgresql": (
        "SELECT conname, pg_get_constraintdef(oid), CAST(CAST(conrelid AS regclass) AS text) FROM pg_constraint "
        "WHERE connamespace = CAST(current_schema() AS regnamespace) "
        "UNION ALL SELECT relname, pg_get_indexdef(oid), CAST(relkind AS text) FROM pg_class "
        "WHERE relnamespace = CAST(current_schema() AS regnamespace) "
        "UNION ALL SELECT table_name, column_name, data_type FROM information_schema.columns "
        "WHERE table_schema = current_schema()"
    ),
}


@pytest.fixture(scope="module")
def kept():
    return older.kept()


@pytest.fixture
def former(kept, once_in_empty, empty_address, tmp_path):
    """The address of the kept catalog, as it was written."""
    return once_in_empty("catalog_17", lambda: older.restore(kept, empty_address, tmp_path / "keys"))


@pytest.fixture
def upgraded(kept, once_in_empty, empty_address, environment, tmp_path):
    def upgrade():
        older.restore(kept, empty_address, tmp_path / "keys")
        remiss.open(empty_address, environment=environment, upgrade=True).close()

    with remiss.open(once_in_empty("catalog_17_upgraded", upgrade), environment=environment) as ws:
        yield ws


def names(address, database):
    with older.writing(address) as connection:
        return sorted(tuple(map(str, row)) for row in connection.execute(text(NAMED[database])))


def test_no_row_is_another(former, kept, environment):
    before = older.rows(former, set(kept.catalog) - set(WRITTEN))
    entries = older.rows(former, ["journal"])["journal"]
    assert {name for name, found in before.items() if not found} == {"refused_rows", "revision_reasons"}
    remiss.open(former, environment=environment, upgrade=True).close()
    # Later migrations add columns, at the end.
    widths = {RENAMED.get(table, table): len(found[0]) for table, found in before.items() if found}
    after = older.rows(former, [RENAMED.get(table, table) for table in before], widths)
    assert after == {RENAMED.get(table, table): found for table, found in before.items()}
    assert set(entries) < set(older.rows(former, ["journal"])["journal"])


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_its_schema_is_that_of_a_new_catalog(upgraded, empty_address, address, database):
    assert names(empty_address, database) == names(address, database)


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_both_logs_are_as_they_were_and_what_was_signed_of_them_holds(upgraded, kept):
    for options in ({}, {"checkpoint": kept.checkpoint}, {"checkpoint": kept.checkpoint, "key": kept.public_key}):
        journal, views = audit.verify_audit(upgraded, **options)
        assert (journal.sound, views.sound) == (True, True)
    assert journal.entries == len(kept.catalog["journal"]) + 1
    with upgraded._store.reading() as connection:
        sealed = list(connection.execute(text("SELECT position, leaf, seal FROM journal ORDER BY position")))
    written = [(row["position"], row["leaf"], row["seal"]) for row in kept.catalog["journal"]]
    assert [tuple(row) for row in sealed][:-1] == written
    with upgraded._store.views.reading() as connection:
        seen = list(connection.execute(text("SELECT n, entry, leaf, seal FROM views ORDER BY n")))
    before = [tuple(row.values()) for row in kept.views["views"]]
    assert [tuple(row) for row in seen][: len(before)] == before
    # Since then twice that the logs were verified; who does it by a key reads no log.
    assert len(seen) == len(before) + 2


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_it_is_read_as_before_and_written_again(upgraded, kept):
    case, run = kept.asked["labelled"], kept.asked["run"]
    found = catalog.show(upgraded, case)
    given = [(each.person, each.rationale) for each in found.labelling.labellings]
    assert given == [("ana", "feeder airports"), ("bo", "feeder airports")]
    assert [(each.probability, each.in_force) for each in found.captures] == [(1.0, True), (1.0, False)]
    estimated = understand.estimate(upgraded, "criterion:missed-delay", by="context.airport")
    assert {row.key: row.value for row in estimated.rows} == {"EWR": 4, "JFK": 1}
    assert sum(line["events"] for line in runs.cells(upgraded, run)) == 48
    [thread] = discussion.list_threads(upgraded, case).items
    assert [each.text for each in thread.comments] == ["Is this the *feed* again, @bo?", "It is."]
    assert investigation.investigation(upgraded, case).experiments[0].result == "As good"
    filed = catalog.file(upgraded, Filing(model="arrival-delay", at=MONDAY, title="The board lied once more"))
    assert catalog.revise(upgraded, filed.id, 1, note="at gate 14").note == "at gate 14"
    discussion.comment(upgraded, case, "Still", thread=thread.id)
    journal, views = audit.verify_audit(upgraded, checkpoint=kept.checkpoint)
    assert (journal.sound, views.sound) == (True, True)


def test_it_is_upgraded_whole_or_not_at_all(former, kept, environment, tmp_path, database):
    before = names(former, database)
    (tmp_path / "keys").rename(tmp_path / "elsewhere")
    # The entry of the upgrade is the last that is written.
    with pytest.raises(StorageError, match="the key of this catalog is missing"):
        remiss.open(former, environment=environment, upgrade=True)
    assert names(former, database) == before
    with older.writing(former) as connection:
        assert read_version(connection) == 17
    (tmp_path / "elsewhere").rename(tmp_path / "keys")
    with pytest.raises(CatalogOlder):
        remiss.open(former, environment=environment)
    remiss.open(former, environment=environment, upgrade=True).close()
    with older.writing(former) as connection:
        assert read_version(connection) == LATEST


@pytest.fixture
def kept_file(kept, environment, tmp_path):
    path = tmp_path / "kept.db"
    older.restore(kept, str(path), tmp_path / "keys")
    return path


def test_the_file_is_whole_also_for_who_had_it_open_before(kept_file, environment):
    with closing(sqlite3.connect(kept_file)) as connection:
        assert connection.execute("SELECT count(*) FROM captures").fetchone() == (72,)
        remiss.open(str(kept_file), environment=environment, upgrade=True).close()
        assert connection.execute("SELECT count(*) FROM observations").fetchone() == (72,)
        planned = connection.execute("EXPLAIN QUERY PLAN SELECT * FROM cases ORDER BY occurred_at DESC, key DESC").fetchall()
        assert "ix_cases_occurred_at_key" in str(planned)
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def refuse(driver, _):
    """Have SQLite refuse that the text of its schema is written, as it may be built to."""

    def allowed(action, name, value, *_):
        refused = (sqlite3.SQLITE_PRAGMA, "writable_schema", "ON")
        return sqlite3.SQLITE_DENY if (action, name, value) == refused else sqlite3.SQLITE_OK

    driver.set_authorizer(allowed)


def test_where_sqlite_refuses_to_change_its_text_indexes_are_made_anew(kept_file, environment):
    event.listen(Engine, "connect", refuse)
    try:
        remiss.open(str(kept_file), environment=environment, upgrade=True).close()
    finally:
        event.remove(Engine, "connect", refuse)
    with closing(sqlite3.connect(kept_file)) as connection:
        indexes = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'index'")}
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert {"ix_cases_occurred_at_key", "ix_cases_model_occurred_at_key", "ix_observations_event_key_run_key"} <= indexes
    assert not {name for name in indexes if "captures" in name or "_at_key" in name.replace("_occurred_at_key", "")}
