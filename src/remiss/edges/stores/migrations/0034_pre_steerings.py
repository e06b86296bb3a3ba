"""How the queue of each protocol is steered."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"

WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
JSON = sa.Text().with_variant(sa.dialects.postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "steerings",
        sa.Column("protocol", WORD, nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("first", WORD, nullable=False),
        sa.Column("steers", JSON, nullable=False),
        sa.Column("person", WORD, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("protocol", "revision", name=op.f("pk_steerings")),
        sqlite_with_rowid=False,
    )
