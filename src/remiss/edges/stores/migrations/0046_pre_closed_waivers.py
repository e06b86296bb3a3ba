"""By whom, when and why a waiver was closed before its end."""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"

WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("waivers", sa.Column("closed_by", WORD, nullable=True))
    op.add_column("waivers", sa.Column("closed_at", sa.BigInteger(), nullable=True))
    op.add_column("waivers", sa.Column("closed_reason", sa.Text(), nullable=True))
    op.add_column("waivers", sa.Column("closed_position", sa.BigInteger(), nullable=True))
