"""Batches: in which order people label sampled events, and what chance that gives each to be labelled.

There is a batch for each criterion, for controls and for undecided events, and each period. An event is in one of them: of
the criteria that it met, that of the rarest in its window and stratum. Its order is q = v p1, where p1 is the probability
with which an event was captured and v its own fraction for labelling. However far people get, those labelled so far are then
a sample of the batch, drawn like the capture itself: an event is in it iff q is below t, the q of the next one, which is so
with probability min(1, t/p1). A person who labels out of order spoils nothing: what counts is the longest beginning of the order
of which everything is labelled.

Source: Duffield, Lund and Thorup, Priority sampling for estimation of arbitrary subset sums, J. ACM 54 (2007).

Selection: which annotated cases a second person labels, so that the share which is verified says something of the rest.

Whether a case is selected depends on a keyed fraction of its id and on what its annotator found, on nothing else: neither who
asks nor when. Its annotator is not told, and cannot work it out.
"""

from __future__ import annotations

import hashlib
import hmac
import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from remiss.capture.sampling import fraction
from remiss.records.run import CONTROL, UNDECIDED
from remiss.records.window import window_at, window_index, window_of

SELECTION_PURPOSE = "verify"
REJECTED = "rejected"
CLEARED = "cleared"


def share(verify: Mapping[str, float], severity: int | None, *, flagged: bool) -> float:
    """Return the share of cases of an annotator's grade that a second person labels: the probability p3 of each.

    Parameters
    ----------
    verify : the protocol's `labelling.verify`, by grade `1` to `4`, `rejected` and `cleared`; no share is under 0.05
    severity : the annotator's grade; None where they found no failure
    flagged : whether a criterion caught the event. A failure that none caught is too rare to leave it at one person's word

    >>> verify = {"2": 0.5, "rejected": 0.25, "cleared": 0.1}
    >>> [share(verify, severity, flagged=flagged) for severity in (2, None) for flagged in (True, False)]
    [0.5, 1.0, 0.25, 0.1]
    """
    if severity is None:
        return verify[REJECTED if flagged else CLEARED]
    return verify[str(severity)] if flagged else 1.0


def chance_of(secret: bytes, case: str) -> float:
    """Return the fraction in [0, 1) by which it is chosen whether a second person labels a case; kept with its annotation.

    It is keyed, for the seed is no secret: an annotator who could work it out would know which of their labellings are checked.

    Parameters
    ----------
    secret : of the catalog, for this choice alone
    """
    return int.from_bytes(hmac.digest(secret, f"{SELECTION_PURPOSE}:{case}".encode(), hashlib.sha256)[:6]) / 2**48


def selected(seed: str, event_id: str, part: float, chance: float | None) -> bool:
    """Return whether a case is among the share that a second person labels.

    Events have their own fraction for this: they were captured and put in order by others, which choosing again by the
    same would not thin out.

    Parameters
    ----------
    chance : what is kept with the annotation; None of one from before it was kept, which goes on by its fraction of then

    >>> selected("2026", "flight-1", 1.0, None), selected("2026", "flight-1", 0.5, 0.5)
    (True, False)
    """
    return (fraction(SELECTION_PURPOSE, seed, event_id) if chance is None else chance) < part


PURPOSE = "label"
# One labelled event has a chance, but nothing says how far from the truth it may be.
LEAST_PREFIX = 2
# A confirmed figure of fewer final verdicts is no share of production.
LEAST_VERDICTS = 10
# Groups of what no criterion caught.
UNFLAGGED = frozenset({CONTROL, UNDECIDED})


@dataclass(frozen=True, slots=True, order=True)
class Batch:
    """Which batch: what its events are (a criterion that they met, `control` or `undecided`) and where its period begins.

    `stratum` is that of its events, as canonical JSON, where a protocol labels strata apart; else nothing.
    """

    group: str
    period: datetime
    stratum: str = ""


def group_of(met: Collection[str], undecided: Collection[str], population: Callable[[str], int]) -> str:
    """Return the group in whose batch an event is: the rarest criterion that it met; or `undecided`, or `control`.

    Were it in a batch for each, one that was labelled for another batch would take no place in this one, whose beginning would
    end too late for all others. The rarest has it since a batch of the others would hardly come to it.

    Parameters
    ----------
    met, undecided : criteria, as the run in force met the event
    population : how many events of its window and stratum met a criterion; of equally rare ones the first by name

    >>> group_of(["slow", "odd"], ["late"], {"slow": 80, "odd": 3}.__getitem__)
    'odd'
    >>> group_of([], ["late"], int), group_of([], [], int)
    ('undecided', 'control')
    """
    if not met:
        return UNDECIDED if undecided else CONTROL
    return min(met, key=lambda name: (population(name), name)) if len(met) > 1 else next(iter(met))


def batch_of(group: str, at: datetime, every: timedelta, stratum: str = "") -> Batch:
    """Return the batch of the events of a group that occurred when one of them did.

    Parameters
    ----------
    group : from `group_of`
    at : when the event occurred
    every : the protocol's labelling period, counted like windows
    stratum : of the event, where strata are labelled apart
    """
    return batch_at(group, window_index(at, every), every, stratum)


# Of a million events there are few batches, and the queue asks for each event.
@lru_cache(65_536)
def batch_at(group: str, period: int, every: timedelta, stratum: str = "") -> Batch:
    """Return the batch of the events of a group in a period, by its index."""
    return Batch(group, window_at(period, every).start, stratum)


def starting(at: datetime, every: timedelta) -> datetime:
    """Return where the period begins in which a time lies."""
    return window_at(window_index(at, every), every).start


def place(seed: str, event_id: str, probability: float) -> float:
    """Return q, the place of an event in the order of its batches: its fraction for labelling times its probability p1.

    >>> place("2026", "flight-1", 0.5) == fraction("label", "2026", "flight-1") / 2
    True
    """
    return fraction(PURPOSE, seed, event_id) * probability


def served(members: Iterable[tuple[float, str]]) -> list[str]:
    """Return the ids of a batch's events in the order in which they are to be labelled: by place, ties by id.

    >>> served([(0.5, "b"), (0.1, "c"), (0.5, "a")])
    ['c', 'a', 'b']
    """
    return [name for _, name in sorted(members)]


def reach(members: Collection[tuple[float, bool]]) -> float:
    """Return t of one batch: the place of the first event that is not labelled, infinity when there is none.

    Parameters
    ----------
    members : of each event its place, and whether it is labelled

    Returns
    -------
    0.0 where the batch is not begun: fewer than two events come before that one.

    >>> reach([(0.1, True), (0.2, True), (0.3, False), (0.4, True)])
    0.3
    >>> reach([(0.1, True), (0.2, False)]), reach([(0.1, True)]), reach([])
    (0.0, inf, inf)
    """
    least = min((place for place, labelled in members if not labelled), default=math.inf)
    if math.isinf(least):
        return math.inf
    return least if sum(place < least for place, _ in members) >= LEAST_PREFIX else 0.0


def periods_touched(start: datetime, width: timedelta, every: timedelta) -> Iterator[datetime]:
    """Yield the starts of the periods that a window touches.

    >>> from datetime import UTC
    >>> first = datetime(2026, 1, 5, tzinfo=UTC)
    >>> [each.day for each in periods_touched(first, timedelta(weeks=1), timedelta(days=4))]
    [3, 7, 11]
    """
    period = window_of(start, every).start
    while period < start + width:
        yield period
        period += every
