"""Waivers: that a condition of a gate is not to count for a while."""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "waivers",
        sa.Column("key", KEY, nullable=False),
        sa.Column("id", WORD, nullable=False),
        sa.Column("decision", WORD, nullable=False),
        sa.Column("gate", WORD, nullable=False),
        sa.Column("policy_digest", WORD, nullable=False),
        sa.Column("model", WORD, nullable=False),
        sa.Column("model_version", WORD, nullable=False),
        sa.Column("model_digest", WORD, nullable=True),
        sa.Column("condition", WORD, nullable=False),
        sa.Column("verdict", WORD, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("requested_by", WORD, nullable=False),
        sa.Column("requested_at", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("approved_by", WORD, nullable=True),
        sa.Column("approved_at", sa.BigInteger(), nullable=True),
        sa.Column("approved_position", sa.BigInteger(), nullable=True),
        sa.Column("team_id", WORD, server_default="default", nullable=False),
        sa.Column("sensitivity", sa.SmallInteger(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_waivers")),
        sa.UniqueConstraint("id", name=op.f("uq_waivers_id")),
    )
    op.create_index(op.f("ix_waivers_model_model_version"), "waivers", ["model", "model_version"], unique=False)
