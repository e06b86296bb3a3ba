"""What a list or a chart tells of sampled events, column by column: read as the database has it, thousands at a time.

Times are microseconds, and lists and answers come again with many events: each distinct one is read once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Row, Text, type_coerce

from remiss.curate.blinding import OPEN
from remiss.edges.stores.dialect.types import from_json
from remiss.edges.stores.reading import Reading
from remiss.edges.stores.run_rows import names as names_in
from remiss.edges.stores.sampled.decisions import NONE, Decision, decisions
from remiss.edges.stores.tables import event_contents, events, observations, protocols, runs
from remiss.records.event import Scalar
from remiss.records.identity import case_id
from remiss.understand.periods import PERIODS, period_of

# By column, the list of criteria that it is of.
LISTS = {"criteria": "met", "undecided": "undecided", "outside": "outside"}
FLOAT = '"float:'
# Fields of events that are read as text, and each value of them once.
STORED_AS_JSON = frozenset({"output", "label"})
# No value that a predicate asks for.
ERASED = float("nan")


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


def field_values(
    name: str, read: Mapping[str, Sequence[Any]], inner: Mapping[str, Sequence[Mapping[str, Any]]]
) -> Iterable[Scalar]:
    """Return what the events have of a field, as predicates ask for it."""
    if name in PERIODS:
        return (period_of(name, at, width_of(micros)) for at, micros in zip(read["moment"], read["width_micros"], strict=True))
    family, _, field = name.partition(".")
    values: Iterable[Scalar]
    if field:
        values = (each.get(field) for each in inner[f"{family}."])
    else:
        own = read[f"own_{name}"]
        known = {text: from_json(text) for text in {*own} if text is not None} if name in STORED_AS_JSON else None
        values = own if known is None else map(known.get, own)
    return map(_asked_for, values, read["inputs"])


def _asked_for(value: Scalar, inputs: str | None) -> Scalar:
    """Return a value that a predicate may ask for; what was erased is not known to be missing, and no number is none."""
    return ERASED if inputs is None or (isinstance(value, float) and not math.isfinite(value)) else value


def numbered(known: dict[Any, int], values: Iterable[Any]) -> list[int]:
    """Return the number of each value, one that is not known yet with the next."""
    return [known.setdefault(value, len(known)) for value in values]


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
    **{name: observations.c[name] for name in ("stratum", "inclusion_probability")},
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
