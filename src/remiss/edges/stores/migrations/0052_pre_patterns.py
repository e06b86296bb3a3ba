"""Patterns: what was done to each, what it is linked to, and who is told of it."""

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0051"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "patterns",
        sa.Column("key", KEY, nullable=False),
        sa.Column("id", WORD, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("team_id", WORD, server_default="default", nullable=False),
        sa.Column("sensitivity", sa.SmallInteger(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_patterns")),
        sa.UniqueConstraint("id", name=op.f("uq_patterns_id")),
    )
    op.create_table(
        "pattern_changes",
        sa.Column("pattern_key", KEY, autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["pattern_key"], ["patterns.key"], name=op.f("fk_pattern_changes_pattern_key")),
        sa.PrimaryKeyConstraint("pattern_key", "number", name=op.f("pk_pattern_changes")),
    )
    op.create_table(
        "pattern_links",
        sa.Column("key", KEY, nullable=False),
        sa.Column("pattern_key", KEY, nullable=False),
        sa.Column("case_key", KEY, nullable=True),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("person", WORD, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("position_from", sa.BigInteger(), nullable=False),
        sa.Column("position_to", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["case_key"], ["cases.key"], name=op.f("fk_pattern_links_case_key")),
        sa.ForeignKeyConstraint(["pattern_key"], ["patterns.key"], name=op.f("fk_pattern_links_pattern_key")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_pattern_links")),
    )
    op.create_index(op.f("ix_pattern_links_case_key"), "pattern_links", ["case_key"])
    op.create_index(op.f("ix_pattern_links_pattern_key"), "pattern_links", ["pattern_key"])
    op.create_table(
        "pattern_subscriptions",
        sa.Column("key", KEY, nullable=False),
        sa.Column("pattern_key", KEY, nullable=False),
        sa.Column("person", WORD, nullable=False),
        sa.Column("follows", sa.Boolean(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["pattern_key"], ["patterns.key"], name=op.f("fk_pattern_subscriptions_pattern_key")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_pattern_subscriptions")),
    )
    op.create_index("ix_pattern_subscriptions_person", "pattern_subscriptions", ["person"])
