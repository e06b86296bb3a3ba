"""Of which model version the events of a cell are.

What stands in a catalog was not told apart by version. The key of cells has a further column, for which SQLite makes the table
anew: some ten rows for each window.
"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"

WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
JSON = sa.Text().with_variant(sa.dialects.postgresql.JSONB(), "postgresql")
KEY = ("run_key", "window_start", "stratum", "criteria_met", "criteria_undecided", "criteria_outside")


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.add_column("cells", sa.Column("model_version", WORD, nullable=False, server_default="[]"))
        op.drop_constraint("pk_cells", "cells", type_="primary")
        op.create_primary_key("pk_cells", "cells", [*KEY, "model_version"])
        return
    op.create_table(
        "new_cells",
        sa.Column("run_key", sa.Integer(), nullable=False),
        sa.Column("window_start", sa.BigInteger(), nullable=False),
        sa.Column("stratum", WORD, nullable=False),
        sa.Column("criteria_met", WORD, nullable=False),
        sa.Column("criteria_undecided", WORD, nullable=False),
        sa.Column("population", sa.BigInteger(), nullable=False),
        sa.Column("labelled", sa.BigInteger(), nullable=False),
        sa.Column("criteria_outside", WORD, nullable=False, server_default="[]"),
        sa.Column("ruled_out", JSON),
        sa.Column("model_version", WORD, nullable=False, server_default="[]"),
        sa.PrimaryKeyConstraint(*KEY, "model_version", name=op.f("pk_cells")),
        sa.ForeignKeyConstraint(["run_key"], ["runs.key"], name=op.f("fk_cells_run_key")),
        sqlite_with_rowid=False,
    )
    columns = ", ".join((*KEY, "population", "labelled", "ruled_out"))
    op.execute(f"INSERT INTO new_cells ({columns}) SELECT {columns} FROM cells")
    op.drop_table("cells")
    op.rename_table("new_cells", "cells")
