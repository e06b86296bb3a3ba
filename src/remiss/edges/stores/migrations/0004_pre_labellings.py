"""What people say of cases: labellings with their words, links, reasons, and whether an event has changed since."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
JSON = sa.Text().with_variant(JSONB(), "postgresql")
INSTANT = sa.BigInteger()  # microseconds since 1970, UTC


def upgrade() -> None:
    op.add_column("cases", sa.Column("stale", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "labellings",
        sa.Column("key", KEY, nullable=False),
        sa.Column("case_key", KEY, nullable=False),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("person", WORD, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("position_to", sa.BigInteger(), nullable=True),
        sa.Column("superseded", WORD, nullable=True),
        sa.Column("verdict", WORD, nullable=False),
        sa.Column("mode", WORD, nullable=True),
        sa.Column("modes", JSON, nullable=False),
        sa.Column("answers", JSON, nullable=False),
        sa.Column("severity", sa.SmallInteger(), nullable=True),
        sa.Column("severity_reason", WORD, nullable=False),
        sa.Column("impact_low", sa.Float(precision=53), nullable=True),
        sa.Column("impact_high", sa.Float(precision=53), nullable=True),
        sa.Column("impact_unit", WORD, nullable=True),
        sa.Column("target", WORD, nullable=True),
        sa.Column("reproduced", WORD, nullable=False),
        sa.ForeignKeyConstraint(["case_key"], ["cases.key"], name=op.f("fk_labellings_case_key")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_labellings")),
        sa.UniqueConstraint("case_key", "round", "kind", "attempt", name=op.f("uq_labellings_case_key_round_kind_attempt")),
    )
    op.create_index(op.f("ix_labellings_person_position"), "labellings", ["person", "position"])
    op.create_index(op.f("ix_labellings_position"), "labellings", ["position"])
    op.create_table(
        "labelling_words",
        sa.Column("labelling_key", KEY, autoincrement=False, nullable=False),
        sa.Column("rationale", WORD, nullable=False),
        sa.Column("quotes", JSON, nullable=False),
        sa.ForeignKeyConstraint(["labelling_key"], ["labellings.key"], name=op.f("fk_labelling_words_labelling_key")),
        sa.PrimaryKeyConstraint("labelling_key", name=op.f("pk_labelling_words")),
    )
    op.create_table(
        "links",
        sa.Column("key", KEY, nullable=False),
        sa.Column("case_key", KEY, nullable=False),
        sa.Column("other_key", KEY, nullable=False),
        sa.Column("relation", WORD, nullable=False),
        sa.Column("person", WORD, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("position_from", sa.BigInteger(), nullable=False),
        sa.Column("position_to", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["case_key"], ["cases.key"], name=op.f("fk_links_case_key")),
        sa.ForeignKeyConstraint(["other_key"], ["cases.key"], name=op.f("fk_links_other_key")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_links")),
    )
    op.create_index(op.f("ix_links_case_key"), "links", ["case_key"])
    op.create_index(op.f("ix_links_other_key"), "links", ["other_key"])
    op.create_table(
        "revision_reasons",
        sa.Column("case_key", KEY, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("reason", WORD, nullable=False),
        sa.ForeignKeyConstraint(["case_key"], ["cases.key"], name=op.f("fk_revision_reasons_case_key")),
        sa.PrimaryKeyConstraint("case_key", "revision", name=op.f("pk_revision_reasons")),
    )
    op.create_table(
        "prospects",
        sa.Column("id", WORD, nullable=False),
        sa.Column("event_key", KEY, nullable=False),
        sa.ForeignKeyConstraint(["event_key"], ["events.key"], name=op.f("fk_prospects_event_key")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prospects")),
        sa.UniqueConstraint("event_key", name=op.f("uq_prospects_event_key")),
    )
