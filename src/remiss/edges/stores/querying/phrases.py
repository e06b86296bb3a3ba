"""Phrases where the full-text index cannot answer: what cases said before they were changed, what events without a case say.

Both are few or small: the texts are read once and taken apart by the same rule that the index was made with.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Row, Select, and_, select

from remiss.catalog.full_text import mentions, searchable
from remiss.catalog.query.expression import Query, Text, leaves
from remiss.edges.stores.querying.search import in_force_at
from remiss.edges.stores.reading import Reading
from remiss.edges.stores.tables import case_texts, cases, event_contents, revisions

Keys = dict[str, set[int]]
BATCH = 1_000


def phrases_in(query: Query) -> list[str]:
    """Return the phrases of a query, each once."""
    return list(dict.fromkeys(leaf.phrase for leaf in leaves(query) if isinstance(leaf, Text)))


def matched_before(reading: Reading, query: Query) -> Keys:
    """Return for each phrase the keys of the cases that said it at the position read, of those whose texts have changed since."""
    then = (
        select(cases.c.key, event_contents.c.text, case_texts.c.title, case_texts.c.note)
        .join(revisions, and_(*in_force_at(reading.read_at)))
        .outerjoin(event_contents, event_contents.c.event_key == cases.c.event_key)
        .outerjoin(case_texts, and_(case_texts.c.case_key == cases.c.key, case_texts.c.version == revisions.c.text_version))
        .where(revisions.c.text_version.is_distinct_from(cases.c.text_version))
    )
    return _among(reading, query, then)


def matched_events(reading: Reading, query: Query, of: Select[int] | None = None) -> Keys:
    """Return for each phrase the keys of the events whose own text says it, with a case or without.

    Parameters
    ----------
    of : the keys of the events that are looked through; None is all
    """
    texts = select(event_contents.c.event_key, event_contents.c.text).where(event_contents.c.text.is_not(None))
    return _among(reading, query, texts if of is None else texts.where(event_contents.c.event_key.in_(of)))


def _among(reading: Reading, query: Query, texts: Select[*tuple[Any, ...]]) -> Keys:
    found: Keys = {phrase: set() for phrase in phrases_in(query)}
    if not found:
        return found
    for batch in reading.connection.execution_options(yield_per=BATCH).execute(texts).partitions():
        _mark(found, batch)
    return found


def _mark(found: Keys, batch: Iterable[Row[*tuple[Any, ...]]]) -> None:
    for key, *said in batch:
        documents = [searchable(text) for text in said]
        for phrase, keys in found.items():
            if any(mentions(document, phrase) for document in documents):
                keys.add(key)
