"""Rows of criteria and context say who may see their case, and indexes count cases of one team and sensitivity by value.

After this, a program of before would file rows that nobody's figures count: every one of them has to have ended.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    for table, values in (("case_criteria", ["criterion"]), ("case_context", ["name", "value"])):
        op.add_column(table, sa.Column("team_id", WORD, nullable=True))
        op.add_column(table, sa.Column("sensitivity", sa.SmallInteger(), nullable=True))
        op.execute(
            f"UPDATE {table} SET team_id = cases.team_id, sensitivity = cases.sensitivity "
            f"FROM cases WHERE cases.key = {table}.case_key"
        )
        indexed = ["team_id", "sensitivity", *values]
        op.create_index(op.f(f"ix_{table}_{'_'.join(indexed)}"), table, indexed)
    for value in ("status", "severity", "mode", "model", "model_version"):
        op.create_index(op.f(f"ix_cases_team_id_sensitivity_{value}"), "cases", ["team_id", "sensitivity", value])
    # Each of the new ones begins with it.
    op.drop_index(op.f("ix_cases_team_id_sensitivity"), table_name="cases")
