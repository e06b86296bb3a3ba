"""Catalogs in which slices are found on earlier windows and put to confirmation on later ones, with what is true of each."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np

from remiss.catalog.query.printing import unparse, words
from remiss.errors import Conflict
from remiss.records.slice import KeptSlice, SliceAttempt
from remiss.understand.slices.confirming import decided
from remiss.understand.slices.counting import SliceSample, Support
from remiss.understand.slices.keeping import EXPECTED
from remiss.understand.slices.predicates import SliceField
from remiss.understand.slices.report import SliceEvidence, effect_of, figures, query_of
from remiss.understand.slices.search import search
from remiss.understand.variance import HISTORY

WEEK = timedelta(weeks=1)
BEGIN = datetime(2024, 1, 1, tzinfo=UTC)


def between(sample, first, last):
    """Return the events of some windows, which are counted from 0 anew."""
    own = (sample.window >= first) & (sample.window < last)
    fields = [SliceField(name=each.name, predicates=each.predicates, codes=each.codes[own]) for each in sample.fields]
    return SliceSample(
        fields=fields,
        weights=sample.weights[own],
        failed=sample.failed[own],
        window=sample.window[own] - first,
        windows=last - first,
    )


def kept(sample, until, *, places):
    """Return what looks worse in the windows before one, by chance or not, with the parts of each.

    Parameters
    ----------
    places : which of all slices that look worse, the surest first
    """
    earlier = between(sample, 0, until)
    found = search(earlier, needed=Support(), depth=2, level=1.0)
    told = [found.found[at] for at in places if at < len(found.found)]
    lines = figures(earlier, replace(found, found=tuple(replace(each, into=None) for each in told)), WEEK, limit=500, folded=True)
    return [
        (
            KeptSlice(
                id=f"slice-{at}",
                name=f"slice-{at}",
                query=unparse(query_of(earlier, each.parts)),
                words=words(query_of(earlier, each.parts)),
                failure="criterion:wrong",
                among=None,
                source="log",
                protocol="p",
                protocol_version=1,
                since=BEGIN,
                until=BEGIN + until * WEEK,
                windows=until,
                tested=found.tested,
                level=1.0,
                correlation=found.correlation,
                found=line,
                person="ana",
                at=BEGIN,
                position=1,
                used_until=BEGIN + until * WEEK,
            ),
            each.parts,
        )
        for at, (each, line) in enumerate(zip(told, lines, strict=True))
    ]


def attempt(sample, one, parts, first, last):
    """Return a slice with one attempt more; as it is where there is too little to decide."""
    later = between(sample, first, last)
    events = later.events(parts)
    evidence = SliceEvidence(
        own=later.counted(events),
        whole=later.whole,
        sampled=len(events),
        failed=int(later.failed[events].sum()),
        failures=len(later.failures),
    )
    try:
        evidence.check(EXPECTED, HISTORY)
    except Conflict:
        return one
    found = effect_of(evidence, one.correlation)
    made = SliceAttempt(
        number=len(one.attempts) + 1,
        since=BEGIN + first * WEEK,
        until=BEGIN + last * WEEK,
        windows=last - first,
        exact=False,
        sampled=evidence.sampled,
        failed=evidence.failed,
        person="ana",
        at=BEGIN,
        **{name: getattr(found, name) for name in ("rate", "rest", "excess", "difference", "error", "degrees", "p")},
    )
    return replace(one, attempts=(*one.attempts, made))


def asked(sample, *, found_in, ends, places):
    """Return the ledger of slices that are put to confirmation at the end of each stretch of windows, with their parts."""
    ledger, first = kept(sample, found_in, places=places), found_in
    for last in ends:
        stand = decided([one for one, _ in ledger])
        # Whoever has it confirmed asks no more.
        ledger = [
            (one if now.state == "confirmed" else attempt(sample, one, parts, first, last), parts)
            for now, (one, parts) in zip(stand, ledger, strict=True)
        ]
        first = last
    return list(zip(decided([one for one, _ in ledger]), [parts for _, parts in ledger], strict=True))


def true_difference(sample, rates, parts):
    """Return by how much the process fails more often in a slice than in the rest.

    Parameters
    ----------
    rates : how probable it is that each event fails
    """
    events = sample.events(parts)
    own = np.zeros(len(rates), dtype=bool)
    own[events] = True
    return float(rates[own].mean() - rates[~own].mean())
