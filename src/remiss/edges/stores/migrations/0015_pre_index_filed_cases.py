"""An index of the cases that people filed by hand: whoever takes something from the queue asks which of them wait."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    filed = sa.text("origin = 'filed'")
    op.create_index("ix_cases_filed", "cases", ["key"], sqlite_where=filed, postgresql_where=filed)
