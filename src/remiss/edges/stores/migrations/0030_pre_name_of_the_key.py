"""Which key a catalog is sealed with: its name, so that a wrong one is told from an altered log. The next change writes it."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"

WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("catalog_head", sa.Column("key_name", WORD, nullable=True))
