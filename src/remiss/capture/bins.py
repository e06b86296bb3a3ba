"""Bins: which values of a field are counted together, decided once from the uniform samples of the first windows.

Every event of a window is counted, but where a bin ends is decided by the sample that was drawn anyway: it comes out the same
whatever the order of rows and the split into files, and costs no pass over the log. Bins stay as they are from then on, so that
windows compare; only a category that comes up later gets a bin of its own while there is room.

Bins of fields whose values must not stand in the catalog are kept under its key, so that later windows are counted alike. Who
reads the catalog sees of such a field how many bins there are and how many events are in each, and not what they stand for.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import accumulate
from typing import TypeAlias

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from remiss.capture.sql.plan import ScanPlan, Shape
from remiss.records.case import Sensitivity
from remiss.records.event import REPLACEMENT, Scalar
from remiss.records.histogram import VERSION, Bins, FieldBins
from remiss.records.identity import to_micros

# Bins of a number: deciles, or each value by itself where there are few.
PARTS = 10
FEW_VALUES = 20
FIRST_WINDOWS = 8
MOST_NAMED = 50
# A value that one sampled event alone had tells of this event, not of the log.
LEAST_SEEN = 2
NUMBERS = frozenset({Shape.INTEGER, Shape.WIDE, Shape.NUMBER, Shape.DECIMAL, Shape.INSTANT})
CATEGORIES = frozenset({Shape.TEXT, Shape.BOOLEAN, Shape.NAIVE, Shape.DATE})
# What names an event, places it in time or is read as prose: no two are alike.
UNCOUNTED = frozenset({"id", "time", "trace_id", "text"})

# For what the catalog's key seals, and how long a nonce is.
PURPOSE = "bins of restricted fields"
NONCE_BYTES = 12

# A value and how many events of the log it stands for.
Weighed: TypeAlias = tuple[Scalar, float]
# Whether a value of a field may be written down as it is; a text with somebody's address may not.
Writable: TypeAlias = Callable[[str, Scalar], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class BinChoice:
    """How bins are chosen: the `former` ones, opened, and what of values may stand in the catalog.

    `fixed` takes the former ones as they are, as when a run is derived again.
    """

    former: Bins | None
    writable: Writable
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class Sample:
    """The uniform sample of the run, by window: the values of each field, and how many events each stands for."""

    weights: Mapping[datetime, float]
    values: Mapping[datetime, Mapping[str, Sequence[Scalar]]]

    def first(self, field: str) -> list[Weighed]:
        """Return the values of a field in the first windows that have events."""
        return [
            (value, self.weights[window])
            for window in sorted(self.values)[:FIRST_WINDOWS]
            for value in self.values[window].get(field, ())
        ]

    def every(self, field: str) -> list[Scalar]:
        """Return the values of a field in all windows."""
        return [value for window in sorted(self.values) for value in self.values[window].get(field, ())]


def fields(plan: ScanPlan) -> tuple[str, ...]:
    """Return the fields that are counted: those graded restricted too, for their bins are kept without values; none secret."""
    grades = plan.checked.protocol.sensitivity
    return tuple(
        one
        for one in plan.checked.fields
        if one not in UNCOUNTED
        and plan.shapes[one] in NUMBERS | CATEGORIES
        and grades.get(one, Sensitivity.INTERNAL) < Sensitivity.SECRET
    )


def read_by(plan: ScanPlan, field: str) -> str:
    """Return what stands for how a field is read: bins of one reading say nothing of another."""
    return hashlib.sha256(plan.checked.fields[field].sql.encode()).hexdigest()[:16]


def bins_for(plan: ScanPlan, sample: Sample, choice: BinChoice, versions: Sequence[str]) -> Bins:
    """Return the bins of every field of a run: those of the runs before where a field is read as it was, new ones else.

    Parameters
    ----------
    versions : the model versions that are counted, the commonest first: each has a bin, however few events it has
    """
    found: dict[str, FieldBins] = {}
    for field in fields(plan):
        known = None if choice.former is None else choice.former.fields.get(field)
        numbers = plan.shapes[field] in NUMBERS
        may = partial(choice.writable, field)
        if known is None or known.expression != read_by(plan, field) or (known.edges is not None) is not numbers:
            made = _of_numbers if numbers else _of_categories
            found[field] = made(sample.first(field), read_by(plan, field), may)
            if plan.shapes[field] is Shape.INSTANT:
                found[field] = replace(found[field], kind="time")
        else:
            found[field] = known if numbers else _with_later(known, sample.every(field), may)
    if VERSION in found:
        found[VERSION] = _with(found[VERSION], (one for one in versions if _nameable(one, partial(choice.writable, VERSION))))
    return Bins(found)


def _of_numbers(values: Iterable[Weighed], expression: str, may: Callable[[Scalar], bool]) -> FieldBins:
    numbers = ((number_of(value), weight) for value, weight in values)
    known = sorted((value, weight) for value, weight in numbers if value is not None)
    edges = tuple(edge for edge in edges_of(known) if may(edge))
    return FieldBins(expression=expression, edges=edges, size=len(edges) + 2)


def edges_of(known: Sequence[tuple[float, float]]) -> tuple[float, ...]:
    """Return where the bins of a number end: at its deciles, or at each of its values where there are few.

    Parameters
    ----------
    known : values with how many events each stands for, in ascending order

    >>> edges_of([(1.0, 1.0), (2.0, 1.0), (2.0, 1.0), (5.0, 1.0)])
    (2.0, 5.0)
    """
    values = sorted({value for value, _ in known})
    if len(values) <= FEW_VALUES:
        return tuple(values[1:])
    reached = list(accumulate(weight for _, weight in known))
    found, at = [], 0
    for part in range(1, PARTS):
        while reached[at] < reached[-1] * part / PARTS:
            at += 1
        found.append(known[at][0])
    return tuple(edge for edge in dict.fromkeys(found) if edge > values[0])


def number_of(value: Scalar) -> float | None:
    """Return a value of a number's or an instant's field as the number that it is binned by; None where that has no place."""
    match value:
        case datetime():
            return float(to_micros(value))
        case int() | float() if math.isfinite(value):
            return float(value)
        case _:
            return None


def text_of(value: Scalar) -> str:
    """Return a category as the engine writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _of_categories(values: Iterable[Weighed], expression: str, may: Callable[[Scalar], bool]) -> FieldBins:
    weights: dict[str, list[float]] = {}
    for value, weight in values:
        if value is not None:
            weights.setdefault(text_of(value), []).append(weight)
    seen = [one for one, of in weights.items() if len(of) >= LEAST_SEEN and _nameable(one, may)]
    return _categories(expression, tuple(sorted(seen, key=lambda one: (-math.fsum(weights[one]), one))[:MOST_NAMED]))


def _with_later(known: FieldBins, values: Iterable[Scalar], may: Callable[[Scalar], bool]) -> FieldBins:
    """Return bins of categories with those that came up since, in order of their names, while there is room."""
    seen = Counter(text_of(value) for value in values if value is not None)
    later = sorted(one for one in seen if seen[one] >= LEAST_SEEN and _nameable(one, may))
    return _with(known, later)


def _with(known: FieldBins, later: Iterable[str]) -> FieldBins:
    named = known.values or ()
    new = [one for one in later if one not in named][: max(0, MOST_NAMED - len(named))]
    return _categories(known.expression, (*named, *new)) if new else known


def _nameable(value: str, may: Callable[[Scalar], bool]) -> bool:
    return REPLACEMENT not in value and may(value)


def _categories(expression: str, values: tuple[str, ...]) -> FieldBins:
    return FieldBins(expression=expression, kind="category", values=values, size=len(values) + 2)


def sealed(bins: Bins, fields: Collection[str], secret: bytes) -> Bins:
    """Return bins of which those of some fields can be read under the key alone.

    The same bins come out the same: the nonce is made of what is sealed (as in RFC 5297, by HMAC), so that it is used again for
    the same text alone.
    """
    return Bins({name: _closed(name, of, secret) if name in fields else of for name, of in bins.fields.items()})


def _closed(name: str, of: FieldBins, secret: bytes) -> FieldBins:
    inside = json.dumps({"edges": of.edges} if of.edges is not None else {"values": of.values}).encode()
    nonce = hmac.new(secret, name.encode() + b"\0" + inside, hashlib.sha256).digest()[:NONCE_BYTES]
    text = base64.b64encode(nonce + AESGCM(secret).encrypt(nonce, inside, name.encode())).decode()
    return replace(of, edges=None, values=None, sealed=text)


def opened(bins: Bins, secret: bytes) -> Bins:
    """Return bins with all that was sealed; without those that another key sealed, which begin anew then."""
    every = {name: of if of.sealed is None else _open(name, of, of.sealed, secret) for name, of in bins.fields.items()}
    return Bins({name: of for name, of in every.items() if of is not None})


def _open(name: str, of: FieldBins, text: str, secret: bytes) -> FieldBins | None:
    content = base64.b64decode(text)
    try:
        inside = AESGCM(secret).decrypt(content[:NONCE_BYTES], content[NONCE_BYTES:], name.encode())
    except InvalidTag:
        return None
    found = json.loads(inside)
    edges, values = found.get("edges"), found.get("values")
    return replace(
        of, sealed=None, edges=None if edges is None else tuple(edges), values=None if values is None else tuple(values)
    )
