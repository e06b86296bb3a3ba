"""Tokens of links, which sign a browser in once."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.add_column("tokens", sa.Column("once", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("tokens", sa.Column("used", sa.BigInteger(), nullable=True))
