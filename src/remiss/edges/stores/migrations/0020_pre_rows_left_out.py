"""How many rows of each window a protocol leaves out; what was captured before has none, for no protocol could leave any out."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.add_column("run_windows", sa.Column("left_out", sa.BigInteger(), server_default=sa.text("0"), nullable=False))
