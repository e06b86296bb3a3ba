"""The tables of what models answered when they were asked again: replays of cases, and results of suites.

What a model answered about a case stands apart (`replay_answers`), so that it can be erased alone, and so does where it
ran, which the replays of one job share. Of a suite there is what running it on a version of a model left, of the whole and
event by event.
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
    Text,
    UniqueConstraint,
)

from remiss.edges.stores.dialect.types import Json, Key, Word
from remiss.edges.stores.tables.base import Instant, governed, metadata

replay_environments = Table(
    "replay_environments",
    metadata,
    Column("key", Key, primary_key=True),
    Column("digest", Word, nullable=False, unique=True),  # of the rest
    Column("python", Word),
    Column("platform", Word),
    Column("packages", Json, nullable=False),
)

replays = Table(
    "replays",
    metadata,
    Column("key", Key, primary_key=True),
    Column("id", Word, nullable=False, unique=True),
    Column("case_key", ForeignKey("cases.key"), nullable=False),
    Column("model", Word, nullable=False),
    Column("model_version", Word, nullable=False),  # empty of a model that is not registered
    Column("runner", Word, nullable=False),
    Column("gets", Word, nullable=False),
    Column("digest", Word),  # of the model
    Column("seed", BigInteger, nullable=False),
    Column("grade", Word),
    Column("causes", Json, nullable=False),
    Column("trouble", Word),
    Column("latency_ms", Float(53)),
    Column("environment_key", ForeignKey("replay_environments.key")),
    Column("person", Word, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("position", BigInteger, nullable=False),
    Index(None, "case_key"),
)

replay_answers = Table(
    "replay_answers",
    metadata,
    Column("replay_key", ForeignKey("replays.key"), primary_key=True, autoincrement=False),
    # As JSON, and as text: JSONB holds no zero character.
    Column("answer", Word, nullable=False),
    Column("logged", Word, nullable=False),  # what it was compared with
)

# What running a suite left: the document of a result, without its rows.
results = Table(
    "results",
    metadata,
    Column("key", Key, primary_key=True),
    Column("id", Word, nullable=False, unique=True),
    Column("suite", Word, nullable=False),
    Column("digest", Word, nullable=False),  # of the suite
    Column("model", Word, nullable=False),
    Column("version", Word, nullable=False),  # empty of a model that is not registered
    Column("position", BigInteger, nullable=False),
    Column("content", Text, nullable=False),
    *governed(),
    Index("ix_results_digest_model", "digest", "model"),
)

# The rows of a result, in the order in which they are looked at: failures first.
result_rows = Table(
    "result_rows",
    metadata,
    Column("result_key", Key, ForeignKey("results.key"), primary_key=True, autoincrement=False),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("event", Word, nullable=False),  # as a suite calls it: the id that its case has, or would have
    Column("part", Word, nullable=False),
    Column("verdict", Word, nullable=False),
    Column("mode", Word),
    Column("severity", SmallInteger),
    Column("stratum", Word, nullable=False),
    Column("content", Text, nullable=False),  # the rest, but for
    Column("answer", Word),  # what the model said, which can be erased alone
    Index(None, "event"),
)

# What became of each scenario that was asked beside the events of a suite.
result_scenarios = Table(
    "result_scenarios",
    metadata,
    Column("result_key", Key, ForeignKey("results.key"), primary_key=True, autoincrement=False),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("scenario", Word, nullable=False),
    Column("recipe", Word, nullable=False),
    Column("family", Word, nullable=False),
    Column("compares", Boolean(create_constraint=False), nullable=False),  # whether it can show a flip
    Column("flips", Boolean(create_constraint=False), nullable=False),
)

# What was answered in runs that are under way, piece by piece; once there is a result they are gone.
run_pieces = Table(
    "run_pieces",
    metadata,
    Column("key", Key, primary_key=True),
    Column("run", Word, nullable=False),  # a job, or what a person runs how
    Column("first", Integer, nullable=False),  # of the events and scenarios of the suite
    Column("count", Integer, nullable=False),
    Column("kept_at", Instant, nullable=False),
    Column("content", Text, nullable=False),  # what the answers were judged to be
    Column("answers", Text, nullable=False),  # what the model said, redacted
    *governed(),
    UniqueConstraint("run", "first"),
)
