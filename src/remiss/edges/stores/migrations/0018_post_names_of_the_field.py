"""Tables and columns are called what the field calls them: nothing but names changes, and no row is rewritten.

After this, a program of before finds no table or column that it asks for, and can neither read nor write: every one of them has
to have ended.
"""

import re

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

TABLES = {"captures": "observations", "labelling_words": "labelling_texts"}
# By the new names of tables.
COLUMNS = {
    "attachments": {"at": "created_at"},
    "cases": {"at": "occurred_at"},
    "catalog_head": {"created": "created_at"},
    "cells": {"met": "criteria_met", "undecided": "criteria_undecided"},
    "comments": {"at": "created_at"},
    "events": {"at": "occurred_at"},
    "findings": {"at": "created_at"},
    "journal": {"at": "recorded_at"},
    "labellings": {"at": "created_at"},
    "links": {"at": "created_at"},
    "observations": {
        "met": "criteria_met",
        "outside": "criteria_outside",
        "probability": "inclusion_probability",
        "undecided": "criteria_undecided",
    },
    "protocols": {"at": "created_at"},
    "recodings": {"at": "created_at"},
    "reservations": {"until": "expires_at"},
    "revisions": {"at": "created_at"},
    "runs": {"at": "created_at"},
    "thread_turns": {"at": "created_at"},
    "tokens": {"expires": "expires_at"},
}
CONSTRAINTS = {
    "observations": {
        "pk_captures": "pk_observations",
        "fk_captures_event_key": "fk_observations_event_key",
        "fk_captures_run_key": "fk_observations_run_key",
    },
    "labelling_texts": {
        "pk_labelling_words": "pk_labelling_texts",
        "fk_labelling_words_labelling_key": "fk_labelling_texts_labelling_key",
    },
}
INDEXES = {
    "ix_captures_event_key_run_key": "ix_observations_event_key_run_key",
    "ix_cases_at_key": "ix_cases_occurred_at_key",
    **{
        f"ix_cases_{value}_at_key": f"ix_cases_{value}_occurred_at_key"
        for value in ("mode", "model", "model_version", "severity", "status")
    },
}


def upgrade() -> None:
    for before, after in TABLES.items():
        op.rename_table(before, after)
    for table, columns in COLUMNS.items():
        for before, after in columns.items():
            op.execute(f"ALTER TABLE {table} RENAME COLUMN {before} TO {after}")
    if op.get_bind().dialect.name == "postgresql":
        _rename_on_a_server()
    else:
        _rename_in_a_file()


def _rename_on_a_server() -> None:
    for table, names in CONSTRAINTS.items():
        for before, after in names.items():
            op.execute(f"ALTER TABLE {table} RENAME CONSTRAINT {before} TO {after}")
    for before, after in INDEXES.items():
        op.execute(f"ALTER INDEX {before} RENAME TO {after}")


def _rename_in_a_file() -> None:
    """Change the names in the text of the schema, which is all that SQLite has of them.

    It has no statement that renames an index or a constraint, and to make them anew reads every row. So this goes by its own
    procedure for what changes the text alone (https://sqlite.org/lang_altertable.html, "Making Other Kinds Of Table Schema
    Changes"). Where SQLite was built to refuse that, indexes are made anew, and constraints keep names that nothing goes by.
    """
    execute = op.get_bind().exec_driver_sql
    listed = execute(
        "SELECT name, sql FROM sqlite_master WHERE tbl_name IN ('cases', 'labelling_texts', 'observations') AND sql IS NOT NULL"
    )
    renamed = [(INDEXES.get(name, name), _renamed(text), name) for name, text in listed]
    try:
        execute("PRAGMA writable_schema = ON")
        execute("UPDATE sqlite_master SET name = ?, sql = ? WHERE name = ?", renamed)
    except sa.exc.DatabaseError:
        for after, text, before in renamed:
            if after != before:
                execute(f"DROP INDEX {before}")
                execute(text)
    finally:
        # Not only OFF: what this connection has read of the schema is read again.
        execute("PRAGMA writable_schema = RESET")


def _renamed(text: str) -> str:
    names = INDEXES | {before: after for names in CONSTRAINTS.values() for before, after in names.items()}
    # A table that was renamed stands in quotes.
    names |= {f'"{table}"': table for table in TABLES.values()}
    return re.sub(r'"?\b\w+\b"?', lambda found: names.get(found[0], found[0]), text)
