"""Clusters of similar cases, as they were found each time, and the cases of each."""

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0050"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "clusterings",
        sa.Column("key", KEY, nullable=False),
        sa.Column("id", WORD, nullable=False),
        sa.Column("question", WORD, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("team_id", WORD, server_default="default", nullable=False),
        sa.Column("sensitivity", sa.SmallInteger(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_clusterings")),
        sa.UniqueConstraint("id", name=op.f("uq_clusterings_id")),
    )
    op.create_index(op.f("ix_clusterings_question"), "clusterings", ["question"])
    op.create_table(
        "cluster_members",
        sa.Column("clustering_key", KEY, autoincrement=False, nullable=False),
        sa.Column("case_key", KEY, autoincrement=False, nullable=False),
        sa.Column("cluster", WORD, nullable=True),
        sa.ForeignKeyConstraint(["case_key"], ["cases.key"], name=op.f("fk_cluster_members_case_key")),
        sa.ForeignKeyConstraint(["clustering_key"], ["clusterings.key"], name=op.f("fk_cluster_members_clustering_key")),
        sa.PrimaryKeyConstraint("clustering_key", "case_key", name=op.f("pk_cluster_members")),
    )
