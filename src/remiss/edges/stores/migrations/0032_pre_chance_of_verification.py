"""By which fraction it is chosen whether a second person labels what one annotated; null of annotations from before."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    op.add_column("labellings", sa.Column("chance", sa.Float(53), nullable=True))
