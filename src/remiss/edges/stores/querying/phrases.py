"""Phrases where the full-text index cannot answer: what cases said before they were changed, what events without a case say.

The first are few, and of the second most can be told at a glance: what is left is taken apart by the same rule that the index was
made with.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, Select, Text, and_, select, type_coerce, union

from remiss.catalog.full_text import mentions, searchable, searchable_values, words_of
from remiss.catalog.query.expression import Query, leaves
from remiss.catalog.query.expression import Text as Phrase
from remiss.edges.stores.dialect.conditions import json_text
from remiss.edges.stores.dialect.types import from_json
from remiss.edges.stores.querying.search import EventMatches, as_seen_at, in_force_at, said_otherwise
from remiss.edges.stores.reading import Reading
from remiss.edges.stores.tables import case_texts, cases, event_contents, observations, revisions

Keys = dict[str, set[int]]
Rows = Iterable[Sequence[Row[*tuple[Any, ...]]]]
BATCH = 1_000


def phrases_in(query: Query) -> list[str]:
    """Return the phrases of a query, each once."""
    return list(dict.fromkeys(leaf.phrase for leaf in leaves(query) if isinstance(leaf, Phrase)))


def matched_before(reading: Reading, query: Query) -> Keys:
    """Return for each phrase the keys of the cases that said it at the position read, of those that may say otherwise now."""
    found: Keys = {phrase: set() for phrase in phrases_in(query)}
    if not found:
        return found
    position = reading.read_at
    then = (
        select(
            cases.c.key,
            *(as_seen_at(position, name) for name in ("output", "label")),
            *(event_contents.c[name] for name in ("inputs", "context", "text")),
            *(case_texts.c[name] for name in ("title", "note")),
        )
        .join(revisions, and_(*in_force_at(position)))
        .outerjoin(event_contents, event_contents.c.event_key == cases.c.event_key)
        .outerjoin(case_texts, and_(case_texts.c.case_key == cases.c.key, case_texts.c.version == revisions.c.text_version))
        .where(said_otherwise(position))
    )
    for batch in _batches(reading, then):
        for key, output, label, inputs, context, *texts in batch:
            values = "" if inputs is None else searchable_values(output, label, inputs, context)
            documents = [values, *map(searchable, texts)]
            for phrase, keys in found.items():
                if any(mentions(document, phrase) for document in documents):
                    keys.add(key)
    return found


def matched_events(reading: Reading, query: Query, of: Select[int] | None = None) -> EventMatches:
    """Return for each phrase which events say it, with a case or without: in their text, or in one of their values.

    Parameters
    ----------
    of : the keys of the events that are looked through; None is all
    """
    phrases = phrases_in(query)
    found = EventMatches({phrase: set() for phrase in phrases}, {phrase: set() for phrase in phrases})
    if not phrases:
        return found
    fields = (type_coerce(event_contents.c[name], Text()) for name in ("inputs", "context"))
    contents = select(event_contents.c.event_key, event_contents.c.text, *fields)
    for batch in _batches(reading, contents if of is None else contents.where(event_contents.c.event_key.in_(of))):
        _mark(found.keys, batch)
    each = [select(json_text(observations.c[name]).label("value")) for name in ("output", "label")]
    shown = union(*(one if of is None else one.where(observations.c.event_key.in_(of)) for one in each))
    for (value,) in reading.connection.execute(shown):
        document = searchable(value)
        for phrase, values in found.values.items():
            if mentions(document, phrase):
                values.add(value)
    return found


def _batches(reading: Reading, texts: Select[*tuple[Any, ...]]) -> Rows:
    return reading.connection.execution_options(yield_per=BATCH).execute(texts).partitions()


def _mark(found: Mapping[str, set[int]], batch: Sequence[Row[*tuple[Any, ...]]]) -> None:
    first = {phrase: words_of(phrase)[0] for phrase in found}
    for key, text, *fields in batch:
        document = searchable(text)
        for phrase, keys in found.items():
            if mentions(document, phrase) or (
                any(_may_have(each, first[phrase]) for each in fields)
                and mentions(searchable_values(None, None, *map(from_json, fields)), phrase)
            ):
                keys.add(key)


def _may_have(fields: str, word: str) -> bool:
    """Return whether fields as JSON may have a word: what is all of ASCII has it as it stands, but for its case."""
    return not fields.isascii() or word in fields.lower()
