"""Suites as they were built, and the decisions of gates with their reasons."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "suites",
        sa.Column("key", KEY, nullable=False),
        sa.Column("id", WORD, nullable=False),
        sa.Column("name", WORD, nullable=False),
        sa.Column("digest", WORD, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("team_id", WORD, server_default="default", nullable=False),
        sa.Column("sensitivity", sa.SmallInteger(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_suites")),
        sa.UniqueConstraint("id", name=op.f("uq_suites_id")),
        sa.UniqueConstraint("name", "digest", name=op.f("uq_suites_name_digest")),
    )
    op.create_index(op.f("ix_suites_name"), "suites", ["name"], unique=False)
    op.create_table(
        "gates",
        sa.Column("key", KEY, nullable=False),
        sa.Column("id", WORD, nullable=False),
        sa.Column("gate", WORD, nullable=False),
        sa.Column("model", WORD, nullable=False),
        sa.Column("version", WORD, nullable=False),
        sa.Column("verdict", WORD, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("team_id", WORD, server_default="default", nullable=False),
        sa.Column("sensitivity", sa.SmallInteger(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_gates")),
        sa.UniqueConstraint("id", name=op.f("uq_gates_id")),
    )
    op.create_index(op.f("ix_gates_model_version"), "gates", ["model", "version"], unique=False)
    op.create_table(
        "sealed_runs",
        sa.Column("gate_key", KEY, autoincrement=False, nullable=False),
        sa.Column("digest", WORD, nullable=False),
        sa.Column("model", WORD, nullable=False),
        sa.ForeignKeyConstraint(["gate_key"], ["gates.key"], name=op.f("fk_sealed_runs_gate_key")),
        sa.PrimaryKeyConstraint("gate_key", "digest", name=op.f("pk_sealed_runs")),
    )
    op.create_index(op.f("ix_sealed_runs_digest_model"), "sealed_runs", ["digest", "model"], unique=False)
