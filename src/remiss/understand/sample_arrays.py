"""Sampled events as arrays, which is what the arithmetic of figures takes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from remiss.understand.domain import NO_KEY, Key, key_of
from remiss.understand.estimators import Weighted
from remiss.understand.question import QuestionPlan
from remiss.understand.sampling_facts import Sampled
from remiss.understand.variance import Indices, Numbers

# The number of a key that no sampled event has; unlisted events are numbered -1.
ABSENT = -2


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleArrays:
    """The sampled events in scope as arrays: what `Weighted` needs, the key and what could not be judged."""

    domain: Weighted
    keys: tuple[Key, ...]
    key: Indices
    unjudged: Numbers


def of_key(arrays: SampleArrays, key: Key, windows: Sequence[int]) -> tuple[Weighted, Numbers]:
    """Return the events of one key, the windows that could hold some counted from 0, and which were not judged."""
    whole = arrays.domain
    mask = arrays.key == (arrays.keys.index(key) if key in arrays.keys else ABSENT)
    renumbered = np.zeros(whole.windows, dtype=np.intp)
    renumbered[list(windows)] = np.arange(len(windows))
    domain = Weighted(
        y=whole.y[mask], x=whole.x[mask], p=whole.p[mask], window=renumbered[whole.window[mask]], windows=len(windows)
    )
    return domain, arrays.unjudged[mask]


def sample_arrays_of(plan: QuestionPlan, events: Sequence[Sampled], windows: Sequence[datetime]) -> SampleArrays:
    """Return sampled events as arrays, keys numbered in sorted order (null last)."""
    # In one order whatever the store's: sums of floats depend on it in their last digit.
    events = sorted(events, key=lambda event: (event.window, event.probability, event.inside, event.of, event.undecided))
    named = set(plan.named)
    undecided = [bool(named & set(event.undecided)) or (plan.needs_label and not event.labelled) for event in events]
    if plan.question.rate:
        x = [event.of and not doubt and plan.risk not in event.outside for event, doubt in zip(events, undecided, strict=True)]
        y = [event.inside and among for event, among in zip(events, x, strict=True)]
    else:
        x = [True] * len(events)
        y = [event.inside for event in events]
    own = [NO_KEY if plan.question.by is None else key_of(event.key) for event in events]
    listed = {key for key, event in zip(own, events, strict=True) if event.of or event.inside}
    numbered = {key: at for at, key in enumerate(in_order(listed))}
    place_of = {start: at for at, start in enumerate(windows)}
    return SampleArrays(
        domain=Weighted(
            y=np.array(y, dtype=np.float64),
            x=np.array(x, dtype=np.float64),
            p=np.array([event.probability for event in events], dtype=np.float64),
            window=np.array([place_of[event.window] for event in events], dtype=np.intp),
            windows=len(windows),
        ),
        keys=tuple(numbered),
        key=np.array([numbered.get(key, -1) for key in own], dtype=np.intp),
        unjudged=np.array([doubt and event.of for event, doubt in zip(events, undecided, strict=True)], dtype=np.float64),
    )


def in_order(keys: Iterable[Key]) -> list[Key]:
    """Return keys sorted by type and value, null last."""
    return sorted(keys, key=lambda key: (key[1] is None, key))
