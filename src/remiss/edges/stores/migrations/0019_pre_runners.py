"""Runners of jobs that look for work, so that a job that nobody will take can be told from one that is about to be taken."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"

WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "runners",
        sa.Column("name", WORD, nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("here_until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_runners")),
    )
