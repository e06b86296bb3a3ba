"""Results: what running suites left, event by event."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "results",
        sa.Column("key", KEY, nullable=False),
        sa.Column("id", WORD, nullable=False),
        sa.Column("suite", WORD, nullable=False),
        sa.Column("digest", WORD, nullable=False),
        sa.Column("model", WORD, nullable=False),
        sa.Column("version", WORD, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("team_id", WORD, server_default="default", nullable=False),
        sa.Column("sensitivity", sa.SmallInteger(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_results")),
        sa.UniqueConstraint("id", name=op.f("uq_results_id")),
    )
    op.create_index(op.f("ix_results_digest_model"), "results", ["digest", "model"], unique=False)
    op.create_table(
        "result_rows",
        sa.Column("result_key", KEY, autoincrement=False, nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("event", WORD, nullable=False),
        sa.Column("part", WORD, nullable=False),
        sa.Column("verdict", WORD, nullable=False),
        sa.Column("mode", WORD, nullable=True),
        sa.Column("severity", sa.SmallInteger(), nullable=True),
        sa.Column("stratum", WORD, nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("answer", WORD, nullable=True),
        sa.ForeignKeyConstraint(["result_key"], ["results.key"], name=op.f("fk_result_rows_result_key")),
        sa.PrimaryKeyConstraint("result_key", "place", name=op.f("pk_result_rows")),
    )
    op.create_index(op.f("ix_result_rows_event"), "result_rows", ["event"], unique=False)
