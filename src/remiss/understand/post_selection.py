"""Hindsight: whether a criterion was written by people who had already seen the sample that it is now measured on.

Somebody looks at the sampled cases of June, rewrites a criterion to fit them, and captures June again with the same seed:
the same events are sampled, and the new criterion was chosen because it catches them. Its weighted figures for June are
then as biased as a test set that one has trained on. Exact counts are not: they look at every event.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import datetime

from remiss.errors import FigureRefused
from remiss.protocol.terms import Criterion, Protocol
from remiss.understand.sampling_facts import Earlier


def chosen_on_sample(
    now: Protocol, since: int, named: Collection[str], earlier: Collection[Earlier], then: Mapping[tuple[str, int], Protocol]
) -> dict[str, tuple[datetime, ...]]:
    """Return the named criteria that were changed after their sample could be seen, with the windows.

    Parameters
    ----------
    now : the protocol in force
    since : the position at which the catalog first knew it; what was captured later cannot have inspired it
    named : the criteria that a figure is about
    earlier : runs by other documents that were in force before
    then : those documents, by name and version

    Returns
    -------
    Nothing for criteria that are the same, and for documents with another seed, or other ids and units: they drew another sample.
    """
    found: dict[str, set[datetime]] = {}
    for run in earlier:
        before = then[run.protocol, run.version]
        if run.position >= since or not drawn_alike(before, now):
            continue
        for name in named:
            if meaning(now, name) != meaning(before, name):
                found.setdefault(name, set()).add(run.window)
    return {name: tuple(sorted(windows)) for name, windows in found.items()}


def drawn_alike(before: Protocol, now: Protocol) -> bool:
    """Return whether some events may have the same priority by both: by the seed, and what their ids or units are.

    A unit that is added is no other sample to be trusted: an event without one is drawn by its id, as before.
    """
    return before.sampling.seed == now.sampling.seed and not hashed_of(before).isdisjoint(hashed_of(now))


def hashed_of(document: Protocol) -> set[str]:
    """Return the expressions whose values priorities are hashed of."""
    names = {"id", document.sampling.unit or "id"} & document.fields.keys()
    return {document.fields[name].sql for name in names}


def meaning(document: Protocol, name: str) -> tuple[object, ...] | None:
    """Return what decides whom a criterion catches, the fields that it reads included; None when there is no such one."""
    criterion = next((one for one in document.criteria if one.name == name), None)
    if criterion is None:
        return None
    texts = tuple(expression.sql if expression else "" for expression in (criterion.when, criterion.among))
    read = tuple(
        (field, expression.sql) for field, expression in sorted(document.fields.items()) if mentions(criterion, texts, field)
    )
    labels = document.labels
    known: tuple[object, ...] = ()
    # Which labels are known decides whom a criterion catches that reads them.
    if labels is not None and any("labels." in sql for _, sql in read):
        known = (labels.key, labels.time, labels.lag)
    return (*texts, criterion.of, criterion.beyond, criterion.reference, criterion.nulls_undecided, read, known)


def mentions(criterion: Criterion, texts: tuple[str, ...], field: str) -> bool:
    """Return whether a criterion reads a field, by its name as a whole word: too often rather than too seldom."""
    word = re.compile(rf"(?<![\w.]){re.escape(field)}(?![\w.])")
    return criterion.of == field or any(word.search(text) for text in texts)


def check_not_post_selected(found: Mapping[str, tuple[datetime, ...]]) -> None:
    """Refuse a weighted figure of criteria that were chosen on its sample.

    Raises
    ------
    FigureRefused : there are such
    """
    for name, windows in found.items():
        count = "1 window" if len(windows) == 1 else f"{len(windows)} windows"
        first, last = windows[0].date().isoformat(), windows[-1].date().isoformat()
        raise FigureRefused(
            f"not shown: rule {name} was written or changed after people could see the sampled cases of {count} "
            f"from {first} to {last}",
            do="ask only for windows captured since (occurred:), ask for an exact count (no terms but criteria, strata and "
            "whole windows), or capture again with a new sampling.seed",
        )
