"""The tables of replays: what came of asking a model about a case again.

What the model answered stands apart (`replay_answers`), so that it can be erased alone, and so does where it ran, which the
replays of one job share.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, ForeignKey, Index, Table

from remiss.edges.stores.dialect.types import Json, Key, Word
from remiss.edges.stores.tables.base import Instant, metadata

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
