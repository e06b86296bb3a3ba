"""The log of what was looked at, where the database is a server; beside a catalog that is a file it is a file of its own."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

WORD = sa.Text(collation="C")


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    op.create_table(
        "views",
        sa.Column("n", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entry", WORD, nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.Column("seal", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("n", name=op.f("pk_views")),
    )
    for name in ("actor", "subject"):
        op.execute(f"CREATE INDEX ix_views_{name} ON views (((entry::jsonb) ->> '{name}'), n)")
