"""Windows that share ids with those of a run next to them: a file that changes the one may change the other."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    op.create_table(
        "shared_windows",
        sa.Column("run_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("window_start", sa.BigInteger(), nullable=False),
        sa.Column("beside", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["run_key"], ["runs.key"], name=op.f("fk_shared_windows_run_key")),
        sa.PrimaryKeyConstraint("run_key", "window_start", "beside", name=op.f("pk_shared_windows")),
    )
