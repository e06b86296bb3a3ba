"""How many events each group of a run keeps: what a document says of it, and what holds where it says nothing.

The sizes in force are part of what a version means, so that its digest covers them, written or not. Therefore a change of these
defaults gives another digest to a document that leaves them to us, and the digest that the catalog keeps of a version tells by
which defaults it was filed: it goes on by those, and only a new version takes the present ones (`as_filed`). The same holds of
the shares of annotated cases that a second person labels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from remiss.protocol.meaning import meaning
from remiss.protocol.terms import Protocol
from remiss.records.identity import digest
from remiss.records.run import ALL, CONTROL, UNDECIDED

# Of 2,000 events a share is known to 2 points and a shift by 4 to 5 points is seen; of the former 500 it took a shift by 9.
POPULATION_A_WEEK = 2_000
# What a document of one window meant, whatever its width, that left `population` out before.
FORMER_POPULATION = 500
# Who looks for a slice among failures needs hundreds of them, and those of severity 1 and 2 are what slices are sought among.
KEPT_OF_GRAVE, KEPT_OF_OTHERS = 50, 10
GRAVE = 2
LEAST, MOST = 2, 100_000

_POPULATION = "sampling.population"
# What a document with a plan of labelling meant of the grades that it left out of `verify` before all had one share.
FORMER_SHARES = {"1": 1.0, "2": 0.5, "3": 0.25, "4": 0.1, "rejected": 0.25}
_VERIFY = "labelling.verify"


def population_of(window: timedelta) -> int:
    """Return how many events of any kind are kept of a window of that width: 2,000 a week, in proportion, at least 2.

    It is rounded to the nearest whole number, a half upwards.

    >>> [population_of(timedelta(hours=hours)) for hours in (1, 24, 7 * 24, 4 * 7 * 24)]
    [12, 286, 2000, 8000]
    """
    week = timedelta(weeks=1)
    return min(max((2 * POPULATION_A_WEEK * window + week) // (2 * week), LEAST), MOST)


def keep_of(severity: int) -> int:
    """Return how many events of a criterion of that suggested severity are kept where nothing says how many.

    >>> [keep_of(severity) for severity in (1, 2, 3, 4)]
    [50, 50, 10, 10]
    """
    return KEPT_OF_GRAVE if severity <= GRAVE else KEPT_OF_OTHERS


def sizes_of(protocol: Protocol) -> Mapping[str, int]:
    """Return how many events the groups of each name keep, the reserved names among them."""
    sampling = protocol.sampling
    reserved = {CONTROL: sampling.control, UNDECIDED: sampling.undecided, ALL: sampling.population}
    own = {each.name: each.keep or sampling.keep or keep_of(each.severity) for each in protocol.criteria}
    return own | reserved


def as_filed(document: Protocol, filed: str) -> Protocol:
    """Return a document by the defaults that give it the digest by which its version is filed; as it is where none do."""
    if document.digest == filed:
        return document
    return next((each for each in by_former_defaults(document) if each.digest == filed), document)


def note_on_former(document: Protocol) -> str | None:
    """Return what to say of a document that goes on by former defaults; None of any other."""
    size, present = document.sampling.population, population_of(document.sampling.window)
    if _POPULATION in document.lines or size == present:
        return None
    return (
        f"version {document.version} of {document.name} was filed when a document without sampling.population kept {size:,} "
        f"events of a window, and goes on so; raise version to keep {present:,}, or write population: {size} to stay"
    )


def note_on_default(document: Protocol) -> str | None:
    """Return what to say, where no catalog is asked, of a document that leaves to us a size that was another before."""
    size = document.sampling.population
    if _POPULATION in document.lines or size == FORMER_POPULATION:
        return None
    return (
        f"sampling.population is left out: {size:,} events of a window. A catalog that filed this version when that meant "
        f"{FORMER_POPULATION} goes on with {FORMER_POPULATION}; raise version to keep {size:,} there too"
    )


def by_former_defaults(document: Protocol) -> Sequence[Protocol]:
    """Return a document as it was meant before, the latest first; none where it says all that decides that."""
    shares = _by_former_shares(document)
    return tuple(
        each for each in (shares, _by_former_population(shares), _by_former_population(document)) if each is not document
    )


def _by_former_population(document: Protocol) -> Protocol:
    if _POPULATION in document.lines:
        return document
    return _meant(replace(document, sampling=replace(document.sampling, population=FORMER_POPULATION)))


def _by_former_shares(document: Protocol) -> Protocol:
    design = document.labelling
    left_out = {name: part for name, part in FORMER_SHARES.items() if f"{_VERIFY}.{name}" not in document.lines}
    if design is None or not left_out:
        return document
    return _meant(replace(document, labelling=replace(design, verify={**design.verify, **left_out})))


def _meant(document: Protocol) -> Protocol:
    """Return a document with the digest of what it means."""
    return replace(document, digest=digest(meaning(document)))
