"""An index by which it is soon known whether somebody sees every case that there is."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_index(op.f("ix_cases_team_id_sensitivity"), "cases", ["team_id", "sensitivity"])
