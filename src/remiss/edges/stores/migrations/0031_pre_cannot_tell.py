"""Who could not tell what an event is, and who passed it."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
JSON = sa.Text().with_variant(sa.dialects.postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "abstentions",
        sa.Column("key", KEY, nullable=False),
        sa.Column("event_key", KEY, nullable=False),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("person", WORD, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("position_to", sa.BigInteger(), nullable=True),
        sa.Column("superseded", WORD, nullable=True),
        sa.Column("reproduced", WORD, nullable=False),
        sa.ForeignKeyConstraint(["event_key"], ["events.key"], name=op.f("fk_abstentions_event_key")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_abstentions")),
    )
    op.create_index(op.f("ix_abstentions_event_key"), "abstentions", ["event_key"], unique=False)
    op.create_index(op.f("ix_abstentions_person_position"), "abstentions", ["person", "position"], unique=False)
    op.create_table(
        "abstention_texts",
        sa.Column("abstention_key", KEY, autoincrement=False, nullable=False),
        sa.Column("rationale", WORD, nullable=False),
        sa.Column("quotes", JSON, nullable=False),
        sa.ForeignKeyConstraint(["abstention_key"], ["abstentions.key"], name=op.f("fk_abstention_texts_abstention_key")),
        sa.PrimaryKeyConstraint("abstention_key", name=op.f("pk_abstention_texts")),
    )
    op.create_table(
        "passes",
        sa.Column("event_key", KEY, nullable=False),
        sa.Column("person", WORD, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["event_key"], ["events.key"], name=op.f("fk_passes_event_key")),
        sa.PrimaryKeyConstraint("event_key", "person", name=op.f("pk_passes")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_passes_person"), "passes", ["person"], unique=False)
