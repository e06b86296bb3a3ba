"""How protocols have their events shown, and the former texts of versions whose words were written otherwise."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"

WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
JSON = sa.Text().with_variant(sa.dialects.postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.add_column("protocols", sa.Column("words", JSON, nullable=True))
    op.add_column("protocols", sa.Column("text_position", sa.BigInteger(), nullable=True))
    op.create_table(
        "former_protocol_texts",
        sa.Column("protocol_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position_to", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("text", WORD, nullable=False),
        sa.ForeignKeyConstraint(["protocol_key"], ["protocols.key"], name=op.f("fk_former_protocol_texts_protocol_key")),
        sa.PrimaryKeyConstraint("protocol_key", "position_to", name=op.f("pk_former_protocol_texts")),
        sqlite_with_rowid=False,
    )
