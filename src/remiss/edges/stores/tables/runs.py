"""The tables of what was captured: protocols, runs, and the events that runs saw.

Sampling facts belong to runs (`groups`, `cells`, `observations`, `samples`) and are never changed; `events` are immutable.
Content that may have to be erased stands apart (`event_contents`), so that erasing it touches no statistics.

A run was in force for a window at position P when `position_from <= P AND (position_to IS NULL OR position_to > P)`.
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
    Table,
    UniqueConstraint,
    text,
)

from remiss.edges.stores.dialect.types import CLUSTERED, Json, Key, Word
from remiss.edges.stores.tables.base import Instant, governed, metadata

protocols = Table(
    "protocols",
    metadata,
    Column("key", Key, primary_key=True),
    Column("name", Word, nullable=False),
    Column("version", Integer, nullable=False),
    Column("digest", Word, nullable=False),
    Column("text", Word, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("position", BigInteger, nullable=False),
    *governed(),
    Column("words", Json),  # how its events are shown (see protocol_rows.py); null: as it was before there were such words
    Column("text_position", BigInteger),  # since when this is its text, where that was not its first
    UniqueConstraint("name", "version"),
)

# What the text of a version was before: what decides no meaning may be written otherwise, and the newest is shown.
former_protocol_texts = Table(
    "former_protocol_texts",
    metadata,
    Column("protocol_key", ForeignKey("protocols.key"), primary_key=True),
    Column("position_to", BigInteger, primary_key=True, autoincrement=False),
    Column("text", Word, nullable=False),
    **CLUSTERED,
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
    Column("created_at", Instant, nullable=False),
    Column("position", BigInteger, nullable=False),
    *governed(),
    Column("rules", Integer),  # by which states were derived; null: by the first
    Column("bins", Word),  # the digest of `bins`; null: nothing was counted by field
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
    Column("left_out", BigInteger, nullable=False, server_default=text("0")),  # rows that the protocol does not admit
    Column("nulls", Json),  # criterion -> count; null: none
    Index(None, "source_name", "protocol_name", "window_start", "position_from", "position_to"),
)

# Runs that stored texts without redaction, before that became what a protocol without the key means; a job takes them off.
unredacted_runs = Table("unredacted_runs", metadata, _of_run())

# Windows next to a run's (`beside`) whose rows share ids with one of it: a file that changes the one may change the other.
shared_windows = Table(
    "shared_windows",
    metadata,
    _of_run(),
    Column("window_start", Instant, primary_key=True),
    Column("beside", Instant, primary_key=True),
)

# A file of a source in one state, as the runs that were filed from `position_from` until `position_to` saw it; both null of what
# was only read.
source_files = Table(
    "source_files",
    metadata,
    Column("key", Key, primary_key=True),
    Column("source_name", Word, nullable=False),
    Column("protocol_name", Word, nullable=False),
    Column("path", Word, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("modified_ns", BigInteger, nullable=False),
    Column("digest", Word),  # of its content, where that was needed whole
    Column("read_as", Word),  # by what its times were read
    Column("times", Json),  # [least, greatest] of each stretch, in microseconds
    Column("last_row", BigInteger),
    Column("tail", Json),  # what was appended to which content
    Column("position_from", BigInteger),
    Column("position_to", BigInteger),
    Column("timeless", BigInteger),  # rows without a time
    Column("layout", Word),  # what columns it has
    Index(None, "source_name", "protocol_name"),
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
    Column("criteria_met", Word, primary_key=True),  # canonical JSON list
    Column("criteria_undecided", Word, primary_key=True),
    Column("population", BigInteger, nullable=False),
    Column("labelled", BigInteger, nullable=False),
    Column("criteria_outside", Word, primary_key=True, server_default="[]"),  # of a run by the first rules, it is not known
    Column("ruled_out", Json),  # criterion -> count; null: none
    Column("model_version", Word, primary_key=True, server_default="[]"),  # canonical JSON list of one; none: not told apart
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

# Which values of each field are counted together, a list by field; the bins of restricted fields are sealed.
bins = Table(
    "bins",
    metadata,
    Column("digest", Word, primary_key=True),
    Column("fields", Json, nullable=False),
)

# How many events of a window have which bin of each field, and of each two (see `records/histogram.py`).
histograms = Table(
    "histograms",
    metadata,
    _of_run(),
    Column("window_start", Instant, primary_key=True),
    Column("single", LargeBinary, nullable=False),
    Column("pairs", LargeBinary, nullable=False),
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
    Column("occurred_at", Instant, nullable=False),
    Column("model", Word, nullable=False),
    Column("model_version", Word),
    Column("model_digest", Word),
    Column("features", Word),
    Column("confidence", Float(53)),
    Column("latency_ms", Float(53)),
    Column("status", Word),
    Column("trace_id", Word),
    *governed(),
    # 0 of the first event of an id that was filed; of one whose id came again windows away, the start of its window.
    Column("recurrence", BigInteger, nullable=False, server_default=text("0")),
    UniqueConstraint("event_id", "source_name", "recurrence"),  # in this order, an id is found without its source too
)

# The redacted content of an event: can be erased alone. It is as the run in force saw it; observations have each run's output.
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
observations = Table(
    "observations",
    metadata,
    _of_run(),
    Column("event_key", ForeignKey("events.key"), primary_key=True),
    Column("window_start", Instant, nullable=False),
    Column("stratum", Word, nullable=False),
    Column("priority", Word, nullable=False),
    Column("inclusion_probability", Float(53), nullable=False),
    Column("criteria_met", Json, nullable=False),
    Column("criteria_undecided", Json, nullable=False),
    Column("criteria_outside", Json, nullable=False),
    Column("output", Json),
    Column("label", Json),
    Column("labelled", Boolean(create_constraint=False), nullable=False),
    Column("evidence", Word),  # address in the vault
    Column("redactions", Json),  # of output and label
    Column("content", Json),  # what else the run saw otherwise than the catalog had it, to be shown when it comes in force
    Column("criteria_ruled_out", Json),  # of the undecided ones; null: none
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
