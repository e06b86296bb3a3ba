"""Files that people add to cases: where they lie in the vault, and their names apart."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INSTANT = sa.BigInteger()


def upgrade() -> None:
    op.create_table(
        "attachments",
        sa.Column("key", KEY, nullable=False),
        sa.Column("id", WORD, nullable=False),
        sa.Column("case_key", KEY, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("address", WORD, nullable=False),
        sa.Column("person", WORD, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("position_from", sa.BigInteger(), nullable=False),
        sa.Column("position_to", sa.BigInteger(), nullable=True),
        sa.Column("team_id", WORD, server_default="default", nullable=False),
        sa.Column("sensitivity", sa.SmallInteger(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["case_key"], ["cases.key"], name=op.f("fk_attachments_case_key")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_attachments")),
        sa.UniqueConstraint("case_key", "number", name=op.f("uq_attachments_case_key_number")),
        sa.UniqueConstraint("id", name=op.f("uq_attachments_id")),
    )
    op.create_table(
        "attachment_names",
        sa.Column("attachment_key", KEY, autoincrement=False, nullable=False),
        sa.Column("name", WORD, nullable=False),
        sa.ForeignKeyConstraint(["attachment_key"], ["attachments.key"], name=op.f("fk_attachment_names_attachment_key")),
        sa.PrimaryKeyConstraint("attachment_key", name=op.f("pk_attachment_names")),
    )
