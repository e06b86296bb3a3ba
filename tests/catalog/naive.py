"""The filter language evaluated in plain Python, as the reference page says it: what every database must agree with."""

from __future__ import annotations

import operator
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from remiss.catalog.full_text import mentions, searchable
from remiss.catalog.query.expression import And, Not, Operator, Or, Query, Term, Text
from remiss.catalog.query.fields import FieldForm, find
from remiss.catalog.query.values import fits, pieces
from remiss.records.case import Sensitivity
from remiss.records.event import to_text

# What JSON takes for a number: 07 is none.
NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
ORDERS = {
    Operator.EQUAL: operator.eq,
    Operator.LESS: operator.lt,
    Operator.AT_MOST: operator.le,
    Operator.GREATER: operator.gt,
    Operator.AT_LEAST: operator.ge,
}


@dataclass
class Facts:
    """What is known of a case: values by canonical key (several for `criterion` and `protocol`), and its texts."""

    values: Mapping[str, Any]
    texts: tuple[str | None, ...] = ()
    several: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def written(self) -> list[str | None]:
        """The values in which words are looked for, each as it is written."""
        return [
            to_text(value) for name, value in self.values.items() if name.startswith(("inputs.", "context.", "output", "label"))
        ]


def holds(query: Query, facts: Facts) -> bool:
    match query:
        case And(parts):
            return all(holds(part, facts) for part in parts)
        case Or(parts):
            return any(holds(part, facts) for part in parts)
        case Not(part):
            return not holds(part, facts)
        case Text(phrase):
            return any(mentions(searchable(text), phrase) for text in (*facts.texts, *facts.written()))
        case Term():
            if query.key in facts.several:
                return any(compare(query, value) for value in facts.several[query.key])
            return compare(query, facts.values.get(query.key))


def compare(term: Term, value: Any) -> bool:
    if term.operator is Operator.PRESENT or value is None:
        return value is not None
    form = find(term.key).form
    if term.operator is Operator.GLOB:
        return fits(pieces(str(term.value)), to_text(value))
    if form is FieldForm.VALUE:
        return compare_value(term.operator, term.value, value, of_text=term.key in {"output", "label"})
    if term.key == "sensitivity":
        return ORDERS[term.operator](value, Sensitivity[term.value.upper()])
    return ORDERS[term.operator](value, term.value)


def compare_value(sign: Operator, wanted: Any, value: Any, *, of_text: bool) -> bool:
    text = to_text(value)
    number = number_of(text) if of_text else value if is_number(value) else None
    if is_number(wanted):
        exact = number is not None and ORDERS[sign](float(number), float(wanted))
        return exact or (sign is Operator.EQUAL and text == to_text(wanted))
    if sign is Operator.EQUAL:
        return text == to_text(wanted)
    return number is None and ORDERS[sign](text.encode(), str(wanted).encode())


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool | datetime)


def number_of(text: str) -> float | None:
    return float(text) if NUMBER.fullmatch(text) else None
