"""Histograms of what runs counted, and the bins that they are of; of runs that were filed before there are none."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"

WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
JSON = sa.Text().with_variant(sa.dialects.postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "bins",
        sa.Column("digest", WORD, nullable=False),
        sa.Column("fields", JSON, nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_bins")),
    )
    op.add_column("runs", sa.Column("bins", WORD))
    op.create_table(
        "histograms",
        sa.Column("run_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("window_start", sa.BigInteger(), nullable=False),
        sa.Column("single", sa.LargeBinary(), nullable=False),
        sa.Column("pairs", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["run_key"], ["runs.key"], name=op.f("fk_histograms_run_key")),
        sa.PrimaryKeyConstraint("run_key", "window_start", name=op.f("pk_histograms")),
    )
