"""Recodings: which migrations of failure modes were written, and by which document."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "recodings",
        sa.Column("name", WORD, nullable=False),
        sa.Column("about", WORD, nullable=False),
        sa.Column("text", WORD, nullable=False),
        sa.Column("person", WORD, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_recodings")),
    )
