"""Lists of cases and questions of Trends that people saved under a name."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"

WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "saved_views",
        sa.Column("id", WORD, nullable=False),
        sa.Column("name", WORD, nullable=False),
        sa.Column("address", WORD, nullable=False),
        sa.Column("person", WORD, nullable=False),
        sa.Column("team", WORD, nullable=True),
        sa.Column("saved_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_views")),
        sa.UniqueConstraint("person", "name", name=op.f("uq_saved_views_person_name")),
    )
