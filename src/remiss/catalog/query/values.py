r"""Values of the filter language: what the text after a key's colon means, by the form of the key.

A value becomes one comparison, or two for ranges and for days. Ends of ranges belong to the range; a day or a month means
all of it, in UTC.

Globs: text in which `*` stands for anything, and `\*` for itself.

A pattern is taken apart here once, so that no store ever sees its wildcard syntax mixed with what the user wrote.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from remiss.catalog.query.expression import Operator, Query, Term, both
from remiss.catalog.query.fields import FieldForm, Key, nearest
from remiss.records.event import Scalar
from remiss.records.identity import format_time, parse_time
from remiss.records.window import parse_days


def pieces(pattern: str) -> tuple[str, ...]:
    r"""Return the literal texts between the stars of a pattern: one more than there are stars.

    >>> pieces(r"1.*")
    ('1.', '')
    >>> pieces(r"a\*b")
    ('a*b',)
    """
    found = [""]
    letters = iter(pattern)
    for letter in letters:
        if letter == "*":
            found.append("")
        else:
            found[-1] += next(letters, "\\") if letter == "\\" else letter
    return tuple(found)


def pattern(parts: Sequence[str]) -> str:
    r"""Return the pattern whose pieces these are.

    >>> pattern(("1.", ""))
    '1.*'
    """
    return "*".join(part.replace("\\", "\\\\").replace("*", "\\*") for part in parts)


def fits(parts: Sequence[str], text: str) -> bool:
    """Return whether `text` begins with the first piece, ends with the last and has the others in order between.

    >>> fits(("remiss:model/", ""), "remiss:model/weak-slice")
    True
    """
    first, *middle = parts
    if not middle:
        return text == first
    last = middle.pop()
    if not text.startswith(first) or len(text) < len(first) + len(last) or not text.endswith(last):
        return False
    at, end = len(first), len(text) - len(last)
    for part in middle:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True


NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,30})(?:\.\d{1,30})?(?:[eE][+-]?\d{1,3})?", re.ASCII)
INTEGER = re.compile(r"-?\d{1,9}", re.ASCII)
DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
MONTH = re.compile(r"\d{4}-\d{2}", re.ASCII)
ZONED = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:?\d{2})", re.ASCII)
ORDERS = frozenset({Operator.LESS, Operator.AT_MOST, Operator.GREATER, Operator.AT_LEAST})
# What the last instant of a whole day or month turns each comparison into: the operator, and whether to use the end.
WHOLE = {
    Operator.LESS: (Operator.LESS, False),
    Operator.AT_MOST: (Operator.LESS, True),
    Operator.GREATER: (Operator.AT_LEAST, True),
    Operator.AT_LEAST: (Operator.AT_LEAST, False),
}


class InvalidValue(ValueError):
    """A value that its key cannot take. `do` is the advice; the parser adds where it stands."""

    def __init__(self, what: str, do: str) -> None:
        super().__init__(what)
        self.what = what
        self.do = do


def read(name: str, key: Key, operator: Operator, raw: str, *, quoted: bool) -> Query:
    r"""Return the comparisons that `name`, an operator and a value mean.

    Parameters
    ----------
    name : canonical, for example `context.airport`
    key : its entry in the table
    operator : EQUAL when the user wrote none
    raw : the value; with backslash escapes when it is bare, without when it was quoted
    quoted : whether it was; a quoted value is never a glob, a range or, for open forms, a number

    Raises
    ------
    Unreadable : with what is wrong and what to write
    """
    if operator in ORDERS and key.form is FieldForm.TEXT:
        raise InvalidValue(f"{name} is text and has no order", f"write {name}:VALUE, or a glob such as {key.example}")
    if not quoted and operator is Operator.EQUAL and key.form is not FieldForm.TEXT:
        span = as_range(name, key, raw)
        if span is not None:
            return span
    match key.form:
        case FieldForm.TEXT | FieldForm.VALUE:
            return Term(name, *open_value(key, operator, raw, quoted=quoted), key.level)
        case FieldForm.CHOICE:
            return Term(name, operator, choice(name, key, operator, raw), key.level)
        case FieldForm.TIME:
            return moment(name, key, operator, raw)
        case _:
            return Term(name, operator, number(name, key, raw), key.level)


def as_range(name: str, key: Key, raw: str) -> Query | None:
    """Return the two comparisons of `a..b`, `a..` or `..b`; None when it is not a range of this form."""
    if raw.count("..") != 1 or raw == "..":
        return None
    low, _, high = raw.partition("..")
    if key.form is FieldForm.VALUE and not all(NUMBER.fullmatch(end) or DAY.fullmatch(end[:10]) for end in (low, high) if end):
        return None
    parts: list[Query] = []
    for operator, end in ((Operator.AT_LEAST, low), (Operator.AT_MOST, high)):
        if end and key.form is FieldForm.VALUE and operator is Operator.AT_MOST and DAY.fullmatch(end):
            # Times in protocol fields are text that sorts like time: the whole last day is what is below the next.
            parts.append(Term(name, Operator.LESS, following_day(end), key.level))
        elif end:
            parts.append(read(name, key, operator, end, quoted=False))
    return both(*parts)


def open_value(key: Key, operator: Operator, raw: str, *, quoted: bool) -> tuple[Operator, Scalar]:
    """Return the comparison with text, and for protocol fields with a bare number, `true` or `false`."""
    if quoted:
        return operator, raw
    if key.form is FieldForm.VALUE:
        if NUMBER.fullmatch(raw):
            return operator, numeric(raw)
        if raw in {"true", "false"} and operator is Operator.EQUAL:
            return operator, raw == "true"
        if ZONED.fullmatch(raw):
            return operator, _instant(operator, raw)
    parts = pieces(raw)
    if len(parts) > 1 and operator is Operator.EQUAL:
        return Operator.GLOB, pattern(parts)
    return operator, "*".join(parts)


def _instant(operator: Operator, raw: str) -> str:
    """Return a time with its zone as the text that the catalog holds of one: in UTC, with seconds.

    Fractions of a second sort before the Z that follows whole ones: without it nothing at or after a time sorts before it.
    """
    try:
        text = format_time(parse_time(raw))
    except (ValueError, OverflowError) as error:
        raise InvalidValue(f"{raw} is not a time", "write for example 2013-06-03T14:00Z, or quote it to compare text") from error
    return text.removesuffix("Z") if operator in {Operator.AT_LEAST, Operator.LESS} else text


def choice(name: str, key: Key, operator: Operator, raw: str) -> str:
    """Return the value when it is one of the key's choices; only the sensitivity has an order."""
    if operator in ORDERS and name != "sensitivity":
        raise InvalidValue(f"{name} has no order", f"write {name}:VALUE with one of {', '.join(key.choices)}")
    if raw not in key.choices:
        close = nearest(raw, key.choices)
        hint = f"did you mean {name}:{close}? " if close else ""
        raise InvalidValue(f"{name} has no value {raw!r}", f"{hint}values are {', '.join(key.choices)}")
    return raw


def numeric(raw: str) -> int | float:
    """Return the number that text matching NUMBER spells; whole numbers stay whole and a fraction of zero is dropped."""
    value = float(raw)
    if not math.isfinite(value):
        raise InvalidValue(f"{raw} is beyond every number", "write a smaller number, or quote it to compare text")
    if re.fullmatch(r"-?\d+", raw, re.ASCII):
        return int(raw)
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def number(name: str, key: Key, raw: str) -> int | float:
    """Return the grade, whole number or number that the key asks for."""
    if key.form is FieldForm.GRADE:
        if raw not in {"1", "2", "3", "4"}:
            raise InvalidValue(f"{name} is a grade from 1 to 4, not {raw!r}", f"write for example {key.example}")
        return int(raw)
    if key.form is FieldForm.INTEGER:
        if not INTEGER.fullmatch(raw):
            raise InvalidValue(f"{name} is a whole number, not {raw!r}", f"write for example {key.example}")
        return int(raw)
    if not NUMBER.fullmatch(raw):
        raise InvalidValue(f"{name} is a number, not {raw!r}", f"write for example {key.example}")
    return numeric(raw)


def moment(name: str, key: Key, operator: Operator, raw: str) -> Query:
    """Return the comparisons with a time, or with the bounds of a day or a month."""
    try:
        start, end = period(raw)
    except (ValueError, OverflowError) as error:
        do = f"write a day, a month or a time with its zone, for example {key.example} or {name}:>=2013-06-03T14:00Z"
        raise InvalidValue(f"{name} cannot read {raw!r} as a time", do) from error
    if end is None:
        return Term(name, operator, start, key.level)
    if operator is Operator.EQUAL:
        return both(Term(name, Operator.AT_LEAST, start, key.level), Term(name, Operator.LESS, end, key.level))
    exact, use_end = WHOLE[operator]
    return Term(name, exact, end if use_end else start, key.level)


def following_day(raw: str) -> str:
    """Return the day after a day, as text."""
    try:
        return (datetime.fromisoformat(raw) + timedelta(days=1)).date().isoformat()
    except (ValueError, OverflowError) as error:
        raise InvalidValue(f"{raw} is not a day", "write for example 2013-06-30") from error


def period(raw: str) -> tuple[datetime, datetime | None]:
    """Return first instant and end of the day or month that the text names, or a time and None.

    Raises
    ------
    ValueError, OverflowError : not a time, a time without a zone, or the end of all years
    """
    if DAY.fullmatch(raw) or MONTH.fullmatch(raw):
        return parse_days(raw)
    if len(raw) <= len("2013-06-03"):
        raise ValueError("a year, a week or nothing of the kind")
    return parse_time(raw), None
