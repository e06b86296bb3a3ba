"""Values whose type is left open: what a log had in a field, which may be text, a number, a boolean, a time or nothing.

They are published as the plain JSON that people expect, and still come back as what they were: a time has the tag `time:`, as
large numbers have `int:`. Text that looks like one of these gets `text:` before it, and no other text is touched.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from remiss.codec.form import Form, Schema, constant, wrong
from remiss.codec.plain_values import read_float, write_float, write_int
from remiss.records.identity import format_time, parse_time, untagged

_STARTS = ("int:", "float:", "time:", "text:")
_SAME = frozenset({bool, type(None)})
TYPES = frozenset({str, int, float, bool, datetime, type(None)})
OPEN_SCHEMA: Schema = {"type": ["string", "number", "boolean", "null"]}


def write_open(value: Any) -> object:
    """Return an open value as JSON that says what it is.

    >>> write_open(2**60), write_open("UA"), write_open("float:nan"), write_open("text:UA")
    ('int:1152921504606846976', 'UA', 'text:float:nan', 'text:UA')
    """
    kind = type(value)
    if kind is str:
        return f"text:{value}" if value.startswith(_STARTS) and _looks_tagged(value) else value
    if kind in _SAME:
        return value
    if isinstance(value, int):
        return write_int(value)
    if isinstance(value, float):
        return write_float(value)
    if isinstance(value, datetime):
        return f"time:{format_time(value)}"
    raise TypeError(f"{kind.__name__} is not a value of an event")


def read_open(value: object, where: str) -> object:
    """Return the open value that JSON stands for.

    >>> read_open("int:1152921504606846976", ""), read_open("text:float:nan", ""), read_open("int:5", "")
    (1152921504606846976, 'float:nan', 'int:5')
    """
    if isinstance(value, str):
        return _untagged(value) if value.startswith(_STARTS) else value
    if value is None or isinstance(value, bool | int):
        return value
    return read_float(value, where) if isinstance(value, float) else _refuse(value, where)


def _refuse(value: object, where: str) -> object:
    raise wrong(where, "text, a number, true, false or null", value)


def _untagged(text: str) -> object:
    if text.startswith("text:"):
        return text[5:] if _looks_tagged(text[5:]) else text
    tagged = _tagged(text)
    return text if tagged is None else tagged


def _tagged(text: str) -> object:
    """Return what a text with a tag stands for; None of one that is just text."""
    if text.startswith("time:"):
        return _time(text[5:])
    return untagged(text)


def _time(text: str) -> datetime | None:
    try:
        moment = parse_time(text)
    except (ValueError, OverflowError):
        return None
    return moment if format_time(moment) == text else None


def _looks_tagged(text: str) -> bool:
    """Return whether text would not be read as itself."""
    inner = text
    while inner.startswith("text:"):
        inner = inner[5:]
    return inner.startswith(_STARTS) and _tagged(inner) is not None


OPEN = Form(write=write_open, read=read_open, schema=constant(OPEN_SCHEMA))
_JSON_TYPES = {str: "string", datetime: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}


def open_form(members: frozenset[type]) -> Form:
    """Return the form of values of some of the types, of which text is one."""
    if members == TYPES:
        return OPEN
    names = ", ".join(sorted({_JSON_TYPES[member] for member in members}))

    def read(value: object, where: str) -> object:
        found = read_open(value, where)
        if isinstance(found, int) and float in members and int not in members and not isinstance(found, bool):
            return read_float(found, where)
        if type(found) not in members:
            raise wrong(where, f"one of {names}", value)
        return found

    return Form(write=write_open, read=read, schema=constant({"type": names.split(", ")}))
