"""Alerts: each window of a series that was looked at, and what people did about what that raised."""

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "alert_looks",
        sa.Column("key", KEY, nullable=False),
        sa.Column("series", WORD, nullable=False),
        sa.Column("window_start", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("team_id", WORD, server_default="default", nullable=False),
        sa.Column("sensitivity", sa.SmallInteger(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_alert_looks")),
        sa.UniqueConstraint("series", "window_start", name=op.f("uq_alert_looks_series_window_start")),
    )
    op.create_table(
        "alert_acts",
        sa.Column("key", KEY, nullable=False),
        sa.Column("alert", WORD, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("team_id", WORD, server_default="default", nullable=False),
        sa.Column("sensitivity", sa.SmallInteger(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_alert_acts")),
    )
    op.create_index("ix_alert_acts_alert", "alert_acts", ["alert"])
