"""What a run sees of an event otherwise than the catalog has it, kept with the run until it comes in force."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0023"
down_revision = "0022"

JSON = sa.Text().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    op.add_column("observations", sa.Column("content", JSON, nullable=True))
