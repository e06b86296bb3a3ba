"""Slices that were kept, and each attempt to confirm one on later windows."""

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "slices",
        sa.Column("key", KEY, nullable=False),
        sa.Column("id", WORD, nullable=False),
        sa.Column("name", WORD, nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("team_id", WORD, server_default="default", nullable=False),
        sa.Column("sensitivity", sa.SmallInteger(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_slices")),
        sa.UniqueConstraint("id", name=op.f("uq_slices_id")),
        sa.UniqueConstraint("name", name=op.f("uq_slices_name")),
    )
    op.create_table(
        "slice_attempts",
        sa.Column("slice_key", KEY, autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["slice_key"], ["slices.key"], name=op.f("fk_slice_attempts_slice_key")),
        sa.PrimaryKeyConstraint("slice_key", "number", name=op.f("pk_slice_attempts")),
    )
