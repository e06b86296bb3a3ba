"""An id that comes again windows away is another event: an event is known by its source, its id and its window.

The events that there are keep their ids: they were the first. A program of before would take the second for the first, so that
every one of them has to have ended.
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"

NAME = "uq_events_event_id_source_name"
BEFORE = "UNIQUE (event_id, source_name)"
AFTER = "UNIQUE (event_id, source_name, recurrence)"


def upgrade() -> None:
    op.add_column("events", sa.Column("recurrence", sa.BigInteger(), server_default=sa.text("0"), nullable=False))
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(NAME, "events", type_="unique")
        op.create_unique_constraint(
            "uq_events_event_id_source_name_recurrence", "events", ["event_id", "source_name", "recurrence"]
        )
    else:
        _widen_in_a_file()


def _widen_in_a_file() -> None:
    """Change the constraint in the text of the schema and make its index anew: SQLite has no statement for it.

    Where SQLite was built to refuse that, the table is made anew, and filled again with its rows: what refers to them waits.
    """
    execute = op.get_bind().exec_driver_sql
    before = execute("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = 'events'").scalar_one()
    after = before.replace(BEFORE, AFTER).replace(NAME, f"{NAME}_recurrence")
    try:
        execute("PRAGMA writable_schema = ON")
        execute("UPDATE sqlite_master SET sql = ? WHERE type = 'table' AND name = 'events'", (after,))
        execute("PRAGMA writable_schema = RESET")
        execute("REINDEX events")
    except sa.exc.DatabaseError:
        execute("PRAGMA defer_foreign_keys = ON")
        execute("CREATE TEMP TABLE former_events AS SELECT * FROM events")
        execute("DROP TABLE events")
        execute(after)
        execute("INSERT INTO events SELECT * FROM former_events")
        execute("DROP TABLE former_events")
