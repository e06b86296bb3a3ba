"""Records as JSON that loses nothing, and back: how an action's arguments and results travel to a server and home again.

The types that a function or a record declares say how each value is read, so that JSON stays as plain as it can be. Only where
a value's type is left open (`Scalar`), or JSON has no form for it, is it tagged: `{"$time": ...}`, `{"$int": ...}`,
`{"$float": ...}`. Bytes are text in base64.
What people read are the published objects of `remiss schema`; this is for programs of the same version.
"""

from __future__ import annotations

import base64
import binascii
import math
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Any

from remiss.errors import RequestError
from remiss.records.identity import SAFE_INTEGER, format_time, parse_time

_TAGS = ("$time", "$int", "$float")
ADVICE = "send what the reference of the action says"


def to_wire(value: object) -> object:
    """Return a record, or anything made of records, as what JSON can hold.

    Raises
    ------
    TypeError : a value that is no record, such as an open file

    >>> to_wire((1, 2**60, float("inf")))
    [1, {'$int': '1152921504606846976'}, {'$float': 'inf'}]
    """
    match value:
        case Enum():
            return value.value
        case None | bool() | str():
            return value
        case int():
            return value if abs(value) < SAFE_INTEGER else {"$int": str(value)}
        case float():
            return value if math.isfinite(value) else {"$float": str(value)}
        case datetime():
            return {"$time": format_time(value)}
        case _ if is_dataclass(value) and not isinstance(value, type):
            return {field.name: to_wire(getattr(value, field.name)) for field in fields(value) if field.init}
        case bytes():
            return base64.b64encode(value).decode()
        case Mapping():
            return {_key(key): to_wire(item) for key, item in value.items()}
        case Sequence() if not isinstance(value, bytearray):
            return [to_wire(item) for item in value]
        case AbstractSet():
            return sorted((to_wire(item) for item in value), key=str)
        case _:
            raise TypeError(f"{type(value).__name__} does not survive JSON")


def _key(key: object) -> str:
    if not isinstance(key, str):
        raise TypeError(f"a mapping with {type(key).__name__} keys does not survive JSON")
    return key


def from_wire(declared: Any, value: object, where: str = "") -> Any:
    """Return the value of type `declared` that `value`, parsed JSON, stands for.

    Parameters
    ----------
    declared : a type as annotations name it: a record, `tuple[Run, ...]`, `Mapping[str, int]`, `str | None`, ...
    where : the path to `value`, for messages

    Raises
    ------
    RequestError : another form, an unknown or missing key
    """
    return _reader(declared)(value, where)


_Read = Callable[[object, str], Any]


def _wrong(where: str, wanted: str, value: object) -> RequestError:
    got = {type(None): "null", dict: "an object", list: "a list", str: "text", bool: "a boolean"}.get(type(value), "a number")
    return RequestError(f"{where or 'the value'}: expected {wanted}, got {got}", do=ADVICE)


@cache
def _reader(declared: Any) -> _Read:
    """Return what reads values of that type; made once for each type."""
    origin, inner = typing.get_origin(declared), typing.get_args(declared)
    if declared is Any or declared is object:
        return _any
    if origin in {typing.Union, types.UnionType}:
        return _union(inner)
    if origin is typing.Literal:
        return _choice(inner, lambda value: value)
    if origin is tuple and not (len(inner) == 2 and inner[1] is Ellipsis):
        return _fixed(tuple(_reader(each) for each in inner))
    if origin is tuple or (isinstance(origin, type) and issubclass(origin, Sequence)):
        return _many(_reader(inner[0]), tuple)
    if isinstance(origin, type) and issubclass(origin, AbstractSet):
        return _many(_reader(inner[0]), frozenset)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _mapping(_reader(inner[1]))
    if isinstance(declared, type):
        return _of_class(declared)
    raise TypeError(f"{declared} does not survive JSON")


def _of_class(declared: type) -> _Read:
    if issubclass(declared, Enum):
        return _choice([each.value for each in declared], declared)
    if is_dataclass(declared):
        return _record(declared)
    if issubclass(declared, tuple):
        hints = typing.get_type_hints(declared)
        return lambda value, where: declared(*_fixed(tuple(_reader(each) for each in hints.values()))(value, where))
    if declared in _PLAIN:
        return _PLAIN[declared]
    raise TypeError(f"{declared.__name__} does not survive JSON")


def _any(value: object, where: str) -> object:
    """Read a value whose type is left open: what it is, or what its tag says."""
    match value:
        case dict():
            if len(value) == 1 and (tag := next(iter(value))) in _TAGS:
                return {"$time": _time, "$int": _int, "$float": _float}[tag](value, where)
            return {key: _any(item, f"{where}.{key}") for key, item in value.items()}
        case list():
            return tuple(_any(item, f"{where}[{at}]") for at, item in enumerate(value))
        case _:
            return value


def _none(value: object, where: str) -> None:
    if value is not None:
        raise _wrong(where, "null", value)


def _bool(value: object, where: str) -> bool:
    if not isinstance(value, bool):
        raise _wrong(where, "true or false", value)
    return value


def _text(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise _wrong(where, "text", value)
    return value


def _tagged(value: object, tag: str) -> str | None:
    if isinstance(value, dict) and set(value) == {tag} and isinstance(value[tag], str):
        found: str = value[tag]
        return found
    return None


def _int(value: object, where: str) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    text = _tagged(value, "$int")
    if text is None or len(text) > 400 or not (text.isascii() and text.removeprefix("-").isdecimal()):
        raise _wrong(where, "a whole number", value)
    return int(text)


def _float(value: object, where: str) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError as error:
            raise _wrong(where, "a number of ordinary size", value) from error
    text = _tagged(value, "$float")
    if text not in {"nan", "inf", "-inf"}:
        raise _wrong(where, "a number", value)
    return float(text)


def _time(value: object, where: str) -> datetime:
    text = value if isinstance(value, str) else _tagged(value, "$time")
    try:
        if text is not None:
            return parse_time(text)
    except (ValueError, OverflowError) as error:
        raise _wrong(where, "a time such as 2013-06-03T00:00:00Z", value) from error
    raise _wrong(where, "a time such as 2013-06-03T00:00:00Z", value)


def _bytes(value: object, where: str) -> bytes:
    try:
        return base64.b64decode(_text(value, where), validate=True)
    except (binascii.Error, ValueError) as error:
        raise RequestError(f"{where or 'the value'}: no base64", do=ADVICE) from error


_PLAIN: dict[type, _Read] = {
    type(None): _none,
    bool: _bool,
    str: _text,
    int: _int,
    float: _float,
    datetime: _time,
    bytes: _bytes,
}
# How JSON writes each: a union takes the first of its members whose form the value has.
_FORMS: dict[type, Callable[[object], bool]] = {
    type(None): lambda value: value is None,
    bool: lambda value: isinstance(value, bool),
    str: lambda value: isinstance(value, str),
    int: lambda value: (isinstance(value, int) and not isinstance(value, bool)) or _tagged(value, "$int") is not None,
    float: lambda value: isinstance(value, float) or _tagged(value, "$float") is not None,
    datetime: lambda value: _tagged(value, "$time") is not None,
}


def _union(members: Sequence[Any]) -> _Read:
    plain = [member for member in members if member in _FORMS]
    others = [_reader(member) for member in members if member not in _FORMS]
    if len(others) > 1:
        raise TypeError(f"a union of {len(others)} records cannot be told apart in JSON")

    def read(value: object, where: str) -> Any:
        for member in plain:
            if _FORMS[member](value):
                return _PLAIN[member](value, where)
        if others:
            return others[0](value, where)
        # A whole number where only fractions are declared, a time as text where nothing else is text.
        for member in (float, datetime):
            if member in plain and (member is not datetime or str not in plain):
                return _PLAIN[member](value, where)
        raise _wrong(where, " or ".join(member.__name__ for member in plain), value)

    return read


def _choice(values: Sequence[object], make: Callable[[Any], Any]) -> _Read:
    allowed = list(values)

    def read(value: object, where: str) -> Any:
        if isinstance(value, bool) or value not in allowed:
            raise RequestError(f"{where or 'the value'}: no such choice", do=f"use one of {', '.join(map(str, allowed))}")
        return make(value)

    return read


def _list(value: object, where: str) -> list[object]:
    if not isinstance(value, list):
        raise _wrong(where, "a list", value)
    return value


def _fixed(readers: tuple[_Read, ...]) -> _Read:
    def read(value: object, where: str) -> tuple[Any, ...]:
        items = _list(value, where)
        if len(items) != len(readers):
            raise RequestError(f"{where}: expected {len(readers)} items, got {len(items)}", do=ADVICE)
        return tuple(each(item, f"{where}[{at}]") for at, (each, item) in enumerate(zip(readers, items, strict=True)))

    return read


def _many(item: _Read, make: Callable[[Any], Any]) -> _Read:
    return lambda value, where: make(item(each, f"{where}[{at}]") for at, each in enumerate(_list(value, where)))


def _mapping(item: _Read) -> _Read:
    def read(value: object, where: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise _wrong(where, "an object", value)
        return {key: item(each, f"{where}.{key}") for key, each in value.items()}

    return read


def _record(declared: type) -> _Read:
    hints = typing.get_type_hints(declared)
    wanted = {field.name: field for field in fields(declared) if field.init}
    needed = {name for name, field in wanted.items() if field.default is MISSING and field.default_factory is MISSING}

    def read(value: object, where: str) -> Any:
        if not isinstance(value, dict):
            raise _wrong(where, "an object", value)
        unknown, missing = value.keys() - wanted.keys(), needed - value.keys()
        if unknown or missing:
            what = f"unknown {', '.join(sorted(unknown))}" if unknown else f"{', '.join(sorted(missing))} missing"
            raise RequestError(f"{where or declared.__name__}: {what}", do=f"it has {', '.join(wanted)}")
        return declared(**{key: _reader(hints[key])(item, f"{where}.{key}" if where else key) for key, item in value.items()})

    return read
