"""When files of cases were not listed, though they were kept; those that were removed before are erased."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "attachment_removals",
        sa.Column("attachment_key", KEY, autoincrement=False, nullable=False),
        sa.Column("position_from", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position_to", sa.BigInteger(), nullable=True),
        sa.Column("person", WORD, nullable=False),
        sa.Column("removed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["attachment_key"], ["attachments.key"], name=op.f("fk_attachment_removals_attachment_key")),
        sa.PrimaryKeyConstraint("attachment_key", "position_from", name=op.f("pk_attachment_removals")),
    )
