"""Replays: what came of asking models about cases again; and jobs that do so."""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"

WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
JSON = sa.Text().with_variant(sa.dialects.postgresql.JSONB(), "postgresql")
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "replay_environments",
        sa.Column("key", KEY, nullable=False),
        sa.Column("digest", WORD, nullable=False),
        sa.Column("python", WORD, nullable=True),
        sa.Column("platform", WORD, nullable=True),
        sa.Column("packages", JSON, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_replay_environments")),
        sa.UniqueConstraint("digest", name=op.f("uq_replay_environments_digest")),
    )
    op.create_table(
        "replays",
        sa.Column("key", KEY, nullable=False),
        sa.Column("id", WORD, nullable=False),
        sa.Column("case_key", KEY, nullable=False),
        sa.Column("model", WORD, nullable=False),
        sa.Column("model_version", WORD, nullable=False),
        sa.Column("runner", WORD, nullable=False),
        sa.Column("gets", WORD, nullable=False),
        sa.Column("digest", WORD, nullable=True),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("grade", WORD, nullable=True),
        sa.Column("causes", JSON, nullable=False),
        sa.Column("trouble", WORD, nullable=True),
        sa.Column("latency_ms", sa.Float(53), nullable=True),
        sa.Column("environment_key", KEY, nullable=True),
        sa.Column("person", WORD, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["case_key"], ["cases.key"], name=op.f("fk_replays_case_key")),
        sa.ForeignKeyConstraint(["environment_key"], ["replay_environments.key"], name=op.f("fk_replays_environment_key")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_replays")),
        sa.UniqueConstraint("id", name=op.f("uq_replays_id")),
    )
    op.create_index(op.f("ix_replays_case_key"), "replays", ["case_key"])
    op.create_table(
        "replay_answers",
        sa.Column("replay_key", KEY, autoincrement=False, nullable=False),
        sa.Column("answer", WORD, nullable=False),
        sa.Column("logged", WORD, nullable=False),
        sa.ForeignKeyConstraint(["replay_key"], ["replays.key"], name=op.f("fk_replay_answers_replay_key")),
        sa.PrimaryKeyConstraint("replay_key", name=op.f("pk_replay_answers")),
    )
    op.add_column("jobs", sa.Column("model", WORD, nullable=True))
