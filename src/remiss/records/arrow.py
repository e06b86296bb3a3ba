"""Tables of Arrow and pandas: the same columns have the same types, whatever is in them and also when nothing is.

Times are timestamps in UTC. What a log decides (facet values, keys of a breakdown, strata) is typed by what is there; values
of several kinds in one column become text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from remiss.errors import InputError
from remiss.records.identity import format_time, utc

if TYPE_CHECKING:
    import pyarrow as pa

TEXT, WHOLE, REAL, YES_NO, TIME, TEXTS, NOTHING = "text", "whole", "real", "yes-no", "time", "texts", "nothing"
INT64 = range(-(2**63), 2**63)

# By the kind of list, the columns that are not text. A list that is not here is typed by what is in it.
# Times must be here: by this JSON is read back, too.
COLUMNS: Mapping[str, Mapping[str, str]] = {
    "case": {"occurred": TIME, "severity": WHOLE, "confidence": REAL, "latency_ms": REAL},
    "facet": {"count": WHOLE},
    "similar": {"likeness": REAL, "fields": WHOLE, "occurred": TIME},
    "run": {
        **dict.fromkeys(("since", "until", "as_of"), TIME),
        **dict.fromkeys(("rows", "events", "cases", "refused", "left_out", "position", "in_no_window"), WHOLE),
    },
    "coverage": {
        **dict.fromkeys(("since", "until", "at"), TIME),
        **dict.fromkeys(("windows", "events", "labelled", "provisional"), WHOLE),
    },
    "window": {
        **dict.fromkeys(("window", "until", "settles"), TIME),
        **dict.fromkeys(("events", "labelled", "left_out"), WHOLE),
        **dict.fromkeys(("provisional", "in_force"), YES_NO),
    },
    "change": {"window": TIME},
    "refused": {"row": WHOLE},
    "job": {**dict.fromkeys(("posted_at", "ended_at"), TIME), **dict.fromkeys(("done", "steps"), WHOLE)},
    "result-row": {
        **dict.fromkeys(("severity", "passes", "asked"), WHOLE),
        **dict.fromkeys(("latency_ms", "weight"), REAL),
    },
    "kept-replay": {**dict.fromkeys(("confidence", "latency_ms"), REAL), "at": TIME},
    "protocol": {"version": WHOLE},
    "mode": {},
    "person": {"position_from": WHOLE, "position_to": WHOLE, "since_at": TIME, "until_at": TIME},
    "team": {"position_from": WHOLE, "since_at": TIME},
    "token": {
        **dict.fromkeys(("expires", "since_at", "until_at", "used_at"), TIME),
        **dict.fromkeys(("position_from", "position_to", "used"), WHOLE),
        "once": YES_NO,
    },
    "saved-view": {"saved_at": TIME},
    "difference": dict.fromkeys(("difference", "low", "high"), REAL),
    "mention": {"at": TIME, "number": WHOLE},
    "citation": {"at": TIME, "number": WHOLE},
    "audit-entry": {"at": TIME, "count": WHOLE, "position": WHOLE},
    "sample": {
        **dict.fromkeys(("occurred", "window"), TIME),
        **dict.fromkeys(("version", "severity", "position"), WHOLE),
        **dict.fromkeys(("inclusion_probability", "weight", "confidence", "latency_ms"), REAL),
        **dict.fromkeys(
            ("id", "event", "source", "protocol", "run", "stratum", "groups", "criteria", "undecided", "outside"), TEXT
        ),
        **dict.fromkeys(("model", "model_version", "model_digest", "features", "call_status", "trace_id", "text"), TEXT),
        **dict.fromkeys(("status", "verdict", "mode", "hidden"), TEXT),
    },
    "cell": {"window": TIME, "met": TEXT, "undecided": TEXT, "events": WHOLE, "labelled": WHOLE},
    "histogram": {"window": TIME, "bin": WHOLE, "events": WHOLE},
    "revision": {"revision": WHOLE, "position": WHOLE, "at": TIME, "severity": WHOLE},
}
# Values of one type that need no look at each: of which kind they are, and of which kinds a table takes them as they are.
_SURE = {bool: YES_NO, float: REAL, datetime: TIME, str: TEXT}
_OWN = {YES_NO: bool, REAL: float, WHOLE: int}


# Of these a log names further columns, which are typed by what is in them.
OPEN = frozenset({"cell", "sample"})


def column_types(schema: str, columns: Sequence[str]) -> dict[str, str]:
    """Return the types of the columns of one kind of list; empty where that is nobody's knowledge."""
    known = COLUMNS.get(schema)
    if known is None or schema in OPEN:
        return {name: kind for name, kind in (known or {}).items() if name in columns}
    # A field of a protocol is typed by what is in it, whichever list has it.
    return {name: known.get(name, TEXT) for name in columns if "." not in name}


def table(columns: Mapping[str, Sequence[object]], types: Mapping[str, str]) -> pa.Table:
    """Return an Arrow table; a column without a type gets that of its values."""
    import pyarrow as pa

    made = {
        TEXT: pa.string(),
        WHOLE: pa.int64(),
        REAL: pa.float64(),
        YES_NO: pa.bool_(),
        TIME: pa.timestamp("us", tz="UTC"),
        TEXTS: pa.list_(pa.string()),
        NOTHING: pa.null(),
    }
    arrays = {}
    for name, values in columns.items():
        kind = types.get(name) or kind_of(values)
        as_it_is = {*map(type, values)} <= {_OWN.get(kind), type(None)}
        arrays[name] = pa.array(values if as_it_is else [_as(kind, value) for value in values], made[kind])
    return pa.table(arrays)


def kind_of(values: Sequence[object]) -> str:
    """Return the one type that holds all values without loss.

    >>> kind_of([1, None]), kind_of([1, 2.5]), kind_of([True, 1]), kind_of([2**70]), kind_of([None])
    ('whole', 'real', 'text', 'text', 'nothing')
    """
    own = {*map(type, values)} - {type(None)}
    kinds = {_SURE[each] for each in own} if own <= _SURE.keys() else {_kind(value) for value in values if value is not None}
    if not kinds:
        return NOTHING
    if kinds == {WHOLE, REAL}:
        exact = all(not isinstance(value, int) or abs(value) <= 2**53 for value in values)
        return REAL if exact else TEXT
    return kinds.pop() if len(kinds) == 1 else TEXT


def common(first: str, second: str) -> str:
    """Return the one type that holds the values of two.

    >>> common(NOTHING, TIME), common(WHOLE, REAL), common(YES_NO, WHOLE)
    ('time', 'real', 'text')
    """
    if NOTHING in {first, second}:
        return second if first == NOTHING else first
    if {first, second} == {WHOLE, REAL}:
        return REAL
    return first if first == second else TEXT


def to_pandas(found: pa.Table) -> Any:
    """Return a data frame; whole numbers stay whole beside missing ones.

    Raises
    ------
    InputError : pandas is not installed
    """
    try:
        import pandas as pd
    except ImportError as error:
        from remiss import installing

        raise InputError("pandas is not installed", do=f"{installing.of_package('pandas')}\n  or use to_arrow()") from error
    import pyarrow as pa

    mapped = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}
    return found.to_pandas(types_mapper=mapped.get)


def _kind(value: object) -> str:
    match value:
        case bool():
            return YES_NO
        case int():
            return WHOLE if value in INT64 else TEXT
        case float():
            return REAL
        case datetime():
            return TIME
        case _:
            return TEXT


def _as(kind: str, value: object) -> object:
    match value:
        case None:
            return None
        case datetime():
            return utc(value) if kind == TIME else _text(value)
        case bool() | int() | float() if kind in {TEXT, REAL}:
            return float(value) if kind == REAL else _text(value)
        case str():
            return _text(value)
        case _:
            return value


def _text(value: object) -> str:
    """Return a value as it is spelled in JSON and in the filter language."""
    match value:
        case bool():
            return "true" if value else "false"
        case datetime():
            return format_time(value)
        case _:
            # A lone half of a surrogate pair is no text that another program could read.
            return str(value).encode("utf-8", "replace").decode("utf-8")
