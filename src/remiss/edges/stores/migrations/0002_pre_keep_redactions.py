"""Where marks stand in redacted texts, and by which policy: beside the texts, so that both are erased together."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"

JSON = sa.Text().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    op.add_column("event_contents", sa.Column("redactions", JSON, nullable=True))
    op.add_column("captures", sa.Column("redactions", JSON, nullable=True))
