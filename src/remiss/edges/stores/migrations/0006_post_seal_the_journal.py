"""Each row of the journal has a leaf and a seal, and the log a head; the upgrade seals what was written before.

After this, a program of before would append rows without a seal: every one of them has to have ended.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "audit_heads",
        sa.Column("log", WORD, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("roots", sa.LargeBinary(), nullable=False),
        sa.Column("link", sa.LargeBinary(), nullable=False),
        sa.Column("seal", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("log", name=op.f("pk_audit_heads")),
    )
    op.add_column("journal", sa.Column("leaf", sa.LargeBinary(), nullable=True))
    op.add_column("journal", sa.Column("seal", sa.LargeBinary(), nullable=True))
