"""Threads on cases: comments, their texts apart from them, whom they mention, and how threads are resolved."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INSTANT = sa.BigInteger()


def upgrade() -> None:
    op.create_table(
        "threads",
        sa.Column("key", KEY, nullable=False),
        sa.Column("id", WORD, nullable=False),
        sa.Column("case_key", KEY, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["case_key"], ["cases.key"], name=op.f("fk_threads_case_key")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_threads")),
        sa.UniqueConstraint("id", name=op.f("uq_threads_id")),
        sa.UniqueConstraint("case_key", "number", name=op.f("uq_threads_case_key_number")),
    )
    op.create_table(
        "comments",
        sa.Column("key", KEY, nullable=False),
        sa.Column("thread_key", KEY, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("person", WORD, nullable=False),
        sa.Column("name", WORD, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["thread_key"], ["threads.key"], name=op.f("fk_comments_thread_key")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_comments")),
        sa.UniqueConstraint("thread_key", "number", name=op.f("uq_comments_thread_key_number")),
    )
    op.create_table(
        "comment_texts",
        sa.Column("comment_key", KEY, autoincrement=False, nullable=False),
        sa.Column("text", WORD, nullable=False),
        sa.ForeignKeyConstraint(["comment_key"], ["comments.key"], name=op.f("fk_comment_texts_comment_key")),
        sa.PrimaryKeyConstraint("comment_key", name=op.f("pk_comment_texts")),
    )
    op.create_table(
        "mentions",
        sa.Column("name", WORD, nullable=False),
        sa.Column("comment_key", KEY, nullable=False),
        sa.ForeignKeyConstraint(["comment_key"], ["comments.key"], name=op.f("fk_mentions_comment_key")),
        sa.PrimaryKeyConstraint("name", "comment_key", name=op.f("pk_mentions")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_mentions_comment_key"), "mentions", ["comment_key"], unique=False)
    op.create_table(
        "thread_turns",
        sa.Column("thread_key", KEY, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("status", WORD, nullable=False),
        sa.Column("person", WORD, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["thread_key"], ["threads.key"], name=op.f("fk_thread_turns_thread_key")),
        sa.PrimaryKeyConstraint("thread_key", "number", name=op.f("pk_thread_turns")),
    )
