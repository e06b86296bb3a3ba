"""The first catalog: every table that version 0.1 has."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
JSON = sa.Text().with_variant(JSONB(), "postgresql")
INSTANT = sa.BigInteger()  # microseconds since 1970, UTC
WORDS = {
    "sqlite": ("CREATE VIRTUAL TABLE case_words USING fts5(text, title, note, tokenize = 'unicode61 remove_diacritics 0')",),
    "postgresql": (
        "CREATE TABLE case_words (case_key BIGINT CONSTRAINT pk_case_words PRIMARY KEY, words TSVECTOR NOT NULL)",
        "CREATE INDEX ix_case_words_words ON case_words USING gin (words)",
    ),
}


def upgrade() -> None:
    op.create_table(
        "catalog_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("catalog_id", WORD, nullable=False),
        sa.Column("created", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_head")),
    )
    op.create_table(
        "events",
        sa.Column("key", KEY, nullable=False),
        sa.Column("source_name", WORD, nullable=False),
        sa.Column("event_id", WORD, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("model", WORD, nullable=False),
        sa.Column("model_version", WORD, nullable=True),
        sa.Column("model_digest", WORD, nullable=True),
        sa.Column("features", WORD, nullable=True),
        sa.Column("confidence", sa.Float(precision=53), nullable=True),
        sa.Column("latency_ms", sa.Float(precision=53), nullable=True),
        sa.Column("status", WORD, nullable=True),
        sa.Column("trace_id", WORD, nullable=True),
        sa.Column("team_id", WORD, server_default="default", nullable=False),
        sa.Column("sensitivity", sa.SmallInteger(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_events")),
        sa.UniqueConstraint("event_id", "source_name", name=op.f("uq_events_event_id_source_name")),
    )
    op.create_table(
        "journal",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("actor", WORD, nullable=False),
        sa.Column("action", WORD, nullable=False),
        sa.Column("subjects", JSON, nullable=False),
        sa.Column("request_id", WORD, nullable=True),
        sa.Column("digests", JSON, nullable=False),
        sa.Column("team_id", WORD, server_default="default", nullable=False),
        sa.Column("sensitivity", sa.SmallInteger(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_journal")),
    )
    op.create_table(
        "protocols",
        sa.Column("key", KEY, nullable=False),
        sa.Column("name", WORD, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", WORD, nullable=False),
        sa.Column("text", WORD, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("team_id", WORD, server_default="default", nullable=False),
        sa.Column("sensitivity", sa.SmallInteger(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_protocols")),
        sa.UniqueConstraint("name", "version", name=op.f("uq_protocols_name_version")),
    )
    op.create_table(
        "cases",
        sa.Column("key", KEY, nullable=False),
        sa.Column("id", WORD, nullable=False),
        sa.Column("event_key", KEY, nullable=False),
        sa.Column("status", WORD, nullable=False),
        sa.Column("origin", WORD, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("mode", WORD, nullable=True),
        sa.Column("severity", sa.SmallInteger(), nullable=True),
        sa.Column("suggested_mode", WORD, nullable=True),
        sa.Column("text_version", sa.Integer(), nullable=True),
        sa.Column("source_name", WORD, nullable=False),
        sa.Column("model", WORD, nullable=False),
        sa.Column("model_version", WORD, nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("output", WORD, nullable=True),
        sa.Column("label", WORD, nullable=True),
        sa.Column("confidence", sa.Float(precision=53), nullable=True),
        sa.Column("latency_ms", sa.Float(precision=53), nullable=True),
        sa.Column("position_from", sa.BigInteger(), nullable=False),
        sa.Column("team_id", WORD, server_default="default", nullable=False),
        sa.Column("sensitivity", sa.SmallInteger(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["event_key"], ["events.key"], name=op.f("fk_cases_event_key")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_cases")),
        sa.UniqueConstraint("event_key", name=op.f("uq_cases_event_key")),
        sa.UniqueConstraint("id", name=op.f("uq_cases_id")),
    )
    op.create_index(op.f("ix_cases_at_key"), "cases", ["at", "key"], unique=False)
    op.create_index(op.f("ix_cases_mode_at_key"), "cases", ["mode", "at", "key"], unique=False)
    op.create_index(op.f("ix_cases_model_at_key"), "cases", ["model", "at", "key"], unique=False)
    op.create_index(op.f("ix_cases_model_version_at_key"), "cases", ["model_version", "at", "key"], unique=False)
    op.create_index(op.f("ix_cases_severity_at_key"), "cases", ["severity", "at", "key"], unique=False)
    op.create_index(op.f("ix_cases_status_at_key"), "cases", ["status", "at", "key"], unique=False)
    op.create_table(
        "event_contents",
        sa.Column("event_key", KEY, autoincrement=False, nullable=False),
        sa.Column("output", JSON, nullable=True),
        sa.Column("inputs", JSON, nullable=False),
        sa.Column("context", JSON, nullable=False),
        sa.Column("text", WORD, nullable=True),
        sa.ForeignKeyConstraint(["event_key"], ["events.key"], name=op.f("fk_event_contents_event_key")),
        sa.PrimaryKeyConstraint("event_key", name=op.f("pk_event_contents")),
    )
    op.create_table(
        "runs",
        sa.Column("key", KEY, nullable=False),
        sa.Column("id", WORD, nullable=False),
        sa.Column("protocol_key", KEY, nullable=False),
        sa.Column("source_name", WORD, nullable=False),
        sa.Column("protocol_name", WORD, nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("until", INSTANT, nullable=False),
        sa.Column("as_of", INSTANT, nullable=False),
        sa.Column("status", WORD, nullable=False),
        sa.Column("digest", WORD, nullable=False),
        sa.Column("fingerprint", WORD, nullable=False),
        sa.Column("manifest", JSON, nullable=False),
        sa.Column("events_new", sa.BigInteger(), nullable=False),
        sa.Column("events_known", sa.BigInteger(), nullable=False),
        sa.Column("cases_new", sa.BigInteger(), nullable=False),
        sa.Column("cases_known", sa.BigInteger(), nullable=False),
        sa.Column("changes", JSON, nullable=False),
        sa.Column("refused", JSON, nullable=False),
        sa.Column("suggestions", JSON, nullable=False),
        sa.Column("actor", WORD, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("team_id", WORD, server_default="default", nullable=False),
        sa.Column("sensitivity", sa.SmallInteger(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["protocol_key"], ["protocols.key"], name=op.f("fk_runs_protocol_key")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_runs")),
        sa.UniqueConstraint("id", name=op.f("uq_runs_id")),
    )
    op.create_index(op.f("ix_runs_protocol_name_position"), "runs", ["protocol_name", "position"], unique=False)
    op.create_table(
        "captures",
        sa.Column("run_key", KEY, nullable=False),
        sa.Column("event_key", KEY, nullable=False),
        sa.Column("window_start", INSTANT, nullable=False),
        sa.Column("stratum", WORD, nullable=False),
        sa.Column("priority", WORD, nullable=False),
        sa.Column("probability", sa.Float(precision=53), nullable=False),
        sa.Column("met", JSON, nullable=False),
        sa.Column("undecided", JSON, nullable=False),
        sa.Column("outside", JSON, nullable=False),
        sa.Column("output", JSON, nullable=True),
        sa.Column("label", JSON, nullable=True),
        sa.Column("labelled", sa.Boolean(), nullable=False),
        sa.Column("evidence", WORD, nullable=True),
        sa.ForeignKeyConstraint(["event_key"], ["events.key"], name=op.f("fk_captures_event_key")),
        sa.ForeignKeyConstraint(["run_key"], ["runs.key"], name=op.f("fk_captures_run_key")),
        sa.PrimaryKeyConstraint("run_key", "event_key", name=op.f("pk_captures")),
    )
    op.create_index(op.f("ix_captures_event_key_run_key"), "captures", ["event_key", "run_key"], unique=False)
    op.create_table(
        "case_context",
        sa.Column("name", WORD, nullable=False),
        sa.Column("value", WORD, nullable=False),
        sa.Column("case_key", KEY, nullable=False),
        sa.ForeignKeyConstraint(["case_key"], ["cases.key"], name=op.f("fk_case_context_case_key")),
        sa.PrimaryKeyConstraint("name", "value", "case_key", name=op.f("pk_case_context")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_case_context_case_key"), "case_context", ["case_key"], unique=False)
    op.create_table(
        "case_criteria",
        sa.Column("criterion", WORD, nullable=False),
        sa.Column("case_key", KEY, nullable=False),
        sa.ForeignKeyConstraint(["case_key"], ["cases.key"], name=op.f("fk_case_criteria_case_key")),
        sa.PrimaryKeyConstraint("criterion", "case_key", name=op.f("pk_case_criteria")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_case_criteria_case_key"), "case_criteria", ["case_key"], unique=False)
    op.create_table(
        "case_texts",
        sa.Column("case_key", KEY, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("title", WORD, nullable=True),
        sa.Column("note", WORD, nullable=True),
        sa.ForeignKeyConstraint(["case_key"], ["cases.key"], name=op.f("fk_case_texts_case_key")),
        sa.PrimaryKeyConstraint("case_key", "version", name=op.f("pk_case_texts")),
    )
    op.create_table(
        "cells",
        sa.Column("run_key", KEY, nullable=False),
        sa.Column("window_start", INSTANT, nullable=False),
        sa.Column("stratum", WORD, nullable=False),
        sa.Column("met", WORD, nullable=False),
        sa.Column("undecided", WORD, nullable=False),
        sa.Column("population", sa.BigInteger(), nullable=False),
        sa.Column("labelled", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["run_key"], ["runs.key"], name=op.f("fk_cells_run_key")),
        sa.PrimaryKeyConstraint("run_key", "window_start", "stratum", "met", "undecided", name=op.f("pk_cells")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "groups",
        sa.Column("run_key", KEY, nullable=False),
        sa.Column("window_start", INSTANT, nullable=False),
        sa.Column("stratum", WORD, nullable=False),
        sa.Column("criterion", WORD, nullable=False),
        sa.Column("population", sa.BigInteger(), nullable=False),
        sa.Column("labelled", sa.BigInteger(), nullable=False),
        sa.Column("kept", sa.BigInteger(), nullable=False),
        sa.Column("threshold", sa.Float(precision=53), nullable=False),
        sa.ForeignKeyConstraint(["run_key"], ["runs.key"], name=op.f("fk_groups_run_key")),
        sa.PrimaryKeyConstraint("run_key", "window_start", "stratum", "criterion", name=op.f("pk_groups")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "profiles",
        sa.Column("run_key", KEY, nullable=False),
        sa.Column("window_start", INSTANT, nullable=False),
        sa.Column("field", WORD, nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("nulls", sa.BigInteger(), nullable=False),
        sa.Column("minimum", JSON, nullable=True),
        sa.Column("maximum", JSON, nullable=True),
        sa.ForeignKeyConstraint(["run_key"], ["runs.key"], name=op.f("fk_profiles_run_key")),
        sa.PrimaryKeyConstraint("run_key", "window_start", "field", name=op.f("pk_profiles")),
    )
    op.create_table(
        "refused_rows",
        sa.Column("run_key", KEY, nullable=False),
        sa.Column("reason", WORD, nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("file", WORD, nullable=False),
        sa.Column("row", sa.BigInteger(), nullable=True),
        sa.Column("detail", WORD, nullable=False),
        sa.ForeignKeyConstraint(["run_key"], ["runs.key"], name=op.f("fk_refused_rows_run_key")),
        sa.PrimaryKeyConstraint("run_key", "reason", "ordinal", name=op.f("pk_refused_rows")),
    )
    op.create_table(
        "revisions",
        sa.Column("case_key", KEY, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("position_from", sa.BigInteger(), nullable=False),
        sa.Column("position_to", sa.BigInteger(), nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("actor", WORD, nullable=False),
        sa.Column("action", WORD, nullable=False),
        sa.Column("status", WORD, nullable=False),
        sa.Column("mode", WORD, nullable=True),
        sa.Column("severity", sa.SmallInteger(), nullable=True),
        sa.Column("text_version", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["case_key"], ["cases.key"], name=op.f("fk_revisions_case_key")),
        sa.PrimaryKeyConstraint("case_key", "revision", name=op.f("pk_revisions")),
    )
    op.create_index(op.f("ix_revisions_position_from"), "revisions", ["position_from"], unique=False)
    op.create_table(
        "run_changes",
        sa.Column("run_key", KEY, nullable=False),
        sa.Column("event_id", WORD, nullable=False),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("window_start", INSTANT, nullable=False),
        sa.Column("detail", WORD, nullable=False),
        sa.ForeignKeyConstraint(["run_key"], ["runs.key"], name=op.f("fk_run_changes_run_key")),
        sa.PrimaryKeyConstraint("run_key", "event_id", "kind", name=op.f("pk_run_changes")),
    )
    op.create_table(
        "run_windows",
        sa.Column("run_key", KEY, nullable=False),
        sa.Column("window_start", INSTANT, nullable=False),
        sa.Column("source_name", WORD, nullable=False),
        sa.Column("protocol_name", WORD, nullable=False),
        sa.Column("width_micros", sa.BigInteger(), nullable=False),
        sa.Column("population", sa.BigInteger(), nullable=False),
        sa.Column("labelled", sa.BigInteger(), nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("position_from", sa.BigInteger(), nullable=True),
        sa.Column("position_to", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["run_key"], ["runs.key"], name=op.f("fk_run_windows_run_key")),
        sa.PrimaryKeyConstraint("run_key", "window_start", name=op.f("pk_run_windows")),
    )
    op.create_index(
        op.f("ix_run_windows_source_name_protocol_name_window_start_position_from_position_to"),
        "run_windows",
        ["source_name", "protocol_name", "window_start", "position_from", "position_to"],
        unique=False,
    )
    op.create_table(
        "samples",
        sa.Column("run_key", KEY, nullable=False),
        sa.Column("event_key", KEY, nullable=False),
        sa.Column("criterion", WORD, nullable=False),
        sa.ForeignKeyConstraint(["event_key"], ["events.key"], name=op.f("fk_samples_event_key")),
        sa.ForeignKeyConstraint(["run_key"], ["runs.key"], name=op.f("fk_samples_run_key")),
        sa.PrimaryKeyConstraint("run_key", "event_key", "criterion", name=op.f("pk_samples")),
        sqlite_with_rowid=False,
    )
    for statement in WORDS[op.get_context().dialect.name]:
        op.execute(statement)
