"""How a protocol has its events shown to people: titles, what fields are called, and guidelines for who labels.

None of the three decides meaning: a document that changes them alone is the same version, and the catalog shows the newest words.
A title is what people call an event, from the template that a protocol writes under `title`.

A template is text with names of event fields in braces, and nothing else: no formats, no attributes, no calls. What stands
between braces is looked up whole among the fields; `{{` and `}}` are braces. It says nothing but what the event has, so that a
title tells people who label no more than the event beside it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from remiss.protocol.terms import CONTEXT, INPUTS, Protocol
from remiss.records.event import NONE_OF, Event, Scalar, to_text

if TYPE_CHECKING:
    from remiss.protocol.shape import Sink

# In characters: of a template, of a title, and of one value in it.
MOST_TEMPLATE = 300
MOST_TITLE = 200
MOST_VALUE = 60
# In characters, of guidelines: people read them beside the form, on every case.
MOST_GUIDELINES = 20_000
# What stands for a value that is not there, but for an answer and a label (see `NONE_OF`).
MISSING = "\N{EN DASH}"
_PIECE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]|[^{}]+")
# What a line cannot hold: what breaks it, and what turns the direction of writing.
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")


class TemplateError(ValueError):
    """A template that is none; the text says why."""


@dataclass(frozen=True, slots=True)
class Name:
    """The name of an event field in a template."""

    field: str


Template = tuple["str | Name", ...]


@lru_cache(256)
def parse_template(text: str) -> Template:
    """Return the parts of a template.

    Raises
    ------
    TemplateError : a brace without its other, or braces with nothing between them

    >>> parse_template("{inputs.carrier} came {label}")
    (Name(field='inputs.carrier'), ' came ', Name(field='label'))
    """
    parts: list[str | Name] = []
    for found in _PIECE.finditer(text):
        piece, name = found[0], found[1]
        if name is not None:
            if not name.strip():
                raise TemplateError("has braces with no field between them")
            parts.append(Name(name.strip()))
        elif piece in {"{", "}"}:
            raise TemplateError(f"has a {piece} at character {found.start() + 1} without its other")
        else:
            parts.append({"{{": "{", "}}": "}"}.get(piece, piece))
    return tuple(parts)


def names_of(template: Template) -> tuple[str, ...]:
    """Return the fields that a template names, each once, in their order."""
    return tuple(dict.fromkeys(part.field for part in template if isinstance(part, Name)))


def title_of(template: Template, value: Callable[[str], Scalar]) -> str | None:
    """Return the title of an event, in one line of at most `MOST_TITLE` characters; None where it has none of the values.

    Parameters
    ----------
    value : gives what the event has of a field, as the catalog keeps it

    >>> values = {"inputs.carrier": "MQ", "label": "late"}
    >>> title_of(parse_template("{inputs.carrier} came {label}"), values.get)
    'MQ came late'
    >>> title_of(parse_template("{inputs.carrier} came {label}"), {"inputs.carrier": "MQ"}.get)
    'MQ came no label yet'
    """
    said, some = [], False
    for part in template:
        if isinstance(part, Name):
            text = _spelled(value(part.field))
            some = some or text is not None
            said.append(NONE_OF.get(part.field, MISSING) if text is None else text)
        else:
            said.append(part)
    title = " ".join(_UNPRINTABLE.sub(" ", "".join(said)).split())
    return _cut(title, MOST_TITLE) if some and title else None


def _spelled(value: Scalar) -> str | None:
    """Return a value as people write it; None where it is none, or nothing that can be seen."""
    if isinstance(value, datetime):
        text: str | None = f"{value:%Y-%m-%d %H:%M}"
    elif isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        text = str(int(value))
    elif isinstance(value, float):
        text = f"{value:.6g}"
    else:
        text = to_text(value)
    if text is None:
        return None
    text = " ".join(_UNPRINTABLE.sub(" ", text).split())
    return _cut(text, MOST_VALUE) if text else None


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def values_of(event: Event) -> Callable[[str], Scalar]:
    """Return what gives the value of a field of an event by the name that a protocol has for it."""

    def value(name: str) -> Scalar:
        if name.startswith(INPUTS):
            return event.inputs.get(name[len(INPUTS) :])
        if name.startswith(CONTEXT):
            return event.context.get(name[len(CONTEXT) :])
        return own.get(name)

    own = _of_event(event)
    return value


def _of_event(event: Event) -> Mapping[str, Scalar]:
    return {
        "id": event.id,
        "time": event.at,
        "model_version": event.model_version,
        "model_digest": event.model_digest,
        "features": event.features,
        "output": event.output,
        "label": event.label,
        "confidence": event.confidence,
        "latency_ms": event.latency_ms,
        "status": event.status,
        "trace_id": event.trace_id,
    }


def check_guidelines(name: str | None, files: Mapping[str, str], add: Sink) -> None:
    """Add a finding where the guidelines are too long to be read beside a form, or empty."""
    text = None if name is None else files.get(name)
    if text is None:
        return
    if not text.strip():
        add(("guidelines",), f"guidelines names {name}, which is empty", "write what labellers should know, or remove the key")
    if len(text) > MOST_GUIDELINES:
        what = f"guidelines names {name} of {len(text):,} characters, and the most is {MOST_GUIDELINES:,}"
        add(("guidelines",), what, "keep what people need while they label, and link to the rest")


def labels_of(known: Iterable[Protocol]) -> dict[str, str]:
    """Return what people call fields, where all protocols that say it agree."""
    return agreed((name, of.label) for each in known for name, of in each.show.items())


def agreed(said: Iterable[tuple[str, str | None]]) -> dict[str, str]:
    """Return what is said of each name, where all say the same."""
    found: dict[str, set[str]] = {}
    for name, word in said:
        found.setdefault(name, set()).update({word} if word else ())
    return {name: min(words) for name, words in found.items() if len(words) == 1}
