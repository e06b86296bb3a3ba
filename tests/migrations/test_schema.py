"""The migrations, the tables and the schema files say the same; a fresh catalog is a migrated one."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from remiss.edges.stores.connecting import open_store
from remiss.edges.stores.dialect import driving, on_disk
from remiss.edges.stores.dialect.full_text import WORDS_DDL
from remiss.edges.stores.migrating import FOLDER, migrate, scripts
from remiss.edges.stores.tables import metadata, views_metadata
from remiss.edges.stores.version import LATEST, TABLE
from remiss.govern.ports.actor import Actor
from scripts import schema

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ANA = Actor(name="ana")


@pytest.fixture
def engine(empty_address):
    found = driving.connect(on_disk.parse_address(empty_address)).execution_options(writes=True)
    yield found
    found.dispose()


def ours(entry, name, kind, *_):
    # FTS5 keeps its index in tables of its own; alembic its version in one. Views may be in another database.
    return not (kind == "table" and name.startswith(("case_words", "views", TABLE)))


def test_the_migrations_make_the_tables_that_the_code_declares(engine):
    migrate(engine, NOW, ANA)
    with engine.connect() as connection:
        options = {"compare_type": True, "include_object": ours}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []


def spelt(index):
    """An index with its conditions as text, which can be compared."""
    return index | {"dialect_options": {name: str(value) for name, value in index.get("dialect_options", {}).items()}}


def described(connection):
    """Everything of a schema that a query can notice."""
    seen = inspect(connection)
    return {
        name: (
            [(column["name"], str(column["type"]), column["nullable"], column["default"]) for column in seen.get_columns(name)],
            seen.get_pk_constraint(name),
            sorted(seen.get_foreign_keys(name), key=str),
            sorted(seen.get_unique_constraints(name), key=str),
            sorted(map(spelt, seen.get_indexes(name)), key=str),
            seen.get_table_options(name),
        )
        for name in seen.get_table_names()
        if name != TABLE
    }


def test_a_fresh_schema_equals_the_migrated_one(engine, database):
    migrate(engine, NOW, ANA)
    with engine.connect() as connection:
        migrated = described(connection)
    with engine.begin() as connection:
        for name in migrated:
            if not name.startswith("case_words"):
                connection.execute(text(f"DROP TABLE {name}{' CASCADE' if database == 'postgresql' else ''}"))
        connection.execute(text("DROP TABLE case_words"))
        metadata.create_all(connection)
        if database == "postgresql":
            views_metadata.create_all(connection)
        for statement in WORDS_DDL[database]:
            connection.execute(text(statement))
        assert described(connection) == migrated


def test_the_schema_files_are_current():
    assert {path: path.read_text("utf-8") for path in schema.FILES.values()} == schema.rendered()


def test_migrations_are_numbered_without_a_gap_and_only_go_forward():
    steps = list(scripts().walk_revisions("base", "heads"))[::-1]
    assert [step.revision for step in steps] == [f"{number:04}" for number in range(1, LATEST + 1)]
    for step in steps:
        assert Path(step.path).name.startswith((f"{step.revision}_pre_", f"{step.revision}_post_"))
        assert not hasattr(step.module, "downgrade")


def test_every_migration_is_in_its_folder_and_has_a_sentence():
    files = sorted(path.name for path in FOLDER.glob("[0-9]*.py"))
    assert len(files) == LATEST
    assert all(step.doc for step in scripts().walk_revisions())


def test_to_migrate_again_changes_nothing(engine):
    migrate(engine, NOW, ANA)
    with engine.connect() as connection:
        before = described(connection), connection.execute(text("SELECT catalog_id FROM catalog_head")).scalar_one()
    migrate(engine, NOW, ANA)
    with engine.connect() as connection:
        after = described(connection), connection.execute(text("SELECT catalog_id FROM catalog_head")).scalar_one()
    assert before == after


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_two_processes_that_make_the_same_catalog_make_one(empty_address):
    make = (
        "import datetime, sys\n"
        "from remiss.edges.stores.connecting import open_store\n"
        "from remiss.govern.ports.actor import Actor\n"
        "store = open_store(sys.argv[1], create=True, now=datetime.datetime.now(datetime.UTC), actor=Actor(name='ana'))\n"
        "print(store.catalog_id); store.close()\n"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", make, empty_address], stdout=subprocess.PIPE, text=True, env=os.environ)
        for _ in range(2)
    ]
    made = {process.communicate(timeout=60)[0] for process in started}
    assert {process.returncode for process in started} == {0}
    store = open_store(empty_address, now=NOW, actor=ANA)
    assert made == {f"{store.catalog_id}\n"}
    store.close()
