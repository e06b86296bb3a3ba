"""Scenarios as they were made of suites."""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "scenario_sets",
        sa.Column("key", KEY, nullable=False),
        sa.Column("id", WORD, nullable=False),
        sa.Column("name", WORD, nullable=False),
        sa.Column("digest", WORD, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("team_id", WORD, server_default="default", nullable=False),
        sa.Column("sensitivity", sa.SmallInteger(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_scenario_sets")),
        sa.UniqueConstraint("id", name=op.f("uq_scenario_sets_id")),
        sa.UniqueConstraint("name", "digest", name=op.f("uq_scenario_sets_name_digest")),
    )
    op.create_index(op.f("ix_scenario_sets_name"), "scenario_sets", ["name"], unique=False)
