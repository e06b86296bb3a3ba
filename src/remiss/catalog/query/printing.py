"""Queries as text again: in the filter language, and in words for people who read a figure."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from remiss.catalog.query import values
from remiss.catalog.query.expression import And, Not, Operator, Or, Query, Term, Text
from remiss.catalog.query.fields import find
from remiss.catalog.query.parsing import OPERATORS
from remiss.catalog.query.values import InvalidValue, read
from remiss.records.event import Scalar
from remiss.records.identity import format_time

PLAIN = re.compile(r"(?!-)[^\s()\"\\]+")
FIELD = re.compile(r"[^\s:()\"\\<>=]+")
SAYS = {
    Operator.EQUAL: "is",
    Operator.LESS: "is below",
    Operator.AT_MOST: "is at most",
    Operator.GREATER: "is above",
    Operator.AT_LEAST: "is at least",
    Operator.GLOB: "is like",
}
SAYS_TIME = {
    Operator.EQUAL: "is",
    Operator.LESS: "is before",
    Operator.AT_MOST: "is not after",
    Operator.GREATER: "is after",
    Operator.AT_LEAST: "is from",
}


def unparse(query: Query) -> str:
    """Return text that `parse` reads as the same query."""
    match query:
        case And(parts):
            return " ".join(f"({unparse(part)})" if isinstance(part, Or) else unparse(part) for part in parts)
        case Or(parts):
            return " OR ".join(unparse(part) for part in parts)
        case Not(part):
            return f"-{unparse(part)}" if isinstance(part, Term | Text) else f"-({unparse(part)})"
        case Text(phrase):
            # One bare word needs no quotes; whatever could be read as a key or an operator does.
            return phrase if re.fullmatch(r"\w+", phrase) and phrase.upper() not in OPERATORS else quote(phrase)
        case Term():
            return unparse_term(query)


def unparse_term(term: Term) -> str:
    """Return one comparison as it is written."""
    if term.operator is Operator.PRESENT:
        return f"has:{key_text(term.key)}"
    sign = "" if term.operator in {Operator.EQUAL, Operator.GLOB} else term.operator.value
    return f"{key_text(term.key)}:{sign}{value_text(term)}"


def key_text(name: str) -> str:
    """Return a key as it is written: a field whose name is no plain word is quoted."""
    family, dot, field = name.partition(".")
    return name if not dot or FIELD.fullmatch(field) else f"{family}.{quote(field)}"


def value_text(term: Term) -> str:
    """Return the value of a comparison, quoted where it would be read as something else."""
    if term.operator is Operator.GLOB:
        return "*".join(bare(part) for part in values.pieces(str(term.value)))
    text = scalar_text(term.value)
    if not isinstance(term.value, str) or unquoted_means(term, text):
        return text
    return quote(text)


def unquoted_means(term: Term, text: str) -> bool:
    """Return whether a text value, written bare, is read as that value again."""
    key = find(term.key)
    if key is None or not PLAIN.fullmatch(text) or text[0] in "<>=" or (term.key == "model" and "@" in text):
        return False
    try:
        return read(term.key, key, term.operator, text, quoted=False) == term
    except InvalidValue:
        return False


def scalar_text(value: Scalar) -> str:
    """Return the bare spelling of a value."""
    match value:
        case bool():
            return "true" if value else "false"
        case datetime():
            return format_time(value)
        case float():
            # Python writes 1e+16 and 1e-05; both are read back.
            return repr(value)
        case _:
            return str(value)


def bare(text: str) -> str:
    """Return text with a backslash before whatever would not be taken as it is outside quotes."""
    return re.sub(r"[^\w./:%+,;!?#&$~^'|{}\[\]`-]", lambda letter: "\\" + letter[0], text)


def quote(text: str) -> str:
    """Return text in quotes."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def words(query: Query) -> str:
    """Return a query in words, for the line that names a denominator or a heading.

    >>> from remiss.catalog.query.parsing import parse
    >>> words(parse("model:arrival-delay occurred:2013-06 -context.airport:EWR"))
    'model is arrival-delay, occurred is from 2013-06-01, occurred is before 2013-07-01 and not (context.airport is EWR)'
    """
    match query:
        case And(()):
            return "everything"
        case And(parts):
            spoken = [f"({words(part)})" if isinstance(part, Or) else words(part) for part in parts]
            return ", ".join(spoken[:-1]) + f" and {spoken[-1]}"
        case Or(parts):
            return " or ".join(f"({words(part)})" if isinstance(part, And) else words(part) for part in parts)
        case Not(part):
            return f"not ({words(part)})"
        case Text(phrase):
            return f"the text says {quote(phrase)}"
        case Term(key, Operator.PRESENT):
            return f"{key} is known"
        case Term(key, operator, value):
            says = SAYS_TIME if isinstance(value, datetime) else SAYS
            return f"{key} {says[operator]} {value_in_words(value)}"


def value_in_words(value: Scalar) -> str:
    """Return a value for people: the first instant of a day is the day."""
    text = scalar_text(value)
    return text.removesuffix("T00:00:00Z") if isinstance(value, datetime) else text


_DAYS = re.compile(r"occurred:>=(\d{4}-\d\d-\d\d)T00:00:00Z occurred:<(\d{4}-\d\d-\d\d)T00:00:00Z")


def in_days(text: str) -> str:
    """Return a query with whole days as people write them, for where it stands a hundred times.

    >>> in_days("occurred:>=2013-06-03T00:00:00Z occurred:<2013-06-10T00:00:00Z slow")
    'occurred:2013-06-03..2013-06-09 slow'
    """

    def shorter(times: re.Match[str]) -> str:
        last = date.fromisoformat(times[2]) - timedelta(days=1)
        return f"occurred:{times[1]}" + (f"..{last}" if str(last) != times[1] else "")

    return _DAYS.sub(shorter, text)
