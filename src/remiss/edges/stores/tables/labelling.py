"""The tables of what people say of cases: labellings, links between cases, reasons.

A labelling is never changed: a later one supersedes it. People's words stand apart (`labelling_texts`, `revision_reasons`), so
that erasing them touches neither verdicts nor statistics.

The table of what people have in hand: which event somebody is about to label, and until when nobody else is given it.

The table of recodings: migrations of failure modes, with the documents that say what they did.

What became of each case is in its revisions, of the action `taxonomy.recode`.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, ForeignKey, Index, Integer, SmallInteger, Table, UniqueConstraint

from remiss.edges.stores.dialect.types import CLUSTERED, Json, Key, Word
from remiss.edges.stores.tables.base import Instant, metadata

reservations = Table(
    "reservations",
    metadata,
    Column("event_key", ForeignKey("events.key"), primary_key=True),
    Column("kind", Word, primary_key=True),  # annotation | verification | adjudication
    Column("person", Word, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Index(None, "person"),
    **CLUSTERED,
)


recodings = Table(
    "recodings",
    metadata,
    Column("name", Word, primary_key=True),
    Column("about", Word, nullable=False),
    Column("text", Word, nullable=False),
    Column("person", Word, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("position", BigInteger, nullable=False),
)


labellings = Table(
    "labellings",
    metadata,
    Column("key", Key, primary_key=True),
    Column("case_key", ForeignKey("cases.key"), nullable=False),
    Column("kind", Word, nullable=False),  # annotation | verification | adjudication
    Column("round", Integer, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("person", Word, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("position_to", BigInteger),  # null while in force
    Column("superseded", Word),  # redone | stale | reopened | recoded; null while in force
    Column("verdict", Word, nullable=False),
    Column("mode", Word),
    Column("modes", Json, nullable=False),
    Column("answers", Json, nullable=False),
    Column("severity", SmallInteger),
    Column("severity_reason", Word, nullable=False),
    Column("impact_low", Float(53)),
    Column("impact_high", Float(53)),
    Column("impact_unit", Word),
    Column("target", Word),  # id of the case that same-event speaks of
    Column("reproduced", Word, nullable=False),  # yes | no | not-tried
    # Of an annotation: by which it is chosen whether a second person labels the case; null of those from before it was kept.
    Column("chance", Float(53)),
    UniqueConstraint("case_key", "round", "kind", "attempt"),
    Index(None, "person", "position"),
    Index(None, "position"),
)

labelling_texts = Table(
    "labelling_texts",
    metadata,
    Column("labelling_key", ForeignKey("labellings.key"), primary_key=True, autoincrement=False),
    Column("rationale", Word, nullable=False),
    Column("quotes", Json, nullable=False),  # pairs of field and text
)

# Who could not tell what an event is. They stand apart from labellings, by the event and not by its case, so that nothing of a
# case says that somebody abstained, nor is there a case of a control because of it.
abstentions = Table(
    "abstentions",
    metadata,
    Column("key", Key, primary_key=True),
    Column("event_key", ForeignKey("events.key"), nullable=False),
    Column("kind", Word, nullable=False),  # annotation | verification | adjudication
    Column("person", Word, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("position_to", BigInteger),  # null while in force
    Column("superseded", Word),  # redone | stale | reopened; null while in force
    Column("reproduced", Word, nullable=False),  # yes | no | not-tried
    Index(None, "event_key"),
    Index(None, "person", "position"),
)

abstention_texts = Table(
    "abstention_texts",
    metadata,
    Column("abstention_key", ForeignKey("abstentions.key"), primary_key=True, autoincrement=False),
    Column("rationale", Word, nullable=False),
    Column("quotes", Json, nullable=False),  # pairs of field and text
)

# Whom an event is not given again, since they passed it.
passes = Table(
    "passes",
    metadata,
    Column("event_key", ForeignKey("events.key"), primary_key=True),
    Column("person", Word, primary_key=True),
    Column("created_at", Instant, nullable=False),
    Index(None, "person"),
    **CLUSTERED,
)

# How the queue of each protocol is steered: a row for each act, with all that holds after it; the greatest revision holds.
steerings = Table(
    "steerings",
    metadata,
    Column("protocol", Word, primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("first", Word, nullable=False),  # gravest | newest
    Column("steers", Json, nullable=False),  # of each act whether it opens, and the criterion, period and stratum
    Column("person", Word, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("position", BigInteger, nullable=False),
    **CLUSTERED,
)

# From the case that takes a verdict to the one that it takes it of.
links = Table(
    "links",
    metadata,
    Column("key", Key, primary_key=True),
    Column("case_key", ForeignKey("cases.key"), nullable=False),
    Column("other_key", ForeignKey("cases.key"), nullable=False),
    Column("relation", Word, nullable=False),  # alike | same-event
    Column("person", Word, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("position_from", BigInteger, nullable=False),
    Column("position_to", BigInteger),  # null while in force
    Index(None, "case_key"),
    Index(None, "other_key"),
)

# Why somebody moved a case, where a move needs a reason.
revision_reasons = Table(
    "revision_reasons",
    metadata,
    Column("case_key", ForeignKey("cases.key"), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("reason", Word, nullable=False),
)

# Under which ids people are given events that are no cases yet: the id that the case of such an event will have.
prospects = Table(
    "prospects",
    metadata,
    Column("id", Word, primary_key=True),
    Column("event_key", ForeignKey("events.key"), nullable=False, unique=True),
)
