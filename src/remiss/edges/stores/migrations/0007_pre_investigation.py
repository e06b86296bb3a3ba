"""Investigations: findings about cases in all their states, their words apart from them, and what they cite."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "findings",
        sa.Column("key", KEY, nullable=False),
        sa.Column("case_key", KEY, nullable=False),
        sa.Column("part", WORD, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("hypothesis", sa.Integer(), nullable=True),
        sa.Column("model_version", WORD, nullable=True),
        sa.Column("person", WORD, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("position_from", sa.BigInteger(), nullable=False),
        sa.Column("position_to", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["case_key"], ["cases.key"], name=op.f("fk_findings_case_key")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_findings")),
        sa.UniqueConstraint("case_key", "part", "number", "revision", name=op.f("uq_findings_case_key_part_number_revision")),
    )
    op.create_table(
        "finding_texts",
        sa.Column("finding_key", KEY, nullable=False),
        sa.Column("name", WORD, nullable=False),
        sa.Column("text", WORD, nullable=False),
        sa.ForeignKeyConstraint(["finding_key"], ["findings.key"], name=op.f("fk_finding_texts_finding_key")),
        sa.PrimaryKeyConstraint("finding_key", "name", name=op.f("pk_finding_texts")),
    )
    op.create_table(
        "citations",
        sa.Column("finding_key", KEY, nullable=False),
        sa.Column("ordinal", sa.SmallInteger(), nullable=False),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("address", WORD, nullable=False),
        sa.ForeignKeyConstraint(["finding_key"], ["findings.key"], name=op.f("fk_citations_finding_key")),
        sa.PrimaryKeyConstraint("finding_key", "ordinal", name=op.f("pk_citations")),
    )
    op.create_index(op.f("ix_citations_address"), "citations", ["address"], unique=False)
