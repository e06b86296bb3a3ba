"""The tables of what was captured and of cases.

Sampling facts belong to runs (`groups`, `cells`, `captures`, `samples`) and are never changed; `events` are immutable; what
people add belongs to `cases`, whose every state is a row of `revisions`. Content that may have to be erased stands apart
(`event_contents`, `case_texts`, `case_words`), so that erasing it touches no history and no statistics. The full-text table
`case_words` differs between databases and is declared in `dialect/words.py`.

`position_from` and `position_to` are numbers of the journal: a row was in force at P when
`position_from <= P AND (position_to IS NULL OR position_to > P)`.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    UniqueConstraint,
    false,
)

from remiss.edges.stores.dialect.types import CLUSTERED, Json, Key, Word, having
from remiss.edges.stores.tables.base import Instant, governed, metadata

# One row. Its row lock orders all writers (docs/adr/0004): whoever holds it has the next position.
catalog_head = Table(
    "catalog_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("position", BigInteger, nullable=False),
    Column("catalog_id", Word, nullable=False),
    Column("created", Instant, nullable=False),
)

journal = Table(
    "journal",
    metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("actor", Word, nullable=False),
    Column("action", Word, nullable=False),
    Column("subjects", Json, nullable=False),
    Column("request_id", Word),
    Column("digests", Json, nullable=False),
    *governed(),
    Column("role", Word),
    Column("leaf", LargeBinary),
    Column("seal", LargeBinary),
)

protocols = Table(
    "protocols",
    metadata,
    Column("key", Key, primary_key=True),
    Column("name", Word, nullable=False),
    Column("version", Integer, nullable=False),
    Column("digest", Word, nullable=False),
    Column("text", Word, nullable=False),
    Column("at", Instant, nullable=False),
    Column("position", BigInteger, nullable=False),
    *governed(),
    UniqueConstraint("name", "version"),
)

runs = Table(
    "runs",
    metadata,
    Column("key", Key, primary_key=True),
    Column("id", Word, nullable=False, unique=True),
    Column("protocol_key", ForeignKey("protocols.key"), nullable=False),
    Column("source_name", Word, nullable=False),
    Column("protocol_name", Word, nullable=False),
    Column("since", Instant, nullable=False),
    Column("until", Instant, nullable=False),
    Column("as_of", Instant, nullable=False),
    Column("status", Word, nullable=False),  # complete | waiting
    Column("digest", Word, nullable=False),
    Column("fingerprint", Word, nullable=False),
    Column("manifest", Json, nullable=False),
    Column("events_new", BigInteger, nullable=False),
    Column("events_known", BigInteger, nullable=False),
    Column("cases_new", BigInteger, nullable=False),
    Column("cases_known", BigInteger, nullable=False),
    Column("changes", Json, nullable=False),  # kind -> count
    Column("refused", Json, nullable=False),  # reason -> count
    Column("suggestions", Json, nullable=False),  # criterion -> [severity, mode], for the cases that it files
    Column("actor", Word, nullable=False),
    Column("at", Instant, nullable=False),
    Column("position", BigInteger, nullable=False),
    *governed(),
    Index(None, "protocol_name", "position"),
)


def _of_run() -> Column[int]:
    return Column("run_key", ForeignKey("runs.key"), primary_key=True)


# Source and protocol are repeated here so that one index answers which run is in force for a window, now or at a position.
run_windows = Table(
    "run_windows",
    metadata,
    _of_run(),
    Column("window_start", Instant, primary_key=True),
    Column("source_name", Word, nullable=False),
    Column("protocol_name", Word, nullable=False),
    Column("width_micros", BigInteger, nullable=False),
    Column("population", BigInteger, nullable=False),
    Column("labelled", BigInteger, nullable=False),
    Column("provisional", Boolean(create_constraint=False), nullable=False),
    Column("position_from", BigInteger),  # null while the run waits
    Column("position_to", BigInteger),  # null while in force
    Index(None, "source_name", "protocol_name", "window_start", "position_from", "position_to"),
)

groups = Table(
    "groups",
    metadata,
    _of_run(),
    Column("window_start", Instant, primary_key=True),
    Column("stratum", Word, primary_key=True),  # canonical JSON
    Column("criterion", Word, primary_key=True),
    Column("population", BigInteger, nullable=False),
    Column("labelled", BigInteger, nullable=False),
    Column("kept", BigInteger, nullable=False),
    Column("threshold", Float(53), nullable=False),
    **CLUSTERED,
)

cells = Table(
    "cells",
    metadata,
    _of_run(),
    Column("window_start", Instant, primary_key=True),
    Column("stratum", Word, primary_key=True),
    Column("met", Word, primary_key=True),  # canonical JSON list
    Column("undecided", Word, primary_key=True),
    Column("population", BigInteger, nullable=False),
    Column("labelled", BigInteger, nullable=False),
    **CLUSTERED,
)

profiles = Table(
    "profiles",
    metadata,
    _of_run(),
    Column("window_start", Instant, primary_key=True),
    Column("field", Word, primary_key=True),
    Column("count", BigInteger, nullable=False),
    Column("nulls", BigInteger, nullable=False),
    Column("minimum", Json),
    Column("maximum", Json),
)

refused_rows = Table(
    "refused_rows",
    metadata,
    _of_run(),
    Column("reason", Word, primary_key=True),
    Column("ordinal", Integer, primary_key=True),
    Column("file", Word, nullable=False),
    Column("row", BigInteger),
    Column("detail", Word, nullable=False),
)

run_changes = Table(
    "run_changes",
    metadata,
    _of_run(),
    Column("event_id", Word, primary_key=True),
    Column("kind", Word, primary_key=True),  # added | dropped | gone | changed
    Column("window_start", Instant, nullable=False),
    Column("detail", Word, nullable=False),
)

events = Table(
    "events",
    metadata,
    Column("key", Key, primary_key=True),
    Column("source_name", Word, nullable=False),
    Column("event_id", Word, nullable=False),
    Column("at", Instant, nullable=False),
    Column("model", Word, nullable=False),
    Column("model_version", Word),
    Column("model_digest", Word),
    Column("features", Word),
    Column("confidence", Float(53)),
    Column("latency_ms", Float(53)),
    Column("status", Word),
    Column("trace_id", Word),
    *governed(),
    UniqueConstraint("event_id", "source_name"),  # in this order, an id is found without its source too
)

# The redacted content of an event: can be erased alone. `output` is what was first seen; captures have each run's.
event_contents = Table(
    "event_contents",
    metadata,
    Column("event_key", ForeignKey("events.key"), primary_key=True, autoincrement=False),
    Column("output", Json),
    Column("inputs", Json, nullable=False),
    Column("context", Json, nullable=False),
    Column("text", Word),
    Column("redactions", Json),  # see redactions.py
)

# What one run saw of one sampled event.
captures = Table(
    "captures",
    metadata,
    _of_run(),
    Column("event_key", ForeignKey("events.key"), primary_key=True),
    Column("window_start", Instant, nullable=False),
    Column("stratum", Word, nullable=False),
    Column("priority", Word, nullable=False),
    Column("probability", Float(53), nullable=False),
    Column("met", Json, nullable=False),
    Column("undecided", Json, nullable=False),
    Column("outside", Json, nullable=False),
    Column("output", Json),
    Column("label", Json),
    Column("labelled", Boolean(create_constraint=False), nullable=False),
    Column("evidence", Word),  # address in the vault
    Column("redactions", Json),  # of output and label
    Index(None, "event_key", "run_key"),
)

# In the groups of which criteria (or control, undecided, all) a run kept an event.
samples = Table(
    "samples",
    metadata,
    _of_run(),
    Column("event_key", ForeignKey("events.key"), primary_key=True),
    Column("criterion", Word, primary_key=True),
    **CLUSTERED,
)

# The current state of every case. What filters and pages read is repeated from the event and its capture in force.
cases = Table(
    "cases",
    metadata,
    Column("key", Key, primary_key=True),
    Column("id", Word, nullable=False, unique=True),
    Column("event_key", ForeignKey("events.key"), nullable=False, unique=True),
    Column("status", Word, nullable=False),
    Column("origin", Word, nullable=False),  # captured | filed | control | missed
    Column("revision", Integer, nullable=False),
    Column("mode", Word),
    Column("severity", SmallInteger),
    Column("suggested_mode", Word),
    Column("text_version", Integer),
    Column("source_name", Word, nullable=False),
    Column("model", Word, nullable=False),
    Column("model_version", Word),
    Column("at", Instant, nullable=False),
    Column("output", Word),  # as text, for comparison
    Column("label", Word),
    Column("confidence", Float(53)),
    Column("latency_ms", Float(53)),
    Column("position_from", BigInteger, nullable=False),
    *governed(),
    # Whether its event has changed since people labelled it.
    Column("stale", Boolean(create_constraint=False), nullable=False, server_default=false()),
    # A filter on one of these, newest first, is one walk down an index.
    Index(None, "status", "at", "key"),
    Index(None, "severity", "at", "key"),
    Index(None, "mode", "at", "key"),
    Index(None, "model", "at", "key"),
    Index(None, "model_version", "at", "key"),
    Index(None, "at", "key"),
    # How many of a kind have each value (see `listing/kinds.py`), which kinds there are, and how guarded a team's are at most.
    *(Index(None, "team_id", "sensitivity", value) for value in ("status", "severity", "mode", "model", "model_version")),
    # The few that people filed, which the queue has to know all of.
    Index("ix_cases_filed", "key", **having("origin = 'filed'")),
)


def _kind_of_case() -> tuple[Column[str], Column[int]]:
    """Return the columns that repeat by whom the row's case may be seen (see `case_values.py`), so that it is not looked up."""
    return Column("team_id", Word), Column("sensitivity", SmallInteger)


# Current criteria of a case, and current values of its context, for filters and facets: the index is the table.
case_criteria = Table(
    "case_criteria",
    metadata,
    Column("criterion", Word, primary_key=True),
    Column("case_key", ForeignKey("cases.key"), primary_key=True),
    *_kind_of_case(),
    Index(None, "case_key"),
    Index(None, "team_id", "sensitivity", "criterion"),
    **CLUSTERED,
)

case_context = Table(
    "case_context",
    metadata,
    Column("name", Word, primary_key=True),  # without the context. prefix
    Column("value", Word, primary_key=True),  # as text; nulls have no row
    Column("case_key", ForeignKey("cases.key"), primary_key=True),
    *_kind_of_case(),
    Index(None, "case_key"),
    Index(None, "team_id", "sensitivity", "name", "value"),
    **CLUSTERED,
)

# People's words by version, apart from the states that refer to them.
case_texts = Table(
    "case_texts",
    metadata,
    Column("case_key", ForeignKey("cases.key"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("title", Word),
    Column("note", Word),
)

revisions = Table(
    "revisions",
    metadata,
    Column("case_key", ForeignKey("cases.key"), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("position_from", BigInteger, nullable=False),
    Column("position_to", BigInteger),
    Column("at", Instant, nullable=False),
    Column("actor", Word, nullable=False),
    Column("action", Word, nullable=False),
    Column("status", Word, nullable=False),
    Column("mode", Word),
    Column("severity", SmallInteger),
    Column("text_version", Integer),
    Index(None, "position_from"),
)
