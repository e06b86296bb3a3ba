"""What was read of a file besides its times: how many rows have none, and what columns it has."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"

WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("source_files", sa.Column("timeless", sa.BigInteger(), nullable=True))
    op.add_column("source_files", sa.Column("layout", WORD, nullable=True))
