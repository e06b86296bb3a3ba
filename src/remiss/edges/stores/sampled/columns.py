"""What a list or a chart tells of sampled events, column by column: read as the database has it, thousands at a time.

Times are microseconds, and lists and answers come again with many events: each distinct one is read once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from functools import lru_cache, reduce
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from sqlalchemy import BigInteger, ColumnElement, Row, Text, case, cast, func, literal, type_coerce

from remiss.curate.blinding import OPEN
from remiss.edges.stores.dialect.conditions import json_part
from remiss.edges.stores.dialect.types import from_json
from remiss.edges.stores.reading import Reading
from remiss.edges.stores.run_rows import names as names_in
from remiss.edges.stores.sampled.decisions import NONE, Decision, decisions
from remiss.edges.stores.tables import event_contents, events, observations, protocols, run_windows, runs
from remiss.protocol.terms import CONTEXT, INPUTS
from remiss.records.event import Scalar
from remiss.records.identity import case_id, from_micros
from remiss.understand.periods import WINDOW, period_of
from remiss.understand.sampling_facts import EventStanding, FieldColumn

# By column, the list of criteria that it is of.
LISTS = {"criteria": "met", "undecided": "undecided", "outside": "outside"}
FLOAT = '"float:'
# Fields of events that are read as text, and each value of them once.
STORED_AS_JSON = frozenset({"output", "label"})
# Keys of the filter language that events and observations answer from a column of their own.
COLUMNS: Mapping[str, Any] = {
    "source": events.c.source_name,
    "protocol": run_windows.c.protocol_name,
    "event_id": events.c.event_id,
    "model": events.c.model,
    "model_version": events.c.model_version,
    "model_digest": events.c.model_digest,
    "features": events.c.features,
    "confidence": events.c.confidence,
    "latency_ms": events.c.latency_ms,
    "call_status": events.c.status,
    "trace_id": events.c.trace_id,
    "output": observations.c.output,
    "label": observations.c.label,
    "occurred": events.c.occurred_at,
}
# Of inputs and of context so many fields are asked for as parts; to read the whole object once is less for more of them.
MOST_PARTS = 4
FAMILIES: Mapping[str, Any] = {"inputs": event_contents.c.inputs, "context": event_contents.c.context}
# How an event stands to the criteria as one text: lists of names, and whether it has a label. No list of names has such a break.
BETWEEN = "\n"
STANDING = ("criteria_met", "criteria_undecided", "criteria_outside", "criteria_ruled_out")
STANDS = reduce(
    lambda left, right: left + literal(BETWEEN, Text()) + right,
    [
        *(func.coalesce(cast(observations.c[name], Text()), "") for name in STANDING),
        case((observations.c.labelled, literal("1", Text())), else_=literal("", Text())),
    ],
)
# No value that a predicate asks for.
ERASED = float("nan")
# In microseconds.
MINUTE, DAY = 60_000_000, 86_400_000_000
Indices: TypeAlias = npt.NDArray[np.intp]
Instants: TypeAlias = npt.NDArray[np.int64]


def needed_for(names: Collection[str]) -> set[str]:
    """Return what has to be read for columns of that name."""
    return {*names, *(part for name in names if name in MADE for part in MADE[name].parts)}


def columns_of(reading: Reading, rows: Sequence[Row[Any]], names: Collection[str]) -> dict[str, list[Any]]:
    """Return columns of sampled events, given what the database has of each."""
    if not rows:
        return {name: [] for name in names}
    read: dict[str, list[Any]] = dict(zip(rows[0]._fields, map(list, zip(*rows, strict=True)), strict=True))
    blinded = [at for at, hidden in enumerate(read["blinded"]) if hidden]
    read["hidden"] = [OPEN if hidden else None for hidden in read["blinded"]]
    if FOUND & {*names}:
        cased = zip(read["key"], read["case_key"], read["blinded"], strict=True)
        found = _decided(reading, [key for key, case, hidden in cased if case is not None and not hidden])
        decided = [found.get(key, NONE) for key in read["key"]]
        read["verdict"] = [None if each.final is None else each.final.value for each in decided]
        read["mode"], read["severity"] = [each.mode for each in decided], [each.grade for each in decided]
    made = {name: MADE[name].of(*(read[each] for each in MADE[name].parts)) if name in MADE else read[name] for name in names}
    for name in BLINDED & {*names}:
        for at in blinded:
            made[name][at] = None
    return made


def _decided(reading: Reading, keys: Sequence[int]) -> Mapping[int, Decision]:
    """Return what people found of some events, as the viewer may know it: of what is labelled anew nothing, at any position."""
    found = decisions(reading, keys)
    if not reading.past or reading.viewer.operator:
        return found
    now = decisions(reading.now, keys)
    return {key: each for key, each in found.items() if now.get(key, NONE).final is not None}


def objects(texts: Sequence[str | None]) -> list[Any]:
    """Return objects that the database holds as JSON, all read at once; an empty one where there is none.

    Of texts that come again one object is made.
    """
    distinct = {*texts}
    if 2 * len(distinct) < len(texts):
        read = dict(zip(distinct, objects([*distinct]), strict=True))
        return [read[text] for text in texts]
    joined = f"[{','.join(text or '{}' for text in texts)}]"
    # What `from_json` makes of a text with a mark of a float in it holds for that text alone.
    return [from_json(text or "{}") for text in texts] if FLOAT in joined else from_json(joined)


class CodedField:
    """A field of sampled events: of each the number of what the database has of it, which is read once where it comes again.

    Of a field of inputs or context that is either a part of the object as text, or what the whole object has, already read.
    """

    def __init__(self, name: str, own: str | None) -> None:
        """`own` is the column that was selected for it, None of what the whole object has, and of periods."""
        self.name = name
        self._own = own
        self._as_json = own is not None and (name in STORED_AS_JSON or name.startswith((INPUTS, CONTEXT)))
        self._known: dict[Any, int] = {}
        self._codes: list[Indices] = []

    def add(self, read: Mapping[str, Sequence[Any]], inner: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        """Take the next events.

        Parameters
        ----------
        inner : of inputs and context that were selected whole, the objects
        """
        found: Sequence[Any]
        if self._own is None:
            family, _, field = self.name.partition(".")
            found = [each.get(field) for each in inner[family]]
            if bool in {*map(type, found)}:
                # To a dict true is 1.
                found = [(each,) if each.__class__ is bool else each for each in found]
        else:
            found = read[self._own]
        if any(read["erased"]):
            found = [ERASED if gone else each for each, gone in zip(found, read["erased"], strict=True)]
        self._codes.append(numbered(self._known, found))

    def column(self) -> FieldColumn:
        """Return the field of all events, as predicates ask for it."""
        distinct: dict[tuple[bool, Scalar], int] = {}
        values = map(self._value, self._known)
        places = [distinct.setdefault((value.__class__ is bool, value), len(distinct)) for value in values]
        codes = joined(self._codes, np.intp)
        return FieldColumn(self.name, [value for _, value in distinct], np.array(places, dtype=np.intp)[codes])

    def _value(self, stored: Any) -> Scalar:
        """Return a value that a predicate may ask for; what was erased is not known to be missing, and no number is none."""
        value: Scalar = from_json(stored) if self._as_json and isinstance(stored, str) else stored
        if isinstance(value, tuple):
            (value,) = value
        return ERASED if isinstance(value, float) and not math.isfinite(value) else value


def selected_for(names_of: Sequence[str]) -> dict[str, tuple[str | None, Any]]:
    """Return of each field what is selected for it and as what; of one of many in inputs or context that is the whole object."""
    found: dict[str, tuple[str | None, Any]] = {}
    for at, name in enumerate(names_of):
        family = family_of(name)
        if family not in FAMILIES:
            column = type_coerce(COLUMNS[name], Text()) if name in STORED_AS_JSON else COLUMNS[name]
        elif sum(family_of(each) == family for each in names_of) <= MOST_PARTS:
            column = json_part(FAMILIES[family], name.removeprefix(f"{family}."))
        else:
            found[name] = None, None
            continue
        # Not called like the field, whose name a server may cut.
        found[name] = f"own_{at}", column.label(f"own_{at}")
    return found


def family_of(name: str) -> str:
    """Return what a field is of: `inputs`, `context`, or itself."""
    return name.partition(".")[0]


def period_column(name: str, moments: Instants, width: timedelta) -> FieldColumn:
    """Return the periods of events, each period named once: windows begin at whole minutes, all others at days.

    Parameters
    ----------
    moments : in microseconds
    """
    unit = MINUTE if name == WINDOW else DAY
    units, first, code = np.unique(moments // unit, return_index=True, return_inverse=True)
    known: dict[str, int] = {}
    number = np.zeros(len(units), dtype=np.intp)
    for at in np.argsort(first, kind="stable").tolist():
        number[at] = known.setdefault(period_of(name, from_micros(int(units[at]) * unit), width), len(known))
    return FieldColumn(name, [*known], number[code])


def standing_of(stands: str) -> EventStanding:
    """Return how events stand to the criteria, of the lists that the database has as text."""
    *lists, labelled = stands.split(BETWEEN)
    of, doubted, beyond, never = (frozenset(names_in(text)) if text else frozenset() for text in lists)
    return EventStanding(met=of, undecided=doubted, outside=beyond, ruled_out=never, labelled=bool(labelled))


def numbered(known: dict[Any, int], values: Iterable[Any]) -> Indices:
    """Return the number of each value, one that is not known yet with the next."""
    every = [*values]
    for value in dict.fromkeys(every):
        known.setdefault(value, len(known))
    return np.fromiter(map(known.__getitem__, every), dtype=np.intp, count=len(every))


def joined(parts: Sequence[npt.NDArray[Any]], kind: Any) -> npt.NDArray[Any]:
    """Return arrays as one; an empty one of none."""
    return np.concatenate([np.zeros(0, dtype=kind), *parts])


@lru_cache(64)
def width_of(micros: int) -> timedelta:
    """Return the width of windows."""
    return timedelta(microseconds=micros)


def _answers(texts: Sequence[str | None], inputs: Sequence[str | None]) -> list[Any]:
    """Return outputs or labels, each distinct one read once; nothing of an event that was erased."""
    read = {text: from_json(text) for text in {*texts} if text is not None}
    return [None if given is None or text is None else read[text] for text, given in zip(texts, inputs, strict=True)]


def _lists(texts: Sequence[str]) -> list[str]:
    return [", ".join(names_in(text)) for text in texts]


class _Made(NamedTuple):
    """What a column is made of, and how."""

    parts: Sequence[str]
    of: Callable[..., list[Any]]


# By column, what it is read from: times in microseconds, and JSON as text.
READ: Mapping[str, ColumnElement[Any]] = {
    "event": events.c.event_id,
    "recurrence": events.c.recurrence,
    "occurred": type_coerce(events.c.occurred_at, BigInteger()),
    "source": events.c.source_name,
    "protocol": runs.c.protocol_name,
    "version": protocols.c.version,
    "run": runs.c.id,
    "window": type_coerce(observations.c.window_start, BigInteger()),
    "call_status": events.c.status,
    "text": event_contents.c.text,
    **{name: observations.c[name] for name in ("stratum", "inclusion_probability", "priority")},
    **{name: events.c[name] for name in ("model", "model_version", "model_digest", "features")},
    **{name: events.c[name] for name in ("confidence", "latency_ms", "trace_id")},
    **{name: type_coerce(observations.c[name], Text()) for name in ("output", "label")},
    **{name: type_coerce(observations.c[f"criteria_{of}"], Text()) for name, of in LISTS.items()},
    **{name: type_coerce(event_contents.c[name], Text()) for name in ("inputs", "context")},
}
MADE: Mapping[str, _Made] = {
    "id": _Made(("source", "event", "recurrence"), lambda *parts: [*map(case_id, *parts)]),
    "weight": _Made(("inclusion_probability",), lambda chances: [1 / each for each in chances]),
    "groups": _Made(("groups",), lambda kept: [", ".join(sorted(each.split(","))) if each else "" for each in kept]),
    **{name: _Made((name,), _lists) for name in LISTS},
    **{name: _Made((name, "inputs"), _answers) for name in ("output", "label")},
    **{name: _Made((name,), objects) for name in ("inputs", "context")},
}
# What people found, and what is not told to whoever may still label the event.
FOUND = frozenset({"verdict", "mode", "severity"})
BLINDED = FOUND | {*LISTS, "groups", "inclusion_probability", "weight", "status"}
