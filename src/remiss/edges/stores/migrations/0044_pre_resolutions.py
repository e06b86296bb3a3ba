"""What people expect of cases, and what versions of models made of them."""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "expectations",
        sa.Column("key", KEY, nullable=False),
        sa.Column("case_key", KEY, nullable=False),
        sa.Column("content", WORD, nullable=False),
        sa.Column("person", WORD, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("position_from", sa.BigInteger(), nullable=False),
        sa.Column("position_to", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["case_key"], ["cases.key"], name=op.f("fk_expectations_case_key")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_expectations")),
    )
    op.create_index(op.f("ix_expectations_case_key"), "expectations", ["case_key"])
    op.create_table(
        "exposures",
        sa.Column("key", KEY, nullable=False),
        sa.Column("case_key", KEY, nullable=False),
        sa.Column("model", WORD, nullable=False),
        sa.Column("model_version", WORD, nullable=False),
        sa.Column("digest", WORD, nullable=True),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("resolved", sa.Boolean(), nullable=False),
        sa.Column("earlier", sa.Boolean(), nullable=False),
        sa.Column("found_by", WORD, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["case_key"], ["cases.key"], name=op.f("fk_exposures_case_key")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_exposures")),
    )
    op.create_index(op.f("ix_exposures_case_key"), "exposures", ["case_key"])
