"""What people have in hand: reservations of events for a labelling."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "reservations",
        sa.Column("event_key", KEY, nullable=False),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("person", WORD, nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["event_key"], ["events.key"], name=op.f("fk_reservations_event_key")),
        sa.PrimaryKeyConstraint("event_key", "kind", name=op.f("pk_reservations")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_reservations_person"), "reservations", ["person"], unique=False)
