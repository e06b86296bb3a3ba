"""A filing as people type it: from the texts of a form or of a command to the record.

What JSON says has types already, and none of this is asked for it. A text has none: `distance=200` is the text `200`, and only
`distance:=200` is the number, wherever it is typed.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any, TypeAlias

from remiss.errors import InputError
from remiss.records.case import Filing, Sensitivity
from remiss.records.event import Scalar
from remiss.records.identity import parse_time

# A text, or the entries of `inputs` and `context`; a time and a severity may have been read before.
Typed: TypeAlias = "str | datetime | int | Iterable[str]"

# A name in quotes, where a backslash takes what follows it as it is; or one without an equals sign.
_QUOTED = re.compile(r'\s*"((?:[^"\\]|\\.)*)"(\s*)(:?)=(.*)', re.DOTALL)
_MOST_SHOWN = 80


def filing_of(typed: Mapping[str, Typed | None]) -> Filing:
    """Return the filing that somebody typed. What is left out or None is not said.

    Parameters
    ----------
    typed : by name of a field of `Filing`: its text; of `inputs` and `context` their entries (`assignments`). A time without a
        zone is UTC

    Raises
    ------
    InputError : what cannot be read; `catalog.filing` checks the rest

    >>> found = filing_of({"model": "m", "at": "2013-06-03T06:00", "title": "Late", "inputs": ["distance:=200"], "severity": "2"})
    >>> found.at.isoformat(), found.inputs, found.severity
    ('2013-06-03T06:00:00+00:00', {'distance': 200}, 2)
    """
    names = {field.name for field in fields(Filing)}
    unknown = typed.keys() - names
    if unknown:
        raise InputError(f"a filing has no {min(unknown)}", do=f"it has {', '.join(sorted(names))}")
    said = {"model": "", "title": "", "at": "", **{name: value for name, value in typed.items() if value is not None}}
    return Filing(**{name: _read(name, value) for name, value in said.items()})


def _read(name: str, value: Typed) -> Any:
    try:
        return _READERS.get(name, str)(value)
    except InputError as error:
        error.field = name
        raise


def assignments(entries: Iterable[str], family: str) -> dict[str, Scalar]:
    """Return what entries of NAME=VALUE, which is text, and of NAME:=VALUE, which is JSON and no text, say of a family of fields.

    Raises
    ------
    InputError : another entry, a name twice, or a value after `:=` that is not a number, true, false or null

    >>> assignments(["carrier=UA", "distance:=200", 'gate = C7', '"a=b"=c'], "inputs")
    {'carrier': 'UA', 'distance': 200, 'gate': 'C7', 'a=b': 'c'}
    """
    found: dict[str, Scalar] = {}
    for entry in entries:
        parts = split_assignment(entry)
        if parts is None:
            raise InputError(
                f"{entry[:_MOST_SHOWN]!r} under {family} is not NAME=VALUE",
                do="write for example carrier=UA, or distance:=200 for a number",
            )
        name, value, typed = parts
        if name in found:
            raise InputError(f"{name!r} stands twice under {family}", do="keep one of the two")
        found[name] = _json(name, value) if typed else value
    return found


def split_assignment(text: str) -> tuple[str, str, bool] | None:
    """Return the name and the value of `NAME=VALUE` or `NAME:=VALUE`, and whether it was the latter; None of anything else.

    Blanks before the sign set it apart, and so do those after it then.

    >>> split_assignment("distance:=200"), split_assignment("gate=C=7"), split_assignment("gate = C7")
    (('distance', '200', True), ('gate', 'C=7', False), ('gate', 'C7', False))
    >>> split_assignment('"a=b"=c'), split_assignment("=c"), split_assignment("gate")
    (('a=b', 'c', False), None, None)
    """
    quoted = _QUOTED.fullmatch(text)
    if quoted is not None:
        name, apart, typed, value = re.sub(r"\\(.)", r"\1", quoted[1]), bool(quoted[2]), quoted[3] == ":", quoted[4]
    else:
        before, sign, value = text.partition("=")
        typed = before.endswith(":")
        before = before.removesuffix(":") if sign else ""
        name, apart = before.strip(), before != before.rstrip()
    return (name, value.lstrip() if apart else value, typed) if name else None


def _json(name: str, text: str) -> Scalar:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = text
    finite = not isinstance(value, float) or math.isfinite(value)
    if not (finite and (value is None or isinstance(value, bool | int | float))):
        what = f"{text[:_MOST_SHOWN]!r} is not a number, true, false or null"
        raise InputError(what, do=f"write {name}=VALUE, without the colon, for a text")
    return value


def _moment(typed: str | datetime) -> datetime:
    if isinstance(typed, datetime):
        return typed
    text = typed.strip()
    for written in (text, f"{text}Z"):
        try:
            return parse_time(written)
        except (ValueError, OverflowError):
            continue
    what = f"{typed!r} is not a time" if typed else "the time is missing"
    raise InputError(what, do="write for example 2013-06-03T06:00, in UTC")


def _severity(typed: str | int) -> int:
    if not re.fullmatch("-?[0-9]{1,9}", str(typed).strip()):
        raise InputError(f"{typed!r} is not a severity", do="give 1 (critical) to 4 (minor)")
    return int(typed)


def _sensitivity(text: str) -> Sensitivity:
    names = {level.name.lower(): level for level in Sensitivity}
    if text.strip().lower() not in names:
        raise InputError(f"{text!r} is not a sensitivity", do=f"give one of {', '.join(names)}")
    return names[text.strip().lower()]


# How the text of a field is read that is no text.
_READERS: Mapping[str, Callable[[Any], Any]] = {
    "at": _moment,
    "severity": _severity,
    "sensitivity": _sensitivity,
    "mode": str.strip,
    "inputs": lambda entries: assignments(entries, "inputs"),
    "context": lambda entries: assignments(entries, "context"),
}
