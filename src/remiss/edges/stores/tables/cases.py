"""The tables of cases: what people add belongs to `cases`, whose every state is a row of `revisions`.

Content that may have to be erased stands apart (`case_texts`, `case_words`), so that erasing it touches no history. The
full-text table `case_words` differs between databases and is declared in `dialect/words.py`.

A state was in force at position P when `position_from <= P AND (position_to IS NULL OR position_to > P)`.
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
    SmallInteger,
    Table,
    false,
)

from remiss.edges.stores.dialect.types import CLUSTERED, Key, Word, having
from remiss.edges.stores.tables.base import Instant, governed, metadata

# The current state of every case. What filters and pages read is repeated from the event and what the run in force saw of it.
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
    Column("occurred_at", Instant, nullable=False),
    Column("output", Word),  # as text, for comparison
    Column("label", Word),
    Column("confidence", Float(53)),
    Column("latency_ms", Float(53)),
    Column("position_from", BigInteger, nullable=False),
    *governed(),
    # Whether its event has changed since people labelled it: a row of `stale_cases` says since when.
    Column("stale", Boolean(create_constraint=False), nullable=False, server_default=false()),
    # A filter on one of these, newest first, is one walk down an index.
    Index(None, "status", "occurred_at", "key"),
    Index(None, "severity", "occurred_at", "key"),
    Index(None, "mode", "occurred_at", "key"),
    Index(None, "model", "occurred_at", "key"),
    Index(None, "model_version", "occurred_at", "key"),
    Index(None, "occurred_at", "key"),
    # How many of a kind have each value (see `listing/kinds.py`), which kinds there are, and the sensitivity of a team's are at
    # most.
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
    Column("created_at", Instant, nullable=False),
    Column("actor", Word, nullable=False),
    Column("action", Word, nullable=False),
    Column("status", Word, nullable=False),
    Column("mode", Word),
    Column("severity", SmallInteger),
    Column("text_version", Integer),
    Index(None, "position_from"),
)

# From when until when an event was another one than people had labelled; of a case there may be several.
stale_cases = Table(
    "stale_cases",
    metadata,
    Column("case_key", ForeignKey("cases.key"), primary_key=True),
    Column("position_from", BigInteger, primary_key=True, autoincrement=False),
    Column("position_to", BigInteger),
    **CLUSTERED,
)
