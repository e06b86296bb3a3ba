"""Runs that stored texts without redaction: those of protocols that said nothing of it, which meant none until now."""

import re

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"

# The key of a document, which a catalog keeps as it was written.
KEY = re.compile(r"""^(?:["']?redaction["']?[ ]*:|\{.*["']?\bredaction["']?[ ]*:)""", re.MULTILINE)


def upgrade() -> None:
    op.create_table(
        "unredacted_runs",
        sa.Column("run_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["run_key"], ["runs.key"], name=op.f("fk_unredacted_runs_run_key")),
        sa.PrimaryKeyConstraint("run_key", name=op.f("pk_unredacted_runs")),
    )
    connection = op.get_bind()
    silent = [key for key, text in connection.execute(sa.text("SELECT key, text FROM protocols")) if not KEY.search(text)]
    listed = sa.text("INSERT INTO unredacted_runs (run_key) SELECT key FROM runs WHERE protocol_key = :protocol")
    for key in silent:
        connection.execute(listed, {"protocol": key})
