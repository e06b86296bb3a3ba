"""The files of sources as runs saw them, so that one that comes late, or is changed, is noticed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0021"
down_revision = "0020"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
JSON = sa.Text().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "source_files",
        sa.Column("key", KEY, nullable=False),
        sa.Column("source_name", WORD, nullable=False),
        sa.Column("protocol_name", WORD, nullable=False),
        sa.Column("path", WORD, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("modified_ns", sa.BigInteger(), nullable=False),
        sa.Column("digest", WORD, nullable=True),
        sa.Column("read_as", WORD, nullable=True),
        sa.Column("times", JSON, nullable=True),
        sa.Column("last_row", sa.BigInteger(), nullable=True),
        sa.Column("tail", JSON, nullable=True),
        sa.Column("position_from", sa.BigInteger(), nullable=True),
        sa.Column("position_to", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_source_files")),
    )
    op.create_index("ix_source_files_source_name_protocol_name", "source_files", ["source_name", "protocol_name"])
