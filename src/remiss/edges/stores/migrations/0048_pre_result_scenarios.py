"""What became of each scenario of a result."""

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "result_scenarios",
        sa.Column("result_key", KEY, autoincrement=False, nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("scenario", WORD, nullable=False),
        sa.Column("recipe", WORD, nullable=False),
        sa.Column("family", WORD, nullable=False),
        sa.Column("compares", sa.Boolean(create_constraint=False), nullable=False),
        sa.Column("flips", sa.Boolean(create_constraint=False), nullable=False),
        sa.ForeignKeyConstraint(["result_key"], ["results.key"], name=op.f("fk_result_scenarios_result_key")),
        sa.PrimaryKeyConstraint("result_key", "place", name=op.f("pk_result_scenarios")),
    )
